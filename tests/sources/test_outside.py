"""A tool is added from outside, as docs/how-to/add-a-source.md says: the page's own module on a real server."""

import random
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from .serving import SECRET, Answer, Server, serving
from .test_contract import Case, damaged_bytes, damaged_json, only_unreadable, pseudonym

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-source.md"
NOTICE = b'{"number": 7, "boat": "hoek-express", "at": "2026-11-23T10:00:00Z", "captain": "Jan de Wit"}'


def page() -> dict[str, str]:
    """The page's code blocks, by language."""
    return dict(re.findall(r"```(python|toml)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server on whose path a package was put, as an installer would; ended with the module."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "ferry_line").mkdir()
    blocks = page()
    (folder / "ferry_line" / "__init__.py").write_text(blocks["python"])
    (group, named), *_ = tomllib.loads(blocks["toml"])["project"]["entry-points"].items()
    record = folder / "ferry_line-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: ferry-line\nVersion: 1.0\n")
    lines = [f"[{group}]", *(f"{name} = {module}" for name, module in named.items())]
    (record / "entry_points.txt").write_text("\n".join(lines) + "\n")
    with serving(folder / "home", "ferry-line", {"PYTHONPATH": str(folder)}) as running:
        yield running


def post(server: Server, path: str, notice: str, body: bytes = NOTICE) -> Answer:
    """One notice, proved by the secret that `SEAMLINE_SECRET_FERRY_LINE` holds."""
    return server.ask("POST", path, body, {"Authorization": f"Bearer {SECRET}", "X-Notice": notice})


def test_its_delivery_is_taken_read_and_shown(server: Server) -> None:
    """Accepted at /in/NAME, parsed, in the log under its own key, and its entity is on the map."""
    taken = post(server, "/in/ferry-line", "n-7")
    assert (taken.status, taken.json) == (202, {"seq": taken.json["seq"], "duplicate": False, "parsed": True})
    listed = server.ask("GET", "/api/deliveries").json["deliveries"]
    mine = [d for d in listed if d["source"] == "ferry-line" and d["key"] == "n-7"]
    assert [d["seq"] for d in mine] == [taken.json["seq"]]
    entities = {e["ref"] for e in server.ask("GET", "/api/entities").json["entities"]}
    assert "service:hoek-express" in entities
    assert post(server, "/in/ferry-line", "n-7").json == taken.json | {"duplicate": True}


def test_its_standard_path_and_its_handshake_are_served(server: Server) -> None:
    """Its own path answers with its own status, OPTIONS as it says."""
    assert post(server, "/ferry/v1/notices", "n-8").status == 204
    assert server.ask("OPTIONS", "/ferry/v1/notices").headers["x-ferry"] == "welcome"


def test_its_door_and_its_reasons_are_as_everybodys(server: Server) -> None:
    """No secret, no entry; what it can't read is kept and listed with its reason."""
    assert server.ask("POST", "/in/ferry-line", NOTICE).status == 401
    odd = post(server, "/in/ferry-line", "n-9", b'{"number": "x"}')
    assert (odd.status, odd.json["parsed"]) == (202, False)
    listed = server.ask("GET", "/api/deliveries?unreadable=true").json["deliveries"]
    why = next(d["unreadable"] for d in listed if d["seq"] == odd.json["seq"])
    assert "Expected `int`, got `str`" in why


def test_the_page_keeps_what_it_promises() -> None:
    """Its module redacts once and for all, and takes any bytes with nothing worse than Unreadable."""
    source = ModuleType("ferry_line")
    exec(page()["python"], source.__dict__)
    redacted = source.redact({}, NOTICE, pseudonym)
    assert b"Jan" not in redacted
    assert source.redact({}, redacted, pseudonym) == redacted
    case = Case(PAGE, {}, NOTICE)
    for seed in range(300):
        for damage in (damaged_bytes, damaged_json):
            only_unreadable(source, case, damage(NOTICE, random.Random(seed)))
