"""What people who wrote to a desk are told: plain words, nobody's name, no word of a cause that is an opinion.

A text is a template with `$incident`, `$what`, `$since`, `$ended`, `$team` and `$meanwhile`.
"""

from collections.abc import Mapping
from datetime import datetime
from string import Template
from zoneinfo import ZoneInfo

from msgspec import Struct

from seamline.model.intent import Step
from seamline.model.organisation import SupportDecl

PLACES = ("incident", "what", "since", "ended", "team", "meanwhile")


class Words(Struct, frozen=True):
    """One language."""

    open: str
    over: str
    not_one: str  # in place of `over` when a person said: not an incident
    meanwhile: str
    quoted: str  # how a name stands in a sentence
    something: str  # where no name can be told
    team: Mapping[str, str]  # by the domain of who is accountable; "" for any other


LANGUAGES: Mapping[str, Words] = {
    "en": Words(
        open=(
            "We know about this: $what has not been working as it should since $since. $team is working on it, "
            "under the number $incident. $meanwhile"
        ),
        over=(
            "$incident is over: $what has been working again since $ended. If it does not work for you, please "
            "answer here."
        ),
        not_one="We looked into $incident and found no common fault. Your message is looked at on its own.",
        meanwhile="You need not write again: we will tell you here when it is over.",
        quoted="“{}”",
        something="part of our service",
        team={
            "dev": "Our development team",
            "platform": "Our platform team",
            "support": "Our support team",
            "data": "Our data team",
            "vendor": "Our team for outside services",
            "": "Our team",
        },
    ),
    "de": Words(
        open=(
            "Das ist uns bekannt: $what funktioniert seit $since nicht wie gewohnt. $team arbeitet daran, unter der "
            "Nummer $incident. $meanwhile"
        ),
        over=(
            "$incident ist behoben: $what funktioniert seit $ended wieder. Wenn es bei Ihnen nicht so ist, "
            "antworten Sie bitte hier."
        ),
        not_one="Wir sind $incident nachgegangen und haben keine gemeinsame Störung gefunden. Ihre Nachricht wird für sich bearbeitet.",
        meanwhile="Sie müssen nicht noch einmal schreiben: Wir melden uns hier, sobald es behoben ist.",
        quoted="„{}“",
        something="ein Teil unseres Dienstes",
        team={
            "dev": "Unsere Entwicklung",
            "platform": "Unser Plattform-Team",
            "support": "Unser Support-Team",
            "data": "Unser Daten-Team",
            "vendor": "Unser Team für externe Dienste",
            "": "Unser Team",
        },
    ),
}


class Known(Struct, frozen=True):
    """What may be told of an incident at one desk."""

    incident: str
    what: tuple[str, ...]  # names, as the desk calls them
    domain: str  # of who is accountable
    since: datetime
    at: datetime  # when it is told; of `over`: when it ended
    not_one: bool = False


def tell(known: Known, step: Step, support: SupportDecl, zone: str) -> str:
    """The text for who wrote a ticket, in the organisation's language, words and time zone."""
    words = LANGUAGES[support.language]
    places = {
        "incident": known.incident,
        "what": ", ".join(words.quoted.format(name) for name in known.what) or words.something,
        "since": _moment(known.since, known.at, zone),
        "ended": _moment(known.at, known.at, zone),
        "team": words.team.get(known.domain, words.team[""]),
        "meanwhile": support.meanwhile or words.meanwhile,
    }
    return Template(_template(known, step, support, words)).substitute(places).strip()


def _template(known: Known, step: Step, support: SupportDecl, words: Words) -> str:
    if step == "open":
        return support.open or words.open
    return words.not_one if known.not_one else support.over or words.over


def refusal(declared: SupportDecl) -> tuple[str, str] | None:
    """What is wrong with declared texts, and the mend; None when nothing is."""
    if declared.language not in LANGUAGES:
        hint = f"one of {', '.join(LANGUAGES)}, with texts of your own where they don't fit"
        return f'language "{declared.language}" has no texts', hint
    places = f"places: {', '.join('$' + place for place in PLACES)}; $$ is a dollar sign"
    for key, text in (("open", declared.open), ("over", declared.over)):
        template = Template(text)
        if not template.is_valid():
            return f"{key} has a $ that is no place", places
        for place in template.get_identifiers():
            if place not in PLACES:
                return f'{key} has an unknown place "${place}"', places
    return None


def _moment(at: datetime, told_at: datetime, zone: str) -> str:
    """The time of day, with the date where it is another day's."""
    local, now = at.astimezone(ZoneInfo(zone)), told_at.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M}"
