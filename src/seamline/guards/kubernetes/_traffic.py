"""Who may speak to whom under the network policies of a set.

https://kubernetes.io/docs/concepts/services-networking/network-policies/: pods that no policy selects are open; for those that
one selects, what no policy allows is cut. Both ends have to allow it.
"""

from collections.abc import Mapping
from typing import Any

from seamline.analysis.manifests.objects import Manifest, selects
from seamline.analysis.manifests.plain import entries, number, part, rows, text, words
from seamline.guards.kubernetes._states import State

DNS_PORT = 53


def allowed(state: State, source: Manifest, target: Manifest) -> bool:
    """Whether the pods of one workload may open a connection to some port of another's."""
    out = governing(state, source, "Egress")
    into = governing(state, target, "Ingress")
    return (not out or any(_permits(p, "egress", source, target, target, state) for p in out)) and (
        not into or any(_permits(p, "ingress", target, source, target, state) for p in into)
    )


def resolves_names(state: State, source: Manifest) -> bool:
    """Whether a workload's pods may ask for names at all."""
    out = governing(state, source, "Egress")
    return not out or any(_asks(rule) for policy in out for rule in rows(policy.content, "spec", "egress"))


def _asks(rule: Mapping[str, Any]) -> bool:
    ports = rows(rule, "ports")
    return not ports or any(text(p, "port") in (str(DNS_PORT), "dns", "dns-tcp", "") for p in ports)


def governing(state: State, one: Manifest, direction: str) -> list[Manifest]:
    """The policies that cut what they don't allow in this direction of a workload's pods."""
    return [
        policy
        for policy in state.of_kind("NetworkPolicy")
        if policy.namespace == one.namespace
        and direction in _directions(policy)
        and selects(part(policy.content, "spec", "podSelector") or {}, one.pod_labels)
    ]


def _directions(policy: Manifest) -> list[str]:
    said = words(policy.content, "spec", "policyTypes")
    return said or ["Ingress", *(["Egress"] if part(policy.content, "spec", "egress") is not None else [])]


def _permits(
    policy: Manifest, field: str, own: Manifest, other: Manifest, target: Manifest, state: State
) -> bool:
    """Whether a rule of a policy lets `other` be spoken with by the pods of `own`; ports are the target's."""
    peers = "from" if field == "ingress" else "to"
    return any(
        (not entries(rule, peers) or any(_is_peer(p, own, other, state) for p in rows(rule, peers)))
        and (not entries(rule, "ports") or any(_has_port(p, target) for p in rows(rule, "ports")))
        for rule in rows(policy.content, "spec", field)
    )


def _is_peer(peer: Mapping[str, Any], own: Manifest, other: Manifest, state: State) -> bool:
    """An ipBlock is no pod: addresses of pods change."""
    if "podSelector" not in peer and "namespaceSelector" not in peer:
        return False
    spaces = part(peer, "namespaceSelector")
    if spaces is None:
        if own.namespace != other.namespace:
            return False
    elif not selects(spaces, _labels_of_namespace(other.namespace, state)):
        return False
    pods = part(peer, "podSelector")
    return pods is None or selects(pods, other.pod_labels)


def _labels_of_namespace(name: str, state: State) -> dict[str, str]:
    space = state.get("Namespace", "", name)
    return {**(space.labels if space else {}), "kubernetes.io/metadata.name": name}


def _has_port(row: Mapping[str, Any], target: Manifest) -> bool:
    """Whether a port of a rule is one that the target's pods declare; pods that declare none may have it."""
    declared = [port for container in target.containers for port in rows(container, "ports")]
    wanted, last = part(row, "port"), number(row, "endPort")
    if not declared or wanted is None:
        return True
    if isinstance(wanted, str) and not wanted.isdecimal():
        return any(text(port, "name") == wanted for port in declared)
    first = number(row, "port") or 0.0
    return any(first <= (number(port, "containerPort") or -1.0) <= (last or first) for port in declared)
