//! What was chosen for channels, and whether the bot was asked in a thread.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Store, in_transaction, on_db};
use crate::domain::channel::{Answers, ChannelSettings, Choice, Listens};
use crate::domain::principal::Principal;
use crate::error::Result;
use crate::ids::{ChannelId, MessageTs, TeamId};

#[derive(FromRow)]
struct Row {
    channel_id: ChannelId,
    listens: Option<Listens>,
    answers: Option<Answers>,
}

impl From<Row> for ChannelSettings {
    fn from(row: Row) -> Self {
        Self {
            listens: row.listens,
            answers: row.answers,
        }
    }
}

impl Store {
    /// What was chosen for a channel.
    pub async fn channel_settings(
        &self,
        team: &TeamId,
        channel: &ChannelId,
    ) -> Result<ChannelSettings> {
        const SQL: &str = "select channel_id, listens, answers from channel_settings
            where team_id = $1 and channel_id = $2";
        let row: Option<Row> = on_db!(self, c => sqlx::query_as(SQL)
            .bind(team)
            .bind(channel)
            .fetch_optional(c).await?);
        Ok(row.map(ChannelSettings::from).unwrap_or_default())
    }

    /// Channels of a workspace for which something is chosen, the latest change first.
    pub async fn channels_with_settings(
        &self,
        team: &TeamId,
        most: i64,
    ) -> Result<Vec<(ChannelId, ChannelSettings)>> {
        const SQL: &str = "select channel_id, listens, answers from channel_settings
            where team_id = $1 and (listens is not null or answers is not null)
            order by changed_at desc, channel_id
            limit $2";
        let rows: Vec<Row> = on_db!(self, c => sqlx::query_as(SQL)
            .bind(team)
            .bind(most)
            .fetch_all(c).await?);
        let named = |row: Row| (row.channel_id.clone(), row.into());
        Ok(rows.into_iter().map(named).collect())
    }

    /// Chooses something for a channel.
    pub async fn set_for_channel(
        &self,
        by: &Principal,
        channel: &ChannelId,
        choice: Choice,
        now: DateTime<Utc>,
    ) -> Result<()> {
        const ROW: &str =
            "insert into channel_settings (team_id, channel_id, changed_by, changed_at)
            values ($1, $2, $3, $4)
            on conflict (team_id, channel_id)
                do update set changed_by = excluded.changed_by, changed_at = excluded.changed_at";
        const LISTENS: &str =
            "update channel_settings set listens = $3 where team_id = $1 and channel_id = $2";
        const ANSWERS: &str =
            "update channel_settings set answers = $3 where team_id = $1 and channel_id = $2";
        in_transaction!(self, tx => {
            sqlx::query(ROW)
                .bind(&by.team)
                .bind(channel)
                .bind(&by.user)
                .bind(now)
                .execute(&mut *tx).await?;
            match choice {
                Choice::Listens(listens) => sqlx::query(LISTENS)
                    .bind(&by.team)
                    .bind(channel)
                    .bind(listens)
                    .execute(&mut *tx).await?,
                Choice::Answers(answers) => sqlx::query(ANSWERS)
                    .bind(&by.team)
                    .bind(channel)
                    .bind(answers)
                    .execute(&mut *tx).await?,
            };
        });
        Ok(())
    }

    /// Whether the bot was asked something in this thread, by anybody.
    pub async fn was_asked_in(
        &self,
        team: &TeamId,
        channel: &ChannelId,
        thread: &MessageTs,
    ) -> Result<bool> {
        const SQL: &str = "select id from runs
            where team_id = $1 and channel_id = $2 and thread_ts = $3
            limit 1";
        let run: Option<String> = on_db!(self, c => sqlx::query_scalar(SQL)
            .bind(team)
            .bind(channel)
            .bind(thread)
            .fetch_optional(c).await?);
        Ok(run.is_some())
    }
}
