"""Databases and queues that a plan deletes, replaces, or stops protecting."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from seamline.analysis.manifests.images import image
from seamline.analysis.manifests.plain import part, text, words
from seamline.model.artefact import Document
from seamline.model.refs import kind_of
from seamline.model.verdict import Finding

IDS = (
    "terraform/database-destroyed", "terraform/database-replaced", "terraform/queue-destroyed",
    "terraform/queue-replaced", "terraform/service-destroyed", "terraform/protection-removed",
    "terraform/engine-major", "terraform/size-changed",
)  # fmt: skip
_SIZES = ("instance_class", "node_type", "tier", "sku_name")


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """What is done to one resource. A plan says it of itself; two states of the same plan give no finding."""
    if after is None or (before is not None and before.content == after.content):
        return []
    return [*_done(before, after), *_changed(before, after)]


def _done(before: Document | None, after: Document) -> Iterator[Finding]:
    actions = words(after.content, "actions")
    if "delete" not in actions or (before is not None and words(before.content, "actions") == actions):
        return
    kind, replaced = kind_of(after.entity), "create" in actions
    address, why = text(after.content, "address"), text(after.content, "why")
    because = ", ".join(words(after.content, "replaces")) or why.replace("_", " ")
    reason = f" because of {because}" if because else ""
    if kind == "service" and not replaced:
        yield _finding("service-destroyed", "high", f"the plan deletes {address}{reason}", _MOVE, after)
    if kind in ("database", "queue"):
        verb, lost = ("replaces", "replaced") if replaced else ("deletes", "destroyed")
        what = "its data goes with it" if kind == "database" else "what waits in it goes with it"
        yield _finding(
            f"{kind}-{lost}", "high", f"the plan {verb} {address}{reason}: {what}", _DO[kind], after
        )


_MOVE = "move its callers first, then remove it in a change of its own"
_DO: Mapping[str, str] = {
    "database": "bring up the new one beside it, move the data, switch its readers and writers, take a last backup, then delete; "
    "prevent_destroy until then. For a mere rename use a moved block",
    "queue": "bring up the new one beside it, let consumers take from both, switch the publishers, drain the old one, then delete",
}


def _changed(before: Document | None, after: Document) -> Iterator[Finding]:
    if before is None:
        return
    old, new = part(before.content, "values"), part(after.content, "values")
    if part(old, "deletion_protection") is True and part(new, "deletion_protection") is False:
        yield _finding(
            "protection-removed", "medium", f"{after.entity} is no longer protected from deletion",
            "keep it, unless the next change is to delete it", after, "note",
        )  # fmt: skip
    versions = [image(f"x:{text(v, 'engine_version')}").major for v in (old, new)]
    if None not in versions and versions[0] != versions[1]:
        yield _finding(
            "engine-major", "high",
            f"{after.entity} goes from {text(old, 'engine')} {text(old, 'engine_version')} to {text(new, 'engine_version')}, "
            "another major version",
            "rehearse it on a restored snapshot; upgrade a replica or a blue/green deployment, switch, keep the old one to go back to",
            after,
        )  # fmt: skip
    yield from _sizes(old, new, after)


def _sizes(old: Any, new: Any, after: Document) -> Iterator[Finding]:
    for field in _SIZES:
        was, now = text(old, field), text(new, field)
        if was and now and was != now:
            yield _finding(
                "size-changed", "medium",
                f"{after.entity} goes from {was} to {now}: the connections it takes by default follow its memory",
                "set max_connections itself; make the change in a quiet hour, it may restart", after, "note",
            )  # fmt: skip


def _finding(
    guard: str, severity: Literal["medium", "high"], reason: str, do: str, after: Document,
    outcome: Literal["hold", "note"] = "hold",
) -> Finding:  # fmt: skip
    return Finding(
        f"terraform/{guard}", outcome, severity, 0.95, None, reason, do, evidence=(str(after.place),),
        entity=after.entity, place=after.place,
    )  # fmt: skip
