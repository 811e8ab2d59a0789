-- How the bot behaves in a channel, where somebody chose; a null is the default of the installation.
create table channel_settings (
    team_id text not null,
    channel_id text not null,
    listens text check (listens in ('mentions', 'threads', 'all')),
    answers text check (answers in ('stream', 'final')),
    changed_by text not null,
    changed_at timestamptz not null,
    primary key (team_id, channel_id)
);

-- Whether the bot was asked in a thread, and what.
create index runs_by_place on runs (team_id, channel_id, thread_ts, created_at);
