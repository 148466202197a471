select {{ elsewhere.masked('p.name') }} as name, p.* from {{ source('booking', 'people') }} p
