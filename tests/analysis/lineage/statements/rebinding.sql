# Queries that DuckDB binds, one a line. The tests drop each column they read and ask DuckDB what that does.
with u as (select z from b) select id from a
with u as (select z from b), v as (select z from u) select id from a
with u as materialized (select z from b) select id from a
select * exclude (z) from b
select * exclude (z, name) replace (x+1 as x) from b
select * replace (z+1 as z) from b
select * rename (z as zz) from b
select * rename (z as zz, x as w) from b
select b.* exclude (id) from a join b on a.id = b.id
select id from (select a.*, b.* from a join b on a.x=b.x)
select * from (select a.*, b.* from a join b on a.x=b.x)
select a.*, b.* from a join b on a.x=b.x
select * from s1 union all select * from s2
select * from s1 union select id, x, y from s2
select * from (select * from s1 union all select * from s2) where y > 1
select x from (select * from s1 union all by name select * from s2)
select * from s1 union all by name select * from s2
select * from s1 union by name select * from b
select * from s1 except select * from s2
select * from s1 intersect select * from s2
select id from s1 except select id from s2 order by id
select * from s1 natural join s2
select * from s1 natural join b
select * from s1 natural left join b
select id from a where exists (select 1 from b where y > 1 and b.z > amt and email = name)
select id from a where exists (select 1 from b where x > 1)
select id from a where exists (select x from b)
select id from a where id in (select x from b)
select id from a where (select max(x) from b) > 1
select x+1 as y, y+1 as k from a
select x as y from a where y>1
select x as y from a group by y, x
select x as y from a group by all having y>1
select x as y from a qualify row_number() over (order by y)=1
select x as y from a order by y
select x as y from a order by y+1
select y+1 as k, x+1 as y from a
select x+1 as k, k+1 as l from a where k > 1 and l > 2
select b as k from t as b
select t from t
select b from t as b
select t.t from (select x as t from a) t
select * from a, (select x from b) d
select * from a, (select max(x) m from b where b.id = a.id) d
select a.id, l.m from a, lateral (select max(z) m from b where b.a_id = a.id) l
select (select max(x) from b) m from a
select (select max(x) from b where a.id = id) m from a
select p from (select * from s1) as d(p,q,r)
select p from (select * from s1) as d(p,q)
select * from (select * from s1) as d(p,q)
with c(p,q) as (select * from s1) select * from c
with c(p,q,r) as (select * from s1) select * from c
with c(p,q,r) as (select * from s1) select r from c
select columns('x|y') from s1
select columns('^x') from s1
select max(columns(*)) from s1
select max(columns(* exclude (x))) from s1
select columns(* exclude (x)) from s1
select columns(['x','y']) from s1
select columns(lambda c: c like 'x%') from s1
select id, columns('x|y') + 1 from s1
select * from s1 order by 3
select * from s1 order by 1
select *, 1 as k from s1 order by 3
select * from s1 order by all
select x, count(*) n from s1 group by 1
select x, y, count(*) n from s1 group by all
select *, count(*) over () from s1
select x from s1 where (id,x,y) in (select id,x,y from s2)
select x from s1 where (id,x,y) in (select * from s2)
select #2 from s1
select #3 from s1
select #1 + 1 k from s1
select * from (pivot (select * from q) on quarter in ('q1','q2') using sum(sales))
select * from (pivot q on quarter in ('q1','q2') using sum(sales) group by emp)
select * from (pivot q on quarter in ('q1','q2') using sum(sales) as s, max(sales) as m)
from q pivot (sum(sales) for quarter in ('q1','q2'))
from q pivot (sum(sales) for quarter in ('q1','q2') group by emp)
select emp, q1 from q pivot (sum(sales) for quarter in ('q1','q2'))
unpivot s1 on x,y into name k value v
unpivot s1 on columns(* exclude id) into name k value v
unpivot (select id, x, y from s1) on x, y into name k value v
from s1 unpivot (v for k in (x,y))
select * from s1 unpivot include nulls (v for k in (x,y))
select s1 from s1
select s1.x, s1.* from s1
select (s1).x k from s1
select to_json(s1) j from s1
select struct_pack(p := x, q := y).p r from s1
select s.p from (select struct_pack(p := x, q := y) s from s1)
select s.p from (select {'p': x, 'q': y} s from s1) d
select d.s.p from (select {'p': x, 'q': y} s from s1) d
select unnest(s) from (select {'p': x, 'q': y} s from s1) d
select distinct on (x) * from s1
select distinct on (x) id from s1 order by x, y
select distinct x, y from s1
select * from s1 join s2 using (id)
select id, s2.x from s1 join s2 using (id)
select * from s1 left join s2 using (id, x)
select * from s1 right join s2 using (id)
select * from s1 full join s2 using (id)
select s1.*, s2.y as y2 from s1 full join s2 using (id)
select * from s1 join s2 using (x)
select * from s1 join s2 using (id) join b using (id)
select * from (select * from s1 join s2 using (x)) as d(p,q)
select count(*) from s1
select count(s1.*) from s1
select count(distinct x) from s1
select struct_pack(*columns(*)) from s1
select coalesce(*columns(*)) c from s1
select * from s1 where columns(*) > 1
select * like 'x%' from s1
select * from (select * like 'x%' from s1)
select unnest(s1) from s1
select unnest({'a':x,'b':y}) from s1
from s1 select id
from s1
select *, x as x2 from s1 qualify row_number() over (partition by id order by x2)=1
select s1.id, d.* from s1 positional join s2 d
select * from s1 asof join s2 on s1.id = s2.id and s1.x >= s2.x
select * from s1 asof join s2 using (id, x)
select * from s1 semi join s2 using (id)
select * from s1 semi join s2 on s1.id=s2.id and s2.y > 1
select * from s1 anti join s2 using (id, x)
select y from s1 semi join s2 using (id)
with r as (select *, row_number() over (partition by id order by y desc) rn from s1) select id, x from r where rn = 1
with r as (select *, row_number() over (partition by id order by y desc) rn from s1) select * exclude (rn) from r where rn = 1
with recursive r as (select id, mgr, name from emp where mgr is null union all select e.id, e.mgr, e.name from emp e join r on e.mgr=r.id) select id, name from r
with recursive r as (select * from emp where mgr is null union all select e.* from emp e join r on e.mgr=r.id) select * from r
with recursive n(i) as (select 1 union all select i+1 from n where i < 5) select i, a.x from n join a on a.id = i
select id, unnest(tags) tag from ev
select ev.id, u.tag from ev, unnest(ev.tags) as u(tag)
select ev.id, tag from ev, unnest(tags) as u(tag)
select * from ev, unnest(ev.tags) as u(tag)
select u.* from ev, unnest(ev.tags) as u(tag)
select id, list_transform(tags, lambda t: t + v) l from ev
select id, [t + v for t in tags if t > id] l from ev
select payload->>'$.user' u, payload->'a'->>'b' w from ev
select payload.user u from ev
select sum(amt) filter (where x>1) s from a
select sum(amt) over w s from a window w as (partition by grp order by ts)
select string_agg(grp, ',' order by ts) s from a
select percentile_cont(0.5) within group (order by amt) p from a
select max_by(grp, ts) m, arg_min(grp, amt) k from a
select id, lag(amt) over (order by ts) p from a
select case when x>1 then y else amt end c from a
select x::varchar || grp as k from a
select coalesce(z,x) r from (select a.x, b.z from a left join b on b.a_id=a.id)
select grp, sum(amt) s from a group by rollup(grp)
select grp, x, sum(amt) s from a group by grouping sets ((grp), (x))
select grp, x, sum(amt) s, grouping(grp) g from a group by cube(grp, x)
select * from (values (1,2)) v(k,l) join a on a.id = v.k
select v.k, a.x from a join (values (1),(2)) v(k) on v.k=a.id
values (1,2),(3,4)
select * from generate_series(1,3) g(i) join a on a.id = i
select i, a.x from range(3) t(i), a where a.id = t.i
select a.id from a join b on a.id = b.id join ev on ev.id = b.x
select id, x from a where x = (select max(x) from b where b.a_id = a.id)
select a.* from a left join b on a.id = b.a_id and b.z > 1 where b.id is null
select * from a where id not in (select a_id from b where name like grp)
select * from (select * from (select * from (select * from s1)))
with a1 as (select * from s1), a2 as (select * from a1), a3 as (select *, x + y as z from a2) select id, z from a3
with a1 as (select * from s1), a2 as (select id, x from a1) select * from a2
with a as (select * from b) select * from a
with a as (select z as id from b) select id from a
select x, "Y" from a
select "X" as "Kay" from a
select main.a.x from a
select memory.main.a.x from main.a
select a.x from main.a as a
select id from a where x between y and amt
select id from a order by x desc limit 3
select id from a limit (select max(x) from b)
select * from (select id, x from a order by y limit 2)
select * from a tablesample 10%
select id, (select count(*) from b where b.a_id = a.id and b.z > a.x) n from a
select id, exists(select 1 from b where b.a_id = a.id) e from a
select id, x in (select z from b) e from a
select id, x = any(select z from b) e from a
select array(select z from b where b.a_id = a.id) z from a
select list(x order by y) l, first(grp) f from a
select {'a': x, 'b': {'c': y}}.b.c k from a
select (select {'a': x, 'b': y}).a k from a
select row(x, y) r from a
select map([x],[y]) m from a
select a.id, b.* exclude (id, x) from a join b using (id)
select a.* exclude (x), b.x from a join b on a.id=b.id
select * exclude (a.id) from a join b on a.x=b.x
select * from a join b on a.id = b.id where a.x > 1
select * from (a join b on a.x = b.x)
select ab.id from (a join b on a.x = b.x) ab
select s1.x from s1, s2 where s1.id = s2.id
select * from s1, s2
select count(*) from (select * from s1)
select count(*) from (select * from s1 union all select * from s2)
select count(*) from s1 where (select count(*) from s2 where s2.x = s1.y) > 0
select x from s1 group by x having count(*) > (select max(y) from s2)
select (x + y) as k, k * 2 as l from s1 where l > 1 order by k
select alias.x from s1 alias
select x as id, id as x from s1
select x as id from s1 order by id
select y as x from s1 group by x, y
select max(y) as x from s1 group by x
select x as a, a.id from s1 a
select s1.rowid from s1
select rowid, x from s1
select current_date d, x from s1
select x from s1 where y is not null union all select x from s2 where id > 1
(select * from s1 order by x limit 1) union all (select * from s2)
select id from s1 union all select x from s2 union all select y from s1
select * from s1 union all select * from s1
select * from (select * from s1 union all select * from s1) d where d.x > 1
select * from s1 union all (select * from s2 except select * from s2)
with u as (select * from s1 union all select * from s2) select id, x from u
with u as (select *, 1 as src from s1 union all by name select *, 2 as src from s2) select * from u
with u as (select *, 1 as src from s1 union all by name select *, 2 as src from s2) select id, y from u
select d.x from (select * from s1) d join (select id from s2) e on d.id = e.id
select id from s1 where x > all (select y from s2)
select x from s1 qualify rank() over (partition by y) = 1
select id, sum(x) over (partition by y order by id rows between 1 preceding and current row) s from s1
select nullif(x, y) n from s1
select if(x > 1, y, id) n from s1
select x.y from (select {'y': y} as x from s1)
select id, json_object('a', x, 'b', y) j from s1
from (from s1 select x, y) select y
select * from s1 where id = 1 union all select s2.* from s2 join s1 using (id)
select s1.id from s1 join (select * from s2) d on d.id = s1.id and d.y = s1.x
select id from s1 where x in (1, 2) or y not in (select id from b)
with c as (select id from s1), d as (select x from c2), c2 as (select x from s2) select * from c
select first_value(x ignore nulls) over (order by y) f from s1
select a.grp, count(distinct b.z) n from a left join b on a.id = b.a_id group by a.grp having max(b.x) > 1 order by n desc
select date_trunc('day', ts) d, sum(amt) s from a group by d
select date_trunc('day', ts) as ts, sum(amt) s from a group by ts
select extract(year from ts) y, date_part('month', ts) m from a group by 1, 2
select strftime(ts, '%Y') as k, count(*) from a group by k having k > '2000'
select regexp_extract(grp, '(a)(b)', ['p','q']).p k from a
select try_cast(grp as int) k from a where try_cast(email as int) > 1
select * from a join (select distinct grp as g from a) d on d.g = a.grp
select id from s1 where not exists (from s2 where s2.id = s1.id)
select * from s1 pivot (max(y) for x in (1, 2))
select id, "1", "2" from s1 pivot (max(y) for x in (1, 2))
select id, x as "Weird Name" from s1 where "Weird Name" > 1
select sum(x) as total, sum(y) / total as share from s1
select grp as g, row_number() over (partition by g order by ts) n from a
select id from s1 d where d.x = (select e.x from s1 e where e.id = d.y limit 1)
select t1.id, t2.id as id2 from s1 t1 join s1 t2 on t1.x = t2.y
select list_filter(tags, lambda x: x > 1) l, x from ev, a
select k from (select x k from a union all select z from b) where k > 1
select * from (select x, y from a) d(p) 
select unnest([x, y]) u, id from s1
select unnest([{'a': x}, {'a': y}], recursive := true) from s1
select cols.x from (select s1 as cols from s1)
select cols.* from (select s1 as cols from s1)
select min(x) + count(*) as k from s1 group by ()
select sum(x) from s1 group by y % 2, id
select *, * from s1
select * replace (s1.x as y), * from s1 left join s2 on s1.id = s2.id
select id_1 from (select *, * from s1)
select *, x + 1 as id from s1
select y_1 from (select *, 1 as y from s1)
select * exclude (y) from s1 join s2 on s1.id = s2.id
select x from s2 t0 natural right join s1 t1
select * from s1 right join (select y from b join s2 using (x)) d on d.y = s1.id
select t0.id from a t0 where exists (select 1 from b t0 where t0.amt > t0.z)
select id from a where id in (select max(b.z + b.x) from b where b.x > 1) group by id
select b.x, max(b.id) m from b where not exists (select id as id, * from s1 where id > 1) group by b.x
select * from s1 order by x, id
select *, x as k from s1 order by k
select * rename (id as rn), id as x from s1 order by x
