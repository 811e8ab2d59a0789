//! What people chose: their settings, the tools they switched off, and what they thought of answers.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::tools::count_change;
use super::{Store, in_transaction, on_db};
use crate::domain::principal::Principal;
use crate::error::Result;
use crate::ids::{ConnectionId, RunId, TeamId, UserId};

/// Whose a setting is.
#[derive(Clone, Copy, Debug)]
pub enum SettingOf<'a> {
    /// One person's.
    Person(&'a Principal),
    /// The whole workspace's.
    Workspace(&'a TeamId),
}

impl SettingOf<'_> {
    fn key(self) -> (TeamId, UserId) {
        match self {
            Self::Person(person) => (person.team.clone(), person.user.clone()),
            Self::Workspace(team) => (team.clone(), UserId::new("")),
        }
    }
}

impl Store {
    /// What was chosen, if anything was.
    pub async fn setting(&self, of: SettingOf<'_>, name: &str) -> Result<Option<String>> {
        const SQL: &str = "select value from settings
            where team_id = $1 and user_id = $2 and name = $3";
        let (team, user) = of.key();
        Ok(on_db!(self, c => sqlx::query_scalar(SQL)
            .bind(&team)
            .bind(&user)
            .bind(name)
            .fetch_optional(c).await?))
    }

    /// Chooses.
    pub async fn set_setting(
        &self,
        of: SettingOf<'_>,
        name: &str,
        value: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        const SQL: &str = "insert into settings (team_id, user_id, name, value, changed_at)
            values ($1, $2, $3, $4, $5)
            on conflict (team_id, user_id, name)
                do update set value = excluded.value, changed_at = excluded.changed_at";
        let (team, user) = of.key();
        on_db!(self, c => sqlx::query(SQL)
            .bind(&team)
            .bind(&user)
            .bind(name)
            .bind(value)
            .bind(now)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Notes that something happened; true only for the first to note it.
    pub async fn first_time(
        &self,
        of: SettingOf<'_>,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        const SQL: &str = "insert into settings (team_id, user_id, name, value, changed_at)
            values ($1, $2, $3, 'yes', $4)
            on conflict (team_id, user_id, name) do nothing";
        let (team, user) = of.key();
        let noted = on_db!(self, c => sqlx::query(SQL)
            .bind(&team)
            .bind(&user)
            .bind(name)
            .bind(now)
            .execute(c).await?.rows_affected());
        Ok(noted == 1)
    }

    /// Takes a choice back.
    pub async fn clear_setting(&self, of: SettingOf<'_>, name: &str) -> Result<()> {
        const SQL: &str = "delete from settings where team_id = $1 and user_id = $2 and name = $3";
        let (team, user) = of.key();
        on_db!(self, c => sqlx::query(SQL)
            .bind(&team)
            .bind(&user)
            .bind(name)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// The tools that this person switched off, over all their connections.
    pub async fn tools_off(&self, owner: &Principal) -> Result<BTreeSet<(ConnectionId, String)>> {
        const SQL: &str = "select o.connection_id, o.tool_name
            from tools_off o join mcp_connections c on c.id = o.connection_id
            where c.team_id = $1 and c.user_id = $2";
        let rows: Vec<(ConnectionId, String)> = on_db!(self, c => sqlx::query_as(SQL)
            .bind(&owner.team)
            .bind(&owner.user)
            .fetch_all(c).await?);
        Ok(rows.into_iter().collect())
    }

    /// Switches a tool of one of this person's connections on or off.
    pub async fn switch_tool(
        &self,
        owner: &Principal,
        connection: &ConnectionId,
        tool: &str,
        on: bool,
        now: DateTime<Utc>,
    ) -> Result<()> {
        const OFF: &str = "insert into tools_off (connection_id, tool_name, switched_at)
            select id, $4, $5 from mcp_connections
            where team_id = $1 and user_id = $2 and id = $3
            on conflict (connection_id, tool_name) do nothing";
        const ON: &str = "delete from tools_off
            where connection_id = (select id from mcp_connections
                                   where team_id = $1 and user_id = $2 and id = $3)
              and tool_name = $4 and switched_at <= $5";
        let sql = if on { ON } else { OFF };
        in_transaction!(self, tx => {
            sqlx::query(sql)
                .bind(&owner.team)
                .bind(&owner.user)
                .bind(connection)
                .bind(tool)
                .bind(now)
                .execute(&mut *tx).await?;
            count_change!(tx, owner);
        });
        Ok(())
    }

    /// Keeps what somebody thought of an answer in their workspace; a later opinion replaces an
    /// earlier one of theirs. False when there is no such answer.
    pub async fn give_feedback(
        &self,
        person: &Principal,
        run: &RunId,
        good: bool,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        const SQL: &str = "insert into feedback (run_id, team_id, user_id, good, given_at)
            select id, team_id, $3, $4, $5 from runs where id = $1 and team_id = $2
            on conflict (run_id, team_id, user_id)
                do update set good = excluded.good, given_at = excluded.given_at";
        let kept = on_db!(self, c => sqlx::query(SQL)
            .bind(run)
            .bind(&person.team)
            .bind(&person.user)
            .bind(good)
            .bind(now)
            .execute(c).await?.rows_affected());
        Ok(kept == 1)
    }

    /// What people thought of an answer: how many found it good, and how many bad.
    pub async fn feedback_on(&self, team: &TeamId, run: &RunId) -> Result<(i64, i64)> {
        const SQL: &str = "select count(*) filter (where good), count(*) filter (where not good)
            from feedback where team_id = $1 and run_id = $2";
        Ok(on_db!(self, c => sqlx::query_as(SQL).bind(team).bind(run).fetch_one(c).await?))
    }
}
