select * from {{ params.table }} -- b
