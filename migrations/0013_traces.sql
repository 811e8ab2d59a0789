-- Where in a trace a question belongs, as W3C's `traceparent` writes it: what began with the delivery that
-- brought it, and the stretch of work that a person's decision goes on from. Nothing where none is recorded.
alter table runs add column trace_parent text;
alter table runs add column trace_link text;
