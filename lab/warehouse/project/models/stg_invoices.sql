select
    invoice_id,
    visit_id,
    amount_cents,
    issued_at
from {{ source('raw', 'raw__inv__app__postgres__invoices') }}
