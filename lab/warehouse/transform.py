"""dbt, run by its OpenLineage wrapper in the warehouse's own folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from lab.warehouse.errors import JobFailed, WarehouseError
from lab.warehouse.lineage import JOB_NAMESPACE, Sink

PROJECT = Path(__file__).parent / "project"
BROKEN_SQL = "\n-- a column that nobody has\nqualify no_such_column = 1\n"


def model_names() -> list[str]:
    """The models of the project, by file name."""
    return sorted(path.stem for path in (PROJECT / "models").glob("*.sql"))


def lay_out(home: Path, broken_model: str | None = None) -> None:
    """Put the project into the home, as it is shipped but for the one model to be broken.

    Files that already say the same are left alone, so that dbt parses only what changed.
    """
    for source in sorted(path for path in PROJECT.rglob("*") if path.is_file()):
        text = source.read_text()
        if source.suffix == ".sql" and source.stem == broken_model:
            text += BROKEN_SQL
        target = home / source.relative_to(PROJECT)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_text() != text:
            target.write_text(text)


def transform(home: Path, sink: Sink, broken_model: str | None = None) -> None:
    """Build and test every model. Raises JobFailed for the first that failed.

    dbt and its wrapper run in the home with a relative database path, so no event carries a machine's path.
    """
    lay_out(home, broken_model)
    wrapper = Path(sys.executable).with_name("dbt-ol")
    if not wrapper.exists():
        raise WarehouseError(f"{wrapper.name} is not installed beside this Python: install openlineage-dbt")
    code = run_whole([sys.executable, str(wrapper), "build", "--quiet"], home, environment(sink))
    if code != 0:
        raise first_failure(home, code)


def run_whole(command: list[str], home: Path, env: dict[str, str]) -> int:
    """Run to the end, output into `dbt-ol.log`; the exit code. Whatever it started ends with us."""
    with (
        (home / "dbt-ol.log").open("a") as log,
        subprocess.Popen(
            command, cwd=home, env=env, stdout=log, stderr=subprocess.STDOUT, process_group=0
        ) as child,
    ):
        try:
            return child.wait()
        finally:
            if child.returncode is None:
                os.killpg(child.pid, signal.SIGTERM)


def environment(sink: Sink) -> dict[str, str]:
    """Ours, with dbt kept quiet and off the network and the wrapper pointed at the sink."""
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("DBT_", "OPENLINEAGE_"))},
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "DBT_PROFILES_DIR": ".",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "OPENLINEAGE__TRANSPORT": json.dumps(sink.transport()),
        "OPENLINEAGE_NAMESPACE": JOB_NAMESPACE,
    }


def first_failure(home: Path, code: int) -> JobFailed:
    """The first node that dbt says failed; dbt as a whole when it didn't get that far."""
    try:
        results = json.loads((home / "target" / "run_results.json").read_text())["results"]
    except (OSError, ValueError, KeyError):
        results = []
    for result in results:
        if result["status"] in {"error", "fail"}:
            return JobFailed(result["unique_id"], " ".join((result["message"] or "").split()))
    return JobFailed("dbt", f"exit code {code}, see dbt-ol.log in the warehouse's folder")
