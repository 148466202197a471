"""What a person says on an incident's page. Each form shows that our page made it, and stands in the person's name."""

from collections.abc import Callable, Sequence
from typing import Any, cast, get_args

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from seamline.app.act import Acknowledge, Act, Correct
from seamline.app.correct import Word
from seamline.console.entry import Form, check
from seamline.console.view import Asking, Readers, Who
from seamline.http.api import Api
from seamline.model.errors import Fix

Verbs = NamedDependency[SkipValidation[Api]]
Heard = Callable[[], None]


@post("/incidents/{incident:str}/acknowledge", status_code=303, sync_to_thread=True)
def acknowledge(
    request: Asking, api: Verbs, reader: Readers, callers: Who, incident: str, data: Form
) -> Response[Any]:
    """The person told says: mine."""
    return _record(Acknowledge(incident), check(request, callers, data), api, reader)


@post("/incidents/{incident:str}/correct", status_code=303, sync_to_thread=True)
def correct(
    request: Asking, api: Verbs, reader: Readers, callers: Who, incident: str, data: Form
) -> Response[Any]:
    """A person's word on what it really was."""
    person = check(request, callers, data)
    word = data.get("word", "")
    if word not in get_args(Word):
        raise Fix(f"no such word: {word!r}", hint="choose one of the form's")
    asked = Correct(
        incident,
        cast(Word, word),
        cause=data.get("cause", "") if word == "wrong_cause" else "",
        into=data.get("into", "") if word == "merge" else "",
        note=data.get("note", "").strip(),
    )
    return _record(asked, person, api, reader)


def _record(asked: Acknowledge | Correct, person: str, api: Api, reader: Readers) -> Response[Any]:
    act: Act = asked
    api.act(act, person)
    reader.renew()
    return Redirect(f"/incidents/{asked.incident}?done=1", status_code=303)


ACTS: Sequence[ControllerRouterHandler] = (acknowledge, correct)
