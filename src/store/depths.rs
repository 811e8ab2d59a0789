//! How much waits in the database, and since when: one look, for whoever watches.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Store, on_db};
use crate::error::Result;

/// What waits, and when the oldest of it began to.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Depths {
    /// Commands, clicks and forms that were acknowledged and are not finished.
    pub deliveries: i64,
    /// Since when.
    pub oldest_delivery: Option<DateTime<Utc>>,
    /// Questions that nobody works on yet.
    pub queued: i64,
    /// Since when.
    pub oldest_queued: Option<DateTime<Utc>>,
    /// Questions that are worked on.
    pub running: i64,
    /// Questions that wait for a person.
    pub waiting: i64,
    /// Messages that are due and not sent.
    pub due: i64,
    /// Since when.
    pub oldest_due: Option<DateTime<Utc>>,
    /// Decisions that a person was asked for.
    pub approvals: i64,
}

/// How many connections to the database there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSize {
    /// Open, in use or not.
    pub open: u32,
    /// Of those, free.
    pub idle: u32,
    /// As many as there may be.
    pub most: u32,
}

impl Store {
    /// How much waits.
    pub async fn depths(&self, now: DateTime<Utc>) -> Result<Depths> {
        const SQL: &str = "select
            (select count(*) from inbox where state = 'received') as deliveries,
            (select min(received_at) from inbox where state = 'received') as oldest_delivery,
            (select count(*) from runs where state = 'queued') as queued,
            (select min(created_at) from runs where state = 'queued') as oldest_queued,
            (select count(*) from runs where state = 'running') as running,
            (select count(*) from runs where state = 'waiting') as waiting,
            (select count(*) from outbox where revision > sent_revision and next_at <= $1) as due,
            (select min(next_at) from outbox where revision > sent_revision and next_at <= $1) as oldest_due,
            (select count(*) from approvals where state = 'pending') as approvals";
        Ok(on_db!(self, c => sqlx::query_as(SQL).bind(now).fetch_one(c).await?))
    }

    /// How many connections there are; asks nobody.
    pub fn pool_size(&self) -> PoolSize {
        on_db!(self, c => PoolSize {
            open: c.size(),
            idle: u32::try_from(c.num_idle()).unwrap_or(u32::MAX),
            most: c.options().get_max_connections(),
        })
    }
}
