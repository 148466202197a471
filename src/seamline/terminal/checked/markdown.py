"""A check as the comment on a pull request."""

import re
from collections.abc import Iterable, Iterator

from seamline.model.verdict import Checked, Finding
from seamline.terminal.checked import words
from seamline.terminal.plain import short
from seamline.terminal.verdict import SURE

MARK = "<!-- seamline -->"  # a bot finds its own comment by it, and edits it rather than adding one
LIMIT = 60_000  # characters: GitHub takes 65,536
OPEN_NOTES = 3  # of one person; more are folded away
_ICON = {"hold": "🛑", "unknown": "❔", "note": "📝", "pass": "✅"}
_SPECIAL = re.compile(r"([\\`*\[\]()#|<>~])")
_NO_PING = "@\u200b"  # a mention is read out of the text, escaped or not


def render(checked: Checked) -> str:
    """GitHub-flavoured Markdown. Every person is named once, with all that is theirs below."""
    verdict = checked.verdict
    head = f"{MARK}\n### {_ICON[verdict.outcome]} Seamline: {words.HEADLINE[verdict.outcome]}\n\n"
    head += f"{words.tally(verdict.findings)}, from {words.step(checked)}.\n"
    body = "".join(_section(checked, person, findings) for person, findings in words.by_person(checked))
    if len(body) > LIMIT:
        body = body[:LIMIT].rpartition("\n")[0]
        is_folded = body.count("<details>") > body.count("</details>")
        body += (
            "\n</details>" if is_folded else ""
        ) + "\n\n… cut here: the check's own output has the rest.\n"
    return head + body + _end(checked)


def _section(checked: Checked, person: str, findings: list[Finding]) -> str:
    decides = words.name(checked, checked.verdict.accountable) == person
    role = "answers, and decides" if decides and checked.verdict.outcome != "pass" else "answers"
    notes = [f for f in findings if not words.stops(f)]
    lines = _list(f for f in findings if words.stops(f))
    if len(notes) > OPEN_NOTES:
        summary = f"<summary>{words.counted(len(notes), 'note')}</summary>"
        lines += f"\n<details>{summary}\n\n{_list(notes)}\n</details>\n"
    else:
        lines += _list(notes)
    return f"\n**{_plain(person)}** {role}:\n{lines}"


def _list(findings: Iterable[Finding]) -> str:
    return "".join(line for f in findings for line in _lines(f))


def _lines(f: Finding) -> Iterator[str]:
    where = ""
    if f.place is not None:
        where = f" · {_code(f.place.path + (f':{f.place.line}' if f.place.line else ''))}"
    yield f"- {_ICON[f.outcome]} **{_plain(short(f.reason))}**{where}\n"
    if f.downstream:
        reached = [ref for hop in f.downstream for ref in hop]
        yield f"  - reaches {', '.join(_code(words.last_part(r)) for r in reached[: words.MOST_NAMED])}"
        yield f" and {len(reached) - words.MOST_NAMED} more\n" if len(reached) > words.MOST_NAMED else "\n"
    if f.missing:
        yield f"  - not known: {_plain('; '.join(short(m) for m in f.missing[: words.MOST_NAMED]))}\n"
    if f.do and words.stops(f):
        yield f"  - safely: {_plain(short(f.do))}\n"
    yield f"  - {_code(f.guard)}, {f.confidence:.0%} sure\n"


def _end(checked: Checked) -> str:
    verdict = checked.verdict
    lines = ["\n"]
    persons = {person for person, _ in words.by_person(checked)}
    who = words.name(checked, verdict.accountable)
    if verdict.outcome != "pass" and who not in persons:
        lines.append(f"**{_plain(who)}** decides.\n")
    if verdict.outcome == "pass" and any(map(words.stops, verdict.findings)):
        lines.append(f"Passed all the same: {_plain(verdict.why_person)}.\n")
    if verdict.outcome != "pass" and verdict.override:
        lines.append(f"<sub>Override: {_code(verdict.override)}</sub>\n")
    if checked.unread:
        lines.append(f"<sub>{words.counted(len(checked.unread), 'file')} could not be read.</sub>\n")
    if verdict.findings:
        lines.append(f"<sub>% sure: {SURE}.</sub>\n")
    readers = ", ".join(map(_plain, checked.readers)) or "nothing but itself"
    lines.append(f"<sub>Looked at {readers}; rules {_code(checked.rules)}.</sub>\n")
    return "".join(lines)


def _plain(text: str) -> str:
    """Text that Markdown leaves alone; nobody is pinged."""
    return _SPECIAL.sub(r"\\\1", text).replace("@", _NO_PING)


def _code(text: str) -> str:
    quiet = " ".join(text.split()).replace("`", "'")
    return f"`{quiet}`"
