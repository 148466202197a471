"""What may be said to us in a chat, and what it means.

ack I-3 [note]                            acknowledge, mine
hand-over I-3 to PERSON [because ...]     PERSON: an id of the tree, or a mention
"""

import re
from typing import Literal

from msgspec import Struct

HELP = "Say `ack I-3` to take an incident on, or `hand-over I-3 to PERSON because ...` to give it to somebody else."
MAX_TEXT = 4000  # characters; Slack's own limit for a text

_INCIDENT = r"(?P<incident>I-[0-9]{1,9})"
_MENTION = r"<@(?P<mention>[UW][A-Z0-9]{2,20})(?:\|[^<>]*)?>"
_ACK = re.compile(rf"(?:ack|acknowledge|mine):?\s+{_INCIDENT}(?:[\s,:.]+(?P<note>.*))?\s*\Z", re.I | re.S)
_HAND_OVER = re.compile(
    rf"hand[ -]?over:?\s+{_INCIDENT}\s+to\s+(?:{_MENTION}|@?(?P<person>[\w.-]*\w))"
    r"(?:[\s,:.]+(?:because\b\s*)?(?P<note>.*))?\s*\Z",
    re.I | re.S,
)
_ADDRESSED = re.compile(r"\s*(?:<@[UW][A-Z0-9]{2,20}(?:\|[^<>]*)?>[\s,:]*)?(?:/seamline\s+)?")


class Act(Struct, frozen=True):
    """One act. `to` is a person id, or a handle such as `slack:U024BE7LH`."""

    act: Literal["acknowledge", "hand_over"]
    incident: str
    to: str = ""
    note: str = ""


def understood(text: str) -> Act | None:
    """The act that a text asks for; None when it is none of ours.

    >>> understood("hand-over i-3 to <@U024BE7LH|ben> because it is the pool")
    Act(act='hand_over', incident='I-3', to='slack:U024BE7LH', note='it is the pool')
    """
    if len(text) > MAX_TEXT:
        return None
    asked = text[_ADDRESSED.match(text).end() :]  # type: ignore[union-attr]  # it matches nothing at worst
    found = _ACK.match(asked)
    if found:
        return Act("acknowledge", found["incident"].upper(), note=(found["note"] or "").strip())
    found = _HAND_OVER.match(asked)
    if not found:
        return None
    to = f"slack:{found['mention'].upper()}" if found["mention"] else found["person"]
    return Act("hand_over", found["incident"].upper(), to, (found["note"] or "").strip())
