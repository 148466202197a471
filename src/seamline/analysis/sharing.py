"""Equal short texts of all that is kept as one object: tools say the same few words in every delivery.

A third of the memory of changes, alerts, tickets and runs is texts that others of them hold as well.
"""

from sys import intern
from typing import Any, TypeVar

from msgspec import Struct

S = TypeVar("S", bound=Struct)

LONGEST = 128  # characters; longer texts are seldom said twice


def sharing(said: S) -> S:
    """An equal struct whose texts are those of all others. They go with the last one that holds them."""
    return type(said)(*(_shared(getattr(said, name)) for name in said.__struct_fields__))


def _shared(value: Any) -> Any:
    if type(value) is str:
        return intern(value) if len(value) <= LONGEST else value
    if type(value) is dict:
        return {_shared(key): _shared(each) for key, each in value.items()}
    if type(value) is tuple:
        return tuple(map(_shared, value))
    return sharing(value) if isinstance(value, Struct) else value
