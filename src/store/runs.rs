//! Runs and their journals. Whoever drives a run holds a lease; without it nothing is written.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::types::Json;

use super::{Store, approvals, in_transaction, on_db, outbox};
use crate::domain::post::{ApprovalRequest, Post};
use crate::domain::principal::Principal;
use crate::domain::run::{Asked, Exchange, Run, RunState, Step};
use crate::domain::trace::TraceParent;
use crate::error::Result;
use crate::ids::{ChannelId, LeaseToken, MessageTs, RunId, TeamId, UserId};

/// A claim on a run; every write checks it.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Which run.
    pub run: RunId,
    /// The claim.
    pub token: LeaseToken,
}

/// A run that this process now holds.
#[derive(Clone, Debug)]
pub struct ClaimedRun {
    /// The run.
    pub run: Run,
    /// The claim on it.
    pub lease: Lease,
    /// The stretch of work that it goes on from, in a trace.
    pub earlier: Option<TraceParent>,
    /// The stretch of work that this is, in a trace.
    pub stretch: Option<TraceParent>,
}

/// A run as the database has it.
#[derive(FromRow)]
pub(super) struct Row {
    id: RunId,
    team_id: TeamId,
    user_id: UserId,
    channel_id: ChannelId,
    thread_ts: MessageTs,
    question: String,
    question_ts: Option<MessageTs>,
    wording_ts: Option<MessageTs>,
    state: RunState,
    created_at: DateTime<Utc>,
    trace_parent: Option<TraceParent>,
    trace_link: Option<TraceParent>,
}

impl From<Row> for Run {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            asker: Principal::new(row.team_id, row.user_id),
            channel: row.channel_id,
            thread: row.thread_ts,
            question: row.question,
            asked: row
                .question_ts
                .zip(row.wording_ts)
                .map(|(message, wording)| Asked { message, wording }),
            state: row.state,
            created_at: row.created_at,
            trace: row.trace_parent,
        }
    }
}

/// Inserts a run inside a transaction of either database.
macro_rules! insert {
    ($tx:ident, $run:expr) => {
        sqlx::query(
            "insert into runs
                (id, team_id, user_id, channel_id, thread_ts, question, state, created_at, question_ts, wording_ts, trace_parent)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&$run.id)
        .bind(&$run.asker.team)
        .bind(&$run.asker.user)
        .bind(&$run.channel)
        .bind(&$run.thread)
        .bind(&$run.question)
        .bind($run.state)
        .bind($run.created_at)
        .bind($run.asked.as_ref().map(|asked| &asked.message))
        .bind($run.asked.as_ref().map(|asked| &asked.wording))
        .bind(&$run.trace)
        .execute(&mut *$tx)
        .await?
    };
}
pub(super) use insert;

impl Store {
    /// Claims the oldest queued run.
    pub async fn claim_run(&self, until: DateTime<Utc>) -> Result<Option<ClaimedRun>> {
        const SQL: &str = "update runs
            set state = 'running', lease_token = $1, lease_until = $2
            where id = (select id from runs where state = 'queued' order by created_at, id limit 1)
              and state = 'queued'
            returning id, team_id, user_id, channel_id, thread_ts, question, question_ts, wording_ts, state, created_at, trace_parent, trace_link";
        let token = LeaseToken::generate();
        let row: Option<Row> = on_db!(self, c => sqlx::query_as(SQL)
            .bind(&token)
            .bind(until)
            .fetch_optional(c).await?);
        Ok(row.map(|row| claimed(row, token)))
    }

