select
    invoice_id,
    cast(issued_at as date) as issued_on,
    amount_cents / 100.0 as amount_eur
from {{ ref('stg_invoices') }}
