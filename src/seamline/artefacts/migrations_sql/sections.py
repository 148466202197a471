"""The part of a file that a tool runs forward, with its lines where they were."""

import re

from msgspec import Struct

_MARK = re.compile(
    r"^\s*--\s*(?:migrate:(?P<dbmate>up|down)|\+(?:goose|migrate)\s+(?P<goose>up|down)\b)", re.IGNORECASE
)
_CHANGESET = re.compile(r"^\s*--\s*changeset\s+(?P<author>[^:\s]+):(?P<id>\S+)", re.IGNORECASE)
_ROLLBACK = re.compile(r"^\s*--\s*rollback\b", re.IGNORECASE)
_LIQUIBASE = re.compile(r"^\s*--\s*liquibase\s+formatted\s+sql", re.IGNORECASE)
_META = re.compile(r"^\s*\\")  # psql's own commands
_DELIMITER = re.compile(r"^\s*DELIMITER\s+(?P<sign>\S+)\s*$", re.IGNORECASE)
_BREAKPOINT = re.compile(r"--> ?statement-breakpoint")  # Drizzle's, which MySQL would not take for a comment


class Section(Struct, frozen=True):
    """Text that is run as one migration; `suffix` tells it from others of its file."""

    suffix: str
    text: str


def sections(source: str) -> list[Section]:
    """What of a file runs forward: all of it, or what its marks say. Lines that don't count are blank."""
    if _LIQUIBASE.match(source):
        return _changesets(source)
    forward = True
    lines: list[str] = []
    for line in _BREAKPOINT.sub("", source).split("\n"):
        mark = _MARK.match(line)
        if mark:
            forward = (mark["dbmate"] or mark["goose"]).lower() == "up"
        lines.append(line if forward and not _META.match(line) else "")
    return [Section("", _delimited(lines))]


def _changesets(source: str) -> list[Section]:
    """Liquibase's formatted SQL: each changeset is a migration of its own."""
    found: list[Section] = []
    lines = source.split("\n")
    id_, start = "", 0
    for at, line in enumerate([*lines, "--changeset end:end"]):
        mark = _CHANGESET.match(line)
        if mark:
            body = ["" if _ROLLBACK.match(text) else text for text in lines[start:at]]
            if id_:
                found.append(Section(id_, "\n" * start + "\n".join(body)))
            id_, start = f"{mark['author']}:{mark['id']}", at
    return found


def _delimited(lines: list[str]) -> str:
    """Text with MySQL's DELIMITER lines taken out, and the sign that they set put back to a semicolon."""
    sign = ";"
    out: list[str] = []
    for line in lines:
        mark = _DELIMITER.match(line)
        if mark:
            sign = mark["sign"]
            out.append("")
        else:
            out.append(line if sign == ";" else line.replace(sign, ";"))
    return "\n".join(out)


def dialect(source: str, provider: str = "") -> str:
    """The dialect of a text, as far as it shows; PostgreSQL where it doesn't."""
    known = {
        "postgresql": "postgres",
        "cockroachdb": "postgres",
        "mysql": "mysql",
        "sqlite": "sqlite",
        "sqlserver": "tsql",
    }
    if provider in known:
        return known[provider]
    for name, marks in _MARKS.items():
        if any(mark.search(source) for mark in marks):
            return name
    return "postgres"


def _marks(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


_MARKS = {
    "postgres": _marks(
        r"\$\w*\$", r"\bSERIAL\b", r"\bJSONB\b", r"\bTIMESTAMPTZ\b", r"::\w", r"\bCONCURRENTLY\b"
    ),
    "sqlite": _marks(r"\bAUTOINCREMENT\b", r"^\s*PRAGMA\b", r"\bWITHOUT\s+ROWID\b"),
    "mysql": _marks(r"`\w+`", r"\bAUTO_INCREMENT\b", r"\bENGINE\s*=", r"\bMODIFY\s+COLUMN\b"),
    "tsql": _marks(r"^\s*GO\s*$", r"\[\w+\]\.\[\w+\]", r"\bNVARCHAR\b", r"\bIDENTITY\s*\(\s*\d"),
    "snowflake": _marks(r"\bVARIANT\b", r"\bCREATE\s+(OR\s+REPLACE\s+)?(STAGE|WAREHOUSE|PIPE)\b"),
    "clickhouse": _marks(r"\bMergeTree\b", r"\bLowCardinality\b"),
}
