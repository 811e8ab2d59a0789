-- A run's message may be a stream while its answer is written (`streaming`), and a long answer goes
-- on in another message: `stream_offset` is where in the answer the latest one begins.
alter table outbox add column streaming boolean not null default false;
alter table outbox add column stream_offset bigint not null default 0;
