"""What a person said through a tool: `/seamline ack I-3` in a chat. It becomes a record once the person is known."""

from datetime import datetime
from typing import Literal

from msgspec import Struct


class Word(Struct, frozen=True):
    """One act of one person. `handle` is the tool's own id of the person, `slack:U024BE7LH`, found in the tree."""

    source: str
    seq: int
    at: datetime
    handle: str
    act: Literal["acknowledge", "hand_over"]
    incident: str
    to: str = ""  # of a hand-over: a person id, or a handle where the tool has mentions
    note: str = ""
