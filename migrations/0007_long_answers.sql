-- An answer that is very long is sent as a file: Slack's name for it, once its content is there, and how
-- far it is.
alter table outbox add column file_id text;
alter table outbox add column file_state text not null default 'none'
    check (file_state in ('none', 'uploaded', 'shared', 'refused'));
-- The channel that an outcome was for, where Slack does not take it there: it is told to the asker
-- directly, outside any thread (`thread_ts` is '') until its first message is there.
alter table outbox add column instead_of text;
