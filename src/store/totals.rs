//! What was used, added up: for one person, or for a whole workspace.

use chrono::{DateTime, Utc};
use serde::Deserialize as _;
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use super::{Store, on_db};
use crate::domain::money::NanoDollars;
use crate::domain::post::Post;
use crate::domain::principal::Principal;
use crate::domain::run::RunState;
use crate::error::Result;
use crate::ids::{ChannelId, MessageTs, RunId, TeamId, UserId};

/// Whose use is added up.
#[derive(Clone, Copy, Debug)]
pub enum UseOf<'a> {
    /// One person's.
    Person(&'a Principal),
    /// Everybody's in a workspace: for its admins.
    Workspace(&'a TeamId),
}

impl UseOf<'_> {
    pub(super) fn team(self) -> TeamId {
        match self {
            Self::Person(person) => person.team.clone(),
            Self::Workspace(team) => team.clone(),
        }
    }

    pub(super) fn user(self) -> Option<UserId> {
        match self {
            Self::Person(person) => Some(person.user.clone()),
            Self::Workspace(_) => None,
        }
    }
}

/// What was used in a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Questions that were asked: each run is one, whatever came of it, and so is a Retry.
    pub questions: i64,
    /// People who asked them.
    pub people: i64,
    /// Input and output tokens.
    pub tokens: i64,
    /// Completions that were cut off and whose tokens are our estimate.
    pub estimated: i64,
    /// What it is estimated to cost, as far as there are prices: completions, and calls that have a
    /// price of their own.
    pub cost: NanoDollars,
    /// Completions without a price.
    pub unpriced: i64,
    /// Tool calls.
    pub calls: i64,
    /// Of those, the ones that worked.
    pub worked: i64,
    /// Tools that were called.
    pub tools: i64,
    /// Tokens that models did not have to read because results were shaped or capped, or tools left out
    /// of their lists, less what searching for tools took: an estimate.
    pub saved: i64,
}

/// What one model was used.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct ModelUse {
    /// `provider/model`.
    pub model: String,
    /// Questions it worked on.
    pub questions: i64,
    /// Input and output tokens.
    pub tokens: i64,
    /// Completions that were cut off and whose tokens are our estimate.
    pub estimated: i64,
    /// What it is estimated to cost, as far as there are prices.
    pub cost: NanoDollars,
    /// Completions without a price.
    pub unpriced: i64,
    /// How long a completion takes in the middle of all, in milliseconds.
    pub millis: f64,
}

/// What one tool was used.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct ToolUse {
    /// The card it is of; empty where that was not noted.
    pub service: String,
    /// The tool's name without the connection.
    pub tool: String,
    /// Calls.
    pub calls: i64,
    /// Of those, the ones that worked.
    pub worked: i64,
    /// What the questions that called it cost together, as far as there are prices.
    pub cost: NanoDollars,
    /// What its service takes for the calls, as far as its card says so.
    pub price: NanoDollars,
    /// How long a call takes in the middle of all, in milliseconds.
    pub millis: f64,
}

/// What was used on one day.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct DayUse {
    /// Which, by the clock of UTC: `2026-11-26`.
    pub day: String,
    /// Tool calls.
    pub calls: i64,
    /// What it is estimated to cost, as far as there are prices.
    pub cost: NanoDollars,
}

/// A question of the past.
#[derive(Clone, Debug, FromRow)]
pub struct PastRun {
    /// Its identity.
    pub id: RunId,
    /// Where it was asked.
    pub channel_id: ChannelId,
    /// The thread its answer is in.
    pub thread_ts: MessageTs,
    /// The message of its answer, once there is one.
    pub message_ts: Option<MessageTs>,
    /// What its message shows, once there is one.
    pub post: Option<Json<Value>>,
    /// What was asked.
    pub question: String,
    /// What came of it.
    pub state: RunState,
    /// When it was asked.
    pub created_at: DateTime<Utc>,
}

impl PastRun {
    /// Whether somebody stopped it.
    pub fn is_stopped(&self) -> bool {
        // A message of an older version may have another shape; then it is not told from the rest.
        let post = self.post.as_ref().map(|post| Post::deserialize(&post.0));
        matches!(post, Some(Ok(Post::Stopped { .. })))
    }
}

