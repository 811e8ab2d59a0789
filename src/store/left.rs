//! Workspaces that are said to have taken the app out, until it is settled whether they did.

use chrono::{DateTime, Utc};

use super::{Store, on_db};
use crate::error::Result;
use crate::ids::{LeaseToken, TeamId};

/// What such a workspace is noted under among its settings.
const LEFT: &str = "left";
/// Workspaces that are noted at once.
const MOST: i64 = 100;

impl Store {
    /// Notes that a workspace is said to have taken the app out; once more when it is said again,
    /// which may be of a later time. False when too many are noted already.
    pub async fn note_left(&self, team: &TeamId, now: DateTime<Utc>) -> Result<bool> {
        const SQL: &str = "insert into settings (team_id, user_id, name, value, changed_at)
            select $1, '', $2, $3, $4
            where (select count(*) from settings where name = $2 and team_id <> $1) < $5
            on conflict (team_id, user_id, name)
                do update set value = excluded.value, changed_at = excluded.changed_at";
        let said = LeaseToken::generate();
        let noted = on_db!(self, c => sqlx::query(SQL)
            .bind(team)
            .bind(LEFT)
            .bind(&said)
            .bind(now)
            .bind(MOST)
            .execute(c).await?.rows_affected());
        Ok(noted == 1)
    }

    /// The workspaces that are noted, each with which time it was said.
    pub async fn left(&self) -> Result<Vec<(TeamId, LeaseToken)>> {
        const SQL: &str = "select team_id, value from settings where name = $1 limit $2";
        Ok(on_db!(self, c => sqlx::query_as(SQL).bind(LEFT).bind(MOST).fetch_all(c).await?))
    }

    /// Takes the note back, unless it was said again since.
    pub async fn settle_left(&self, team: &TeamId, said: &LeaseToken) -> Result<()> {
        const SQL: &str = "delete from settings
            where team_id = $1 and user_id = '' and name = $2 and value = $3";
        on_db!(self, c => sqlx::query(SQL)
            .bind(team)
            .bind(LEFT)
            .bind(said)
            .execute(c).await.map(drop))?;
        Ok(())
    }
}
