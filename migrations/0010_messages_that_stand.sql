-- The latest message of a run that stands as it is, if there is one: what the run shows next is in a
-- message below it, and is looked for only there.
alter table outbox add column above_ts text;
