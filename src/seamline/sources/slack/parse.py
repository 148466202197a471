"""Slack deliveries hold no events of the stack; what people tell us in them are words.

A reaction (an eye, a tick) is no act: nobody is held to an emoji.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from seamline.model.delivery import Delivery
from seamline.model.event import Event
from seamline.model.word import Word
from seamline.sources.slack.grammar import understood
from seamline.sources.slack.shape import said_in

name = "slack"
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}


def parse(delivery: Delivery) -> Iterator[Event]:
    """Nothing. Raises Unreadable for a body that Slack doesn't send."""
    said_in(delivery.body)
    return iter(())


def words(delivery: Delivery) -> Iterator[Word]:
    """The act that a command, a mention or a button asks for, at the time of receipt. Raises Unreadable as `parse`."""
    said = said_in(delivery.body)
    act = understood(said.text)
    if act is None or not said.user:
        return iter(())
    handle = f"{name}:{said.user}"
    at = delivery.received_at
    return iter([Word(name, delivery.seq, at, handle, act.act, act.incident, act.to, act.note)])
