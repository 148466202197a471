"""Bodies, headers and signatures of what the clinic's tools send."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from lab.senders import github, kubernetes, zendesk

AT = datetime(2026, 11, 20, 14, 3, 7, 250000, tzinfo=UTC)


def test_github_signs_the_raw_body() -> None:
    """`X-Hub-Signature-256` is `sha256=` and the hex HMAC of the bytes sent."""
    expected = hmac.new(b"s", b'{"a":1}', hashlib.sha256).hexdigest()
    assert github.signature(b'{"a":1}', b"s") == f"sha256={expected}"


def test_zendesk_signs_timestamp_and_body() -> None:
    """The signature covers the timestamp header followed by the bytes sent, in base64."""
    expected = base64.b64encode(hmac.new(b"s", b"2026{}", hashlib.sha256).digest()).decode()
    assert zendesk.signature("2026", b"{}", b"s") == expected


def test_deployment_carries_the_facts() -> None:
    """What the team says of its change is the deployment's payload, in production, at the commit."""
    deployed = github.Deployed("invoicing", "deploy", "a" * 40, "main", "Release 5.1.3", {"kind": "deploy"})
    body = github.deployment(deployed, 77, AT)
    assert (body["payload"], body["environment"], body["sha"]) == ({"kind": "deploy"}, "production", "a" * 40)


def test_status_points_to_its_deployment() -> None:
    """A status names the deployment it belongs to, its state and its own time."""
    opened = github.deployment(github.Deployed("invoicing", "deploy", "a" * 40, "main", "", {}), 77, AT)
    body = github.status(opened, "success", 78, AT)
    assert body["deployment_url"].endswith("/repos/clinic/invoicing/deployments/77")
    assert (body["state"], body["created_at"]) == ("success", "2026-11-20T14:03:07Z")


def test_each_event_has_its_own_uid() -> None:
    """Two Events about one object differ in uid and agree in the object's uid."""
    happening = kubernetes.Happening(
        "Deployment", "appt-web", "deployment-controller", "ScalingReplicaSet", "..."
    )
    first, second = kubernetes.event(happening, AT), kubernetes.event(happening, AT)
    assert first["metadata"]["uid"] != second["metadata"]["uid"]
    assert first["involvedObject"]["uid"] == second["involvedObject"]["uid"]


def test_ticket_envelope_names_group_and_requester() -> None:
    """A ticket's envelope has the type of a new ticket, its group, and a requester to be redacted."""
    ticket = zendesk.Ticket(4711, 36000101, 990, "can't book", "text", "web", ())
    body = zendesk.created(ticket, AT)
    assert body["type"] == "zen:event-type:ticket.created"
    assert (body["detail"]["group_id"], body["detail"]["requester_id"]) == ("36000101", "990")
