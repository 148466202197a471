"""Changes that more than one story makes; none of them breaks anything."""

from lab.plan import Change

BOOKING_LOG_LEVEL = Change(
    "appointments-api", "deploy:config", "Log warnings only", settings={"log_level": "warning"},
    facts={"log_level": "warning"},
)  # fmt: skip
BOOKING_INDEX = Change(
    "appointments-api", "deploy:migrations", "Index for the day view",
    statement="create index visits_booked_at on visits (booked_at)",
    facts={"migration": "0041_visits_booked_at_index"},
)  # fmt: skip
BOOKING_PATCH = Change(
    "appointments-api", "deploy", "Release 2.3.1: typo in the day view", version="2.3.1",
    facts={"db_pool_size": 4},
)  # fmt: skip
BOOKING_TIMEOUT = Change(
    "appointments-api", "deploy:config", "Wait longer for calls after a booking", settings={"call_timeout_s": 6},
    facts={"call_timeout_s": 6},
)  # fmt: skip
BILLING_PATCH = Change(
    "invoicing", "deploy", "Release 5.1.3: dependency updates", version="5.1.3", facts={"db_pool_size": 3}
)  # fmt: skip
BILLING_INDEX = Change(
    "invoicing", "deploy:migrations", "Index for the dunning run",
    statement="create index invoices_visit_id on invoices (visit_id)",
    facts={"migration": "0030_invoices_visit_id_index"},
)  # fmt: skip
BILLING_LOG_LEVEL = Change(
    "invoicing", "deploy:config", "Debug logging for the auditors", settings={"log_level": "debug"},
    facts={"log_level": "debug"},
)  # fmt: skip
NOTIFY_PATCH = Change("messaging", "deploy", "Release 1.9.1: shorter texts", version="1.9.1")
NOTIFY_TIMEOUT = Change(
    "messaging", "deploy:config", "Longer timeout towards the carrier", settings={"vendor_timeout_s": 2.5},
    facts={"vendor_timeout_s": 2.5},
)  # fmt: skip
NOTIFY_LOG_LEVEL = Change(
    "messaging", "deploy:config", "Log warnings only", settings={"log_level": "warning"},
    facts={"log_level": "warning"},
)  # fmt: skip
TRIAGE_PATCH = Change(
    "triage", "deploy", "Release 1.4.1: dependency updates", version="1.4.1", facts={"db_pool_size": 1}
)
TRIAGE_INDEX = Change(
    "triage", "deploy:migrations", "Index for the weekly review",
    statement="create index triage_predictions_predicted_at on triage_predictions (predicted_at)",
    facts={"migration": "0007_triage_predictions_predicted_at_index"},
)  # fmt: skip
TRIAGE_LOG_LEVEL = Change(
    "triage", "deploy:config", "Log warnings only", settings={"log_level": "warning"},
    facts={"log_level": "warning"},
)  # fmt: skip
