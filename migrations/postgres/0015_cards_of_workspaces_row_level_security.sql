-- The tables of 0015, closed to everybody but its owner as those of 0001 are.

do $$
declare
    name text;
    role text;
begin
    foreach name in array array['mcp_run_cards', 'card_versions', 'card_drafts', 'card_changes'] loop
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
