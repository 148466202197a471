"""What of a manifest may be kept: names, numbers, addresses without their credentials. Values are guilty by default.

A manifest is kept as plain data in the log and shown to people, so a value stays only when it can't be a secret: what
it is called does not sound like one and what it says is a number, a switch, a size or an address.
"""

import re
from collections.abc import Iterable

from seamline.analysis.manifests.addresses import NAMES_AN_ADDRESS, addresses

_SECRET_WORDS_TEXT = """
auth authorization cert certificate cookie credential credentials key keys license licence otp pass
passphrase passwd password passwords pem pin private psk pwd salt secret secrets seed signature
token tokens
"""
_SECRET_WORDS = frozenset(_SECRET_WORDS_TEXT.split())
_SECRET_ENDS = (
    "pass",
    "passwd",
    "password",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "credentials",
)
_WORDS_OF_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_HARMLESS = re.compile(
    r"(?i)[+-]?\d{1,9}(?:\.\d{1,6})?(?:ms|[smhd]|[KMGTE]i?B?|m|%)?|true|false|yes|no|on|off"
)
_REFERENCE = re.compile(r"\$\([\w.-]{1,200}\)")
_ASSIGNED = re.compile(r"(?P<name>(?:--?)?[A-Za-z][\w.-]{0,80})=(?P<value>.*)", re.DOTALL)
_OPTION = re.compile(r"--[\w.-]{1,80}|-[A-Za-z]")  # not -phunter2
_COMMAND = re.compile(r"[A-Za-z/][\w./-]{0,80}")
_LONGEST = 2_000


def sounds_secret(name: str) -> bool:
    """Whether something of this name may hold a secret.

    >>> [sounds_secret(n) for n in ("DB_PASSWORD", "apiKey", "accessToken", "DB_POOL_SIZE", "KEYCLOAK_HOST", "MONKEY")]
    [True, True, True, False, False, False]
    """
    found = [w.lower() for w in _WORDS_OF_NAME.findall(name)]
    return any(w in _SECRET_WORDS or w.endswith(_SECRET_ENDS) for w in found)


def kept(name: str, value: str) -> str:
    """What may be kept of a value: all of it when harmless, an address without credentials, else its references.

    >>> kept("DATABASE_URL", "postgres://pay:hunter2@db:5432/pay?sslmode=require")
    'postgres://db:5432/pay'
    >>> kept("DB_POOL_SIZE", "20"), kept("GREETING", "hello"), kept("DB_PASSWORD", "$(FROM_ABOVE)x")
    ('20', '', '$(FROM_ABOVE)')
    """
    if len(value) > _LONGEST:
        return ""
    references = _REFERENCE.findall(value)
    if sounds_secret(name):
        return "".join(references)
    if _HARMLESS.fullmatch(value.strip()):
        return value.strip()
    if "://" in value or NAMES_AN_ADDRESS.search(name):
        found = addresses(value)
        if found:
            shown = ",".join(str(a) for a in found)
            return shown + "".join(r for r in references if r not in shown)
    return "".join(references)


def kept_words(arguments: Iterable[str], *, program: bool = True) -> list[str]:
    """A command line with only what may be kept: options, what `kept` leaves of their values, and the first word.

    `program`: the first word names what is run.

    >>> kept_words(["serve", "--password", "hunter2", "-c", "max_connections=200", "--dsn=mysql://a:b@db/x"])
    ['serve', '--password', '', '-c', 'max_connections=200', '--dsn=mysql://db/x']
    >>> kept_words(["mysqladmin", "-phunter2", "ping"])
    ['mysqladmin', '', '']
    """
    out: list[str] = []
    option = ""
    for argument in arguments:
        first = program and not out and _COMMAND.fullmatch(argument)
        out.append(argument if first else _kept_word(argument, option))
        option = argument if _OPTION.fullmatch(argument) else ""
    return out


def _kept_word(argument: str, option: str) -> str:
    if len(argument) > _LONGEST or "\n" in argument:
        return ""
    if assigned := _ASSIGNED.fullmatch(argument):
        return f"{assigned['name']}={kept(assigned['name'], assigned['value'])}"
    return argument if _OPTION.fullmatch(argument) else kept(option, argument)
