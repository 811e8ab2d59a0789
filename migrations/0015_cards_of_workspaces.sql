-- A card belongs to a workspace, or, where that is empty, to all of them. What was in the table is a
-- mirror of the bot's own cards, which each start writes anew.
drop table mcp_run_cards;
create table mcp_run_cards (
    id text primary key,
    team_id text not null,
    card_name text not null,
    mcp_type text not null,
    description text not null,
    config_template jsonb not null,
    required_credentials jsonb not null,
    available_tools jsonb not null,
    popularity_score bigint not null default 0,
    created_by text not null default 'system',
    is_public boolean not null default true,
    -- The card as its admin wrote it; none where the bot has it from elsewhere.
    definition text,
    sha256 text,
    changed_at timestamptz,
    unique (team_id, card_name)
);

-- Counts what changed about a workspace's cards: every process keeps them until it differs.
create table card_versions (
    team_id text primary key,
    version bigint not null
);

-- What an admin is looking at before they say yes: one card each.
create table card_drafts (
    team_id text not null,
    user_id text not null,
    definition text not null,
    sha256 text not null,
    made_at timestamptz not null,
    primary key (team_id, user_id)
);

-- What was done with a workspace's cards, by whom, and where secrets went before and after.
create table card_changes (
    id text primary key,
    team_id text not null,
    card_name text not null,
    changed_by text not null,
    what text not null check (what in ('added', 'replaced', 'removed', 'shown', 'hidden')),
    hosts_before jsonb not null,
    hosts_after jsonb not null,
    connections bigint not null,
    sha256 text,
    changed_at timestamptz not null
);
create index card_changes_by_team on card_changes (team_id, changed_at);
