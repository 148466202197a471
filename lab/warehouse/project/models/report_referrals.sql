select
    partner,
    n_referrals,
    last_referral_at
from {{ ref('mart_referrals') }}
order by n_referrals desc nulls last, partner
