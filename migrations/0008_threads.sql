-- What is said in threads where the bot was asked, besides the questions and answers that `runs` and
-- `outbox` have. The latest few of each thread are kept. Empty words are those of a deleted message.
create table thread_messages (
    team_id text not null,
    channel_id text not null,
    thread_ts text not null,
    message_ts text not null,
    author_id text not null,
    app_name text,
    words text not null,
    -- Slack's time of these words: an older version never takes the place of a newer one.
    version text not null,
    kept_at timestamptz not null,
    primary key (team_id, channel_id, message_ts)
);
create index thread_messages_by_thread on thread_messages (team_id, channel_id, thread_ts, message_ts);
create index thread_messages_by_age on thread_messages (kept_at);

-- Threads in which the bot was asked in the middle: what was said before is read from Slack once.
create table thread_readings (
    team_id text not null,
    channel_id text not null,
    thread_ts text not null,
    state text not null check (state in ('reading', 'read')),
    tries bigint not null,
    -- From when on somebody else may try, while it is not read.
    next_at timestamptz not null,
    primary key (team_id, channel_id, thread_ts)
);
