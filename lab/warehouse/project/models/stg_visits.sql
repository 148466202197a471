select
    visit_id,
    upper(trim(referral_code)) as referral_code,
    booked_at
from {{ source('raw', 'raw__appt__app__postgres__visits') }}
