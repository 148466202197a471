select
    visit_id,
    referral_code,
    split_part(referral_code, '-', 1) as partner,
    booked_at
from {{ ref('stg_visits') }}
