"""What was really wrong in a story, spelled as the clinic's map spells it."""

from dataclasses import dataclass
from typing import Literal

BOOKING, BILLING, NOTIFY = "service:booking", "service:billing", "service:notify"
TRIAGE, TRIAGE_MODEL = "service:triage", "model:triage"
TEXTWAVE = "vendor:textwave"
SCHEDULING, INSIGHTS = "desk:scheduling", "desk:insights"
VISITS_DB = "database:visits-db"
VISITS = "dataset:postgres://visits-db:5432/clinic.public.visits"
INVOICES = "dataset:postgres://visits-db:5432/clinic.public.invoices"
PREDICTIONS = "dataset:postgres://visits-db:5432/clinic.public.triage_predictions"
WAREHOUSE = "dataset:duckdb://warehouse.duckdb/warehouse"
RAW_VISITS = f"{WAREHOUSE}.raw.raw__appt__app__postgres__visits"
RAW_INVOICES = f"{WAREHOUSE}.raw.raw__inv__app__postgres__invoices"
REPORT_REFERRALS = f"{WAREHOUSE}.main.report_referrals"
REPORT_REVENUE = f"{WAREHOUSE}.main.report_revenue"


@dataclass(frozen=True, slots=True)
class Answer:
    """One incident of a story; its guilty changes are known only after the run, and `latent` has none.

    `seam` is empty when the fault stays inside one owned unit.
    """

    kind: Literal["change", "collision", "latent"]
    entity: str
    seam: tuple[str, str, str] | tuple[()]
    accountable: str
    must_cover: tuple[str, ...]


VENDOR_FAILS = Answer(
    "latent",
    TEXTWAVE,
    (NOTIFY, TEXTWAVE, "calls"),
    "dario",
    (NOTIFY, TEXTWAVE, SCHEDULING),
)
