//! Every call and completion by itself, in the order of time, for those who export them.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Store, UseOf, on_db};
use crate::domain::money::NanoDollars;
use crate::error::Result;
use crate::ids::{RunId, TeamId, UserId};

/// A call or a completion.
#[derive(Clone, Debug, FromRow)]
pub struct Entry {
    /// Its identity.
    pub id: String,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// In which workspace.
    pub team_id: TeamId,
    /// For whom.
    pub user_id: UserId,
    /// For which question.
    pub run_id: Option<RunId>,
    /// The card of a call's connection, where it was noted.
    pub service: Option<String>,
    /// A call's connection, while it is there.
    pub connection: Option<String>,
    /// The tool that was called; none for a completion.
    pub tool: Option<String>,
    /// The model that was asked; none for a call.
    pub model: Option<String>,
    /// How it ended: `whole`, `stopped` or `failed` for a completion, `worked` or `failed` for a call.
    pub outcome: String,
    /// How long it took, in milliseconds.
    pub millis: f64,
    /// A completion's tokens.
    pub input_tokens: Option<i64>,
    /// Of those, read from the provider's cache.
    pub cached_input_tokens: Option<i64>,
    /// Of those, written to the provider's cache.
    pub cache_write_tokens: Option<i64>,
    /// What the model wrote.
    pub output_tokens: Option<i64>,
    /// Whether a completion's tokens are our estimate.
    pub estimated: Option<bool>,
    /// Tokens that no model had to read, of a call's result or of tools: an estimate. Less than none
    /// where a model only searched for tools.
    pub tokens_saved: Option<i64>,
    /// What it cost, where there is a price.
    pub cost: Option<NanoDollars>,
    /// The price table that says so.
    pub price_version: Option<String>,
}

/// Whose entries, of which time, and how many at once.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    /// Whose; none for everybody in every workspace.
    pub of: Option<UseOf<'a>>,
    /// From then on.
    pub from: DateTime<Utc>,
    /// Until before then.
    pub to: DateTime<Utc>,
}

impl Store {
    /// The first `most` entries of a span, or the first after `after`.
    pub async fn entries(
        &self,
        span: Span<'_>,
        after: Option<&Entry>,
        most: i64,
    ) -> Result<Vec<Entry>> {
        // Each part is cut before the two are put together: neither reads more than a page.
        const SQL: &str = "select id, at, team_id, user_id, run_id, service, connection, tool, model, outcome, millis,
                input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, estimated,
                tokens_saved, cost, price_version
            from (
                select * from (
                    select u.id, u.executed_at as at, u.team_id, u.user_id, u.run_id, u.service,
                        c.connection_name as connection, u.tool_name as tool,
                        cast(null as text) as model,
                        case when u.success then 'worked' else 'failed' end as outcome,
                        u.execution_time_ms as millis,
                        cast(null as bigint) as input_tokens,
                        cast(null as bigint) as cached_input_tokens,
                        cast(null as bigint) as cache_write_tokens,
                        cast(null as bigint) as output_tokens,
                        cast(null as boolean) as estimated,
                        u.tokens_saved, u.cost_nano_dollars as cost,
                        cast(null as text) as price_version
                    from mcp_tool_usage u left join mcp_connections c on c.id = u.connection_id
                    where (cast($1 as text) is null or u.team_id = $1)
                      and (cast($2 as text) is null or u.user_id = $2)
                      and u.executed_at >= $3 and u.executed_at < $4
                      and (u.executed_at > $5 or (u.executed_at = $5 and u.id > $6))
                    order by u.executed_at, u.id
                    limit $7
                ) calls
                union all
                select * from (
                    select id, completed_at as at, team_id, user_id, run_id,
                        cast(null as text) as service, cast(null as text) as connection,
                        cast(null as text) as tool, model, outcome, execution_time_ms as millis,
                        input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
                        estimated, tokens_saved,
                        cost_nano_dollars as cost, price_version
                    from completion_usage
                    where (cast($1 as text) is null or team_id = $1)
                      and (cast($2 as text) is null or user_id = $2)
                      and completed_at >= $3 and completed_at < $4
                      and (completed_at > $5 or (completed_at = $5 and id > $6))
                    order by completed_at, id
                    limit $7
                ) completions
            ) entries
            order by at, id
            limit $7";
        let (team, user) = match span.of {
            Some(of) => (Some(of.team()), of.user()),
            None => (None, None),
        };
        let (at, id) = match after {
            Some(entry) => (entry.at, entry.id.as_str()),
            // The empty text comes before every identity.
            None => (span.from, ""),
        };
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(&team)
            .bind(&user)
            .bind(span.from)
            .bind(span.to)
            .bind(at)
            .bind(id)
            .bind(most)
            .fetch_all(c).await?))
    }
}
