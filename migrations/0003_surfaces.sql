-- What people choose: `user_id` is empty for what holds for the whole workspace.
create table settings (
    team_id text not null,
    user_id text not null,
    name text not null,
    value text not null,
    changed_at timestamptz not null,
    primary key (team_id, user_id, name)
);

-- The tools that a connection's owner switched off; whatever is not here is on.
create table tools_off (
    connection_id text not null references mcp_connections (id) on delete cascade,
    tool_name text not null,
    switched_at timestamptz not null,
    primary key (connection_id, tool_name)
);

-- What people thought of an answer: one opinion each. It outlives the run it is about.
create table feedback (
    run_id text not null,
    team_id text not null,
    user_id text not null,
    good boolean not null,
    given_at timestamptz not null,
    primary key (run_id, team_id, user_id)
);

create index runs_by_person on runs (team_id, user_id, created_at);
