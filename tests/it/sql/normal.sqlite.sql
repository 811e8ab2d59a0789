-- Allowed and run against the sample; one statement a line.
select 1
select 1;
select 1 ; -- done
select 1 /* done; */ ;
/* first */ select 1
-- one line of heading does not count; the next has one at its end
select * from customers -- all of them; really
select * from customers limit 5
select * from customers limit 5, 10
select * from customers limit 5 offset 10
select distinct country from customers order by country
select count(*) from orders
select count(*) as n, status from orders group by status order by n desc
select count(distinct customer_id) from orders
select country, count(*) from customers group by 1 having count(*) > 2 order by 2 desc
select c.name, count(o.id) as orders from customers c left join orders o on o.customer_id = c.id group by c.id, c.name order by orders desc limit 10
select c.name, sum(t.total) as spent from customers c join order_totals t on t.customer_id = c.id group by c.id order by spent desc limit 5
select * from customers where email is null
select * from customers where name like '%ø%'
select * from customers where name glob 'S*'
select * from customers where lower(city) = 'lyon'
select * from customers where country in ('fr', 'de', 'jp')
select * from customers where id in (select customer_id from orders where status = 'refunded')
select * from customers where not exists (select 1 from orders o where o.customer_id = customers.id)
select * from customers where vip
select * from customers where vip = true and notes is not null
select * from "customers" where "name" = 'Bob'
select [name] from [customers] where [id] = 1
select `name` from `customers` where `id` = 1
select name || ' (' || country || ')' as label from customers
select coalesce(email, 'none') from customers
select ifnull(phone, '-'), nullif(city, '') from customers
select iif(vip, 'yes', 'no') from customers
select case status when 'paid' then 1 else 0 end from orders
select case when price < 20 then 'cheap' when price < 60 then 'fair' else 'dear' end as band, count(*) from products group by band
select strftime('%Y-%m', placed_at) as month, count(*) from orders group by month order by month
select date(placed_at) as day, count(*) from orders group by 1
select date('2026-11-21', '-7 days')
select julianday(shipped_at) - julianday(placed_at) as days from orders where shipped_at is not null
select unixepoch('2026-01-01')
select avg(price), min(price), max(price), total(stock) from products
select round(avg(rating), 2) from support_tickets where rating is not null
select category, group_concat(name, ', ') from products group by category
select p.name, sum(i.quantity) as sold from order_items i join products p on p.id = i.product_id group by p.id order by sold desc limit 10
select name, price, rank() over (order by price desc) as place from products
select name, category, row_number() over (partition by category order by price) from products
select placed_at, count(*) over (order by placed_at rows between 6 preceding and current row) from orders
select id, lag(placed_at) over w, lead(placed_at) over w from orders window w as (partition by customer_id order by placed_at)
select sum(quantity) filter (where discount > 0) from order_items
with spent as (select customer_id, sum(total) as total from order_totals group by customer_id) select * from spent where total > 500
with recursive n (i) as (select 1 union all select i + 1 from n where i < 10) select i from n
with recursive boss (id, depth) as (select id, 0 from users where manager_id is null union all select u.id, depth + 1 from users u join boss b on u.manager_id = b.id) select max(depth) from boss
with a as (select 1 as x), b as (select x + 1 as y from a) select * from a, b
select * from (select id, name from users where active) as u where u.id > 10
select * from customers c, orders o where c.id = o.customer_id limit 3
select * from orders natural join (select id, 1 as one from orders) limit 3
select * from order_totals join order_items using (order_id) limit 3
select * from orders o cross join (select 1 as one) limit 3
select id from orders union select id from users
select id from orders intersect select id from users
select id from orders except select id from users
select id from orders union all select id from users order by 1 limit 10
values (1, 'a'), (2, 'b')
select * from (values (1), (2))
select json_extract(tags, '$[0]') from products where tags is not null
select tags ->> 0 from products where tags is not null
select tags -> '$[0]' from products
select p.name, t.value from products p, json_each(p.tags) t
select json_group_array(name) from users
select json_object('a', 1, 'b', 'x')
select typeof(price), length(name), upper(name), trim(name), substr(name, 1, 3), replace(name, ' ', '_'), instr(name, ' ') from products
select printf('%.2f', price) from products
select hex('abc'), quote('it''s'), unicode('é'), char(233)
select abs(-1), sign(-2), 7 % 3, 7 / 2.0, 6 & 3, 6 | 1, ~1
select cast(price as integer) from products
select 'it''s', '; drop table customers', '-- not a comment', '/* nor this */'
select ';' as ";"
select x'00ff'
select null is null, 1 is not distinct from 2, 1 between 0 and 2, 'a' < 'b', not 0
select name from sqlite_schema where type = 'table'
select sql from sqlite_master where name = 'orders'
select * from main.customers limit 1
select '山田' = '山田', '🫖'
select * from customers where name = 'Robert''); drop table students;--'
select count(*) from support_tickets where body like '%🙏%' escape '\'
select priority, count(*) from support_tickets where status in ('open', 'waiting') group by priority order by case priority when 'urgent' then 0 when 'high' then 1 else 2 end
select u.name, avg(julianday(t.closed_at) - julianday(t.opened_at)) as days from support_tickets t join users u on u.id = t.assignee_id where t.closed_at is not null group by u.id order by days
select max(1, 2, 3), min(1, 2)
select random() is not null
select sqlite_version()
select 1 as a, 2 as a
select * from customers order by name collate nocase desc nulls last
select (select max(price) from products) as top, (select count(*) from users) as staff
select 1 where 1 = 1 or 2 = 2 and not 3 = 3
select id, name from customers where (country, vip) in (('is', true), ('fr', false))
select + 1, - 1, 1e3, .5, 0x1f