    /// Claims a run whose holder died in the middle.
    pub async fn claim_abandoned_run(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<ClaimedRun>> {
        const SQL: &str = "update runs
            set lease_token = $1, lease_until = $2
            where id = (select id from runs
                        where state = 'running' and lease_until < $3
                        order by lease_until limit 1)
              and state = 'running' and lease_until < $3
            returning id, team_id, user_id, channel_id, thread_ts, question, question_ts, wording_ts, state, created_at, trace_parent, trace_link";
        let token = LeaseToken::generate();
        let row: Option<Row> = on_db!(self, c => sqlx::query_as(SQL)
            .bind(&token)
            .bind(until)
            .bind(now)
            .fetch_optional(c).await?);
        Ok(row.map(|row| claimed(row, token)))
    }

    /// Holds on to a run for longer; false when the lease is lost.
    pub async fn extend_lease(&self, lease: &Lease, until: DateTime<Utc>) -> Result<bool> {
        const SQL: &str = "update runs
            set lease_until = $3
            where id = $1 and lease_token = $2 and state = 'running'";
        let held = on_db!(self, c => sqlx::query(SQL)
            .bind(&lease.run)
            .bind(&lease.token)
            .bind(until)
            .execute(c).await?.rows_affected());
        Ok(held == 1)
    }

    /// A run's journal, oldest first.
    pub async fn steps(&self, run: &RunId) -> Result<Vec<Step>> {
        const SQL: &str = "select step from run_steps where run_id = $1 order by seq";
        let steps: Vec<Json<Step>> =
            on_db!(self, c => sqlx::query_scalar(SQL).bind(run).fetch_all(c).await?);
        Ok(steps.into_iter().map(|step| step.0).collect())
    }

    /// Adds to a run's journal from `seq` on and shows `post` where given, in one commit; false
    /// when the lease is lost, and then nothing is written.
    pub async fn append_steps(
        &self,
        lease: &Lease,
        seq: usize,
        steps: &[Step],
        post: Option<&Post>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        const HOLD: &str = "update runs
            set lease_token = lease_token
            where id = $1 and lease_token = $2 and state = 'running'";
        const STEP: &str = "insert into run_steps (run_id, seq, step, at) values ($1, $2, $3, $4)";
        let held = in_transaction!(self, tx => {
            let held = sqlx::query(HOLD)
                .bind(&lease.run)
                .bind(&lease.token)
                .execute(&mut *tx).await?.rows_affected() == 1;
            if held {
                for (offset, step) in steps.iter().enumerate() {
                    sqlx::query(STEP)
                        .bind(&lease.run)
                        .bind(i64::try_from(seq + offset).unwrap_or(i64::MAX))
                        .bind(Json(step))
                        .bind(now)
                        .execute(&mut *tx).await?;
                }
                if let Some(post) = post {
                    outbox::show!(tx, &lease.run, post, now);
                }
            }
            held
        });
        Ok(held)
    }

    /// Notes which stretch of work a run goes on from, should it wait.
    pub async fn note_stretch(&self, lease: &Lease, stretch: &TraceParent) -> Result<()> {
        const SQL: &str = "update runs
            set trace_link = $3
            where id = $1 and lease_token = $2";
        on_db!(self, c => sqlx::query(SQL)
            .bind(&lease.run)
            .bind(&lease.token)
            .bind(stretch)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Ends a run and shows its outcome, in one commit; false when the lease is lost.
    pub async fn finish_run(
        &self,
        lease: &Lease,
        state: RunState,
        post: &Post,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        const SQL: &str = "update runs
            set state = $3, finished_at = $4, lease_token = null, lease_until = null
            where id = $1 and lease_token = $2 and state = 'running'";
        let held = in_transaction!(self, tx => {
            let held = sqlx::query(SQL)
                .bind(&lease.run)
                .bind(&lease.token)
                .bind(state)
                .bind(now)
                .execute(&mut *tx).await?.rows_affected() == 1;
            if held {
                outbox::show!(tx, &lease.run, post, now);
            }
            held
        });
        Ok(held)
    }

    /// Parks a run until a person decides, in one commit with the questions asked; false when the
    /// lease is lost.
    pub async fn park_run(
        &self,
        lease: &Lease,
        asker: &Principal,
        questions: &[(String, ApprovalRequest)],
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        const SQL: &str = "update runs
            set state = 'waiting', lease_token = null, lease_until = null
            where id = $1 and lease_token = $2 and state = 'running'";
        const GOES_ON: &str = "update runs
            set state = 'queued'
            where id = $1 and not exists
                (select 1 from approvals where run_id = $1 and state = 'pending')";
        let held = in_transaction!(self, tx => {
            let held = sqlx::query(SQL)
                .bind(&lease.run)
                .bind(&lease.token)
                .execute(&mut *tx).await?.rows_affected() == 1;
            if held {
                for (call_id, request) in questions {
                    approvals::insert!(tx, &lease.run, call_id, asker, request, expires_at, now);
                }
                // A question may have expired while the other calls of its reply ran.
                let goes_on = sqlx::query(GOES_ON)
                    .bind(&lease.run)
                    .execute(&mut *tx).await?.rows_affected() == 1;
                if goes_on {
                    outbox::begin_anew!(tx, &lease.run);
                }
                if let Some((_, first)) = questions.first().filter(|_| !goes_on) {
                    outbox::show!(tx, &lease.run, &Post::AskApproval(first.clone()), now);
                }
            }
            held
        });
        Ok(held)
    }

    /// Asks a failed or interrupted run of this person again, in the same message; false when it
    /// is not theirs, not over, or was retried before.
    pub async fn retry_run(
        &self,
        asker: &Principal,
        run: &RunId,
        as_run: &RunId,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        const MARK: &str = "update runs
            set retried_as = $4
            where id = $1 and team_id = $2 and user_id = $3
              and state in ('failed', 'interrupted') and retried_as is null and question <> ''
            returning id, team_id, user_id, channel_id, thread_ts, question, question_ts, wording_ts, state, created_at, trace_parent, trace_link";
        const MESSAGE: &str = "select message_ts from outbox where run_id = $1";
        let retried = in_transaction!(self, tx => {
            let old: Option<Row> = sqlx::query_as(MARK)
                .bind(run)
                .bind(&asker.team)
                .bind(&asker.user)
                .bind(as_run)
                .fetch_optional(&mut *tx).await?;
            match old {
                None => false,
                Some(old) => {
                    let message: Option<MessageTs> =
                        sqlx::query_scalar(MESSAGE).bind(run).fetch_one(&mut *tx).await?;
                    let again = Run {
                        id: as_run.clone(),
                        state: RunState::Queued,
                        created_at: now,
                        ..Run::from(old)
                    };
                    insert!(tx, again);
                    outbox::insert!(tx, again, message.as_ref());
                    true
                }
            }
        });
        Ok(retried)
    }

    /// What this person asked before in the thread, and what was answered, oldest first; without
    /// what was asked again in other words or deleted.
    pub async fn exchanges(&self, run: &Run, most: i64) -> Result<Vec<Exchange>> {
        const SQL: &str = "select coalesce(r.question_ts, o.message_ts), r.question, o.post
            from runs r join outbox o on o.run_id = r.id
            where r.team_id = $1 and r.user_id = $2 and r.channel_id = $3 and r.thread_ts = $4
              and r.state = 'done' and r.id <> $5 and r.retried_as is null and r.question <> ''
            order by r.created_at desc
            limit $6";
        let rows: Vec<(Option<MessageTs>, String, Json<Post>)> = on_db!(self, c => sqlx::query_as(SQL)
            .bind(&run.asker.team)
            .bind(&run.asker.user)
            .bind(&run.channel)
            .bind(&run.thread)
            .bind(&run.id)
            .bind(most)
            .fetch_all(c).await?);
        let answered = rows.into_iter().rev().filter_map(|(at, question, post)| {
            Some(Exchange {
                at,
                heard: String::new(),
                question,
                answer: post.0.answer()?.to_owned(),
            })
        });
        Ok(answered.collect())
    }
}

fn claimed(row: Row, token: LeaseToken) -> ClaimedRun {
    let earlier = row.trace_link.clone();
    let run = Run::from(row);
    let lease = Lease {
        run: run.id.clone(),
        token,
    };
    ClaimedRun {
        run,
        lease,
        earlier,
        stretch: None,
    }
}
