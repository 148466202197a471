"""A story with something in every part of the screen, times and figures made up."""

from datetime import UTC, datetime, timedelta

from seamline.model.incident import Cause, Evidence, Incident
from seamline.model.stack import Seam
from seamline.model.story import LineKind, PathStep, Story, StoryLine
from seamline.model.verdict import Finding, Verdict

START = datetime(2026, 3, 6, 15, 37, tzinfo=UTC)
SEAM = ("autoscaler:clinic/appt-web", "service:booking", "capacity")
REPORT = "dataset:duckdb://warehouse.duckdb/warehouse.main.report_referrals"
COMPLAINT = "“I can't book, the page says try again”"
VISITS = "dataset:postgres://visits-db:5432/clinic.public.visits"


def at(seconds: float) -> datetime:
    """Seconds after the story's start."""
    return START + timedelta(seconds=seconds)


def line(
    seconds: float, kind: LineKind, entity: str, text: str, *, guilty: bool = False, n: int = 1
) -> StoryLine:
    """One thing that happened."""
    return StoryLine(
        at(seconds), text, kind, 12.0 if kind in ("symptom", "alert") else 0.0, entity, guilty, n
    )


LANES = {
    "dev": (
        line(60, "change", "service:billing", "billing: log level to info"),
        line(
            175,
            "change",
            "service:booking",
            "booking: deploy 2.4.0, pool 12 connections a worker",
            guilty=True,
        ),
        line(262, "change", "service:booking", "booking: request timeout 5 s to 6 s"),
        line(271, "symptom", "service:booking", "booking: error ratio 34 % against 0.2 %"),
        line(283, "alert", "service:booking", "booking: BookingErrors firing"),
    ),
    "platform": (
        line(20, "change", "database:visits-db", "visits-db: index on invoices"),
        line(240, "change", "autoscaler:clinic/appt-web", "clinic/appt-web: replicas 2 to 8", guilty=True),
        line(264, "symptom", "database:visits-db", "visits-db: 60 of 60 connections in use"),
        line(275, "alert", "database:visits-db", "visits-db: PgConnectionsNearLimit firing"),
        line(301, "told", "database:visits-db", "I-1 opened; Dario Conti told"),
    ),
    "support": (
        *(line(s, "ticket", "desk:scheduling", COMPLAINT) for s in (282, 288, 290, 301, 322, 341)),
        line(345, "symptom", "desk:scheduling", "scheduling: 6 tickets alike in 60 s", n=6),
    ),
    "data": (
        line(128, "run", "job:warehouse/transform", "transform: one run failed, its retry went through"),
        line(318, "symptom", REPORT, "report_referrals: referral_code 100 % NULL against 4 %"),
    ),
}

CAUSE = Cause(
    "collision:a1+b2", "collision", ("a1", "b2"), "database:visits-db", at(240), 0.93, SEAM,
    "deploy 2.4.0 met the scaling from 2 to 8",
    evidence_for=(
        Evidence("8 workers x 12 connections = 96, and the server takes 60", 6.9, seqs=(17, 41, 52)),
        Evidence("booking: error ratio 34 % against 0.2 %, 31 s after", 5.2, "error_ratio service:booking", (88,)),
        Evidence("scheduling: 6 tickets alike, 105 s after", 3.1, "ticket_burst desk:scheduling", (90, 91, 95)),
        Evidence("report_referrals: referral_code 100 % NULL, 78 s after", 2.2, seqs=(97,)),
    ),
    evidence_against=(Evidence("billing uses the same server and showed no error", -1.4, seqs=(71,)),),
)  # fmt: skip
RIVAL = Cause(
    "change:c3", "change", ("c3",), "service:booking", at(262), 0.05, None, "request timeout 5 s to 6 s"
)
REST = Cause("unknown", "unknown", (), "", None, 0.02, None, "outside the map")

INCIDENT = Incident(
    id="I-1",
    state="open",
    opened_at=at(301),
    accountable="dario",
    why_person="the lowest person above Ben Okafor (booking) and Petra Lind (clinic/appt-web)",
    causes=(CAUSE, RIVAL, REST),
    symptoms=("error_ratio service:booking", "saturation database:visits-db", "ticket_burst desk:scheduling"),
    entities=("database:visits-db", REPORT, "desk:scheduling", "service:booking"),
    domains=("data", "dev", "platform", "support"),
    told=(("dario", at(301)),),
    history_s=390.0,
    ask="the pool size of billing: with 12 as well the limit is crossed at 5 workers",
)

VERDICT = Verdict(
    "deploy 2.4.0 of booking", "hold",
    (
        Finding(
            "connections", "hold", "high", 0.97, SEAM, "8 workers x 12 = 96 connections, visits-db takes 60",
            "cap clinic/appt-web at 5 workers, or pool 6 connections a worker",
            evidence=("delivery 17: db_pool_size 12", "delivery 41: max_connections 60"),
        ),
    ),
    "dario", "the seam's person", at(390), at(390 + 86400),
    "dario may pass it: seamline decide 0123456789abcdef --pass --why TEXT",
)  # fmt: skip

FRIDAY = Story(
    incident=INCIDENT,
    as_of=at(390),
    cause="deploy 2.4.0 of booking met the scaling from 2 to 8, at visits-db",
    person="Dario Conti",
    why_person=INCIDENT.why_person,
    lanes=LANES,
    seam=Seam(*SEAM, "dario", INCIDENT.why_person, "rule", 2, False),
    path=(
        PathStep("autoscaler:clinic/appt-web", "service:booking", "scales", 5.0),
        PathStep("service:booking", "database:visits-db", "works on", 2.0, 24.0),
        PathStep("database:visits-db", "service:booking", "serves the connections of", 2.0, 7.0),
        PathStep("service:booking", "desk:scheduling", "brings tickets to", 60.0, 74.0),
        PathStep("service:booking", VISITS, "writes", 30.0),
        PathStep(VISITS, REPORT, "feeds", 30.0, 47.0),
    ),
    runner_up="request timeout 5 s to 6 s, at service:booking (5%)",
    separates="visits-db was full 2 s after it, too soon for a rollout (+3.4 nats for the first)",
    verdict=VERDICT,
    time_zone="Europe/Vienna",
)
