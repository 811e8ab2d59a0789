//! What was used: a row per tool call and per completion.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;

use super::{Store, in_transaction, on_db};
use crate::domain::money::NanoDollars;
use crate::domain::principal::Principal;
use crate::domain::usage::{CompletionEnd, Cost, TokenUsage};
use crate::error::Result;
use crate::ids::{ConnectionId, RunId, UsageId};

/// One tool call.
#[derive(Clone, Debug)]
pub struct ToolUsageRow {
    /// Through which connection.
    pub connection: ConnectionId,
    /// Who asked.
    pub asker: Principal,
    /// For which run, when an agent called.
    pub run: Option<RunId>,
    /// Which agent or edge called.
    pub agent: String,
    /// The card of that connection.
    pub service: String,
    /// The tool's name without the connection.
    pub tool: String,
    /// How long it took, in milliseconds.
    pub millis: f64,
    /// Whether it ran.
    pub success: bool,
    /// Why not: an object with the kind and the sentence shown.
    pub error: Option<Value>,
    /// Tokens the model did not have to read because the result was shaped or capped: an estimate.
    pub tokens_saved: i64,
    /// Tokens of the result that it does have to read: an estimate.
    pub result_tokens: i64,
    /// What the service takes for the call, where its card says so.
    pub cost: Option<NanoDollars>,
    /// When it ended.
    pub at: DateTime<Utc>,
}

/// One completion bought from a provider, perhaps not to its end.
#[derive(Clone, Debug)]
pub struct CompletionRow {
    /// Its identity: recorded again, it is still one.
    pub id: UsageId,
    /// For whom.
    pub asker: Principal,
    /// For which run.
    pub run: RunId,
    /// `provider/model`.
    pub model: String,
    /// As the provider counted, or as it is estimated.
    pub tokens: TokenUsage,
    /// Which of it.
    pub estimated: bool,
    /// How it ended.
    pub end: CompletionEnd,
    /// What it is estimated to cost.
    pub cost: Cost,
    /// How long it took, in milliseconds.
    pub millis: f64,
    /// Tokens of tools that it did not have to read, less what finding those it needed took: an estimate.
    pub tokens_saved: i64,
    /// When it ended.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Records a tool call and counts it on its connection.
    pub async fn record_tool_usage(&self, row: &ToolUsageRow) -> Result<()> {
        const INSERT: &str = "insert into mcp_tool_usage
                (id, connection_id, team_id, user_id, run_id, agent_id, tool_name,
                 execution_time_ms, success, error_details, tokens_saved, executed_at,
                 service, result_tokens, cost_nano_dollars)
            select $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
            from mcp_connections
            where id = $2 and team_id = $3 and user_id = $4";
        const COUNT: &str = "update mcp_connections
            set usage_count = usage_count + 1, last_used = $4
            where id = $1 and team_id = $2 and user_id = $3";
        in_transaction!(self, tx => {
            sqlx::query(INSERT)
                .bind(UsageId::generate())
                .bind(&row.connection)
                .bind(&row.asker.team)
                .bind(&row.asker.user)
                .bind(&row.run)
                .bind(&row.agent)
                .bind(&row.tool)
                .bind(row.millis)
                .bind(row.success)
                .bind(row.error.as_ref().map(Json))
                .bind(row.tokens_saved)
                .bind(row.at)
                .bind(&row.service)
                .bind(row.result_tokens)
                .bind(row.cost)
                .execute(&mut *tx).await?;
            sqlx::query(COUNT)
                .bind(&row.connection)
                .bind(&row.asker.team)
                .bind(&row.asker.user)
                .bind(row.at)
                .execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Records a completion, once.
    pub async fn record_completion(&self, row: &CompletionRow) -> Result<()> {
        const SQL: &str = "insert into completion_usage
                (id, team_id, user_id, run_id, model, input_tokens, cached_input_tokens,
                 cache_write_tokens, output_tokens, cost_nano_dollars, price_version,
                 execution_time_ms, completed_at, outcome, estimated, tokens_saved)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            on conflict (id) do nothing";
        on_db!(self, c => sqlx::query(SQL)
            .bind(&row.id)
            .bind(&row.asker.team)
            .bind(&row.asker.user)
            .bind(&row.run)
            .bind(&row.model)
            .bind(row.tokens.input)
            .bind(row.tokens.cached_input)
            .bind(row.tokens.cache_write)
            .bind(row.tokens.output)
            .bind(row.cost.amount())
            .bind(row.cost.prices())
            .bind(row.millis)
            .bind(row.at)
            .bind(row.end)
            .bind(row.estimated)
            .bind(row.tokens_saved)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// What a run's completions used together, in tokens; and cost, unless one of them has no price.
    pub async fn run_used(&self, run: &RunId) -> Result<(i64, Option<NanoDollars>)> {
        const SQL: &str = "select
                cast(coalesce(sum(input_tokens + output_tokens), 0) as bigint),
                cast(sum(cost_nano_dollars) as bigint),
                count(*) filter (where cost_nano_dollars is null)
            from completion_usage
            where run_id = $1";
        let (tokens, cost, unpriced): (i64, Option<NanoDollars>, i64) =
            on_db!(self, c => sqlx::query_as(SQL).bind(run).fetch_one(c).await?);
        Ok((tokens, cost.filter(|_| unpriced == 0)))
    }
}
