-- Tools that a service itself told of, kept with the connection; the fingerprint tells when one changes.
create table connection_tools (
    connection_id text not null references mcp_connections (id) on delete cascade,
    tool_name text not null,
    definition jsonb not null,
    sha256 text not null,
    seen_at timestamptz not null,
    primary key (connection_id, tool_name)
);

-- Which secret fields were filled in: what a connection offers depends on it, and secrets stay sealed.
alter table mcp_connections add column secret_fields jsonb not null default '[]';

-- Counts what changed about a person's tools: every process keeps their list until it differs.
create table tool_versions (
    team_id text not null,
    user_id text not null,
    version bigint not null,
    primary key (team_id, user_id)
);
