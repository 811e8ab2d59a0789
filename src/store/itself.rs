//! Which database everything is kept in, so that no tool opens it.

use sqlx::FromRow;
use sqlx::postgres::PgConnection;

use super::{Db, Store};
use crate::error::Result;

/// PostgreSQL's codes where a role or a server does not tell: `insufficient_privilege` and
/// `undefined_function`.
const NOT_TOLD: [&str; 2] = ["42501", "42883"];

/// A database of a PostgreSQL server, the same under whichever name and address it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct DatabaseId {
    /// The server's identifier; its replicas share it.
    server: i64,
    /// The number of the database there.
    database: i64,
}

impl DatabaseId {
    /// The database of that connection; `None` where the server does not tell.
    pub async fn of(connection: &mut PgConnection) -> Result<Option<Self>, sqlx::Error> {
        const SQL: &str = "select s.system_identifier as server, d.oid::bigint as database
            from pg_control_system() s, pg_database d
            where d.datname = current_database()";
        let told = sqlx::query_as(SQL)
            .persistent(false)
            .fetch_one(connection)
            .await;
        match told {
            Ok(id) => Ok(Some(id)),
            Err(sqlx::Error::Database(error))
                if error.code().is_some_and(|code| NOT_TOLD.contains(&&*code)) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Store {
    /// The database that this is; `None` for a file.
    pub async fn itself(&self) -> Result<Option<DatabaseId>> {
        let Db::Postgres(pool) = &self.db else {
            return Ok(None);
        };
        let id = DatabaseId::of(&mut *pool.acquire().await?).await?;
        if id.is_none() {
            tracing::warn!(
                "PostgreSQL does not tell which database this is, so a connection to it would not be noticed: grant execute on function pg_control_system to the bot's user"
            );
        }
        Ok(id)
    }
}
