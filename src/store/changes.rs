//! Questions that people edit or delete: the run that works on the old words ends, and the new words
//! are asked, in one commit with the delivery.
//!
//! What happens to one message happens in order: everything about it waits for the row in `inbox`
//! that its first delivery has, and puts it there where that delivery has not come yet.

use chrono::Duration;
use sqlx::types::Json;

use super::inbox::{insert, parts};
use super::runs::Row;
use super::stops::end;
use super::{Arrival, Delivery, Store, Stored, in_transaction, on_db, outbox, runs};
use crate::domain::post::{Post, Withdrawn};
use crate::domain::run::{Asked, Run, Step};
use crate::error::Result;
use crate::ids::{ChannelId, InboxId, LeaseToken, MessageTs, RunId, TeamId};

/// How long after it was written a question that is answered, or was never seen, may be asked anew.
const LATEST: Duration = Duration::hours(24);

/// What happened to a message after it was sent.
#[derive(Clone, Debug)]
pub struct Change {
    /// The workspace.
    pub team: TeamId,
    /// Where.
    pub channel: ChannelId,
    /// The key under which the message itself is delivered.
    pub original: String,
    /// Which message, and when this happened to it.
    pub asked: Asked,
    /// What became of the question.
    pub why: Withdrawn,
    /// Whether it counts only where the message is known as a question.
    pub only_if_known: bool,
}

/// What a change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Whether it was new; if not, nothing was written but that it came.
    pub stored: Stored,
    /// The run that it ended.
    pub ended: Option<RunId>,
}

impl Store {
    /// Stores what happened to a message, ends the run that works on its old words, and lets
    /// `arrival` take over: all in one commit. `post` is what the ended run shows of its journal.
    pub async fn receive_change(
        &self,
        delivery: &Delivery,
        arrival: Arrival<'_>,
        change: &Change,
        post: impl Fn(&[Step]) -> Post,
    ) -> Result<Changed> {
        // Everything about one message waits here for each other; a first delivery that comes later
        // is then known as a duplicate.
        const LOCK: &str = "insert into inbox
                (id, dedupe_key, team_id, kind, payload, state, lease_token, lease_until, received_at)
            values ($1, $2, $3, 'question', $4, 'done', $5, $6, $6)
            on conflict (dedupe_key) do update set dedupe_key = excluded.dedupe_key";
        // Of several runs of one message the one that was not asked again.
        const LATEST_RUN: &str = "select id, team_id, user_id, channel_id, thread_ts, question, question_ts, wording_ts, state, created_at, trace_parent, trace_link
            from runs
            where team_id = $1 and channel_id = $2 and question_ts = $3
            order by case when retried_as is null then 0 else 1 end, created_at desc, id desc
            limit 1";
        const NOTE: &str = "update runs set wording_ts = $2 where id = $1";
        const FORGET: &str = "update runs
            set question = ''
            where team_id = $1 and channel_id = $2 and question_ts = $3";
        // A run whose words are no longer asked counts as retried, whatever came of it.
        const ASKED_AGAIN: &str = "update runs set retried_as = $2 where id = $1";
        const END: &str = "update runs
            set state = 'interrupted', finished_at = $2, lease_token = null, lease_until = null
            where id = $1 and state in ('queued', 'running', 'waiting')";
        // Where nobody has begun to send a message, there is none to say it in.
        const SAY_NOTHING: &str = "update outbox
            set sent_revision = revision
            where run_id = $1 and attempts = 0 and message_ts is null and above_ts is null";
        const SHOWN: &str = "select post from outbox where run_id = $1";

        if change.only_if_known && !self.is_question(change).await? {
            return Ok(Changed::nothing());
        }
        let now = delivery.received_at;
        let message = &change.asked.message;
        let changed = in_transaction!(self, tx => {
            sqlx::query(LOCK)
                .bind(InboxId::generate())
                .bind(&change.original)
                .bind(&change.team)
                .bind(Json(serde_json::json!({})))
                .bind(LeaseToken::new(""))
                .bind(now)
                .execute(&mut *tx).await?;
            let latest: Option<Row> = sqlx::query_as(LATEST_RUN)
                .bind(&change.team)
                .bind(&change.channel)
                .bind(message)
                .fetch_optional(&mut *tx).await?;
            let latest = latest.map(Run::from);
            let counts = counts(latest.as_ref(), &arrival, change);
            let (state, lease, until) = if counts { parts(&arrival, now) } else { parts(&Arrival::Done, now) };
            let inserted = insert!(tx, delivery, state, lease, until);
            if inserted == 0 || !counts {
                if let Some(run) = latest.filter(|run| is_newer(run, change)) {
                    sqlx::query(NOTE).bind(&run.id).bind(&change.asked.wording).execute(&mut *tx).await?;
                }
                Changed::nothing()
            } else {
                let new = match &arrival {
                    Arrival::Run(run) => Some(*run),
                    Arrival::Handle { .. } | Arrival::Done => None,
                };
                let mut ended = None;
                if let Some(run) = &latest {
                    sqlx::query(NOTE).bind(&run.id).bind(&change.asked.wording).execute(&mut *tx).await?;
                    let open = sqlx::query(END)
                        .bind(&run.id)
                        .bind(now)
                        .execute(&mut *tx).await?.rows_affected() == 1;
                    if open {
                        let steps = end!(tx, &run.id, now);
                        outbox::show!(tx, &run.id, &post(&steps), now);
                        sqlx::query(SAY_NOTHING).bind(&run.id).execute(&mut *tx).await?;
                        ended = Some(run.id.clone());
                    } else {
                        let shown: Json<Post> =
                            sqlx::query_scalar(SHOWN).bind(&run.id).fetch_one(&mut *tx).await?;
                        if let Some(post) = shown.0.withdrawn(change.why) {
                            outbox::show!(tx, &run.id, &post, now);
                        }
                    }
                    if ended.is_some() || change.why == Withdrawn::Edited {
                        let by = new.map_or(&run.id, |new| &new.id);
                        sqlx::query(ASKED_AGAIN).bind(&run.id).bind(by).execute(&mut *tx).await?;
                    }
                }
                if change.why == Withdrawn::Deleted {
                    sqlx::query(FORGET)
                        .bind(&change.team)
                        .bind(&change.channel)
                        .bind(message)
                        .execute(&mut *tx).await?;
                }
                if let Some(run) = new {
                    runs::insert!(tx, run);
                    outbox::insert!(tx, run, None::<&MessageTs>);
                }
                Changed { stored: Stored::New, ended }
            }
        });
        Ok(changed)
    }

