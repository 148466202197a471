{% snapshot people_history %}
{{ config(strategy='check', unique_key='id', check_cols='all') }}
select * from {{ source('booking', 'people') }}
{% endsnapshot %}
