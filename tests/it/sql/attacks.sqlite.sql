-- Refused by the gate; one statement a line. A line starting with `--` is a heading.
select 1; select 2
select 1; drop table customers
select 1;;delete from customers
select $a$;attach database '/etc/passwd' as z;select $a$
select $$;attach database 'x' as z;select $$
select 1 /* /* */; delete from customers; /* */ */
select 'a\'; delete from customers; --'
select "a""; delete from customers
select [a;b]; delete from customers
select `a;b`; delete from customers
begin
begin immediate
commit
rollback
end
savepoint a
release a
insert into customers (id) values (1)
replace into customers (id) values (1)
insert or replace into customers (id) values (1)
update customers set vip = 1
delete from customers
delete from customers returning *
with a as (select 1) delete from customers
with a as (select 1) insert into customers (id) select * from a
with a as (select 1) update customers set vip = 1
with gone as (delete from customers returning *) select * from gone
create table x (a)
create temp table x (a)
create table x as select 1
create view x as select 1
create trigger t after insert on customers begin select 1; end
create virtual table x using fts5 (a)
create index i on customers (id)
alter table customers rename to x
drop table customers
drop view order_totals
reindex
vacuum
vacuum into '/tmp/x'
analyze
attach database '/tmp/x' as x
attach 'file:/tmp/x?mode=rwc' as x
detach database main
pragma query_only = off
pragma journal_mode = wal
pragma table_info(customers)
pragma writable_schema = on
explain select 1
explain query plan select 1
select load_extension('/tmp/evil')
select readfile('/etc/passwd')
select writefile('/tmp/x', 'y')
select edit('x')
select fts3_tokenizer('simple')
select zeroblob(1000000000)
select randomblob(1000000000)
select hex(zeroblob(1000000000))
select sqlite_compileoption_get(1)
select sqlite_source_id()
select last_insert_rowid()
select changes()
select total_changes()
select my_function()
select main.lower('x')
select "load_extension"('x')
select LOAD_EXTENSION('x')
select case when 1 then load_extension('x') end
select * from customers order by load_extension('x')
select count(*) filter (where load_extension('x')) from customers
select sum(1) over (order by load_extension('x')) from customers
select 1 limit load_extension('x')
select * from pragma_table_info('customers')
select * from pragma_database_list
select * from pragma_database_list()
select * from PRAGMA_DATABASE_LIST
select * from "pragma_database_list"
select * from [pragma_database_list]
select * from generate_series(1, 10)
select * from fsdir('/')
select * from dbstat
select * from sqlite_dbpage
select * from sqlite_stmt
select * from sqlite_temp_schema
select * from temp.x
select * from other.customers
select 1 where exists (select 1 from pragma_database_list)
select * from customers for update
select 1 into x
values (load_extension('x'))
select ?
select ?1
select :a
select @a
select $a
select $1
select N'x'
select $tag$ x $tag$
select 1::int
select
selec 1
select 'unterminated
select "unterminated
select /* unterminated
select (1
.shell id
.read /etc/passwd
;
--
