//! The one message of each run: how it should look, and how far the outside has it.
//!
//! A row is a wish, not a queue entry: several changes before the next send become one.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::types::Json;

use super::{Store, on_db};
use crate::domain::post::Post;
use crate::domain::trace::TraceParent;
use crate::error::Result;
use crate::ids::{ChannelId, LeaseToken, MessageTs, RunId, TeamId, UserId};

/// How long whoever works on a run has to begin its message before it is posted as a placeholder.
pub(super) const HEAD_START: chrono::Duration = chrono::Duration::milliseconds(1_500);

/// A message to post or to bring up to date.
#[derive(Clone, Debug, FromRow)]
pub struct Outgoing {
    /// The run it belongs to.
    #[sqlx(rename = "run_id")]
    pub run: RunId,
    /// Who asked, and so in whose language it is.
    pub asker: UserId,
    /// The workspace.
    #[sqlx(rename = "team_id")]
    pub team: TeamId,
    /// Where.
    #[sqlx(rename = "channel_id")]
    pub channel: ChannelId,
    /// In which thread.
    #[sqlx(rename = "thread_ts")]
    pub thread: MessageTs,
    /// The message, once it is known to be posted.
    #[sqlx(rename = "message_ts")]
    pub message: Option<MessageTs>,
    /// The latest of its messages that stand as they are, if any does: `message` is below it.
    #[sqlx(rename = "above_ts")]
    pub above: Option<MessageTs>,
    /// Whether `message` is a stream that nobody has ended yet.
    pub streaming: bool,
    /// Where in the answer `message` begins, in bytes of what is shown; what is before it stands
    /// in messages that are full.
    pub stream_offset: i64,
    /// Slack's name for the file that holds the whole answer, once its content is there.
    pub file_id: Option<String>,
    /// How far that file is.
    pub file_state: FileState,
    /// The channel it was for, where Slack does not take it there; `channel` is then the asker's
    /// conversation with the bot, and `thread` is empty until the first message is there.
    pub instead_of: Option<ChannelId>,
    /// How it should look.
    pub post: Json<Post>,
    /// Which wish this is.
    pub revision: i64,
    /// How often sending was begun; above 1 an earlier try may have got through unheard.
    pub attempts: i64,
    /// The claim on sending it.
    pub lease_token: LeaseToken,
    /// Where in a trace it belongs, if that is recorded.
    #[sqlx(rename = "trace_parent")]
    pub trace: Option<TraceParent>,
}

/// How far the file with a very long answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum FileState {
    /// There is none.
    None,
    /// Slack has its content; it may be in the thread already.
    Uploaded,
    /// It is in the thread.
    Shared,
    /// Slack does not take it.
    Refused,
}

impl Outgoing {
    /// Takes note that its message stands there; of one outside any thread, that is where the rest goes.
    pub fn stands_at(&mut self, message: &MessageTs) {
        if self.thread.as_str().is_empty() {
            self.thread = message.clone();
        }
        self.message = Some(message.clone());
    }

    /// Leaves its message as it stands: what comes, from `offset` of the answer on, goes into another
    /// one below it, which nobody has posted yet.
    pub fn goes_on_below(&mut self, offset: i64) {
        self.above = self.message.take().or(self.above.take());
        self.streaming = false;
        self.stream_offset = offset;
        self.attempts = 1;
    }

    /// The thread it goes to; none for the first message outside any.
    pub fn thread(&self) -> Option<&MessageTs> {
        Some(&self.thread).filter(|thread| !thread.as_str().is_empty())
    }
}

/// Inserts a run's message, unsent, inside a transaction of either database.
macro_rules! insert {
    ($tx:ident, $run:expr, $message:expr) => {
        sqlx::query(
            "insert into outbox
                (run_id, team_id, channel_id, thread_ts, message_ts, post, revision, sent_revision, attempts, next_at)
             values ($1, $2, $3, $4, $5, $6, 1, 0, 0, $7)",
        )
        .bind(&$run.id)
        .bind(&$run.asker.team)
        .bind(&$run.channel)
        .bind(&$run.thread)
        .bind($message)
        .bind(sqlx::types::Json(crate::domain::post::Post::thinking()))
        .bind($run.created_at + crate::store::outbox::HEAD_START)
        .execute(&mut *$tx)
        .await?
    };
}

