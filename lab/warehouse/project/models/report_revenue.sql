select
    issued_on,
    n_invoices,
    revenue_eur,
    revenue_eur / n_invoices as mean_invoice_eur
from {{ ref('mart_revenue') }}
order by issued_on
