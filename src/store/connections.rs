//! People's connections.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::types::Json;

use super::tools::count_change;
use super::{Store, in_transaction, on_db};
use crate::domain::connection::{Connection, ConnectionName, ConnectionStatus};
use crate::domain::principal::Principal;
use crate::error::Result;
use crate::ids::{ConnectionId, CredentialRef, TeamId, UserId};

#[derive(FromRow)]
struct Row {
    id: ConnectionId,
    team_id: TeamId,
    user_id: UserId,
    connection_name: ConnectionName,
    mcp_type: String,
    connection_config: Json<BTreeMap<String, String>>,
    credential_reference: Option<CredentialRef>,
    secret_fields: Json<BTreeSet<String>>,
    status: ConnectionStatus,
    tools_available: Json<Vec<String>>,
    created_at: DateTime<Utc>,
    last_used: Option<DateTime<Utc>>,
    usage_count: i64,
}

impl From<Row> for Connection {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            owner: Principal::new(row.team_id, row.user_id),
            name: row.connection_name,
            card: row.mcp_type,
            config: row.connection_config.0,
            credential: row.credential_reference,
            secret_fields: row.secret_fields.0,
            status: row.status,
            tools: row.tools_available.0,
            created_at: row.created_at,
            last_used: row.last_used,
            usage_count: row.usage_count,
        }
    }
}

impl Store {
    /// Adds a connection; false when its owner already has one of that name.
    pub async fn add_connection(&self, connection: &Connection) -> Result<bool> {
        const SQL: &str = "insert into mcp_connections
                (id, team_id, user_id, connection_name, mcp_type, connection_config,
                 credential_reference, secret_fields, status, tools_available, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            on conflict (team_id, user_id, connection_name) do nothing";
        let added = in_transaction!(self, tx => {
            count_change!(tx, connection.owner);
            sqlx::query(SQL)
                .bind(&connection.id)
                .bind(&connection.owner.team)
                .bind(&connection.owner.user)
                .bind(&connection.name)
                .bind(&connection.card)
                .bind(Json(&connection.config))
                .bind(&connection.credential)
                .bind(Json(&connection.secret_fields))
                .bind(connection.status)
                .bind(Json(&connection.tools))
                .bind(connection.created_at)
                .execute(&mut *tx).await?.rows_affected()
        });
        Ok(added == 1)
    }

    /// All connections of this person, by name.
    pub async fn connections_of(&self, owner: &Principal) -> Result<Vec<Connection>> {
        const SQL: &str =
            "select id, team_id, user_id, connection_name, mcp_type, connection_config,
                credential_reference, secret_fields, status, tools_available, created_at,
                last_used, usage_count
            from mcp_connections
            where team_id = $1 and user_id = $2
            order by connection_name";
        let rows: Vec<Row> = on_db!(self, c => sqlx::query_as(SQL)
            .bind(&owner.team)
            .bind(&owner.user)
            .fetch_all(c).await?);
        Ok(rows.into_iter().map(Connection::from).collect())
    }

    /// The connection this person calls `name`, if there is one.
    pub async fn find_connection(
        &self,
        owner: &Principal,
        name: &ConnectionName,
    ) -> Result<Option<Connection>> {
        const SQL: &str =
            "select id, team_id, user_id, connection_name, mcp_type, connection_config,
                credential_reference, secret_fields, status, tools_available, created_at,
                last_used, usage_count
            from mcp_connections
            where team_id = $1 and user_id = $2 and connection_name = $3";
        let row: Option<Row> = on_db!(self, c => sqlx::query_as(SQL)
            .bind(&owner.team)
            .bind(&owner.user)
            .bind(name)
            .fetch_optional(c).await?);
        Ok(row.map(Connection::from))
    }

    /// Notes whether a connection works.
    pub async fn set_connection_status(
        &self,
        owner: &Principal,
        id: &ConnectionId,
        status: ConnectionStatus,
    ) -> Result<()> {
        const SQL: &str = "update mcp_connections
            set status = $4
            where team_id = $1 and user_id = $2 and id = $3";
        on_db!(self, c => sqlx::query(SQL)
            .bind(&owner.team)
            .bind(&owner.user)
            .bind(id)
            .bind(status)
            .execute(c).await.map(drop))?;
        Ok(())
    }

    /// Removes a connection of this person; false when it is not theirs.
    pub async fn remove_connection(&self, owner: &Principal, id: &ConnectionId) -> Result<bool> {
        const SQL: &str = "delete from mcp_connections
            where team_id = $1 and user_id = $2 and id = $3";
        let removed = in_transaction!(self, tx => {
            count_change!(tx, owner);
            sqlx::query(SQL)
                .bind(&owner.team)
                .bind(&owner.user)
                .bind(id)
                .execute(&mut *tx).await?.rows_affected()
        });
        Ok(removed == 1)
    }
}