    /// Whether a run answers this message, or did.
    async fn is_question(&self, change: &Change) -> Result<bool> {
        const SQL: &str = "select id from runs
            where team_id = $1 and channel_id = $2 and question_ts = $3
            limit 1";
        let found: Option<RunId> = on_db!(self, c => sqlx::query_scalar(SQL)
            .bind(&change.team)
            .bind(&change.channel)
            .bind(&change.asked.message)
            .fetch_optional(c).await?);
        Ok(found.is_some())
    }
}

impl Changed {
    fn nothing() -> Self {
        Self {
            stored: Stored::Duplicate,
            ended: None,
        }
    }
}

/// Whether a change makes a difference to what is known of the message.
fn counts(latest: Option<&Run>, arrival: &Arrival<'_>, change: &Change) -> bool {
    let is_open = latest.is_some_and(|run| run.state.is_open());
    if latest.is_some_and(|run| !is_newer(run, change)) {
        return false;
    }
    match (change.why, arrival) {
        (Withdrawn::Deleted, _) => true,
        (Withdrawn::TakenBack, Arrival::Done) => latest.is_some(),
        (Withdrawn::Edited, Arrival::Run(new))
            if latest.is_some_and(|run| run.question == new.question) =>
        {
            false
        }
        (Withdrawn::Edited | Withdrawn::TakenBack, _) => is_open || age(change) <= LATEST,
    }
}

fn is_newer(run: &Run, change: &Change) -> bool {
    let known = run.asked.as_ref().map(|asked| &asked.wording);
    known.is_none_or(|known| known.as_str() < change.asked.wording.as_str())
}

/// How old the message was when it was changed, in whole seconds of Slack's times.
fn age(change: &Change) -> Duration {
    let seconds = |ts: &MessageTs| -> i64 {
        let seconds = ts.as_str().split('.').next().unwrap_or_default();
        seconds.parse().unwrap_or(0)
    };
    Duration::seconds(seconds(&change.asked.wording) - seconds(&change.asked.message))
}
