"""Rules over manifests that hold anything anywhere."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from seamline import artefacts
from seamline.model.artefact import Artefact, Found
from tests.guards.manifests import findings, found

POD = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "serviceAccountName": "web",
        "volumes": [{"name": "v", "configMap": {"name": "c"}}],
        "containers": [
            {
                "name": "web", "image": "postgres:16", "ports": [{"name": "http", "containerPort": 80}],
                "env": [{"name": "DATABASE_URL", "value": "postgres://db:5432/x"}, {"name": "DB_POOL_SIZE", "value": "5"}],
                "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
                "livenessProbe": {"periodSeconds": 5},
            }
        ],
    },
}  # fmt: skip
OBJECTS: list[dict[str, Any]] = [
    {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": POD}},
    {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {"template": POD, "volumeClaimTemplates": [{"spec": {"resources": {"requests": {"storage": "1Gi"}}}}]}},
    {"apiVersion": "v1", "kind": "Service", "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}},
    {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}},
    {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}}},
    {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80}]}]}},
    {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"rules": [{"host": "a", "http": {"paths": [{"path": "/", "backend": {"service": {"name": "web"}}}]}}]}},
    {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": {"minReplicas": 1, "maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "web"}, "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 70}}}], "behavior": {"scaleDown": {"stabilizationWindowSeconds": 9}}}},
]  # fmt: skip
ODD = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        1e300,
        10**30,
        "",
        "x",
        "100%",
        "-5",
        "1e999",
        [],
        {},
        [[]],
        [None],
        {"": None},
        {"a": {"b": [1]}},
        "$(A)",
    ]
)


def _paths(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        list(content.items())
        if isinstance(content, dict)
        else list(enumerate(content))
        if isinstance(content, list)
        else []
    )
    return [path] * bool(path) + [p for key, value in inner for p in _paths(value, (*path, key))]


PATHS = _paths(OBJECTS)


def _has(at: Any, key: Any) -> bool:
    return (
        key in at if isinstance(at, dict) else isinstance(at, list) and isinstance(key, int) and key < len(at)
    )


def _state(changes: list[tuple[tuple[Any, ...], Any]]) -> list[Found]:
    items = copy.deepcopy(OBJECTS)
    for path, value in changes:
        at: Any = items
        for key in path[:-1]:
            at = at[key] if _has(at, key) else None
        if _has(at, path[-1]):
            at[path[-1]] = value
    named = [
        {"metadata": {"name": "web", "namespace": "n"}, **item} for item in items if isinstance(item, dict)
    ]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": named})
    return list(artefacts.discover()["kubernetes"].read([Artefact("sample", "a.json", text.encode())]))


CHANGES = st.lists(st.tuples(st.sampled_from([p for p in PATHS if len(p) > 1]), ODD), max_size=4)


@given(before=CHANGES, after=CHANGES)
@settings(max_examples=150, deadline=None)
def test_any_value_may_stand_anywhere(before: list[Any], after: list[Any]) -> None:
    """No value in any field makes a rule fail, in either state, and staying there is fine."""
    was, now = _state(before), _state(after)
    findings(was, now)
    findings(now, [])
    assert findings(now, now) == []


def test_nothing_at_all_is_fine() -> None:
    """An empty repository is a state like any other."""
    assert findings(found(""), found("")) == []
