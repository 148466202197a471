"""What people write to the desk."""

import random

import pytest

from lab.clinic.wording import INSIGHTS, SCHEDULING, VOICES, mistyped, write


@pytest.mark.parametrize("kind", sorted(VOICES))
def test_same_seed_same_letter(kind: str) -> None:
    """The generator's state decides every word."""
    assert write(kind, random.Random(5)) == write(kind, random.Random(5))


@pytest.mark.parametrize("kind", sorted(VOICES))
def test_wording_varies(kind: str) -> None:
    """Fifty letters of a kind are not the same few."""
    rng = random.Random(1)
    assert len({write(kind, rng).body.partition("\n\n")[0].lower() for _ in range(50)}) > 10


def test_letters_carry_a_name_and_an_address() -> None:
    """Every letter has personal data in it, so that redaction has work; addresses are of example.com."""
    body = write("cannot_book", random.Random(2)).body
    name, address = body.partition("\n\n")[2].splitlines()
    assert len(name.split()) == 2
    assert address.endswith("@example.com")


def test_trouble_reaches_its_desk() -> None:
    """Patients write to scheduling, readers of reports to insights."""
    groups = {kind: write(kind, random.Random(3)).group_id for kind in VOICES}
    assert groups["cannot_book"] == groups["no_sms"] == SCHEDULING
    assert groups["empty_referrals"] == groups["empty_revenue"] == INSIGHTS


def test_letters_never_name_the_cause() -> None:
    """Nobody outside knows of databases, releases or vendors."""
    rng = random.Random(4)
    texts = " ".join(write(kind, rng).body for kind in VOICES for _ in range(200)).lower()
    assert not [word for word in ("postgres", "connection", "release", "textwave", "pool") if word in texts]


def test_typing_errors_keep_the_letters() -> None:
    """A mistyped text has the same letters, in another order or case."""
    text = "Booking doesn't work for me."
    assert sorted(mistyped(text, random.Random(6)).lower()) == sorted(text.lower())
