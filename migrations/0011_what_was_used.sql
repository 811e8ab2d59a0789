-- What a call may cost by itself, how much of its result a model had to read, and of which service it
-- was, known also after its connection is gone. Rows of before do not tell: they have none of it.
alter table mcp_tool_usage add column service text;
alter table mcp_tool_usage add column cost_nano_dollars bigint;
alter table mcp_tool_usage add column result_tokens bigint;

-- Totals of a workspace, and its export, go by time.
create index mcp_tool_usage_by_team on mcp_tool_usage (team_id, executed_at);
create index completion_usage_by_team on completion_usage (team_id, completed_at);
