select * from {{ params.table }}
