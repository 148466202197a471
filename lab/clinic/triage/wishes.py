"""What patients write when they ask for an appointment, and which department sees to them in the end.

Models are trained on such texts, patients send others of them. One in eighty says too little to tell: there
the best model errs as often as anybody.
"""

import random
from dataclasses import dataclass

from lab.clinic.wording import mistyped

VAGUE = 1 / 80
MISTYPED = 0.05
URGENT = (
    "since this morning, getting worse",
    "it is really strong",
    "please as soon as possible",
    "it started suddenly",
)
SOON = ("for a few days now", "since last week", "it comes and goes", "twice this month")
ROUTINE = ("no hurry", "any day is fine", "yearly check", "whenever there is a free slot")
URGENCIES = {"urgent": URGENT, "soon": SOON, "routine": ROUTINE}
PEOPLE = ("I have", "My son has", "My mother has", "My husband has", "I think I have", "My daughter has")


@dataclass(frozen=True, slots=True)
class Wish:
    """A patient's own words, the department that is right for them, and how urgent it is.

    `plain`: the words say it, without a typing error.
    """

    text: str
    department: str
    urgency: str
    plain: bool = True


# Department: its share of all wishes, in twentieths, and what people say who belong there.
COMPLAINTS: dict[str, tuple[int, tuple[str, ...]]] = {
    "cardiology": (2, ("a racing heart", "pressure in the chest", "irregular pulse", "high blood pressure",
                       "palpitations when climbing stairs")),
    "dental": (1, ("a toothache", "a broken tooth", "bleeding gums", "a lost filling")),
    "dermatology": (2, ("an itching rash on the arm", "a mole that changed", "dry skin on the hands",
                        "spots on the face", "eczema behind the knee")),
    "ent": (1, ("an ear ache", "a blocked nose", "ringing in the ear", "a sore throat and a hoarse voice")),
    "gastro": (1, ("stomach cramps", "heartburn after eating", "nausea every evening", "a bloated belly")),
    "general": (2, ("a cold with fever", "a need for a sick note", "a vaccination due", "tiredness all day",
                    "blood values to be checked")),
    "gynaecology": (2, ("a pregnancy check due", "irregular periods", "pelvic pain", "a smear test due")),
    "neurology": (1, ("a migraine with flickering", "numb fingers", "dizzy spells", "trembling hands")),
    "ophthalmology": (2, ("blurred vision", "a red eye", "new glasses to be measured", "flashes in the left eye")),
    "orthopaedics": (4, ("knee pain when running", "a sprained ankle", "pain in the lower back", "a stiff shoulder",
                         "a swollen elbow", "hip pain at night")),
    "paediatrics": (1, ("a baby that does not drink", "a toddler with fever", "a newborn check due",
                        "a child with a cough at night")),
    "urology": (1, ("burning when passing water", "kidney stones again", "blood in the urine", "a weak bladder")),
}  # fmt: skip
DEPARTMENTS = tuple(COMPLAINTS)
_SHARES = tuple(share for share, _ in COMPLAINTS.values())
UNCLEAR = ("a check-up after the operation", "the same as last time", "a referral from my doctor", "pain")


def wish(rng: random.Random) -> Wish:
    """One patient's wish; the same generator state gives the same wish."""
    [department] = rng.choices(DEPARTMENTS, _SHARES)
    urgency = rng.choice(tuple(URGENCIES))
    vague, hurried = rng.random() < VAGUE, rng.random() < MISTYPED
    complaint = rng.choice(UNCLEAR if vague else COMPLAINTS[department][1])
    text = f"{rng.choice(PEOPLE)} {complaint}, {rng.choice(URGENCIES[urgency])}."
    return Wish(mistyped(text, rng) if hurried else text, department, urgency, not (vague or hurried))
