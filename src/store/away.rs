//! What it means when the database does not answer.

use std::time::Duration;

use futures_util::FutureExt as _;

use crate::error::{Error, Kind, Result};
use crate::text;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let down = matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::Tls(_)
        ) || error.as_database_error().is_some_and(|error| {
            // 57P0x: shutting down or starting; 53300: no connection slot; 25006: read-only failover.
            error
                .code()
                .is_some_and(|code| code.starts_with("57P0") || code == "53300" || code == "25006")
        });
        if down {
            return silent().source(error);
        }
        Self::internal(error)
    }
}

fn silent() -> Error {
    Error::new(
        Kind::Unavailable,
        text!("My storage does not answer, so nothing was started."),
    )
    .hint(text!("Try again in a minute."))
}

/// What `work` gives; storage that takes longer than `limit` counts as away.
pub fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = Result<T>>,
) -> impl Future<Output = Result<T>> {
    // Not an `async fn`: that would hold the work twice, on the way in of every delivery.
    tokio::time::timeout(limit, work).map(|done| done.unwrap_or_else(|_| Err(silent())))
}
