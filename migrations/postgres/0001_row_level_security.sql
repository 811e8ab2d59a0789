-- Supabase serves every table of the public schema to its `anon` and `authenticated` roles
-- unless told otherwise. The bot connects as the tables' owner, which row level security does
-- not bind; with no policy, nobody else sees a row.

do $$
declare
    name text;
    role text;
begin
    foreach name in array array[
        'mcp_run_cards', 'mcp_connections', 'mcp_tool_usage', 'completion_usage',
        'sealed_secrets', 'inbox', 'runs', 'run_steps', 'outbox', 'approvals',
        '_sqlx_migrations', '_sqlx_migrations_postgres'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format('revoke all on table %I from public', name);
        foreach role in array array['anon', 'authenticated'] loop
            if exists (select from pg_roles where rolname = role) then
                execute format('revoke all on table %I from %I', name, role);
            end if;
        end loop;
    end loop;
end
$$;