/// Changes how a run's message should look, inside a transaction of either database.
macro_rules! show {
    ($tx:ident, $run:expr, $post:expr, $now:expr) => {
        sqlx::query(
            "update outbox
             set post = $2, revision = revision + 1,
                 next_at = case when next_at > $3 then next_at else $3 end
             where run_id = $1",
        )
        .bind($run)
        .bind(sqlx::types::Json($post))
        .bind($now)
        .execute(&mut *$tx)
        .await?
    };
}

/// What a run writes from here on is a text of its own, none of which stands anywhere yet; inside a
/// transaction of either database.
macro_rules! begin_anew {
    ($tx:ident, $run:expr) => {
        sqlx::query("update outbox set stream_offset = 0 where run_id = $1")
            .bind($run)
            .execute(&mut *$tx)
            .await?
    };
}
pub(super) use {begin_anew, insert, show};

/// An update that takes one message, and gives it as an [`Outgoing`].
macro_rules! claimed {
    ($update:literal) => {
        concat!(
            $update,
            " returning run_id, (select user_id from runs where runs.id = outbox.run_id) as asker,
                team_id, channel_id, thread_ts, message_ts, above_ts, streaming, stream_offset,
                file_id, file_state, instead_of, post, revision, attempts, lease_token,
                (select trace_parent from runs where runs.id = outbox.run_id) as trace_parent"
        )
    };
}

