//! What went wrong with a SQLite file, as one sentence and a next step.

use libsqlite3_sys as sqlite;

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

/// A failure of a change: what the file holds against it, and what to do about that.
pub(super) fn explain_write(error: sqlx::Error) -> Error {
    let told = error.as_database_error().and_then(|cause| {
        let code = cause.code().and_then(|code| code.parse().ok());
        objection(code.unwrap_or(0), cause.message())
    });
    match told {
        Some(told) => told.source(error),
        None => explain(error),
    }
}

/// Rows that belong together would be apart; SQLite does not say which.
pub(super) fn apart() -> Error {
    Error::new(
        Kind::Conflict,
        text!("Rows of two tables belong together, and one of them would be missing."),
    )
    .hint(text!(
        "Add the row that is pointed to first, or delete first what points to this one."
    ))
}

/// Why SQLite did not let a change through; None for what goes wrong with queries as well.
fn objection(code: i32, message: &str) -> Option<Error> {
    let after = |words: &str| message.strip_prefix(words).unwrap_or(message).to_owned();
    let says = || text!("SQLite says: {reason}.", reason = message);
    let (kind, said, hint) = match code {
        sqlite::SQLITE_CONSTRAINT_UNIQUE
        | sqlite::SQLITE_CONSTRAINT_PRIMARYKEY
        | sqlite::SQLITE_CONSTRAINT_ROWID => (
            Kind::Conflict,
            text!("Such a row is there already: {reason}.", reason = message),
            text!("Use another value, or change the row that is there."),
        ),
        sqlite::SQLITE_CONSTRAINT_FOREIGNKEY => return Some(apart()),
        sqlite::SQLITE_CONSTRAINT_NOTNULL => (
            Kind::Invalid,
            text!(
                "The column `{column}` must have a value.",
                column = after("NOT NULL constraint failed: ")
            ),
            text!("Send a value for it."),
        ),
        sqlite::SQLITE_CONSTRAINT_CHECK => (
            Kind::Invalid,
            text!(
                "The database's rule `{rule}` does not allow this.",
                rule = after("CHECK constraint failed: ")
            ),
            text!("Change the values so that the rule holds."),
        ),
        sqlite::SQLITE_CONSTRAINT_TRIGGER => (
            Kind::Invalid,
            text!(
                "A rule that the database runs says: {reason}.",
                reason = message
            ),
            text!("Change the values so that it agrees, or ask who runs the database."),
        ),
        sqlite::SQLITE_CONSTRAINT_DATATYPE | sqlite::SQLITE_MISMATCH => (
            Kind::Invalid,
            says(),
            text!("Send values that fit the types of their columns; the table's schema has them."),
        ),
        _ if message.contains("generated column") => (
            Kind::Invalid,
            says(),
            text!("Leave that column out: the database fills it in itself."),
        ),
        // Extended codes keep the kind of failure in their low byte.
        code => match code & 0xff {
            sqlite::SQLITE_INTERRUPT => (
                Kind::Timeout,
                text!("The change took too long and was taken back."),
                text!("Narrow the conditions, or do it in parts."),
            ),
            sqlite::SQLITE_READONLY | sqlite::SQLITE_CANTOPEN => (
                Kind::Forbidden,
                text!("I may read this SQLite file and not write to it."),
                text!("Ask your admin to let the bot write to the file and to its folder."),
            ),
            sqlite::SQLITE_FULL => (
                Kind::Unavailable,
                text!("There is no room left where the SQLite file is."),
                text!("Ask your admin to make room."),
            ),
            _ => return None,
        },
    };
    Some(Error::new(kind, said).hint(hint))
}

/// The table that a query names and the file does not have.
pub(super) fn missing_table(error: &sqlx::Error) -> Option<String> {
    let message = error.as_database_error()?.message();
    message.strip_prefix("no such table: ").map(str::to_owned)
}
