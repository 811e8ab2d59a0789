//! Runs that people stop: whatever they were at, they end, and their holders lose them.

use chrono::{DateTime, Utc};

use super::runs::Row;
use super::{Store, in_transaction, outbox};
use crate::domain::post::Post;
use crate::domain::run::{Run, Step};
use crate::error::Result;
use crate::ids::{ChannelId, MessageTs, RunId, TeamId};

/// Denies what a run that ended asks for, and gives its journal, inside a transaction of either
/// database.
macro_rules! end {
    ($tx:ident, $run:expr, $now:expr) => {{
        sqlx::query(
            "update approvals
             set state = 'denied', decided_at = $2
             where run_id = $1 and state = 'pending'",
        )
        .bind($run)
        .bind($now)
        .execute(&mut *$tx)
        .await?;
        let steps: Vec<sqlx::types::Json<crate::domain::run::Step>> =
            sqlx::query_scalar("select step from run_steps where run_id = $1 order by seq")
                .bind($run)
                .fetch_all(&mut *$tx)
                .await?;
        steps.into_iter().map(|step| step.0).collect::<Vec<_>>()
    }};
}
pub(super) use end;

impl Store {
    /// Ends every open run of a thread in one commit, whoever asked and whoever holds it, and shows
    /// what `post` makes of each run and its journal. Gives the runs that ended.
    pub async fn stop_thread(
        &self,
        team: &TeamId,
        channel: &ChannelId,
        thread: &MessageTs,
        now: DateTime<Utc>,
        post: impl Fn(&Run, &[Step]) -> Post,
    ) -> Result<Vec<RunId>> {
        const STOP: &str = "update runs
            set state = 'interrupted', finished_at = $4, lease_token = null, lease_until = null
            where team_id = $1 and channel_id = $2 and thread_ts = $3
              and state in ('queued', 'running', 'waiting')
            returning id, team_id, user_id, channel_id, thread_ts, question, question_ts, wording_ts, state, created_at, trace_parent, trace_link";
        let stopped = in_transaction!(self, tx => {
            let stopped: Vec<Row> = sqlx::query_as(STOP)
                .bind(team)
                .bind(channel)
                .bind(thread)
                .bind(now)
                .fetch_all(&mut *tx).await?;
            let stopped: Vec<Run> = stopped.into_iter().map(Run::from).collect();
            for run in &stopped {
                let steps = end!(tx, &run.id, now);
                outbox::show!(tx, &run.id, &post(run, &steps), now);
            }
            stopped
        });
        Ok(stopped.into_iter().map(|run| run.id).collect())
    }
}
