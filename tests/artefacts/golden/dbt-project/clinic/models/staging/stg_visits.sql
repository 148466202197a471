{{ config(materialized='view') }}
select id, {{ clean('referral_code') }} as code, {{ dbt.date_trunc('day', 'made_at') }} as made_on
from {{ source('booking', 'visits') }}
{% if is_incremental() %} where made_at > (select max(made_at) from {{ this }}) {% endif %}
{% if var('site') == 'north' %} where made_at >= '{{ var("cutoff") }}' {% endif %}
