"""What people write to the help desk: as if the product had a bug, each in their own words, some in a hurry."""

import random
from dataclasses import dataclass

SCHEDULING, INSIGHTS = 36000101, 36000102

FIRST = ("Anna", "Jonas", "Mia", "Lukas", "Elif", "Marko", "Sofie", "Paul", "Hana", "Felix", "Greta", "Amir",
         "Klara", "Theo", "Irina", "Max")  # fmt: skip
LAST = ("Huber", "Novak", "Yilmaz", "Steiner", "Kovacs", "Wagner", "Moser", "Horvat", "Fuchs", "Berger", "Popescu",
        "Leitner")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """Where a text goes, and the text."""

    group_id: int
    subject: str
    body: str
    channel: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Voice:
    """Variants for one kind of trouble; `by_topic` says that each detail has the subject at its own place."""

    group_id: int
    subjects: tuple[str, ...]
    openings: tuple[str, ...]
    details: tuple[str, ...]
    endings: tuple[str, ...]
    channels: tuple[str, ...] = ("web", "email", "mobile")
    by_topic: bool = False


CANNOT_BOOK = Voice(
    SCHEDULING,
    ("can't book", "Booking page broken", "Appointment not possible", "error when booking", "Try again later???",
     "Booking does not go through", "website problem"),
    ("I can't book an appointment.", "Your booking page is broken.", "I tried to get an appointment for my son.",
     "Booking doesn't work for me.", "Trying to book since this morning.", "The appointment form has a bug."),
    ("The page says something went wrong, try again.", "After I press Book it only shows an error.",
     "First it loads and then: please try again later.", "Sometimes I see the free slots, sometimes just an error page.",
     "It worked once, then error again and again.", "I get an internal server error on the last step."),
    ("Please help, it is urgent.", "Can someone book it for me by phone?", "Is this known?",
     "I already tried another browser.", "What am I doing wrong?", "Very annoying."),
)  # fmt: skip
NO_SMS = Voice(
    SCHEDULING,
    ("No confirmation", "did not get the SMS", "SMS missing", "Is my appointment booked?",
     "Text message never arrived", "no text from you"),
    ("I booked an appointment but got no SMS.", "The confirmation text never came.", "Where is my confirmation?",
     "I waited for the text message after booking.", "No message on my phone after the booking."),
    ("The page said it is booked.", "Last time it came within seconds.", "My number is correct, I checked it twice.",
     "I don't know now if I have an appointment or not.", "Nothing in spam either."),
    ("Is it booked or not?", "Please confirm by e-mail.", "Should I book again?", "Thank you for checking.",
     "Your app forgot me I think."),
)  # fmt: skip
WRONG_DEPARTMENT = Voice(
    SCHEDULING,
    ("wrong department", "Sent to the wrong doctor", "appointment in the wrong department", "Wrong place!!",
     "You booked me to the wrong department"),
    ("You sent me to the wrong department.", "My appointment is in the wrong department.",
     "I was booked into a department that has nothing to do with my problem.",
     "They told me I am in the wrong department.", "Your form gave me the wrong department."),
    ("I waited an hour and then they sent me away.", "I wrote clearly what I have.",
     "The doctor there could not help me at all.", "I had to go to another building and wait again.",
     "Last time your form got it right."),
    ("Please book me to the right one.", "Who decides this?", "Is the form broken?", "Very annoying.",
     "Please call me back."),
)  # fmt: skip
EMPTY_REFERRALS = Voice(
    INSIGHTS,
    ("Referral report empty", "referral numbers missing", "No partners in the referrals report",
     "Report shows no referrals"),
    ("The referrals report shows nothing for any partner.", "I opened the referral figures and they are blank.",
     "The partner column of the referrals report is empty.", "Referrals by partner: no numbers since the last refresh."),
    ("We settle with the partners on Monday.", "Yesterday there were figures.",
     "The refresh says it was successful.", "Filters are off, I checked."),
    ("Can you look at the dashboard?", "Is it a display bug?", "Please fix the report."),
    ("web", "email"),
)  # fmt: skip
EMPTY_REVENUE = Voice(
    INSIGHTS,
    ("Revenue report is blank", "revenue missing", "No amounts in the revenue report", "Daily revenue shows nothing"),
    ("The revenue column is empty for every day.", "I see the number of invoices but no amounts.",
     "Revenue per day is blank in the report.", "The mean invoice and the revenue are missing."),
    ("I need it for the closing today.", "It was there before the last refresh.", "The invoice count still looks right.",
     "Export to Excel is empty as well."),
    ("Can you look at the dashboard?", "Is this a bug in the report?", "Please check."),
    ("web", "email"),
)  # fmt: skip
UNRELATED_CARE = Voice(
    SCHEDULING,
    ("Change of phone number", "question about parking", "Wheelchair access", "Invoice address",
     "Please delete my old account", "Vaccination record", "Interpreter for my visit"),
    ("Hello,", "Good day,", "Hi team,", "Dear clinic,"),
    ("my phone number has changed, where can I update it?", "can I park near the entrance with my mother?",
     "is there a ramp at the back door?", "I would like the invoice to go to my employer.",
     "I moved and want my old account removed.", "do you have my vaccination record from last year?",
     "could somebody translate for my father, he speaks Romanian?"),
    ("Thanks.", "Thank you in advance.", "Best regards.", "No hurry."),
    by_topic=True,
)  # fmt: skip
UNRELATED_FIGURES = Voice(
    INSIGHTS,
    ("Export to PDF?", "Access for a new colleague", "Colours in the chart", "Weekly mail of the report"),
    ("Hello,", "Hi,", "Good morning,"),
    ("can the report be exported as PDF?", "a new colleague needs access to the dashboard.",
     "could the chart use other colours, I am colour-blind.", "can I get the report by mail every Monday?"),
    ("Thanks.", "No hurry.", "Best."),
    ("web", "email"),
    by_topic=True,
)  # fmt: skip

VOICES = {
    "cannot_book": CANNOT_BOOK,
    "no_sms": NO_SMS,
    "wrong_department": WRONG_DEPARTMENT,
    "empty_referrals": EMPTY_REFERRALS,
    "empty_revenue": EMPTY_REVENUE,
    "unrelated_care": UNRELATED_CARE,
    "unrelated_figures": UNRELATED_FIGURES,
}


def write(kind: str, rng: random.Random) -> Letter:
    """A letter about trouble of `kind`; the same generator state gives the same letter. Raises KeyError."""
    voice = VOICES[kind]
    first, last = rng.choice(FIRST), rng.choice(LAST)
    topic = rng.randrange(len(voice.details))
    subject = voice.subjects[topic] if voice.by_topic else rng.choice(voice.subjects)
    sentences = [rng.choice(voice.openings), voice.details[topic]]
    if rng.random() < 0.7:
        sentences.append(rng.choice(voice.endings))
    text = " ".join(sentences)
    if rng.random() < 0.4:
        text = mistyped(text, rng)
    mail = f"{first}.{last}{rng.randrange(10, 99)}@example.com".lower()
    return Letter(voice.group_id, subject, f"{text}\n\n{first} {last}\n{mail}", rng.choice(voice.channels))


def mistyped(text: str, rng: random.Random) -> str:
    """The text with one or two neighbouring letters swapped, or all in lower case."""
    if rng.random() < 0.3:
        return text.lower()
    letters = list(text)
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(letters) - 1)
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)
