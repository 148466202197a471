"""`seamline migrate`: a database's shape changes under live traffic, by a plan that one person owns."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seamline.terminal import exits
from seamline.terminal.arguments import JsonOption

if TYPE_CHECKING:
    from seamline.app.downstream import Reader
    from seamline.migrate.crash import Crash
    from seamline.migrate.program import Phase

app = typer.Typer(
    no_args_is_help=True, help="Change a PostgreSQL schema under live traffic: one plan, one owner."
)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The plan, YAML.")]
IdArgument = Annotated[str, typer.Argument(metavar="FILE_OR_ID", help="The plan, or the migration's name.")]
DsnOption = Annotated[
    str,
    typer.Option(
        "--dsn", metavar="DSN", envvar="SEAMLINE_DSN", show_envvar=False,
        help="The database, past any pooler [$SEAMLINE_DSN].",
    ),
]  # fmt: skip
ByOption = Annotated[
    str, typer.Option("--as", metavar="PERSON", help="Whose word you enter; the plan's owner's without.")
]
KeptOption = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="A home whose log is told what happened; works without."),
]


@app.command()
def plan(
    file: FileArgument,
    dsn: DsnOption = "",
    sql: Annotated[bool, typer.Option("--sql", help="Print every statement, in order.")] = False,
    calibrate: Annotated[
        float,
        typer.Option("--calibrate", min=0, max=120, metavar="SECONDS", help="How long to try out the speed."),
    ] = 10.0,
    home: KeptOption = None,
    json: JsonOption = False,
) -> None:
    """Try a plan on the real tables without changing them, and keep it if nothing stands against it."""
    from seamline.app import migrate as verb
    from seamline.terminal import migration as drawn

    planned = verb.plan(_dsn(dsn), _text(file), calibrate_s=calibrate)
    _tell_home(home, dsn, planned.surveyed.plan.id)
    if not planned.surveyed.refusals:
        planned = planned.told(_readers(home, dsn, planned.surveyed.plan.id))
    if json:
        sys.stdout.write(drawn.plan_as_json(planned))
    elif sql:
        sys.stdout.write(drawn.statements(planned.surveyed.program))
    else:
        drawn.show_plan(planned)
    for refusal in planned.surveyed.refusals:
        exits.tell(f"refused: {exits.said(refusal.reason, refusal.mend)}")
    if planned.surveyed.refusals:
        raise typer.Exit(exits.USAGE)


@app.command()
def approve(what: IdArgument, dsn: DsnOption = "", by: ByOption = "", home: KeptOption = None) -> None:
    """Say as its owner: it may start."""
    from seamline.app import migrate as verb

    id_, _ = _meant(what)
    done = verb.approve(_dsn(dsn), id_, by=by, entered_by=_user())
    _tell_home(home, dsn, id_)
    print(f"{id_}: approved by {done.approved_by}")


@app.command()
def start(
    what: IdArgument,
    dsn: DsnOption = "",
    until: Annotated[
        str, typer.Option("--until", metavar="STATE", help="expand, sync, verify, ready or soak.")
    ] = "soak",
    stay: Annotated[
        float,
        typer.Option("--stay", min=0, metavar="SECONDS", help="Go on comparing every row for that long."),
    ] = 0.0,
    home: KeptOption = None,
    json: JsonOption = False,
) -> None:
    """Conduct an approved migration, from wherever it is, until both versions are served."""
    from seamline.app import migrate as verb
    from seamline.terminal import migration as drawn

    id_, sha256 = _meant(what)
    try:
        with drawn.watching() as say:
            done = verb.start(
                _dsn(dsn), id_, say=say, crash=_crash(), until=_phase(until), stay_s=stay, sha256=sha256
            )
    finally:
        _tell_home(home, dsn, id_)
    drawn.show_state(done, json=json)


@app.command()
def status(
    what: Annotated[str, typer.Argument(metavar="[FILE_OR_ID]", help="All migrations without.")] = "",
    dsn: DsnOption = "",
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit 0 when the new version may be deployed, 3 to hold it.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show how far a migration is, and what it waits for."""
    from seamline.app import migrate as verb
    from seamline.terminal import migration as drawn

    if not what:
        drawn.show_list(verb.listed(_dsn(dsn)), json=json)
        return
    found = verb.status(_dsn(dsn), _meant(what)[0])
    if json:
        sys.stdout.write(drawn.status_as_json(found))
    elif gate:
        print(found.gate)
    else:
        drawn.show_status(found)
    if gate and found.gate == "hold":
        raise typer.Exit(exits.HOLD)


