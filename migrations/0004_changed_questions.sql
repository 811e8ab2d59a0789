-- The message that a question stands in, and the version of its words: when they were written or last
-- changed. Null for a question that was asked in a form. A question whose message was deleted is ''.
alter table runs add column question_ts text;
alter table runs add column wording_ts text;
create index runs_by_question on runs (team_id, channel_id, question_ts) where question_ts is not null;
