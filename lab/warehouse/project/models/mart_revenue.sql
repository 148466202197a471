select
    issued_on,
    count(*) as n_invoices,
    sum(amount_eur) as revenue_eur
from {{ ref('int_revenue') }}
group by issued_on
