-- A completion may be cut off: its run was stopped, or it failed in the middle. Where the provider had
-- not counted its tokens by then, they are our estimate.
alter table completion_usage add column outcome text not null default 'whole'
    check (outcome in ('whole', 'stopped', 'failed'));
alter table completion_usage add column estimated boolean not null default false;
