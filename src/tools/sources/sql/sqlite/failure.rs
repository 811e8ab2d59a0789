//! What went wrong with a SQLite file, as one sentence and a next step.

use crate::error::{Error, Kind};
use crate::text;

/// A failure of a statement, or of opening the file.
pub(super) fn explain(error: sqlx::Error) -> Error {
    let Some(cause) = error.as_database_error() else {
        return Error::internal(error);
    };
    let code: i32 = cause.code().and_then(|code| code.parse().ok()).unwrap_or(0);
    // Extended codes keep the kind of failure in their low byte.
    let told = match code & 0xff {
        9 => Error::new(
            Kind::Timeout,
            text!("The query took too long and was stopped."),
        )
        .hint(text!("Narrow it with WHERE, or aggregate fewer rows.")),
        5 | 6 => Error::new(Kind::Timeout, text!("The database is locked by a writer."))
            .hint(text!("Try again in a moment.")),
        14 | 26 => Error::new(
            Kind::Unavailable,
            text!("The SQLite file is missing, or is not a database."),
        )
        .hint(text!("Ask your admin to check the file.")),
        18 => Error::new(Kind::Invalid, text!("A value in the query grows too long."))
            .hint(text!("Select less, or shorten it with `substr`.")),
        _ => Error::new(
            Kind::Invalid,
            text!("SQLite says: {reason}.", reason = cause.message()),
        )
        .hint(text!("Correct the query and send it again.")),
    };
    told.source(error)
}

/// The table that a query names and the file does not have.
pub(super) fn missing_table(error: &sqlx::Error) -> Option<String> {
    let message = error.as_database_error()?.message();
    message.strip_prefix("no such table: ").map(str::to_owned)
}
