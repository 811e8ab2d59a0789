//! Cards that the admins of a workspace added, what they looked at before, and what they did.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::types::Json;

use super::cards::{CardRow, bind_card};
use super::{Store, in_transaction, on_db};
use crate::domain::principal::Principal;
use crate::error::Result;
use crate::ids::{CardChangeId, CardId, TeamId};

/// What a workspace has to say of a card: its own one, or that one of the bot's is not offered.
#[derive(Clone, Debug, FromRow)]
pub struct AddedRow {
    /// The workspace.
    #[sqlx(rename = "team_id")]
    pub team: TeamId,
    /// The card's name.
    #[sqlx(rename = "card_name")]
    pub name: String,
    /// The card as it was written; none where it is the bot's.
    pub definition: Option<String>,
    /// Calls of the last time, as they were last counted.
    #[sqlx(rename = "popularity_score")]
    pub popularity: i64,
    /// Who added it: a person's id, or `operator`.
    pub created_by: String,
    /// Whether it is offered to those who have not connected it.
    #[sqlx(rename = "is_public")]
    pub shown: bool,
    /// When it was last changed.
    pub changed_at: Option<DateTime<Utc>>,
}

/// What somebody did with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CardDeed {
    /// It is new.
    Added,
    /// It is another one now.
    Replaced,
    /// It is gone.
    Removed,
    /// It is offered again.
    Shown,
    /// It is not offered any more.
    Hidden,
}