impl Store {
    /// What was used since then.
    pub async fn totals(&self, of: UseOf<'_>, since: DateTime<Utc>) -> Result<Totals> {
        // Of questions that were forgotten, what was used for them tells.
        const ASKED: &str = "with asked as (
                select id, user_id from runs
                where team_id = $1 and (cast($2 as text) is null or user_id = $2)
                  and created_at >= $3
                union
                select run_id, user_id from completion_usage
                where team_id = $1 and (cast($2 as text) is null or user_id = $2)
                  and completed_at >= $3
                  and not exists (select 1 from runs where runs.id = completion_usage.run_id)
            )
            select count(distinct id), count(distinct user_id) from asked";
        const COMPLETIONS: &str = "select
                cast(coalesce(sum(input_tokens + output_tokens), 0) as bigint),
                count(*) filter (where estimated = true),
                cast(coalesce(sum(cost_nano_dollars), 0) as bigint),
                count(*) filter (where cost_nano_dollars is null),
                cast(coalesce(sum(tokens_saved), 0) as bigint)
            from completion_usage
            where team_id = $1 and (cast($2 as text) is null or user_id = $2)
              and completed_at >= $3";
        const CALLS: &str = "select count(*), count(*) filter (where success),
                count(distinct coalesce(service, '') || '.' || tool_name),
                cast(coalesce(sum(tokens_saved), 0) as bigint),
                cast(coalesce(sum(cost_nano_dollars), 0) as bigint)
            from mcp_tool_usage
            where team_id = $1 and (cast($2 as text) is null or user_id = $2)
              and executed_at >= $3";
        let (team, user) = (of.team(), of.user());
        let (questions, people): (i64, i64) = on_db!(self, c => sqlx::query_as(ASKED)
            .bind(&team)
            .bind(&user)
            .bind(since)
            .fetch_one(c).await?);
        let (tokens, estimated, cost, unpriced, spared): (i64, i64, NanoDollars, i64, i64) = on_db!(
            self, c => sqlx::query_as(COMPLETIONS)
                .bind(&team)
                .bind(&user)
                .bind(since)
                .fetch_one(c).await?
        );
        let (calls, worked, tools, saved, price): (i64, i64, i64, i64, NanoDollars) = on_db!(
            self, c => sqlx::query_as(CALLS)
                .bind(&team)
                .bind(&user)
                .bind(since)
                .fetch_one(c).await?
        );
        Ok(Totals {
            questions,
            people,
            tokens,
            estimated,
            cost: cost + price,
            unpriced,
            calls,
            worked,
            tools,
            saved: saved + spared,
        })
    }

    /// What each model was used, the most used first.
    pub async fn use_by_model(&self, of: UseOf<'_>, most: i64) -> Result<Vec<ModelUse>> {
        const SQL: &str = "with ranked as (
                select model, run_id, input_tokens + output_tokens as tokens, estimated,
                    cost_nano_dollars, execution_time_ms,
                    row_number() over (partition by model order by execution_time_ms) as place,
                    count(*) over (partition by model) as among
                from completion_usage
                where team_id = $1 and (cast($2 as text) is null or user_id = $2)
            )
            select model, count(distinct run_id) as questions,
                cast(coalesce(sum(tokens), 0) as bigint) as tokens,
                count(*) filter (where estimated = true) as estimated,
                cast(coalesce(sum(cost_nano_dollars), 0) as bigint) as cost,
                count(*) filter (where cost_nano_dollars is null) as unpriced,
                max(case when place = (among + 1) / 2 then execution_time_ms end) as millis
            from ranked
            group by model
            order by count(*) desc, model
            limit $3";
        let (team, user) = (of.team(), of.user());
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(&team)
            .bind(&user)
            .bind(most)
            .fetch_all(c).await?))
    }

    /// What each tool was used, the most used first.
    pub async fn use_by_tool(&self, of: UseOf<'_>, most: i64) -> Result<Vec<ToolUse>> {
        const SQL: &str = "with calls as (
                select coalesce(service, '') as service, tool_name as tool, run_id, success,
                    cost_nano_dollars, execution_time_ms
                from mcp_tool_usage
                where team_id = $1 and (cast($2 as text) is null or user_id = $2)
            ), ranked as (
                select calls.*,
                    row_number() over (
                        partition by service, tool order by execution_time_ms
                    ) as place,
                    count(*) over (partition by service, tool) as among
                from calls
            )
            select t.service, t.tool, count(*) as calls,
                count(*) filter (where t.success) as worked,
                cast(coalesce((
                    select sum(c.cost_nano_dollars) from completion_usage c
                    where c.team_id = $1 and (cast($2 as text) is null or c.user_id = $2)
                      and c.run_id in (select u.run_id from calls u
                                       where u.service = t.service and u.tool = t.tool)
                ), 0) as bigint) as cost,
                cast(coalesce(sum(t.cost_nano_dollars), 0) as bigint) as price,
                max(case when t.place = (t.among + 1) / 2 then t.execution_time_ms end) as millis
            from ranked t
            group by t.service, t.tool
            order by count(*) desc, t.tool, t.service
            limit $3";
        let (team, user) = (of.team(), of.user());
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(&team)
            .bind(&user)
            .bind(most)
            .fetch_all(c).await?))
    }

    /// What this person used on each day since then on which it was something.
    pub async fn use_by_day(
        &self,
        person: &Principal,
        since: DateTime<Utc>,
    ) -> Result<Vec<DayUse>> {
        const SQL: &str = "with used as (
                select completed_at as at, 0 as calls, cost_nano_dollars as cost
                from completion_usage
                where team_id = $1 and user_id = $2 and completed_at >= $3
                union all
                select executed_at as at, 1 as calls, cost_nano_dollars as cost
                from mcp_tool_usage
                where team_id = $1 and user_id = $2 and executed_at >= $3
            )
            select substr(cast(at as text), 1, 10) as day, cast(sum(calls) as bigint) as calls,
                cast(coalesce(sum(cost), 0) as bigint) as cost
            from used
            group by substr(cast(at as text), 1, 10)
            order by 1";
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(&person.team)
            .bind(&person.user)
            .bind(since)
            .fetch_all(c).await?))
    }

    /// When this person asked since then.
    pub async fn asked_at(
        &self,
        person: &Principal,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>> {
        const SQL: &str = "select created_at from runs
            where team_id = $1 and user_id = $2 and created_at >= $3
            order by created_at";
        Ok(on_db!(self, c => sqlx::query_scalar(SQL)
            .bind(&person.team)
            .bind(&person.user)
            .bind(since)
            .fetch_all(c).await?))
    }

    /// What this person asked lately, the latest first.
    pub async fn past_runs(&self, person: &Principal, most: i64) -> Result<Vec<PastRun>> {
        const SQL: &str = "select r.id, coalesce(o.channel_id, r.channel_id) as channel_id,
                coalesce(o.thread_ts, r.thread_ts) as thread_ts, o.message_ts, o.post, r.question,
                r.state, r.created_at
            from runs r left join outbox o on o.run_id = r.id
            where r.team_id = $1 and r.user_id = $2
            order by r.created_at desc, r.id desc
            limit $3";
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(&person.team)
            .bind(&person.user)
            .bind(most)
            .fetch_all(c).await?))
    }
}
