"""PagerDuty's three kinds of delivery as events: webhooks (v3), alert events and change events (Events API v2).

Contract: developer.pagerduty.com, "Webhooks", "Send an Alert Event", "Send a Change Event". The body alone
says which kind it is.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from seamline.model.delivery import Delivery
from seamline.model.event import Event
from seamline.sources.pagerduty import alerts, changes, webhook
from seamline.sources.pagerduty.envelope import read

name = "pagerduty"
retention: Literal["record", "telemetry"] = "record"
repeat_s = 60.0  # every bare "resolve" of one incident is the same bytes
paths: Mapping[str, int] = {"/v2/enqueue": 202, "/v2/change/enqueue": 202}


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """`X-Webhook-Id`; every attempt at one webhook carries the same one. The Events API has no such thing."""
    return headers.get("x-webhook-id", "")


def parse(delivery: Delivery) -> Iterator[Event]:
    """The incident or service of a webhook, the alert or the change of an event."""
    envelope = read(delivery.body)
    if envelope.is_webhook:
        return iter(webhook.events(name, delivery, envelope.event))
    if envelope.event_action is not None:
        return iter(alerts.events(name, delivery, envelope))
    return iter([changes.change(name, delivery, envelope.key)])
