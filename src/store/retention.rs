//! What is forgotten after a time: deliveries that were finished, and runs that are over.

use chrono::{DateTime, Utc};

use super::{Store, on_db};
use crate::error::Result;

impl Store {
    /// Forgets deliveries that came before that time and were finished; returns how many.
    pub async fn forget_deliveries(&self, before: DateTime<Utc>) -> Result<u64> {
        const SQL: &str = "delete from inbox where state = 'done' and received_at < $1";
        Ok(on_db!(self, c => sqlx::query(SQL).bind(before).execute(c).await?.rows_affected()))
    }

    /// Forgets runs that ended before that time, with their journals and messages; returns how
    /// many. What they used and cost stays.
    pub async fn forget_runs(&self, before: DateTime<Utc>) -> Result<u64> {
        const SQL: &str = "delete from runs where finished_at < $1";
        Ok(on_db!(self, c => sqlx::query(SQL).bind(before).execute(c).await?.rows_affected()))
    }
}