@app.command()
def contract(
    what: IdArgument,
    dsn: DsnOption = "",
    by: ByOption = "",
    wait: Annotated[
        float, typer.Option("--wait", min=0, metavar="SECONDS", help="Wait for the old side to stand still.")
    ] = 0.0,
    drained: Annotated[
        bool,
        typer.Option(
            "--drained", help="Say on record that the old version is gone, where nothing can count it."
        ),
    ] = False,
    accept_drift: Annotated[
        bool, typer.Option("--accept-drift", help="Take what others changed in the meantime as it is.")
    ] = False,
    home: KeptOption = None,
    json: JsonOption = False,
) -> None:
    """Say as its owner: the old shape goes. Prints the certificate."""
    from seamline.app import migrate as verb
    from seamline.terminal import migration as drawn

    id_, _ = _meant(what)
    try:
        with drawn.watching() as say:
            made, refusals = verb.contract(
                _dsn(dsn), id_, say=say, crash=_crash(), by=by, entered_by=_user(), wait_s=wait, drained=drained,
                accept_drift=accept_drift, readers=_readers(home, dsn, id_),
            )  # fmt: skip
    finally:
        _tell_home(home, dsn, id_)
    for refusal in refusals:
        exits.tell(f"refused: {exits.said(refusal.reason, refusal.mend)}")
    if made is None:
        raise typer.Exit(exits.USAGE)
    drawn.show_certificate(made, json=json)


@app.command()
def revert(
    what: IdArgument,
    dsn: DsnOption = "",
    by: ByOption = "",
    home: KeptOption = None,
    json: JsonOption = False,
) -> None:
    """Turn back, at any time before the contract. Nothing that was written is lost."""
    from seamline.app import migrate as verb
    from seamline.terminal import migration as drawn

    id_, _ = _meant(what)
    try:
        with drawn.watching() as say:
            done = verb.revert(_dsn(dsn), id_, say=say, crash=_crash(), by=by, entered_by=_user())
    finally:
        _tell_home(home, dsn, id_)
    drawn.show_state(done, json=json)


@app.command()
def demo(
    rows: Annotated[
        int, typer.Option("--rows", min=20_000, max=50_000_000, metavar="N", help="How many the table has.")
    ] = 400_000,
) -> None:
    """Change a table under traffic in a private PostgreSQL, kill the conductor twice, and count what was lost."""
    from seamline.bench.migrate.program import demonstrated

    if not demonstrated(rows):
        raise typer.Exit(exits.DEFECT)


# -- what the arguments mean -----------------------------------------------------------
def _dsn(dsn: str) -> str:
    from seamline.model.errors import Fix

    if not dsn:
        raise Fix("no database is named", hint="--dsn postgresql://user@host:5432/database, or SEAMLINE_DSN")
    return dsn


def _text(file: Path) -> str:
    from seamline.model.errors import Fix

    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Fix(
            f"{file}: can't be read ({reason})", hint="a plan as docs/reference/migrate.md shows it"
        ) from None


def _meant(what: str) -> tuple[str, str]:
    """(name, sha256 of the plan where a file was named)."""
    from seamline.migrate import plan as plans

    path = Path(what)
    if path.is_file():
        given = plans.read(_text(path))
        return given.id, given.sha256
    return what, ""


def _phase(said: str) -> "Phase":
    from seamline.migrate.program import PHASES
    from seamline.model.errors import Fix

    found = next((p for p in PHASES if p.lower() == said.lower() and p != "CONTRACT"), None)
    if found is None:
        raise Fix(
            f"--until {said}: there is no such state", hint="expand, sync, verify, ready, cutover or soak"
        )
    return found


def _crash() -> "Crash":
    from seamline.migrate import crash

    return crash.from_environment(os.environ)


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        return str(os.getuid())


def _readers(home: Path | None, dsn: str, id_: str) -> "list[Reader]":
    """Who reads the tables downstream, as a home's map has it."""
    if home is None:
        return []
    from seamline.app import downstream
    from seamline.app import migrate as verb
    from seamline.terminal.homes import opened

    database, program = verb.program_of(dsn, id_)
    with opened(home) as there:
        return downstream.readers(there, database, program)


def _tell_home(home: Path | None, dsn: str, id_: str) -> None:
    """Put what happened into a home's log; a home that is busy or broken never holds a migration up."""
    if home is None:
        return
    from seamline.app import outbox
    from seamline.model.errors import SeamlineError
    from seamline.terminal.homes import opened_to_write

    try:
        with opened_to_write(home) as opened:
            outbox.deliver(opened, dsn, id_)
    except SeamlineError as error:
        exits.tell(f"note: {exits.one_line(error)}; the home is told next time")
