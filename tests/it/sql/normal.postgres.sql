-- Allowed and run against the sample; one statement a line.
select 1
select 1;
select 1 ; -- done
select 1 /* done; /* twice */ */ ;
/* first */ select 1
select * from customers -- all of them; really
select * from customers limit 5
select * from customers limit 5 offset 10
select * from customers fetch first 5 rows only
select * from customers order by id fetch first 5 rows with ties
select distinct country from customers order by country
select distinct on (country) country, name from customers order by country, created_at
select count(*) from orders
select count(*) as n, status from orders group by status order by n desc
select count(distinct customer_id) from orders
select country, count(*) from customers group by 1 having count(*) > 2 order by 2 desc
select c.name, count(o.id) as orders from customers c left join orders o on o.customer_id = c.id group by c.id, c.name order by orders desc limit 10
select c.name, sum(t.total) as spent from customers c join order_totals t on t.customer_id = c.id group by c.id, c.name order by spent desc limit 5
select * from customers where email is null
select * from customers where name ilike '%ø%'
select * from customers where name ~* '^s' and name !~ 'x'
select * from customers where name similar to '(S|Z)%'
select * from customers where lower(city) = 'lyon'
select * from customers where country in ('fr', 'de', 'jp')
select * from customers where country = any (array['fr', 'de'])
select * from customers where id in (select customer_id from orders where status = 'refunded')
select * from customers where not exists (select 1 from orders o where o.customer_id = customers.id)
select * from customers where vip
select * from customers where vip is not true and notes is not null
select * from "customers" where "name" = 'Bob'
select * from public.customers limit 1
select * from only customers limit 1
select customers.* from customers limit 1
select c from customers c limit 1
select name || ' (' || country || ')' as label from customers
select concat_ws(', ', name, city, country) from customers
select coalesce(email, 'none'), nullif(city, ''), greatest(1, 2), least(1, 2) from customers
select case status when 'paid' then 1 else 0 end from orders
select case when price < 20 then 'cheap' when price < 60 then 'fair' else 'dear' end as band, count(*) from products group by band
select date_trunc('month', placed_at) as month, count(*) from orders group by month order by month
select placed_at::date as day, count(*) from orders group by 1 order by 1
select extract(dow from placed_at) as weekday, count(*) from orders group by 1
select date_part('hour', placed_at), count(*) from orders group by 1
select * from orders where placed_at >= now() - interval '7 days'
select * from orders where placed_at >= current_date - 30 and placed_at < current_timestamp
select * from orders where placed_at between '2026-03-01' and '2026-04-01'
select placed_at at time zone 'UTC' at time zone 'Asia/Tokyo' from orders limit 3
select age(shipped_at, placed_at) from orders where shipped_at is not null
select avg(shipped_at - placed_at) from orders
select to_char(placed_at, 'YYYY-"W"IW') as week, count(*) from orders group by 1 order by 1
select make_date(2026, 11, 21), to_date('21.11.2026', 'DD.MM.YYYY'), date '2026-11-21', timestamp '2026-11-21 10:00'
select avg(price), min(price), max(price), stddev(price), sum(stock) from products
select percentile_cont(0.5) within group (order by price) from products
select percentile_disc(array[0.25, 0.75]) within group (order by price), mode() within group (order by category) from products
select corr(price, stock), regr_slope(price, stock) from products
select round(avg(rating), 2) from support_tickets where rating is not null
select category, string_agg(name, ', ' order by name) from products group by category
select category, array_agg(distinct stock) from products group by category
select p.name, sum(i.quantity) as sold from order_items i join products p on p.id = i.product_id group by p.id, p.name order by sold desc limit 10
select name, price, rank() over (order by price desc) as place from products
select name, category, row_number() over (partition by category order by price) from products
select placed_at, count(*) over (order by placed_at rows between 6 preceding and current row) from orders
select placed_at, count(*) over (order by placed_at range between interval '7 days' preceding and current row exclude current row) from orders
select id, lag(placed_at) over w, lead(placed_at, 1) over w, first_value(id) over w from orders window w as (partition by customer_id order by placed_at)
select ntile(4) over (order by price), percent_rank() over (order by price), cume_dist() over (order by price) from products
select sum(quantity) filter (where discount > 0), bool_or(discount > 0), every(quantity > 0) from order_items
select country, vip, count(*), grouping(country) from customers group by rollup (country, vip)
select country, vip, count(*) from customers group by grouping sets ((country), (vip), ())
select country, vip, count(*) from customers group by cube (country, vip)
with spent as (select customer_id, sum(total) as total from order_totals group by customer_id) select * from spent where total > 500
with a as materialized (select 1 as x), b as not materialized (select x + 1 as y from a) select * from a, b
with recursive n (i) as (select 1 union all select i + 1 from n where i < 10) select i from n
with recursive boss (id, depth) as (select id, 0 from users where manager_id is null union all select u.id, depth + 1 from users u join boss b on u.manager_id = b.id) search depth first by id set path select * from boss order by path
with recursive boss (id) as (select id from users where manager_id is null union all select u.id from users u join boss b on u.manager_id = b.id) cycle id set looped using way select count(*) from boss
select * from (select id, name from users where active) as u where u.id > 10
select * from customers c, orders o where c.id = o.customer_id limit 3
select * from orders o cross join lateral (select count(*) as items from order_items i where i.order_id = o.id) x limit 3
select * from orders o full join support_tickets t on t.order_id = o.id limit 3
select * from orders o join order_items i on i.order_id = o.id right join products p on p.id = i.product_id limit 3
select * from (select id as order_id from orders) a natural join order_items limit 3
select * from (select id as order_id from orders) a join order_items using (order_id) limit 3
select id from orders union select id from users
select id from orders intersect select id from users
select id from orders except all select id from users
(select id from orders order by id limit 3) union all (select id from users order by id limit 3) order by 1
values (1, 'a'), (2, 'b')
table customers
select * from (values (1, 'a'), (2, 'b')) as v (n, letter)
select day::date, count(o.id) from generate_series('2026-03-01'::timestamp, '2026-03-31', '1 day') as day left join orders o on o.placed_at::date = day::date group by 1 order by 1
select * from generate_series(1::int8, 10::int8, '-9223372036854775808'::int8)
select i, i * i from generate_series(1, 10) as i
select * from generate_series(1, 1000000) limit 3
select t.ordinality, t.tag from products p, unnest(string_to_array(p.category, 'e')) with ordinality as t (tag, ordinality)
select unnest(array[1, 2, 3])
select p.name, t.value from products p, json_array_elements_text(p.tags::json) t
select tags::jsonb -> 0, tags::jsonb ->> 0, tags::jsonb #>> '{0}', tags::jsonb @> '["new"]', tags::jsonb ? 'new' from products where tags is not null
select jsonb_build_object('a', 1, 'b', array[1, 2]), row_to_json(u), to_jsonb(u) from users u limit 3
select json_agg(u) from (select id, name from users limit 3) u
select jsonb_object_agg(sku, price) from products
select jsonb_path_query('{"a": [1, 2]}', '$.a[*] ? (@ > 1)')
select * from jsonb_to_recordset('[{"a": 1, "b": "x"}]') as r (a int, b text)
select key, value from jsonb_each('{"a": 1}')
select json_build_array(1, null, 'x'), jsonb_pretty('{"a": 1}')
select (array[1, 2, 3])[2], (array[1, 2, 3])[1:2], array_length(array[1, 2], 1), array[1] || 2, cardinality(array[1])
select array(select id from users order by id limit 3)
select length(name), upper(name), trim(both ' ' from name), substring(name from 1 for 3), replace(name, ' ', '_'), position(' ' in name), overlay(name placing 'x' from 1) from products
select regexp_replace(name, '\s+', ' ', 'g'), split_part(email, '@', 2), initcap(name), left(name, 3), right(name, 3), reverse(name) from customers
select regexp_matches('a1b2', '\d', 'g'), md5('x'), encode('abc'::bytea, 'hex'), format('%s-%s', 1, 2), lpad('7', 3, '0'), repeat('=', 20)
select E'tab\there', U&'\00e9', $$it's; --$$, $x$ $$ $x$, B'101', X'1f'
select abs(-1), ceil(1.2), floor(1.8), round(2.345, 2), trunc(1.9), mod(7, 3), power(2, 10), sqrt(2), ln(2), random() < 1, pi(), 7 / 2, 7 % 3, 2 ^ 3, |/ 4, @ -1, 1 << 4, 6 & 3
select cast(price as integer), price::text, '7'::int, 'x'::varchar(3), '{1,2}'::int[], '(1,2)'::point, '10.0.0.0/8'::inet, '1 day'::interval from products
select 'it''s', '; drop table customers', '-- not a comment', '/* nor this */'
select ';' as ";", 1 as "select"
select null is null, 1 is distinct from 2, 1 between 0 and 2, (1, 2) = (1, 2), (1, 2) in ((1, 2)), not false
select (date '2026-01-01', date '2026-02-01') overlaps (date '2026-01-15', date '2026-03-01')
select int4range(1, 5) @> 3, lower(int4range(1, 5)), daterange('2026-01-01', '2026-02-01', '[]')
select to_tsvector('english', body) @@ plainto_tsquery('english', 'refund') from support_tickets where body is not null
select table_name from information_schema.tables where table_schema = 'public' order by 1
select column_name, data_type, is_nullable from information_schema.columns where table_name = 'orders' order by ordinal_position
select kcu.column_name, ccu.table_name from information_schema.table_constraints tc join information_schema.key_column_usage kcu using (constraint_name, table_schema) join information_schema.constraint_column_usage ccu using (constraint_name, table_schema) where tc.constraint_type = 'FOREIGN KEY'
select relname, reltuples::bigint, pg_size_pretty(pg_total_relation_size(oid)) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
select conname, pg_get_constraintdef(oid) from pg_catalog.pg_constraint where conrelid = 'orders'::regclass
select indexname, indexdef from pg_indexes where schemaname = 'public'
select relname, n_live_tup, seq_scan from pg_stat_user_tables
select e.enumlabel from pg_type t join pg_enum e on e.enumtypid = t.oid
select obj_description('customers'::regclass), format_type(23, -1)
select current_user, session_user, current_catalog, current_schema, current_date, localtime, current_database(), version()
select pg_typeof(1.0), pg_typeof(now())
select '山田' = '山田', '🫖', length('🫖')
select * from customers where name = 'Robert''); drop table students;--'
select priority, count(*) from support_tickets where status in ('open', 'waiting') group by priority order by case priority when 'urgent' then 0 when 'high' then 1 else 2 end
select u.name, avg(extract(epoch from t.closed_at - t.opened_at) / 3600)::numeric(10, 1) as hours from support_tickets t join users u on u.id = t.assignee_id where t.closed_at is not null group by u.id, u.name order by hours
select 1 as a, 2 as a
select * from customers order by name collate "C" desc nulls last
select (select max(price) from products) as top, (select count(*) from users) as staff
select tableoid::regclass, ctid, * from users limit 1
select * from customers tablesample bernoulli (50) repeatable (1)
select from users limit 2
select gen_random_uuid() is not null
select count(*) from users u where (u.role, u.active) in (select role, true from users)
select all name from users where id > all (select 5) and id < some (select 50)
select id from users where id = 1 or id = 2 and not id = 3
select isfinite(now()), clock_timestamp() > '2020-01-01', to_timestamp(0), justify_days('40 days'), date_bin('15 minutes', now(), '2020-01-01')
