"""Request bodies and responses: media types, statuses, headers, and the schemas of all of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from seamline.guards.json_schema._graph import Side
from seamline.guards.json_schema._references import References
from seamline.guards.json_schema._said import Weight
from seamline.guards.openapi._ids import BODY, HEADER
from seamline.guards.openapi._operations import Operation, followed, mapping, operations
from seamline.guards.openapi._said import HOLD, NOTE, TURNED, Schemas, finding
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

_NAMES = (
    "request-body-added-required", "request-body-removed", "request-body-became-required",
    "request-body-media-type-removed", "response-success-status-removed", "response-non-success-status-removed",
    "response-media-type-removed", "required-response-header-removed", "optional-response-header-removed",
    "response-header-became-optional",
)  # fmt: skip
IDS = tuple(f"openapi/{name}" for name in dict.fromkeys((*_NAMES, *BODY, *HEADER)))
_REMOVED_BODY = Weight("hold", "medium", 0.8)


class _Pair:
    """An operation before and after, and where what differs in its schemas is collected."""

    def __init__(
        self, was: Operation, now: Operation, documents: tuple[Document, Document], schemas: Schemas
    ) -> None:
        self.was, self.now, self.after, self.schemas = was, now, documents[1], schemas
        self.references = tuple(References(d.content) for d in documents)

    def say(self, rule: str, weighs: Weight, reason: str, do: str) -> Finding:
        return finding(rule, weighs, f"{self.now.label} -> {reason}", do, self.after, self.now)

    def side(self, side: Side) -> Side:
        return TURNED[side] if self.now.outbound else side


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """Findings by operation, those on schemas after them; what many operations share is said once."""
    if before is None or after is None:
        return []
    was, now = operations(before.content), operations(after.content)
    schemas = Schemas(before, after)
    found: list[Finding] = []
    for key in was:
        if key in now:
            pair = _Pair(was[key], now[key], (before, after), schemas)
            found += [*_body(pair), *_responses(pair)]
    return [*found, *schemas.findings()]


def _body(pair: _Pair) -> Iterator[Finding]:
    was, now = pair.was.body, pair.now.body
    if was is None and now is not None:
        if now.get("required") is True:
            do = "expand: take a body where there is one; migrate: callers send it; contract: require it"
            yield pair.say(_NAMES[0], HOLD, "request body: new, and required", do)
    elif was is not None and now is None:
        do = "go on taking a body and ignore it until callers send none"
        yield pair.say(_NAMES[1], _REMOVED_BODY, "request body: gone", do)
    elif was is not None and now is not None:
        if now.get("required") is True and was.get("required") is not True:
            do = "keep the body optional until every caller sends one"
            yield pair.say(_NAMES[2], HOLD, "request body: became required", do)
        gone = _contents(was, now, pair, pair.side("senders"), "request")
        do = "go on taking this media type until callers have moved over"
        for media_type in gone:
            yield pair.say(_NAMES[3], HOLD, f"request body: {media_type} is no longer taken", do)


def _contents(
    was: Mapping[str, Any], now: Mapping[str, Any], pair: _Pair, side: Side, where: str
) -> list[str]:
    """Compare the schemas of each media type; returns the media types that are gone."""
    old, new = mapping(was.get("content")), mapping(now.get("content"))
    gone = []
    for media_type, said in old.items():
        other = _covering(media_type, new)
        if other is None:
            gone.append(media_type)
            continue
        schemas = (mapping(said).get("schema"), mapping(new[other]).get("schema"))
        place = where if len(old) == 1 else f"{where} {media_type}"
        text = "json" not in media_type and "*" not in media_type
        pair.schemas.compare(schemas, side, "body", pair.now, f"{place} -> body", text=text)
    return gone


def _covering(media_type: str, offered: Mapping[str, Any]) -> str | None:
    """The media type that stands for this one: itself, itself with other parameters, or a range over it."""
    if media_type in offered:
        return media_type
    plain = media_type.partition(";")[0].strip().lower()
    for other in offered:
        name = other.partition(";")[0].strip().lower()
        if name in (plain, "*/*", plain.partition("/")[0] + "/*"):
            return other
    return None


def _responses(pair: _Pair) -> Iterator[Finding]:
    for status, was in pair.was.responses.items():
        now = pair.now.responses.get(status, pair.now.responses.get(f"{status[:1]}XX"))
        if now is None:
            yield _status_gone(pair, status)
            continue
        gone = _contents(was, now, pair, pair.side("readers"), status)
        if now.get("content") or not gone:
            for media_type in gone:
                do = "go on answering in this media type to those who ask for it"
                yield pair.say(_NAMES[6], HOLD, f"{status}: {media_type} is no longer answered", do)
        else:
            yield pair.say(_NAMES[6], HOLD, f"{status}: no body any more", "go on answering with a body")
        yield from _headers(pair, status, was, now)


def _status_gone(pair: _Pair, status: str) -> Finding:
    if status.startswith("2"):
        new = [s for s in pair.now.responses if s.startswith("2") and s not in pair.was.responses]
        hint = f" ({new[0]} instead?)" if len(new) == 1 else ""
        do = "expand: have callers take every 2xx status; then answer with another one"
        return pair.say(_NAMES[4], HOLD, f"{status}: this answer is gone{hint}", do)
    return pair.say(_NAMES[5], NOTE, f"{status}: this answer is gone", "look for callers that wait for it")


def _headers(pair: _Pair, status: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Finding]:
    old = {n.lower(): followed(h, pair.references[0]) for n, h in mapping(was.get("headers")).items()}
    new = {n.lower(): followed(h, pair.references[1]) for n, h in mapping(now.get("headers")).items()}
    for name, header in old.items():
        needed = header.get("required") is True
        if name not in new:
            do = f"go on sending {name} until no reader looks for it"
            rule, weighs = (_NAMES[7], HOLD) if needed else (_NAMES[8], NOTE)
            yield pair.say(rule, weighs, f"{status} -> header {name}: gone", do)
            continue
        if needed and new[name].get("required") is not True:
            yield pair.say(
                _NAMES[9], HOLD, f"{status} -> header {name}: became optional", f"go on sending {name}"
            )
        schemas = (header.get("schema"), new[name].get("schema"))
        where = f"{status} -> header {name}"
        pair.schemas.compare(schemas, pair.side("readers"), "header", pair.now, where, text=True)
