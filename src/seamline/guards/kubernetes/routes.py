"""Hosts and paths that people and other systems use, and no route serves any more."""

from collections.abc import Iterator, Sequence

from seamline.analysis.manifests.objects import ROUTES, Manifest
from seamline.analysis.manifests.plain import rows, text, words
from seamline.guards.kubernetes._states import State, called, say, states
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = ("kubernetes/host-removed", "kubernetes/path-removed")
WHOLE = True
_KINDS = ("Ingress", *sorted(ROUTES))


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets, refs, hosts and paths. What another route serves now is not gone."""
    return [f for was, now in states(before, after) for f in _of(was, now)]


def _of(was: State, now: State) -> Iterator[Finding]:
    serving = {route for one in now.of_kind(*_KINDS) for route in _routes(one)}
    hosts = {host for host, _ in serving}
    for one in was.of_kind(*_KINDS):
        routes = sorted(set(_routes(one)))
        gone = sorted({host for host, _ in routes if host not in hosts})
        for host in gone:
            yield _host(one, host, now)
        for host, path in routes:
            if host not in gone and not any(_serves(other, host, path) for other in serving):
                yield say(
                    "path-removed", ("hold", "medium", 0.85), now.objects.get(one.ref, one),
                    f"{called(one)} no longer serves {host}{path}",
                    "redirect it to its successor until the access log shows nobody there, then remove it",
                )  # fmt: skip


def _host(one: Manifest, host: str, now: State) -> Finding:
    return say(
        "host-removed", ("hold", "high", 0.9), now.objects.get(one.ref, one),
        f"{called(one)} no longer serves {host or 'any host'}, and nothing else does",
        "serve both names, tell those who use the old one, redirect it, then remove it",
    )  # fmt: skip


def _serves(route: tuple[str, str], host: str, path: str) -> bool:
    return route[0] == host and (route[1] == path or path.startswith(route[1].rstrip("/") + "/"))


def _routes(one: Manifest) -> Iterator[tuple[str, str]]:
    """(host, path); a host of "" is every host."""
    if one.kind == "Ingress":
        for rule in rows(one.content, "spec", "rules"):
            paths = [text(p, "path") or "/" for p in rows(rule, "http", "paths")] or ["/"]
            yield from ((text(rule, "host"), path) for path in paths)
        return
    hosts = words(one.content, "spec", "hostnames") or [""]
    for rule in rows(one.content, "spec", "rules") or [{}]:
        paths = [text(m, "path", "value") or "/" for m in rows(rule, "matches")] or ["/"]
        yield from ((host, path) for host in hosts for path in paths)
