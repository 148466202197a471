"""No secret gets out of manifests, compose files and plans, wherever somebody put it."""

import json
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline import artefacts
from seamline.model.artefact import Artefact, Found

READERS = artefacts.discover()
# Letters, digits and what passwords are made of; long enough never to be a word of the findings by chance.
SECRETS = st.text(
    "ABCDEFGHKLMNPQRSTUVWXYZabcdefghkmnpqrstuvwxyz23456789!#%*+,-._~@/:?", min_size=12, max_size=40
)
NAMES = (
    "PASSWORD",
    "DB_PASS",
    "API_KEY",
    "apiToken",
    "GREETING",
    "DSN_SECRET",
    "auth",
    "SMTP_CREDENTIALS",
    "X",
)


def told(reader: str, path: str, content: object) -> str:
    """Everything that is found in one file, as text."""
    found: Sequence[Found] = list(
        READERS[reader].read([Artefact("sample", path, json.dumps(content).encode())])
    )
    assert found
    return msgspec.json.encode(found).decode()


def pods(secret: str, name: str) -> dict[str, object]:
    """A Deployment with a secret in every place where one is found in the wild."""
    container = {
        "name": "web",
        "image": "acme/web:1",
        "env": [
            {"name": name, "value": secret},
            {"name": "SPECIAL_TOKEN", "value": secret},
            {"name": "DATABASE_URL", "value": f"postgres://web:{secret}@db:5432/shop"},
            {"name": "OPTIONS", "value": f"host=db password={secret} dbname=shop"},
            {"name": "GO_DSN", "value": f"web:{secret}@tcp(db:3306)/shop"},
        ],
        "command": [
            "run",
            "--password",
            secret,
            f"--api-key={secret}",
            "-c",
            f"login {secret}",
            f"-p{secret}",
        ],
        "args": [secret, f"redis://:{secret}@cache"],
        "livenessProbe": {
            "httpGet": {"httpHeaders": [{"name": "Authorization", "value": f"Bearer {secret}"}]}
        },
        "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", f"curl -u a:{secret} x"]}}},
    }
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": secret, "note": secret}
    template = {"metadata": {"annotations": annotations}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "annotations": annotations},
        "spec": {"template": template, "selector": {}},
    }  # fmt: skip


@given(secret=SECRETS, name=st.sampled_from(NAMES))
@settings(max_examples=60, deadline=None)
def test_pods_keep_theirs(secret: str, name: str) -> None:
    """Variables, commands, probes, hooks and annotations of pods."""
    assert secret not in told("kubernetes", "a.json", pods(secret, name))


@given(secret=SECRETS)
@settings(max_examples=40, deadline=None)
def test_configuration_keeps_its_values(secret: str) -> None:
    """ConfigMaps, Secrets and triggers of autoscalers."""
    items = [
        {
            "apiVersion": "v1",
            "kind": kind,
            "metadata": {"name": "c"},
            field: {"x": secret, "url": f"amqp://a:{secret}@b/"},
        }
        for kind in ("ConfigMap", "Secret")
        for field in ("data", "stringData", "binaryData")
    ]
    trigger = {
        "type": "rabbitmq",
        "metadata": {"host": f"amqp://guest:{secret}@mq:5672/", "password": secret, "queueName": "q"},
    }
    scaled = {
        "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "s"},
        "spec": {"scaleTargetRef": {"name": "w"}, "triggers": [trigger]},
    }  # fmt: skip
    assert secret not in told(
        "kubernetes", "a.json", {"apiVersion": "v1", "kind": "List", "items": [*items, scaled]}
    )


@given(secret=SECRETS, name=st.sampled_from(NAMES))
@settings(max_examples=40, deadline=None)
def test_compose_keeps_its_own(secret: str, name: str) -> None:
    """Variables in both forms, commands, build arguments, health checks, labels."""
    web = {
        "image": "acme/web", "environment": {name: secret, "REDIS_URL": f"redis://:{secret}@cache:6379"},
        "command": ["run", "--token", secret], "build": {"args": {"KEY": secret}}, "labels": {"note": secret},
        "healthcheck": {"test": f"curl -u a:{secret}"},
    }  # fmt: skip
    worker = {"image": "acme/web", "environment": [f"{name}={secret}", f"AMQP_URL=amqp://a:{secret}@mq/"]}
    assert secret not in told("compose", "compose.yaml", {"services": {"web": web, "worker": worker}})


@given(secret=SECRETS)
@settings(max_examples=40, deadline=None)
def test_plans_keep_what_is_marked_and_what_nobody_marked(secret: str) -> None:
    """Sensitive values, forgotten ones, variables and outputs."""
    values = {
        "identifier": "shop", "password": secret, "master_password": secret, "user_data": secret,
        "environment": [{"variables": {"DATABASE_URL": f"postgres://a:{secret}@db/x", "TOKEN": secret}}],
    }  # fmt: skip
    row = {"address": "x.y", "mode": "managed", "values": values, "sensitive_values": {"password": True}}
    plan = {
        "format_version": "1.2", "variables": {"p": {"value": secret}},
        "planned_values": {
            "outputs": {"o": {"sensitive": True, "value": secret}},
            "root_module": {"resources": [row | {"type": t} for t in ("aws_db_instance", "aws_lambda_function")]},
        },
    }  # fmt: skip
    assert secret not in told("terraform", "plan.json", plan)


@pytest.mark.parametrize("name", ["tags", "labels"])
def test_owners_are_told_all_the_same(name: str) -> None:
    """What is no secret gets out: the test above isn't passed by silence."""
    row = {
        "address": "x.y",
        "mode": "managed",
        "type": "aws_db_instance",
        "values": {"identifier": "shop", name: {"team": "pay"}},
    }
    plan = {"format_version": "1.2", "planned_values": {"root_module": {"resources": [row]}}}
    assert "terraform:pay" in told("terraform", "plan.json", plan)
