-- Things that write when they are read, as their owner may make them.
create sequence numbers;
create table diary (line text);
create function write_it() returns int language sql volatile
    as 'insert into diary values (''x'') returning 1';
create function write_stably() returns int language plpgsql stable
    as 'begin insert into diary values (''x''); return 1; end';
create function write_and_hide_it() returns int language plpgsql volatile
    as 'begin begin insert into diary values (''x''); exception when others then null; end; return 1; end';
create function open_up() returns int language plpgsql volatile
    as 'begin
            begin perform set_config(''transaction_read_only'', ''off'', true);
            exception when others then null; end;
            begin set transaction read write; exception when others then null; end;
            begin insert into diary values (''x''); exception when others then null; end;
            return 1;
        end';
create function set_it() returns text language sql volatile
    as 'select set_config(''search_path'', ''elsewhere'', false) || set_config(''statement_timeout'', ''0'', false)
            || set_config(''app.tenant'', ''other'', false) || set_config(''role'', ''none'', false)';
create function lock_it() returns int language plpgsql volatile
    as 'begin perform pg_advisory_lock(1); perform pg_advisory_lock_shared(2, 3);
              perform pg_advisory_xact_lock(4); return 1; end';
create function lock_and_fail() returns int language plpgsql volatile
    as 'begin perform pg_advisory_lock(5); return 1 / 0; end';
create function listen_in() returns int language plpgsql volatile
    as 'begin listen news; return 1; end';
create function speak() returns int language plpgsql volatile
    as 'begin perform pg_notify(''news'', ''x''); return 1; end';
create function number_it() returns bigint language sql volatile as 'select nextval(''numbers'')';
create function keep_large() returns oid language sql volatile as 'select lo_create(0)';
create function open_cursor() returns int language plpgsql volatile
    as 'begin execute ''declare kept cursor with hold for select 1''; return 1; end';
create function make_temp() returns int language plpgsql volatile
    as 'begin create temp table for_now (a int); return 1; end';
create function commit_it() returns int language plpgsql volatile
    as 'begin commit; insert into diary values (''x''); commit; return 1; end';
create procedure commit_all() language plpgsql as 'begin commit; insert into diary values (''x''); commit; end';
create function call_it() returns int language plpgsql volatile as 'begin call commit_all(); return 1; end';
create function take_number() returns text language sql volatile as 'select txid_current()::text';
create function write_on_check(text) returns boolean language plpgsql volatile
    as 'begin insert into diary values (''x''); return true; end';
create function hide(int, int) returns int language sql volatile
    as 'insert into diary values (''x'') returning 1';

create view written as select write_it() as n;
create view written_stably as select write_stably() as n;
create view hidden as select write_and_hide_it() as n;
create view opened as select open_up() as n;
create view settings as select set_it() as n;
create view locked as select lock_it() as n;
create view locked_and_failed as select lock_and_fail() as n;
create view listening as select listen_in() as n;
create view spoken as select speak() as n;
create view numbered as select number_it() as n;
create view large as select keep_large() as n;
create view cursors as select open_cursor() as n;
create view temporary_tables as select make_temp() as n;
create view committed as select commit_it() as n;
create view called as select call_it() as n;
create view taken as select take_number() as n;
create view row_locked as select * from customers for update;

create operator ### (function = hide, leftarg = int, rightarg = int);
create domain checked as text check (write_on_check(value));
create type secret as (a int);
create function secret_to_text(secret) returns text language sql volatile
    as 'insert into diary values (''x'') returning line';
create cast (secret as text) with function secret_to_text(secret);
create function sum_up(int, int) returns int language sql volatile
    as 'insert into diary values (''x'') returning 1';
-- An overload of a name that the gate knows as harmless, closer to the question than the server's own.
create function lower(customers) returns text language sql volatile
    as 'insert into diary values (''x'') returning line';

-- Who may read a row is decided by a function that writes.
create table guarded (a int);
insert into guarded values (1), (2);
create function allow(int) returns boolean language plpgsql volatile
    as 'begin insert into diary values (''x''); return true; end';
alter table guarded enable row level security;
alter table guarded force row level security;
create policy watch on guarded using (allow(a));

-- A rule that turns reading into reading something else.
create table ruled (a int);
create rule "_RETURN" as on select to ruled do instead select write_it() as a;

-- An index on an expression, and a sort that asks a function.
create function sort_key(int) returns int language plpgsql immutable
    as 'begin insert into diary values (''x''); return $1; exception when others then return $1; end';
create table sorted (a int);
insert into sorted select generate_series(1, 10);
create view sorted_view as select a from sorted order by sort_key(a);
