//! What a person used lately, as far as advice can follow from it.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Store, on_db};
use crate::domain::connection::ConnectionName;
use crate::domain::money::NanoDollars;
use crate::domain::principal::Principal;
use crate::domain::run::Run;
use crate::domain::usage::TokenUsage;
use crate::error::Result;

/// What one tool of a connection that is still there did.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ToolRecord {
    /// What its owner calls the connection.
    pub connection: ConnectionName,
    /// The card of the connection.
    pub service: String,
    /// The tool's name without the connection.
    pub tool: String,
    /// Calls in the long time.
    pub calls: i64,
    /// Tokens of results that models read, over the long time: an estimate.
    pub result_tokens: i64,
    /// Calls in the short time.
    pub recent: i64,
    /// Of those, the ones that failed.
    pub recent_failed: i64,
}

/// What one model did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRecord {
    /// `provider/model`.
    pub model: String,
    /// Questions it worked on.
    pub questions: i64,
    /// All its tokens.
    pub tokens: TokenUsage,
    /// What they cost; none where one completion had no price.
    pub cost: Option<NanoDollars>,
}

impl Store {
    /// The last tools that the same person called in the same thread before this run, by connection and
    /// tool; those called first come first.
    pub async fn used_in_thread(
        &self,
        run: &Run,
        most: i64,
    ) -> Result<Vec<(ConnectionName, String)>> {
        const SQL: &str = "select connection_name, tool_name
            from (
                select c.connection_name, u.tool_name, min(u.executed_at) as first
                from runs r
                    join mcp_tool_usage u on u.run_id = r.id
                    join mcp_connections c on c.id = u.connection_id
                where r.team_id = $1 and r.user_id = $2 and r.channel_id = $3 and r.thread_ts = $4
                  and r.created_at < $5 and c.team_id = $1 and c.user_id = $2
                group by c.connection_name, u.tool_name
                order by max(u.executed_at) desc
                limit $6
            ) used
            order by first, connection_name, tool_name";
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(&run.asker.team)
            .bind(&run.asker.user)
            .bind(&run.channel)
            .bind(&run.thread)
            .bind(run.created_at)
            .bind(most)
            .fetch_all(c).await?))
    }

    /// What each tool of this person's connections did since `since`, and since the later `recently`.
    pub async fn tools_used(
        &self,
        person: &Principal,
        since: DateTime<Utc>,
        recently: DateTime<Utc>,
    ) -> Result<Vec<ToolRecord>> {
        const SQL: &str = "select c.connection_name as connection, c.mcp_type as service,
                u.tool_name as tool, count(*) as calls,
                cast(coalesce(sum(u.result_tokens), 0) as bigint) as result_tokens,
                count(*) filter (where u.executed_at >= $4) as recent,
                count(*) filter (where u.executed_at >= $4 and not u.success) as recent_failed
            from mcp_tool_usage u join mcp_connections c on c.id = u.connection_id
            where u.team_id = $1 and u.user_id = $2 and u.executed_at >= $3
              and c.team_id = $1 and c.user_id = $2
            group by c.connection_name, c.mcp_type, u.tool_name
            order by count(*) desc, c.connection_name, u.tool_name";
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(&person.team)
            .bind(&person.user)
            .bind(since)
            .bind(recently)
            .fetch_all(c).await?))
    }

    /// What each model did for this person since then, the dearest first.
    pub async fn models_used(
        &self,
        person: &Principal,
        since: DateTime<Utc>,
    ) -> Result<Vec<ModelRecord>> {
        const SQL: &str = "select model, count(distinct run_id),
                cast(sum(input_tokens) as bigint), cast(sum(cached_input_tokens) as bigint),
                cast(sum(cache_write_tokens) as bigint), cast(sum(output_tokens) as bigint),
                cast(sum(cost_nano_dollars) as bigint),
                count(*) filter (where cost_nano_dollars is null)
            from completion_usage
            where team_id = $1 and user_id = $2 and completed_at >= $3
            group by model
            order by coalesce(sum(cost_nano_dollars), 0) desc, model";
        type Row = (String, i64, i64, i64, i64, i64, Option<NanoDollars>, i64);
        let rows: Vec<Row> = on_db!(self, c => sqlx::query_as(SQL)
            .bind(&person.team)
            .bind(&person.user)
            .bind(since)
            .fetch_all(c).await?);
        let records = rows.into_iter().map(
            |(model, questions, input, cached_input, cache_write, output, cost, unpriced)| {
                ModelRecord {
                    model,
                    questions,
                    tokens: TokenUsage {
                        input,
                        cached_input,
                        cache_write,
                        output,
                    },
                    cost: cost.filter(|_| unpriced == 0),
                }
            },
        );
        Ok(records.collect())
    }
}
