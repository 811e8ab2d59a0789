-- The founding tables, and what carries a request from Slack to its one visible outcome.
-- One text that SQLite and PostgreSQL both run: text identifiers, timestamptz bound from the
-- application's clock, JSON columns that only ever hold objects or arrays.

create table mcp_run_cards (
    id text primary key,
    card_name text not null unique,
    mcp_type text not null,
    description text not null,
    config_template jsonb not null,
    required_credentials jsonb not null,
    available_tools jsonb not null,
    popularity_score bigint not null default 0,
    created_by text not null default 'system',
    is_public boolean not null default true
);

create table mcp_connections (
    id text primary key,
    team_id text not null,
    user_id text not null,
    connection_name text not null,
    mcp_type text not null,
    connection_config jsonb not null,
    credential_reference text,
    status text not null check (status in ('active', 'failing')),
    tools_available jsonb not null,
    created_at timestamptz not null,
    last_used timestamptz,
    usage_count bigint not null default 0,
    unique (team_id, user_id, connection_name)
);

create table mcp_tool_usage (
    id text primary key,
    connection_id text references mcp_connections (id) on delete set null,
    team_id text not null,
    user_id text not null,
    run_id text,
    agent_id text not null,
    tool_name text not null,
    execution_time_ms double precision not null,
    success boolean not null,
    error_details jsonb,
    tokens_saved bigint not null default 0,
    executed_at timestamptz not null
);
create index mcp_tool_usage_by_person on mcp_tool_usage (team_id, user_id, executed_at);
create index mcp_tool_usage_by_connection on mcp_tool_usage (connection_id);

create table completion_usage (
    id text primary key,
    team_id text not null,
    user_id text not null,
    run_id text not null,
    model text not null,
    input_tokens bigint not null,
    cached_input_tokens bigint not null,
    cache_write_tokens bigint not null,
    output_tokens bigint not null,
    cost_nano_dollars bigint,
    price_version text,
    execution_time_ms double precision not null,
    completed_at timestamptz not null
);
create index completion_usage_by_person on completion_usage (team_id, user_id, completed_at);

-- Secrets sealed with the key that is kept outside the database.
create table sealed_secrets (
    reference text primary key,
    sealed text not null,
    created_at timestamptz not null
);

-- One row per delivery that was acknowledged; the key makes a redelivery visible as one.
create table inbox (
    id text primary key,
    dedupe_key text not null unique,
    team_id text not null,
    kind text not null,
    payload jsonb not null,
    state text not null check (state in ('received', 'done')),
    lease_token text not null,
    lease_until timestamptz not null,
    received_at timestamptz not null,
    finished_at timestamptz
);
create index inbox_unfinished on inbox (state, lease_until);

create table runs (
    id text primary key,
    team_id text not null,
    user_id text not null,
    channel_id text not null,
    thread_ts text not null,
    question text not null,
    state text not null check (state in ('queued', 'running', 'waiting', 'done', 'failed', 'interrupted')),
    lease_token text,
    lease_until timestamptz,
    retried_as text,
    created_at timestamptz not null,
    finished_at timestamptz
);
create index runs_open on runs (state, lease_until);
create index runs_by_thread on runs (team_id, user_id, channel_id, thread_ts, created_at);

-- The journal of a run: what happened, in order; enough to go on from.
create table run_steps (
    run_id text not null references runs (id) on delete cascade,
    seq bigint not null,
    step jsonb not null,
    at timestamptz not null,
    primary key (run_id, seq)
);

-- The one message of each run: how it should look (`revision`) and how far Slack has it.
create table outbox (
    run_id text primary key references runs (id) on delete cascade,
    team_id text not null,
    channel_id text not null,
    thread_ts text not null,
    message_ts text,
    post jsonb not null,
    revision bigint not null,
    sent_revision bigint not null,
    attempts bigint not null,
    next_at timestamptz not null,
    lease_token text,
    lease_until timestamptz,
    last_error text
);
-- Only what is due: the rest of the table is every message ever sent.
create index outbox_due on outbox (next_at) where revision > sent_revision;

create table approvals (
    id text primary key,
    run_id text not null references runs (id) on delete cascade,
    call_id text not null,
    team_id text not null,
    approver_id text not null,
    request jsonb not null,
    arguments_hash text not null,
    state text not null check (state in ('pending', 'approved', 'denied')),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    decided_at timestamptz,
    unique (run_id, call_id)
);
create index approvals_pending on approvals (expires_at) where state = 'pending';
