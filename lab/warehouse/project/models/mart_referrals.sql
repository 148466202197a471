select
    partner,
    count(*) as n_visits,
    nullif(count(referral_code), 0) as n_referrals,
    max(case when referral_code is not null then booked_at end) as last_referral_at
from {{ ref('int_referrals') }}
group by partner
