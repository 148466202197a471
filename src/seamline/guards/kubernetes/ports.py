"""Ports of Services and pods that something still refers to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seamline.analysis.manifests.addresses import addresses
from seamline.analysis.manifests.objects import Manifest, backends
from seamline.analysis.manifests.plain import part, rows, text
from seamline.guards.kubernetes._states import State, called, say, states
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = ("kubernetes/service-port-removed", "kubernetes/target-port-unknown", "kubernetes/service-removed")
WHOLE = True
_FRONT = ("Ingress", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets, then of refs."""
    return [f for was, now in states(before, after) for look in (_removed, _targets) for f in look(was, now)]


def _removed(was: State, now: State) -> Iterator[Finding]:
    """Ports, or whole Services, that are gone while something still speaks to them."""
    for a in was.of_kind("Service"):
        b = now.objects.get(a.ref)
        gone = [p for p in _ports(a) if b is None or p not in _ports(b)]
        users = {p: who for p in gone if (who := _users(a, p, now))}
        if b is None:
            who = sorted({w for found in users.values() for w in found} | set(_users(a, "", now)))
            if who:
                yield say(
                    "service-removed", ("hold", "high", 0.95), a,
                    f"{called(a)} is gone, and {_list(who)} still {_speak(who)} to it",
                    "move its callers to the new name first; keep the old Service as an ExternalName until nobody calls it",
                )  # fmt: skip
            continue
        for port, who in users.items():
            yield say(
                "service-port-removed", ("hold", "high", 0.95), b,
                f"{called(b)} no longer has port {port}, and {_list(who)} still {_speak(who)} to it; it has "
                f"{', '.join(str(p) for p in _ports(b)) or 'none'}",
                f"serve both ports, move the callers, then remove {port}",
            )  # fmt: skip


def _ports(service: Manifest) -> list[str | int]:
    """Numbers and names by which a Service's ports are spoken of."""
    found: list[str | int] = []
    for row in rows(service.content, "spec", "ports"):
        number = part(row, "port")
        found += [number] if isinstance(number, int) else []
        found += [name] if (name := text(row, "name")) else []
    return found


def _users(service: Manifest, port: str | int, now: State) -> list[str]:
    """Who refers to this port of a Service; "": to the Service as such."""
    found = [
        called(front)
        for front in now.of_kind(*_FRONT)
        for namespace, name, wanted in backends(front)
        if (namespace, name) == (service.namespace, service.name) and port in ("", wanted)
    ]
    for workload in now.workloads:
        if any(_speaks_to(a, service, workload, port) for c in workload.containers for a in _addresses(c)):
            found.append(called(workload))
    return sorted(set(found))


def _addresses(container: Mapping[str, Any]) -> list[tuple[str, int]]:
    """(host, port) of every literal address; a URL without a port has its scheme's."""
    return [
        (a.host, a.port or {"http": 80, "https": 443}.get(a.scheme, 0))
        for row in rows(container, "env")
        for a in addresses(text(row, "value"))
    ]


def _speaks_to(address: tuple[str, int], service: Manifest, caller: Manifest, port: str | int) -> bool:
    host, number = address
    spelled = {f"{service.name}.{service.namespace}"}
    spelled |= {
        f"{service.name}.{service.namespace}.svc",
        f"{service.name}.{service.namespace}.svc.cluster.local",
    }
    if caller.namespace == service.namespace:
        spelled.add(service.name)
    return host in spelled and (port == "" or number == port)


def _targets(was: State, now: State) -> Iterator[Finding]:
    """Named target ports that no pod behind the Service has (any more)."""
    for service in now.of_kind("Service"):
        pods = now.behind(service)
        missing = sorted(_targets_missing(service, pods)) if pods else []
        before = was.objects.get(service.ref)
        known = _targets_missing(before, was.behind(before)) if before and was.behind(before) else set()
        for name in missing:
            if name not in known:
                yield say(
                    "target-port-unknown", ("hold", "high", 0.95), service,
                    f"{called(service)} sends to port {name!r}, which {_list([called(p) for p in pods])} "
                    f"{'does' if len(pods) == 1 else 'do'} not name",
                    "name the container's port so, or use its number; change both in one release only if the pods keep the old name, too",
                )  # fmt: skip


def _targets_missing(service: Manifest, pods: Sequence[Manifest]) -> set[str]:
    wanted = {
        target
        for row in rows(service.content, "spec", "ports")
        if isinstance(target := part(row, "targetPort"), str) and not target.isdecimal()
    }
    named = {text(port, "name") for pod in pods for c in pod.containers for port in rows(c, "ports")}
    return wanted - named


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _speak(names: Sequence[str]) -> str:
    return "speaks" if len(names) == 1 else "speak"
