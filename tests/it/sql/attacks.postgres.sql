-- Refused by the gate; one statement a line. A line starting with `--` is a heading.
-- more than one statement, and ways to hide the second
select 1; select 2
select 1; drop table customers
select 1;;select 2
begin; set transaction read write; insert into customers values (1)
commit; begin read write; insert into products values (1)
select 1 /* /* nested */ */; delete from orders
select $$;$$; delete from orders
select $tag$ ; $tag$; delete from orders
select E'\'; delete from orders; --'; delete from orders
select U&'\0027'; delete from orders
select 'a'';'; delete from orders
-- transactions and settings
set transaction read write
begin
begin read write
start transaction read write
commit
rollback
abort
end
savepoint a
release savepoint a
prepare transaction 'x'
set role postgres
reset role
reset all
set session authorization postgres
set local statement_timeout = 0
set search_path = public
show all
show data_directory
discard all
-- writes
insert into customers (id) values (1)
insert into customers select * from customers
update customers set vip = true
delete from customers
merge into products p using products q on p.id = q.id when matched then delete
truncate customers
with gone as (delete from customers returning *) select * from gone
with made as (insert into products (id) values (1) returning id) select * from made
with changed as (update products set stock = 0 returning id) select count(*) from changed
with merged as (merge into products p using products q on p.id = q.id when matched then delete returning p.id) select * from merged
select * from (with gone as (delete from customers returning *) select * from gone) x
select (with gone as (delete from customers returning 1) select count(*) from gone)
values ((with gone as (delete from customers returning 1) select count(*) from gone))
with a as (select 1) insert into customers select * from a
with a as (select 1) delete from customers
select 1 union (with gone as (delete from customers returning 1) select * from gone)
-- SELECT that writes or locks
select * into stolen from customers
select 1 as a into temp stolen
select * into unlogged stolen from customers
select * from customers for update
select * from customers for no key update
select * from customers for share
select * from customers for key share
select * from customers for update skip locked
select * from (select * from customers for update) x
with a as (select * from customers for update) select * from a
select exists (select 1 from customers for share)
(select * from customers) for update
-- definitions
create table x (a int)
create temp table x (a int)
create table x as select 1
create view x as select 1
create materialized view x as select 1
refresh materialized view x
create function f() returns int language sql as 'select 1'
create extension dblink
create role intruder superuser
create database x
create trigger t after insert on customers execute function f()
create rule r as on select to customers do instead nothing
create server s foreign data wrapper postgres_fdw
create user mapping for current_user server s
create event trigger t on ddl_command_start execute function f()
create publication p for all tables
create subscription s connection 'host=evil' publication p
alter table customers disable trigger all
alter system set archive_command = 'x'
alter role current_user set statement_timeout = 0
alter database postgres set statement_timeout = 0
drop table customers
comment on table customers is 'x'
grant all on customers to public
revoke all on customers from public
security label on table customers is 'x'
reassign owned by postgres to public
-- files, programs, maintenance
copy customers to stdout
copy customers to '/tmp/x'
copy (select 1) to program 'id'
copy customers from program 'id'
copy customers from '/etc/passwd'
load 'evil'
vacuum
analyze
cluster
reindex table customers
checkpoint
lock table customers
import foreign schema x from server y into z
-- code and cursors
do 'begin perform 1; end'
do $$ begin perform pg_sleep(1); end $$
call p()
execute s
prepare s as select 1
prepare s as delete from customers
deallocate all
declare c cursor with hold for select 1
fetch 1 from c
move 1 from c
close c
listen x
notify x
notify x, 'payload'
unlisten *
explain select 1
explain analyze delete from customers
explain (analyze, buffers) select 1
explain (analyze) insert into customers values (1)
-- functions with effects
select pg_sleep(10)
select case when true then pg_sleep(10) end
select 1 where pg_sleep(10) is null
select * from customers order by pg_sleep(1)
select count(*) filter (where pg_sleep(1) is not null) from customers
select sum(1) over (order by pg_sleep(1)) from customers
select 1 limit (select 1 from pg_sleep(1))
select * from customers join lateral pg_sleep(1) on true
select array[pg_sleep(1)::text]
select (array[1])[(select 1 from pg_sleep(1))]
select row(pg_sleep(1))
select coalesce(pg_sleep(1)::text, 'x')
select greatest(1, nextval('s'))
select 1 in (select nextval('s'))
select 1 group by grouping sets ((nextval('s')))
select distinct on (nextval('s')) 1
values (nextval('s'))
select pg_catalog.pg_sleep(1)
select "pg_sleep"(1)
select PG_SLEEP(1)
select U&"pg\005fsleep"(1)
select pg_sleep_for('1 s')
select pg_sleep_until(now() + interval '1 s')
select nextval('orders_id_seq')
select setval('orders_id_seq', 1)
select currval('orders_id_seq')
select lastval()
select set_config('statement_timeout', '0', false)
select set_config('transaction_read_only', 'off', true)
select set_config('role', 'postgres', true)
select set_config('search_path', 'evil', false)
select current_setting('app.jwt_secret')
select lo_create(0)
select lo_creat(-1)
select lo_import('/etc/passwd')
select lo_export(1, '/tmp/x')
select lo_get(1)
select lo_put(1, 0, 'x')
select lo_unlink(1)
select lo_from_bytea(0, 'x')
select loread(lo_open(1, 262144), 10)
select dblink('host=127.0.0.1', 'select 1')
select * from dblink('host=127.0.0.1', 'insert into t values (1)') as t (a int)
select dblink_connect('host=127.0.0.1')
select dblink_exec('delete from customers')
select postgres_fdw_get_connections()
select pg_read_file('/etc/passwd')
select pg_read_binary_file('/etc/passwd')
select pg_ls_dir('/')
select pg_ls_logdir()
select pg_ls_waldir()
select pg_ls_tmpdir()
select pg_stat_file('/etc/passwd')
select (pg_stat_file('/etc/passwd')).size
select pg_current_logfile()
select pg_logical_slot_get_changes('s', null, null)
select pg_create_logical_replication_slot('s', 'test_decoding')
select pg_drop_replication_slot('s')
select pg_logical_emit_message(false, 'a', 'b')
select pg_switch_wal()
select pg_create_restore_point('x')
select pg_backup_start('x')
select pg_promote()
select pg_terminate_backend(1)
select pg_cancel_backend(1)
select pg_reload_conf()
select pg_rotate_logfile()
select pg_log_backend_memory_contexts(1)
select pg_notify('x', 'y')
select pg_listening_channels()
select pg_advisory_lock(1)
select pg_advisory_xact_lock(1)
select pg_try_advisory_lock(1)
select pg_advisory_unlock_all()
select pg_export_snapshot()
select pg_stat_reset()
select pg_stat_statements_reset()
select txid_current()
select pg_current_xact_id()
select query_to_xml('delete from customers', true, true, '')
select table_to_xml('customers', true, true, '')
select database_to_xml(true, true, '')
select cursor_to_xml('c', 1, true, true, '')
select xmlparse(document '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>')
select xpath('/a', '<a/>')
select xmlelement(name a, 'x')
select * from xmltable('/a' passing '<a/>' columns b text)
select ts_stat('select pg_sleep(1)')
select ts_rewrite('a'::tsquery, 'select pg_sleep(1)')
select * from crosstab('delete from customers') as c (a int)
select connectby('a', 'b', 'c', 'd', 1)
select plpgsql_call_handler()
select has_function_privilege('pg_sleep(double precision)', 'execute') and pg_sleep(1) is null
select inet_server_addr()
select inet_client_addr()
select pg_backend_pid()
select pg_read_file(convert_from(decode('2f6574632f706173737764', 'hex'), 'UTF8'))
select net.http_get('http://169.254.169.254/')
select http_get('http://169.254.169.254/')
select cron.schedule('* * * * *', 'delete from customers')
select vault.create_secret('x')
select extensions.http_get('http://example.com')
select public.lower('x')
select evil.lower('x')
select pg_catalog.evil.lower('x')
select my_function_with_effects()
select 1 operator(evil.+) 2
select 1 operator(pg_catalog.+) 2
select generate_series(1, 1000000000)
select generate_series(1, - '-9223372036854775808'::int8)
select * from generate_series(1, 9999999999999)
select * from generate_series(-2000000000, 2000000000, 2)
select repeat('x', 300000000)
select lpad('x', 300000000)
-- what belongs to the server
select * from pg_authid
select * from pg_catalog.pg_authid
select * from "pg_authid"
table pg_authid
select rolpassword from pg_authid
select * from pg_shadow
select * from pg_user
select * from pg_roles
select * from pg_user_mapping
select * from pg_user_mappings
select * from pg_foreign_server
select * from pg_stat_activity
select * from pg_stat_replication
select * from pg_stat_ssl
select * from pg_stat_statements
select * from pg_settings
select * from pg_file_settings
select * from pg_hba_file_rules
select * from pg_config
select * from pg_largeobject
select * from pg_locks
select * from pg_proc
select * from pg_stats
select * from pg_statistic
select * from pg_subscription
select * from pg_prepared_statements
select * from pg_cursors
select * from pg_replication_slots
select * from pg_temp.secrets
select * from pg_toast.pg_toast_1
select * from information_schema.user_mapping_options
select * from information_schema.foreign_server_options
select * from vault.decrypted_secrets
select * from vault.secrets
select * from otherdb.public.customers
select 1 where exists (select 1 from pg_authid)
with a as (table pg_shadow) select * from a
select (select string_agg(usename, ',') from pg_shadow)
-- not whole, not text, not a query
select $1
select * from customers where id = $1
select * from
selec 1
select 'unterminated
select "unterminated
select /* unterminated
select (1
\copy customers to '/tmp/x'
\! id
;
--
