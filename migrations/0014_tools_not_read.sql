-- Tokens of tools that a completion did not have to read because the model found those it needed, less
-- what finding took: an estimate. Of before, nothing was left out.
alter table completion_usage add column tokens_saved bigint not null default 0;

-- The tools that were used in a thread before are at hand in it.
create index mcp_tool_usage_by_run on mcp_tool_usage (run_id);
