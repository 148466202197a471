{{ config(group='reporting', alias='by_code') }}
{%- set kinds = ['first', 'repeat'] %}
select v.code, s.label
  {%- for kind in kinds %}, count(case when kind = '{{ kind }}' then 1 end) as n_{{ kind }}{% endfor %}
from {{ ref('stg_visits') }} v left join {{ ref('codes') }} s on s.code = v.code
{{ dbt_utils.group_by(n=2) }}