/// One change of a workspace's cards, for whoever has to know later.
#[derive(Clone, Debug)]
pub struct CardChange {
    /// The workspace.
    pub team: TeamId,
    /// The card.
    pub name: String,
    /// Who did it: a person's id, or `operator`.
    pub by: String,
    /// What they did.
    pub deed: CardDeed,
    /// Where connections of that card sent their secrets before.
    pub hosts_before: Vec<String>,
    /// Where they send them now.
    pub hosts_after: Vec<String>,
    /// How many connections that is about.
    pub connections: i64,
    /// What the card is now.
    pub sha256: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// How much one service is used in a workspace.
#[derive(Clone, Debug, FromRow)]
pub struct CardUse {
    /// The card.
    pub service: String,
    /// Calls that worked.
    pub calls: i64,
    /// People who made them.
    pub people: i64,
}

/// Notes a change and counts it, inside a transaction of either database.
macro_rules! note {
    ($tx:ident, $change:expr) => {
        let change: &CardChange = $change;
        sqlx::query(
            "insert into card_changes
                (id, team_id, card_name, changed_by, what, hosts_before, hosts_after,
                 connections, sha256, changed_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(CardChangeId::generate())
        .bind(&change.team)
        .bind(&change.name)
        .bind(&change.by)
        .bind(change.deed)
        .bind(Json(&change.hosts_before))
        .bind(Json(&change.hosts_after))
        .bind(change.connections)
        .bind(&change.sha256)
        .bind(change.at)
        .execute(&mut *$tx)
        .await?;
        sqlx::query(
            "insert into card_versions (team_id, version)
            values ($1, 1)
            on conflict (team_id) do update set version = card_versions.version + 1",
        )
        .bind(&change.team)
        .execute(&mut *$tx)
        .await?;
    };
}

impl Store {
    /// How often the cards of workspaces have changed, all of them together.
    pub async fn cards_version(&self) -> Result<i64> {
        const SQL: &str = "select cast(coalesce(sum(version), 0) as bigint) from card_versions";
        Ok(on_db!(self, c => sqlx::query_scalar(SQL).fetch_one(c).await?))
    }

    /// What all workspaces have to say of cards.
    pub async fn added_cards(&self) -> Result<Vec<AddedRow>> {
        const SQL: &str = "select team_id, card_name, definition, popularity_score, created_by,
                is_public, changed_at
            from mcp_run_cards
            where team_id <> ''
            order by team_id, card_name";
        Ok(on_db!(self, c => sqlx::query_as(SQL).fetch_all(c).await?))
    }

    /// Keeps a card of a workspace. False when what is there is no longer what the change was
    /// decided upon: `before` is its sha256, or none where there was none.
    pub async fn keep_card(
        &self,
        change: &CardChange,
        card: &CardRow,
        definition: &str,
        before: Option<&str>,
    ) -> Result<bool> {
        const SQL: &str = "insert into mcp_run_cards
                (id, team_id, card_name, mcp_type, description, config_template,
                 required_credentials, available_tools, popularity_score, created_by, is_public,
                 definition, sha256, changed_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, true, $10, $11, $12)
            on conflict (team_id, card_name) do update set
                mcp_type = excluded.mcp_type,
                description = excluded.description,
                config_template = excluded.config_template,
                required_credentials = excluded.required_credentials,
                available_tools = excluded.available_tools,
                created_by = excluded.created_by,
                definition = excluded.definition,
                sha256 = excluded.sha256,
                changed_at = excluded.changed_at
            where mcp_run_cards.sha256 is not distinct from $13";
        let kept = in_transaction!(self, tx => {
            let query = sqlx::query(SQL)
                .bind(CardId::generate())
                .bind(&change.team)
                .bind(&change.name);
            let kept = bind_card!(query, card)
                .bind(&change.by)
                .bind(definition)
                .bind(&change.sha256)
                .bind(change.at)
                .bind(before)
                .execute(&mut *tx).await?.rows_affected();
            if kept == 1 {
                note!(tx, change);
            }
            kept
        });
        Ok(kept == 1)
    }

    /// Removes a workspace's own card; false when it is no longer the one that was meant.
    pub async fn remove_card(&self, change: &CardChange, before: Option<&str>) -> Result<bool> {
        const SQL: &str = "delete from mcp_run_cards
            where team_id = $1 and card_name = $2 and sha256 is not distinct from $3
                and definition is not null";
        let removed = in_transaction!(self, tx => {
            let removed = sqlx::query(SQL)
                .bind(&change.team)
                .bind(&change.name)
                .bind(before)
                .execute(&mut *tx).await?.rows_affected();
            if removed == 1 {
                note!(tx, change);
            }
            removed
        });
        Ok(removed == 1)
    }

    /// Offers a card in a workspace, or no longer: one of its own, or one that all have.
    pub async fn show_card(&self, change: &CardChange, card: &CardRow, shown: bool) -> Result<()> {
        const SQL: &str = "insert into mcp_run_cards
                (id, team_id, card_name, mcp_type, description, config_template,
                 required_credentials, available_tools, created_by, is_public, changed_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            on conflict (team_id, card_name) do update set is_public = excluded.is_public";
        in_transaction!(self, tx => {
            let query = sqlx::query(SQL)
                .bind(CardId::generate())
                .bind(&change.team)
                .bind(&change.name);
            bind_card!(query, card)
                .bind(&change.by)
                .bind(shown)
                .bind(change.at)
                .execute(&mut *tx).await?;
            note!(tx, change);
        });
        Ok(())
    }

    /// How many connections people of a workspace have that were made from that card.
    pub async fn connections_from(&self, team: &TeamId, card: &str) -> Result<i64> {
        const SQL: &str =
            "select count(*) from mcp_connections where team_id = $1 and mcp_type = $2";
        Ok(on_db!(self, c => sqlx::query_scalar(SQL)
            .bind(team)
            .bind(card)
            .fetch_one(c).await?))
    }

    /// The same for every card that somebody connected.
    pub async fn connections_by_card(&self, team: &TeamId) -> Result<Vec<(String, i64)>> {
        const SQL: &str = "select mcp_type, count(*) from mcp_connections
            where team_id = $1
            group by mcp_type";
        Ok(on_db!(self, c => sqlx::query_as(SQL).bind(team).fetch_all(c).await?))
    }

    /// How much each service was used in a workspace since then.
    pub async fn use_of_cards(&self, team: &TeamId, since: DateTime<Utc>) -> Result<Vec<CardUse>> {
        const SQL: &str = "select service, count(*) as calls, count(distinct user_id) as people
            from mcp_tool_usage
            where team_id = $1 and executed_at >= $2 and success and service is not null
            group by service";
        Ok(on_db!(self, c => sqlx::query_as(SQL)
            .bind(team)
            .bind(since)
            .fetch_all(c).await?))
    }

    /// Counts anew how popular the cards of workspaces are: calls since then that worked.
    pub async fn count_popularity(&self, since: DateTime<Utc>) -> Result<()> {
        const SQL: &str = "update mcp_run_cards set popularity_score = (
                select count(*) from mcp_tool_usage u
                where u.team_id = mcp_run_cards.team_id and u.service = mcp_run_cards.card_name
                    and u.executed_at >= $1 and u.success
            )
            where team_id <> ''";
        on_db!(self, c => sqlx::query(SQL).bind(since).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Keeps what an admin is looking at, in place of what they looked at before.
    pub async fn keep_draft(
        &self,
        by: &Principal,
        definition: &str,
        sha256: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        const SQL: &str = "insert into card_drafts (team_id, user_id, definition, sha256, made_at)
            values ($1, $2, $3, $4, $5)
            on conflict (team_id, user_id) do update set
                definition = excluded.definition,
                sha256 = excluded.sha256,
                made_at = excluded.made_at";
        on_db!(self, c => sqlx::query(SQL)
            .bind(&by.team)
            .bind(&by.user)
            .bind(definition)
            .bind(sha256)
            .bind(now)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// What an admin was looking at, if it is still that.
    pub async fn draft(&self, by: &Principal, sha256: &str) -> Result<Option<String>> {
        const SQL: &str = "select definition from card_drafts
            where team_id = $1 and user_id = $2 and sha256 = $3";
        Ok(on_db!(self, c => sqlx::query_scalar(SQL)
            .bind(&by.team)
            .bind(&by.user)
            .bind(sha256)
            .fetch_optional(c).await?))
    }

    /// Forgets it.
    pub async fn forget_draft(&self, by: &Principal) -> Result<()> {
        const SQL: &str = "delete from card_drafts where team_id = $1 and user_id = $2";
        on_db!(self, c => sqlx::query(SQL)
            .bind(&by.team)
            .bind(&by.user)
            .execute(c).await.map(drop))?;
        Ok(())
    }
}
