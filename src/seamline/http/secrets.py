"""Who may send, and who may ask: senders' secrets and people's tokens, from `HOME/secrets.toml` and the environment.

    allow_unsigned = ["kubernetes"]      # a lab on loopback only

    [sources]
    github = ["new secret", "old one"]   # all are valid: rotation

    [people]
    mira = "her bearer token"

    [proxy]                              # a proxy that people log in to, in front of this server
    header = "x-forwarded-user"          # names the person; believed from these addresses only
    from = ["127.0.0.1"]
    people = { "mira@example.org" = "mira" }   # where the proxy's names are not the ids of seamline.toml

`SEAMLINE_SECRET_GITHUB="new,old"` adds to the file's. No secret is ever part of a message.
"""

import hmac
import tomllib
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

from msgspec import Struct

from seamline.model.errors import Fix

ENVIRONMENT = "SEAMLINE_SECRET_"
_TABLES = {"allow_unsigned", "sources", "people", "proxy"}
_PROXY = {"header", "from", "people"}


class Proxy(Struct, frozen=True):
    """A proxy whose word on who asks is taken: it must set or remove the header on every request."""

    header: str  # lower-case
    addresses: frozenset[str]  # of the proxy, as the connection shows them
    people: Mapping[str, str] = {}  # the proxy's name -> person id; empty: they are the same

    def person(self, said: Sequence[str]) -> str | None:
        """The person a request's headers of that name mean; None for none, for several, and for a stranger."""
        if len(said) != 1 or not said[0]:
            return None
        return self.people.get(said[0]) if self.people else said[0]


class Secrets(Struct, frozen=True):
    """What was configured; lookups by presented token compare digests in constant time."""

    sources: Mapping[str, tuple[bytes, ...]] = {}
    allow_unsigned: frozenset[str] = frozenset()
    tokens: tuple[tuple[bytes, str], ...] = ()  # (sha256 of a bearer token, person id)
    proxy: Proxy | None = None

    def of(self, source: str) -> tuple[bytes, ...]:
        """A source's secrets; none when none is configured."""
        return self.sources.get(source, ())

    def person(self, authorization: str) -> str | None:
        """The person whose bearer token an `Authorization` header carries, else None."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        digest = sha256(token.strip().encode()).digest()
        found = None
        for known, person in self.tokens:  # all of them: the time taken says nothing
            if hmac.compare_digest(known, digest):
                found = person
        return found


def read_secrets(file: Path, environ: Mapping[str, str], sources: Collection[str]) -> Secrets:
    """The secrets in force. A missing file means none. Raises Fix with the mend for a file that can't be trusted."""
    said = _read(file)
    by_source = {
        name: _texts(file, f"sources.{name}", value) for name, value in _table(file, said, "sources")
    }
    for variable, value in environ.items():
        if variable.startswith(ENVIRONMENT):
            name = _source_of(variable, sources)
            by_source[name] = by_source.get(name, ()) + tuple(part for part in value.split(",") if part)
    unsigned = frozenset(_texts(file, "allow_unsigned", said.get("allow_unsigned", [])))
    for name in sorted({*by_source, *unsigned} - set(sources)):
        raise Fix(f"{file}: unknown source {name!r}", hint=f"installed sources: {', '.join(sorted(sources))}")
    tokens = [
        (sha256(token.encode()).digest(), person)
        for person, value in _table(file, said, "people")
        for token in _texts(file, f"people.{person}", value)
    ]
    encoded = {name: tuple(text.encode() for text in texts) for name, texts in by_source.items()}
    return Secrets(encoded, unsigned, tuple(tokens), _proxy(file, said))


def _proxy(file: Path, said: Mapping[str, object]) -> Proxy | None:
    table = dict(_table(file, said, "proxy"))
    if not table:
        return None
    for name in table.keys() - _PROXY:
        raise Fix(f"{file}: unknown key 'proxy.{name}'", hint=f"known: {', '.join(sorted(_PROXY))}")
    (header,) = _texts(file, "proxy.header", table.get("header", ""))[:1]
    addresses = _texts(file, "proxy.from", table.get("from", []))
    for address in addresses:
        try:
            ip_address(address)
        except ValueError:
            raise Fix(
                f"{file}: proxy.from must name addresses, not {address!r}", hint='"127.0.0.1"'
            ) from None
    if not addresses:
        raise Fix(
            f"{file}: proxy.from is missing", hint='from = ["127.0.0.1"]: the header is believed from there'
        )
    people = {
        name: _texts(file, f"proxy.people.{name}", id_)[0] for name, id_ in _table(file, table, "people")
    }
    return Proxy(header.lower(), frozenset(addresses), people)


def _read(file: Path) -> dict[str, object]:
    try:
        if file.stat().st_mode & 0o077:
            raise Fix(f"{file}: others can read the secrets", hint=f"chmod 600 {file}")
        said: dict[str, object] = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Fix(f"{file}: can't be read ({error.strerror})", hint="check its owner") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise Fix(
            f"{file}: is not valid TOML", hint="quote every secret"
        ) from None  # the cause may quote one
    for name in said.keys() - _TABLES:
        raise Fix(f"{file}: unknown key {name!r}", hint=f"known: {', '.join(sorted(_TABLES))}")
    return said


def _table(file: Path, said: Mapping[str, object], name: str) -> list[tuple[str, object]]:
    table = said.get(name, {})
    if not isinstance(table, dict):
        raise Fix(f"{file}: {name} must be a table", hint=f"[{name}]")
    return list(table.items())


def _texts(file: Path, where: str, value: object) -> tuple[str, ...]:
    """One text or a list of texts, none empty: an empty secret would let everybody in."""
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) and each for each in values):
        raise Fix(f"{file}: {where} must be a text or a list of texts, none empty")
    return tuple(values)


def _source_of(variable: str, sources: Collection[str]) -> str:
    wanted = variable.removeprefix(ENVIRONMENT).lower()
    for name in sources:
        if name.replace("-", "_").lower() == wanted:
            return name
    hint = f"installed sources: {', '.join(sorted(sources))}"
    raise Fix(f"{variable}: no source of that name is installed", hint=hint)
