"""A seam is handed down to one person at or below the one it belongs to, who accepts or declines.

State of a hand-down:  offered --accept--> accepted --until--> over
                          |                   |
                          +-----decline-------+--> declined: the seam falls back by the rule

A seam has one accepted hand-down at a time: accepting the next ends the one before, so whoever gave it takes it back
by handing it to themself. What counts is `analysis.ownership`'s to say; nothing is put on record here that
the rule would not honour.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis import seams
from seamline.analysis.opinion import Base, base_of
from seamline.analysis.ownership import SeamKey, Tree
from seamline.app import views
from seamline.app.acting import LOCAL, Acting, acting, did_you_mean, known, put_on_record, said_at
from seamline.app.home import Home
from seamline.model import record as rec
from seamline.model.errors import Fix
from seamline.model.organisation import HandDown


class _Scene(Struct, frozen=True):
    """One seam and who may act on it. `at` is the moment people act; opinions are asked as of `known_at`.

    A quiet or recorded log's latest moment lies before the clock. Acceptance counts from `known_at`, else the views
    would show it only when the next delivery comes; when it was said is the record's own `at`.
    """

    base: Base
    seam: SeamKey
    owners: tuple[str, str]
    at: datetime
    known_at: datetime

    def holder(self) -> str:
        """Who the seam belongs to by the rule, before any hand-down and whoever stands in."""
        return self.base.tree.holder(self.owners, self.at).person

    def given(self) -> list[HandDown]:
        """Hand-downs of this seam whose date is to come and that nobody declined, oldest first."""
        canonical = self.base.stack.canonical
        return [
            h
            for h in self.base.organisation.hand_downs
            if (canonical(h.seam[0]), canonical(h.seam[1]), h.seam[2]) == self.seam
            and h.until > self.at
            and h.declined_at is None
        ]

    def would_hold(self, h: HandDown) -> bool:
        """Whether the rule honours it now, once it is the only one and accepted."""
        accepted = replace(h, accepted_at=self.known_at)
        tree = Tree(replace(self.base.organisation, hand_downs=(accepted,)), self.base.stack.canonical)
        return tree.holder(self.owners, self.at, self.seam).named == "hand-down"


def hand_down(home: Home, seam: SeamKey, to: str, until: datetime, *, by: str = LOCAL, for_: str = "") -> str:
    """Offer a seam (source, target, kind) to a person until a date. Returns one line; counts once accepted.

    Raises Fix, and records nothing, for a seam that is not there, a giver it does not belong to, a receiver who is
    unknown, gone or not at or below the giver, a date that is past, or an offer that stands already.
    """
    scene = _scene(home, seam)
    who = acting(scene.base.organisation, by, for_)
    giver = scene.holder()
    if who.person != giver:
        raise Fix(
            f"{_name(scene.seam)} belongs to {giver}: {who.person} can't hand it down",
            hint=f"the whole-stack owner enters {giver}'s word with --as {giver}",
        )
    _check_receiver(scene, giver, to)
    if until <= scene.at:
        raise Fix(f"{until:%Y-%m-%d %H:%M} UTC is past", hint="hand it down until a time to come")
    if any((h.to, h.by, h.until) == (to, giver, until) for h in scene.given()):
        raise Fix(f"{_name(scene.seam)} is handed down to {to} until then already", hint="nothing to do")
    _record(home, scene, who, HandDown(scene.seam, to, giver, None, until))
    return (
        f"{_name(scene.seam)}: {giver} hands it down to {to} until {until:%Y-%m-%d}; theirs once they accept"
    )


def accept(home: Home, seam: SeamKey, *, by: str = LOCAL, for_: str = "") -> str:
    """The receiver takes the latest offer of a seam. Returns one line. Ends the hand-down there was before.

    Raises Fix when nothing is offered to them, or when the tree has changed so that it would not count.
    """
    scene = _scene(home, seam)
    who = acting(scene.base.organisation, by, for_)
    given = scene.given()
    offer = _latest([h for h in given if h.accepted_at is None], who.person, scene, "offered")
    if not scene.would_hold(offer):
        raise Fix(
            f"{_name(scene.seam)} now belongs to {scene.holder()}: what {offer.by} offered {who.person} no longer counts",
            hint=f"{scene.holder()} may hand it down anew",
        )
    ended = [replace(h, declined_at=scene.known_at) for h in given if h.accepted_at is not None]
    _record(home, scene, who, *ended, replace(offer, accepted_at=scene.known_at))
    return f"{_name(scene.seam)}: accepted by {who.person} until {offer.until:%Y-%m-%d}"


def decline(home: Home, seam: SeamKey, *, by: str = LOCAL, for_: str = "") -> str:
    """The receiver refuses a hand-down, or gives back what they accepted. Returns one line.

    Raises Fix when nothing was handed down to them.
    """
    scene = _scene(home, seam)
    who = acting(scene.base.organisation, by, for_)
    refused = _latest(scene.given(), who.person, scene, "handed down")
    _record(home, scene, who, replace(refused, declined_at=scene.known_at))
    word = "declined" if refused.accepted_at is None else "given back"
    return f"{_name(scene.seam)}: {word} by {who.person}"


def _scene(home: Home, seam: SeamKey) -> _Scene:
    facts = views.facts_of(home)
    base = base_of(facts)
    known_at = facts.as_of or datetime.fromtimestamp(0, UTC)  # as an opinion on an empty log is
    at = said_at(home, known_at)
    stack = base.stack
    key = (stack.canonical(seam[0]), stack.canonical(seam[1]), seam[2])
    there = [s.key() for s in seams.find(stack, base.organisation, at)]
    if key not in there:
        raise Fix(
            f"there is no seam {_name(seam)}",
            hint=_nearest(seam, there) or "`seamline seams --json` lists them",
        )
    return _Scene(base, key, (stack.owner(key[0]), stack.owner(key[1])), at, known_at)


def _nearest(seam: SeamKey, there: Sequence[SeamKey]) -> str:
    """The seam that may be meant: one whose ends contain what was written, in either order, else the nearest."""
    source, target, _ = seam
    for one, other in ((source, target), (target, source)):
        within = [k for k in there if one in k[0] and other in k[1]]
        if within:
            return f"did you mean {_name(min(within, key=lambda k: (k[2] != seam[2], k)))}?"
    return did_you_mean(_name(seam), [_name(k) for k in there])


def _check_receiver(scene: _Scene, giver: str, to: str) -> None:
    tree = scene.base.tree
    known(scene.base.organisation, to)
    if giver not in tree.chain(to):
        raise Fix(f"{to} is not at or below {giver}", hint="a seam is never handed sideways or upward")
    if tree.present(to, scene.at) != to:
        raise Fix(f"{to} has left", hint="pick somebody who is there")


def _latest(given: Sequence[HandDown], person: str, scene: _Scene, word: str) -> HandDown:
    own = [h for h in given if h.to == person]
    if own:
        return own[-1]
    others = ", ".join(dict.fromkeys(h.to for h in given))
    hint = f"it is to {others}: --as enters their word" if others else "`seamline hand-down` comes first"
    raise Fix(f"{_name(scene.seam)}: nothing is {word} to {person}", hint=hint)


def _record(home: Home, scene: _Scene, who: Acting, *words: HandDown) -> None:
    put_on_record(home, who, *(rec.SeamHandedDown(who.person, scene.at, h) for h in words))


def _name(seam: SeamKey) -> str:
    return " ".join(seam)
