//! Tools that services told of, kept with their connections, and what counts changes of tools.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;

use super::{Store, in_transaction, on_db};
use crate::domain::card::CardTool;
use crate::domain::fingerprint::fingerprint;
use crate::domain::principal::Principal;
use crate::error::{Error, Result};
use crate::ids::ConnectionId;

/// Counts that a person's tools changed, inside a transaction of either database.
macro_rules! count_change {
    ($tx:ident, $owner:expr) => {
        sqlx::query(
            "insert into tool_versions (team_id, user_id, version)
             values ($1, $2, 1)
             on conflict (team_id, user_id) do update set version = tool_versions.version + 1",
        )
        .bind(&$owner.team)
        .bind(&$owner.user)
        .execute(&mut *$tx)
        .await?
    };
}
pub(super) use count_change;

impl Store {
    /// How often this person's connections and tools have changed.
    pub async fn tools_version(&self, owner: &Principal) -> Result<i64> {
        const SQL: &str = "select version from tool_versions where team_id = $1 and user_id = $2";
        let version: Option<i64> = on_db!(self, c => sqlx::query_scalar(SQL)
            .bind(&owner.team)
            .bind(&owner.user)
            .fetch_optional(c).await?);
        Ok(version.unwrap_or(0))
    }

    /// Keeps the tools that a connection's service told of, in place of those it told of before.
    pub async fn keep_tools(
        &self,
        owner: &Principal,
        connection: &ConnectionId,
        tools: &[CardTool],
        now: DateTime<Utc>,
    ) -> Result<()> {
        const FORGET: &str = "delete from connection_tools
            where connection_id = (select id from mcp_connections
                                   where team_id = $1 and user_id = $2 and id = $3)";
        const KEEP: &str =
            "insert into connection_tools (connection_id, tool_name, definition, sha256, seen_at)
            select id, $4, $5, $6, $7 from mcp_connections
            where team_id = $1 and user_id = $2 and id = $3
            on conflict (connection_id, tool_name) do nothing";
        let definitions = tools
            .iter()
            .map(|tool| Ok((&tool.name, serde_json::to_value(tool)?)))
            .collect::<std::result::Result<Vec<_>, serde_json::Error>>()
            .map_err(Error::internal)?;
        in_transaction!(self, tx => {
            sqlx::query(FORGET)
                .bind(&owner.team)
                .bind(&owner.user)
                .bind(connection)
                .execute(&mut *tx).await?;
            for (name, definition) in &definitions {
                sqlx::query(KEEP)
                    .bind(&owner.team)
                    .bind(&owner.user)
                    .bind(connection)
                    .bind(name)
                    .bind(Json(definition))
                    .bind(fingerprint(definition.clone()))
                    .bind(now)
                    .execute(&mut *tx).await?;
            }
            count_change!(tx, owner);
        });
        Ok(())
    }

    /// The tools that services told of, over all connections of this person, by name.
    pub async fn kept_tools(
        &self,
        owner: &Principal,
    ) -> Result<BTreeMap<ConnectionId, Vec<CardTool>>> {
        const SQL: &str = "select t.connection_id, t.tool_name, t.definition
            from connection_tools t join mcp_connections c on c.id = t.connection_id
            where c.team_id = $1 and c.user_id = $2
            order by t.connection_id, t.tool_name";
        let rows: Vec<(ConnectionId, String, Json<Value>)> = on_db!(self, c => sqlx::query_as(SQL)
            .bind(&owner.team)
            .bind(&owner.user)
            .fetch_all(c).await?);
        let mut kept: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (connection, name, definition) in rows {
            // An older version may have kept what this one does not know; a test finds them anew.
            match serde_json::from_value(definition.0) {
                Ok(tool) => kept.entry(connection).or_default().push(tool),
                Err(error) => {
                    tracing::warn!(connection.id = %connection, "the kept tool `{name}` cannot be read: {error}");
                }
            }
        }
        Ok(kept)
    }
}