impl Store {
    /// Takes one message that is due, if there is one.
    pub async fn claim_outgoing(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<Outgoing>> {
        const SQL: &str = claimed!(
            "update outbox
            set lease_token = $1, lease_until = $2, attempts = attempts + 1
            where run_id = (select run_id from outbox
                            where revision > sent_revision and next_at <= $3
                              and (lease_until is null or lease_until < $3)
                            order by next_at limit 1)
              and revision > sent_revision and (lease_until is null or lease_until < $3)"
        );
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(LeaseToken::generate())
            .bind(until)
            .bind(now)
            .fetch_optional(c).await?))
    }

    /// What was asked in a run; nothing where it was forgotten.
    pub async fn question_of(&self, run: &RunId) -> Result<Option<String>> {
        const SQL: &str = "select question from runs where id = $1";
        Ok(on_db!(self, c => sqlx::query_scalar(SQL).bind(run).fetch_optional(c).await?))
    }

    /// Takes the message of a run that is being worked on, due or not, unless somebody else holds it.
    pub async fn claim_message(
        &self,
        run: &RunId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<Outgoing>> {
        const SQL: &str = claimed!("update outbox
            set lease_token = $2, lease_until = $3, attempts = attempts + 1
            where run_id = $1 and (lease_until is null or lease_until < $4)
              and exists (select 1 from runs where runs.id = outbox.run_id and runs.state = 'running')");
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(run)
            .bind(LeaseToken::generate())
            .bind(until)
            .bind(now)
            .fetch_optional(c).await?))
    }

    /// Holds on to a message for longer and reads how it should look now; `None` when somebody else
    /// has it.
    pub async fn hold_message(
        &self,
        held: &Outgoing,
        until: DateTime<Utc>,
    ) -> Result<Option<Outgoing>> {
        const SQL: &str = claimed!(
            "update outbox
            set lease_until = $3
            where run_id = $1 and lease_token = $2"
        );
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(&held.run)
            .bind(&held.lease_token)
            .bind(until)
            .fetch_optional(c).await?))
    }

    /// Notes which message is the run's now, what it is and where it begins; false when somebody else
    /// has it.
    pub async fn message_is(&self, held: &Outgoing) -> Result<bool> {
        const SQL: &str = "update outbox
            set message_ts = $3, streaming = $4, stream_offset = $5
            where run_id = $1 and lease_token = $2";
        let held = on_db!(self, c => sqlx::query(SQL)
            .bind(&held.run)
            .bind(&held.lease_token)
            .bind(&held.message)
            .bind(held.streaming)
            .bind(held.stream_offset)
            .execute(c).await?.rows_affected());
        Ok(held == 1)
    }

    /// Notes that a run goes on in another message, after [`Outgoing::goes_on_below`]; false when
    /// somebody else has it.
    pub async fn next_message(&self, next: &Outgoing) -> Result<bool> {
        const SQL: &str = "update outbox
            set message_ts = null, above_ts = $3, streaming = false, stream_offset = $4, thread_ts = $5, attempts = 1
            where run_id = $1 and lease_token = $2";
        let held = on_db!(self, c => sqlx::query(SQL)
            .bind(&next.run)
            .bind(&next.lease_token)
            .bind(&next.above)
            .bind(next.stream_offset)
            .bind(&next.thread)
            .execute(c).await?.rows_affected());
        Ok(held == 1)
    }

    /// Notes how far the file with the whole answer is; false when somebody else has the message.
    pub async fn file_is(
        &self,
        held: &Outgoing,
        state: FileState,
        file: Option<&str>,
    ) -> Result<bool> {
        const SQL: &str = "update outbox
            set file_state = $3, file_id = $4
            where run_id = $1 and lease_token = $2";
        let held = on_db!(self, c => sqlx::query(SQL)
            .bind(&held.run)
            .bind(&held.lease_token)
            .bind(state)
            .bind(file)
            .execute(c).await?.rows_affected());
        Ok(held == 1)
    }

    /// From its beginning the outcome is to go to the asker's conversation with the bot, and is due;
    /// false when somebody else has it.
    pub async fn tell_directly(
        &self,
        held: &Outgoing,
        direct: &ChannelId,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        const SQL: &str = "update outbox
            set instead_of = channel_id, channel_id = $3, thread_ts = '', message_ts = null, above_ts = null,
                streaming = false, stream_offset = 0, file_id = null, file_state = 'none',
                attempts = 0, next_at = $4, lease_token = null, lease_until = null
            where run_id = $1 and lease_token = $2";
        let moved = on_db!(self, c => sqlx::query(SQL)
            .bind(&held.run)
            .bind(&held.lease_token)
            .bind(direct)
            .bind(now)
            .execute(c).await?.rows_affected());
        Ok(moved == 1)
    }

    /// Lets whoever sends messages have this one at once.
    pub async fn release_message(&self, held: &Outgoing, now: DateTime<Utc>) -> Result<()> {
        const SQL: &str = "update outbox
            set lease_token = null, lease_until = null, next_at = $3, attempts = attempts - 1
            where run_id = $1 and lease_token = $2";
        on_db!(self, c => sqlx::query(SQL)
            .bind(&held.run)
            .bind(&held.lease_token)
            .bind(now)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Notes that a message is out there as of that revision.
    pub async fn mark_sent(&self, sent: &Outgoing, message: &MessageTs) -> Result<()> {
        const SQL: &str = "update outbox
            set message_ts = $3, sent_revision = $4, attempts = 0, streaming = false,
                thread_ts = case when thread_ts = '' then $3 else thread_ts end,
                lease_token = null, lease_until = null, last_error = null
            where run_id = $1 and lease_token = $2";
        on_db!(self, c => sqlx::query(SQL)
            .bind(&sent.run)
            .bind(&sent.lease_token)
            .bind(message)
            .bind(sent.revision)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Notes that sending failed and what is to be done about it.
    pub async fn mark_unsent(&self, failed: &Outgoing, then: Then, error: &str) -> Result<()> {
        const AGAIN: &str = "update outbox
            set lease_token = null, lease_until = null, last_error = $3, next_at = $4, attempts = attempts - $5
            where run_id = $1 and lease_token = $2";
        const GIVE_UP: &str = "update outbox
            set lease_token = null, lease_until = null, last_error = $3, sent_revision = $4, attempts = 0
            where run_id = $1 and lease_token = $2";
        let (at, uncounted) = match then {
            Then::GiveUp => {
                on_db!(self, c => sqlx::query(GIVE_UP)
                    .bind(&failed.run)
                    .bind(&failed.lease_token)
                    .bind(error)
                    .bind(failed.revision)
                    .execute(c).await.map(drop))?;
                return Ok(());
            }
            Then::Again { at } => (at, 0_i64),
            Then::Later { at } => (at, 1_i64),
        };
        on_db!(self, c => sqlx::query(AGAIN)
            .bind(&failed.run)
            .bind(&failed.lease_token)
            .bind(error)
            .bind(at)
            .bind(uncounted)
            .execute(c).await.map(drop))?;
        Ok(())
    }
}

/// What is to be done about a message that was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Try again at that time; this try counts, for it may have been heard.
    Again {
        /// When.
        at: DateTime<Utc>,
    },
    /// Send it at that time; this try does not count, for it was turned away.
    Later {
        /// When.
        at: DateTime<Utc>,
    },
    /// Leave it: it will never be taken as it is.
    GiveUp,
}
