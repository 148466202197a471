"""How owners are spelled: `tool:name`, as in `github:@acme/pay`, `email:a@b.c`, `backstage:user:default/ana`."""

import re

_BOT = re.compile(
    r"""(?:\[bot\] | (?:^|[-_.\s])(?:bot|robot|svc|service-?account|automation) | (?<=[a-z])Bot)$
    | ^(?:svc|sa|bot)[-_.] | ^no-?reply\b
    | ^(?:dependabot|renovate(?:bot)?|github-actions|mergify|greenkeeper|snyk-bot|codecov(?:bot)?|pyup-bot)$
    | \.gserviceaccount\.com$ | ^system:serviceaccount: """,
    re.VERBOSE,
)


_MANY = ("group:", "team:", "role:")


def key(spelling: str) -> str:
    """What two spellings of one owner have in common: no case, no at-sign.

    >>> key("github:@Ana"), key("email:Ana@Example.com")
    ('github:ana', 'email:ana@example.com')
    """
    tool, colon, rest = spelling.strip().casefold().partition(":")
    return f"{tool}:{rest.strip().removeprefix('@')}" if colon else tool.removeprefix("@")


def bare(spelling: str) -> str:
    """The name alone: without tool, kind, namespace, organisation and at-sign, in its own case.

    >>> [bare(s) for s in ("github:@acme/Pay", "backstage:user:default/ana", "openlineage:team:data", "Ana Diaz")]
    ['Pay', 'ana', 'data', 'Ana Diaz']
    """
    return spelling.strip().rpartition(":")[2].rpartition("/")[2].strip().lstrip("@")


def means_many(spelling: str) -> bool:
    """Whether the spelling itself says that it is a team or a role, not a person."""
    tool, _, rest = spelling.casefold().partition(":")
    if tool in ("github", "gitlab"):
        return "/" in rest or rest.startswith("@@")
    return rest.startswith(_MANY) or spelling.casefold().startswith(_MANY)


def is_role(spelling: str) -> bool:
    """GitLab's `@@maintainer`: whoever has that role."""
    return spelling.startswith("gitlab:@@")


def is_bot(name: str) -> bool:
    """Whether a name is a program's: a bot or a service account. People called Abbot are none.

    >>> [is_bot(n) for n in ("renovate[bot]", "deploy-bot", "AcmeBot", "svc-deploy", "abbot", "github:@dependabot")]
    [True, True, True, True, False, True]
    """
    address = name.partition("@")[0] if "@" in name[1:] else name
    return any(_BOT.search(form) for form in {name, bare(name), bare(address)})
