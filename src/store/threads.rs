//! What is said in threads where the bot was asked: kept within bounds, and forgotten in time.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::types::Json;

use super::{Store, in_transaction, on_db};
use crate::domain::post::Post;
use crate::domain::run::Run;
use crate::domain::thread::{Author, Heard, Thread};
use crate::error::Result;
use crate::ids::{ChannelId, MessageTs, TeamId, UserId};

/// How often it is tried to read what was said before the bot was asked.
const MOST_TRIES: i64 = 5;

#[derive(FromRow)]
struct Row {
    message_ts: MessageTs,
    author_id: UserId,
    app_name: Option<String>,
    words: String,
}

impl From<Row> for Heard {
    fn from(row: Row) -> Self {
        Self {
            at: row.message_ts,
            author: match row.app_name {
                Some(name) => Author::App(name),
                None => Author::Person(row.author_id),
            },
            words: row.words,
        }
    }
}

/// Whose turn it is to read what was said before the bot was asked in a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The caller's.
    Ours,
    /// Somebody is at it, or it failed a moment ago, or too often.
    NotNow,
    /// It was read, or there is nothing to read.
    Over,
}

/// Keeps a message inside a transaction of either database, unless newer words of it are kept.
macro_rules! keep {
    ($tx:ident, $thread:expr, $heard:expr, $version:expr, $now:expr) => {{
        let (author, app) = match &$heard.author {
            Author::Person(user) => (user.as_str(), None),
            Author::App(name) => ("", Some(name.as_str())),
            Author::Bot => ("", Some("")),
        };
        sqlx::query(
            "insert into thread_messages
                (team_id, channel_id, thread_ts, message_ts, author_id, app_name, words, version, kept_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (team_id, channel_id, message_ts)
                 do update set words = excluded.words, version = excluded.version
                 where excluded.version > thread_messages.version",
        )
        .bind(&$thread.team)
        .bind(&$thread.channel)
        .bind(&$thread.ts)
        .bind(&$heard.at)
        .bind(author)
        .bind(app)
        .bind(&$heard.words)
        .bind($version)
        .bind($now)
        .execute(&mut *$tx)
        .await?
    }};
}

/// Forgets all but the latest messages of a thread, inside a transaction of either database.
macro_rules! bound {
    ($tx:ident, $thread:expr, $most:expr) => {
        sqlx::query(
            "delete from thread_messages
             where team_id = $1 and channel_id = $2 and thread_ts = $3
               and message_ts <= (select message_ts from thread_messages
                                  where team_id = $1 and channel_id = $2 and thread_ts = $3
                                  order by message_ts desc
                                  limit 1 offset $4)",
        )
        .bind(&$thread.team)
        .bind(&$thread.channel)
        .bind(&$thread.ts)
        .bind($most)
        .execute(&mut *$tx)
        .await?
    };
}

impl Store {
    /// Keeps what a message of a thread says as of `version`, and at most the `most` latest of them.
    pub async fn keep_heard(
        &self,
        thread: &Thread,
        heard: &Heard,
        version: &MessageTs,
        most: i64,
        now: DateTime<Utc>,
    ) -> Result<()> {
        in_transaction!(self, tx => {
            keep!(tx, thread, heard, version, now);
            bound!(tx, thread, most);
        });
        Ok(())
    }

    /// What others said and asked in a run's thread before its question, and what they were answered;
    /// and what its asker said there without being answered. The latest `most` of it, oldest first.
    pub async fn heard_before(&self, run: &Run, most: i64) -> Result<Vec<Heard>> {
        // A message that is a question is told with its run.
        const SAID: &str = "select message_ts, author_id, app_name, words from thread_messages m
            where team_id = $1 and channel_id = $2 and thread_ts = $3 and words <> ''
              and (cast($4 as text) is null or message_ts < $4)
              and not exists (select 1 from runs r
                              where r.team_id = m.team_id and r.channel_id = m.channel_id
                                and r.question_ts = m.message_ts
                                and r.retried_as is null and r.question <> '')
            order by message_ts desc
            limit $5";
        const ASKED: &str = "select r.user_id, r.question, r.question_ts, o.message_ts, o.post
            from runs r join outbox o on o.run_id = r.id
            where r.team_id = $1 and r.channel_id = $2 and r.thread_ts = $3
              and (r.user_id <> $4 or r.state <> 'done') and r.id <> $5
              and r.retried_as is null and r.question <> ''
            order by r.created_at desc
            limit $6";
        type Asked = (
            UserId,
            String,
            Option<MessageTs>,
            Option<MessageTs>,
            Json<Post>,
        );
        let before = run.asked.as_ref().map(|asked| &asked.message);
        let said: Vec<Row> = on_db!(self, c => sqlx::query_as(SAID)
            .bind(&run.asker.team)
            .bind(&run.channel)
            .bind(&run.thread)
            .bind(before)
            .bind(most)
            .fetch_all(c).await?);
        let asked: Vec<Asked> = on_db!(self, c => sqlx::query_as(ASKED)
            .bind(&run.asker.team)
            .bind(&run.channel)
            .bind(&run.thread)
            .bind(&run.asker.user)
            .bind(&run.id)
            .bind(most)
            .fetch_all(c).await?);
        let mut heard: Vec<Heard> = said.into_iter().map(Heard::from).collect();
        for (user, question, question_at, answer_at, post) in asked {
            let mut add = |at: Option<MessageTs>, author, words| {
                if let Some(at) = at.filter(|at| before.is_none_or(|before| at < before)) {
                    heard.push(Heard { at, author, words });
                }
            };
            add(question_at, Author::Person(user), question);
            if let Post::Answer { markdown, .. } = post.0 {
                add(answer_at, Author::Bot, markdown);
            }
        }
        heard.sort_by(|one, other| one.at.cmp(&other.at));
        let extra = heard
            .len()
            .saturating_sub(usize::try_from(most).unwrap_or(0));
        heard.drain(..extra);
        Ok(heard)
    }

    /// Takes it upon this process to read what was said in a thread before the bot was asked. A thread
    /// that begins with a question has nothing before it.
    pub async fn begin_reading(
        &self,
        thread: &Thread,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Reading> {
        const OVER: &str = "select 'over'
            where exists (select 1 from thread_readings
                          where team_id = $1 and channel_id = $2 and thread_ts = $3 and state = 'read')
               or exists (select 1 from runs
                          where team_id = $1 and channel_id = $2
                            and question_ts = $3 and wording_ts = $3)";
        const TAKE: &str = "insert into thread_readings
                (team_id, channel_id, thread_ts, state, tries, next_at)
            values ($1, $2, $3, 'reading', 1, $4)
            on conflict (team_id, channel_id, thread_ts)
                do update set tries = thread_readings.tries + 1, next_at = excluded.next_at
                where thread_readings.state = 'reading' and thread_readings.next_at <= $5
                  and thread_readings.tries < $6";
        let over: Option<String> = on_db!(self, c => sqlx::query_scalar(OVER)
            .bind(&thread.team)
            .bind(&thread.channel)
            .bind(&thread.ts)
            .fetch_optional(c).await?);
        if over.is_some() {
            return Ok(Reading::Over);
        }
        let ours = on_db!(self, c => sqlx::query(TAKE)
            .bind(&thread.team)
            .bind(&thread.channel)
            .bind(&thread.ts)
            .bind(until)
            .bind(now)
            .bind(MOST_TRIES)
            .execute(c).await?.rows_affected())
            == 1;
        Ok(match ours {
            true => Reading::Ours,
            false => Reading::NotNow,
        })
    }

    /// Whether somebody is at reading what was said before, who took it for longer than until `after`.
    pub async fn is_reading(&self, thread: &Thread, after: DateTime<Utc>) -> Result<bool> {
        const SQL: &str = "select thread_ts from thread_readings
            where team_id = $1 and channel_id = $2 and thread_ts = $3
              and state = 'reading' and next_at > $4";
        let row: Option<String> = on_db!(self, c => sqlx::query_scalar(SQL)
            .bind(&thread.team)
            .bind(&thread.channel)
            .bind(&thread.ts)
            .bind(after)
            .fetch_optional(c).await?);
        Ok(row.is_some())
    }

    /// Keeps what was said before the bot was asked, and that it was read; the words of each message
    /// are as of the version beside it.
    pub async fn finish_reading(
        &self,
        thread: &Thread,
        earlier: &[(Heard, MessageTs)],
        most: i64,
        now: DateTime<Utc>,
    ) -> Result<()> {
        const READ: &str = "update thread_readings
            set state = 'read', next_at = $4
            where team_id = $1 and channel_id = $2 and thread_ts = $3";
        in_transaction!(self, tx => {
            // What is forgotten while it is read, because the bot is gone from there, stays forgotten.
            let wanted = sqlx::query(READ)
                .bind(&thread.team)
                .bind(&thread.channel)
                .bind(&thread.ts)
                .bind(now)
                .execute(&mut *tx).await?.rows_affected() == 1;
            if wanted {
                for (heard, version) in earlier {
                    keep!(tx, thread, heard, version, now);
                }
                bound!(tx, thread, most);
            }
        });
        Ok(())
    }

    /// Leaves the reading to whoever is asked there next, from that time on.
    pub async fn put_off_reading(&self, thread: &Thread, at: DateTime<Utc>) -> Result<()> {
        const SQL: &str = "update thread_readings
            set next_at = $4
            where team_id = $1 and channel_id = $2 and thread_ts = $3 and state = 'reading'";
        on_db!(self, c => sqlx::query(SQL)
            .bind(&thread.team)
            .bind(&thread.channel)
            .bind(&thread.ts)
            .bind(at)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Forgets what was said in threads before that time; returns how many messages.
    pub async fn forget_heard(&self, before: DateTime<Utc>) -> Result<u64> {
        const SQL: &str = "delete from thread_messages where kept_at < $1";
        const READINGS: &str = "delete from thread_readings where next_at < $1";
        on_db!(self, c => sqlx::query(READINGS).bind(before).execute(c).await.map(drop))?;
        Ok(on_db!(self, c => sqlx::query(SQL).bind(before).execute(c).await?.rows_affected()))
    }

    /// Forgets what was said in a channel that the bot is no longer in, or everywhere in a workspace
    /// that it is no longer installed in; `for_good` also what was chosen there.
    pub async fn forget_place(
        &self,
        team: &TeamId,
        channel: Option<&ChannelId>,
        for_good: bool,
    ) -> Result<()> {
        const MESSAGES: &str = "delete from thread_messages
            where team_id = $1 and (cast($2 as text) is null or channel_id = $2)";
        const READINGS: &str = "delete from thread_readings
            where team_id = $1 and (cast($2 as text) is null or channel_id = $2)";
        const SETTINGS: &str = "delete from channel_settings
            where team_id = $1 and (cast($2 as text) is null or channel_id = $2)";
        let all = [MESSAGES, READINGS, SETTINGS];
        let these = if for_good { &all[..] } else { &all[..2] };
        in_transaction!(self, tx => {
            for sql in these {
                sqlx::query(*sql).bind(team).bind(channel).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }
}
