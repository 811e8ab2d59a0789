//! What went wrong at a PostgreSQL server, as one sentence and a next step.
//!
//! The server's words are used where they are about the query. What happens before a query is told
//! in our own: a stranger's server would otherwise put words in the bot's mouth.

use std::io;
use std::time::Duration;

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

use crate::error::{Error, Kind};
use crate::{counted, text};

/// The most that is shown of a server's message.
const MAX_MESSAGE: usize = 300;

/// A failure while connecting.
pub(super) fn explain_connect(error: sqlx::Error) -> Error {
    let told = match &error {
        // What TLS finds wrong with a certificate comes up through the socket.
        sqlx::Error::Io(cause) if cause.kind() == io::ErrorKind::InvalidData => bad_certificate(),
        sqlx::Error::Io(cause) => io_failure(cause),
        sqlx::Error::Tls(cause) if cause.to_string().contains("does not support TLS") => no_tls(),
        sqlx::Error::Tls(_) => bad_certificate(),
        sqlx::Error::Protocol(_) => Error::new(
            Kind::Upstream,
            text!("What answers there does not speak PostgreSQL's protocol."),
        )
        .hint(text!("Check host and port.")),
        sqlx::Error::Database(cause) => {
            let code = cause.code().unwrap_or_default();
            refusal(&code, cause.message())
        }
        _ => Error::new(
            Kind::Upstream,
            text!("The connection to the database could not be made."),
        )
        .hint(text!("Check the URL, then connect again.")),
    };
    told.source(error)
}

/// A failure of a statement of ours.
pub(super) fn explain(error: sqlx::Error) -> Error {
    explain_query(error, 0)
}

/// A failure of a query, `ours` characters into the statement that was sent.
pub(super) fn explain_query(error: sqlx::Error, ours: usize) -> Error {
    match error
        .as_database_error()
        .and_then(|cause| cause.try_downcast_ref())
    {
        Some(cause) => said(cause, ours).source(error),
        None => explain_connect(error),
    }
}

/// A failure of a change: what the database holds against it, and what to do about that.
pub(super) fn explain_write(error: sqlx::Error) -> Error {
    let cause: Option<&PgDatabaseError> = error
        .as_database_error()
        .and_then(|cause| cause.try_downcast_ref());
    match cause.and_then(objection) {
        Some(told) => told.source(error),
        None => explain(error),
    }
}

/// The change was sent, and nothing came back.
pub(super) fn may_have_been_done() -> Error {
    Error::new(
        Kind::Timeout,
        text!("The database did not answer in time; it may have been done all the same."),
    )
    .hint(text!("Look whether it was done before you try it again."))
}

/// Why the database did not let a change through; None for what goes wrong with queries as well.
fn objection(cause: &PgDatabaseError) -> Option<Error> {
    let column = || cause.column().unwrap_or("?");
    let rule = || cause.constraint().unwrap_or("?");
    let reason = || plain(cause.detail().unwrap_or(cause.message()));
    let (kind, said, hint) = match cause.code() {
        "23505" => (
            Kind::Conflict,
            text!("Such a row is there already: {reason}.", reason = reason()),
            text!("Use another value, or change the row that is there."),
        ),
        "23503" => (
            Kind::Conflict,
            text!(
                "Rows of two tables belong together: {reason}.",
                reason = reason()
            ),
            text!("Add the row that is pointed to first, or delete first what points to this one."),
        ),
        "23502" => (
            Kind::Invalid,
            text!(
                "The column `{column}` must have a value.",
                column = column()
            ),
            text!("Send a value for it."),
        ),
        "23514" | "23P01" | "44000" => (
            Kind::Invalid,
            text!(
                "The database's rule `{rule}` does not allow this: {reason}.",
                rule = rule(),
                reason = plain(cause.message())
            ),
            text!("Change the values so that the rule holds."),
        ),
        "428C9" => (
            Kind::Invalid,
            text!(
                "PostgreSQL says: {reason}.",
                reason = plain(cause.message())
            ),
            text!("Leave that column out: the database fills it in itself."),
        ),
        "P0001" => (
            Kind::Invalid,
            text!(
                "A rule that the database runs says: {reason}.",
                reason = plain(cause.message())
            ),
            text!("Change the values so that it agrees, or ask who runs the database."),
        ),
        "42501" if cause.message().contains("row-level security") => (
            Kind::Forbidden,
            text!("The table's row level security does not allow this row."),
            text!("Ask who runs the database for a policy that allows it."),
        ),
        "42501" => (
            Kind::Forbidden,
            text!(
                "PostgreSQL says: {reason}.",
                reason = plain(cause.message())
            ),
            text!("Ask who runs the database to grant INSERT, UPDATE or DELETE on this table."),
        ),
        "25006" => (
            Kind::Forbidden,
            text!("This database takes no changes: it is a copy, or set to be read."),
            text!("Connect the database that the copy is made from."),
        ),
        "40001" | "40P01" => (
            Kind::Conflict,
            text!("Somebody else changed the same rows at the same moment."),
            text!("Try again in a moment."),
        ),
        code if code.starts_with("22") => (
            Kind::Invalid,
            text!(
                "PostgreSQL says: {reason}.",
                reason = plain(cause.message())
            ),
            text!("Send values that fit the types of their columns; the table's schema has them."),
        ),
        _ => return None,
    };
    Some(Error::new(kind, said).hint(hint))
}

/// The table that a query names and the server does not have.
pub(super) fn missing_table(error: &sqlx::Error) -> Option<String> {
    let cause = error.as_database_error()?;
    (cause.code()? == "42P01").then_some(())?;
    let (_, rest) = cause.message().split_once('"')?;
    rest.split_once('"').map(|(name, _)| name.to_owned())
}

/// The server did not let us in within that time.
pub(super) fn silent(waited: Duration) -> Error {
    Error::new(
        Kind::Timeout,
        counted!(
            waited.as_secs(),
            "The database did not answer within {count} second.",
            "The database did not answer within {count} seconds."
        ),
    )
    .hint(text!(
        "Check host and port, and that its firewall lets this bot in."
    ))
}

/// The database is the one that the bot keeps everybody's things in.
pub(super) fn my_own() -> Error {
    Error::new(
        Kind::Denied("own database"),
        text!(
            "That is the database in which I keep my own things, so I do not open it for anybody."
        ),
    )
    .hint(text!("Connect the database that you want to ask about."))
}

/// The query ran out of time.
pub(super) fn too_slow() -> Error {
    Error::new(
        Kind::Timeout,
        text!("The query took too long and was stopped."),
    )
    .hint(text!("Narrow it with WHERE, or aggregate fewer rows."))
}

/// The name exists and has no address.
pub(super) fn no_address() -> Error {
    Error::new(Kind::Upstream, text!("The database's host has no address."))
        .hint(text!("Check the host name."))
}

fn no_tls() -> Error {
    Error::new(
        Kind::Upstream,
        text!("The database offers no TLS, and the URL asks for it."),
    )
    .hint(text!(
        "Turn TLS on at the server; on a network you trust, use `?sslmode=disable`."
    ))
}

fn bad_certificate() -> Error {
    Error::new(
        Kind::Upstream,
        text!("The database's TLS certificate could not be verified."),
    )
    .hint(text!("Use the host name that the certificate is for, or `?sslmode=require` to encrypt without verifying."))
}

fn io_failure(cause: &io::Error) -> Error {
    match cause.kind() {
        io::ErrorKind::ConnectionRefused => Error::new(
            Kind::Upstream,
            text!("Nothing answers at the database's host and port."),
        )
        .hint(text!("Check both, and that the server is running.")),
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe => {
            Error::new(Kind::Upstream, text!("The database closed the connection."))
                .hint(text!("Try again; if it stays, ask who runs the database."))
        }
        _ => Error::new(
            Kind::Upstream,
            text!("The database's host cannot be reached."),
        )
        .hint(text!(
            "Check host and port, and that its firewall lets this bot in."
        )),
    }
}

/// Answers of a server that does not let us in.
fn refusal(code: &str, message: &str) -> Error {
    match code {
        "28P01" => Error::new(
            Kind::Unauthenticated,
            text!("The database does not accept the user name or the password."),
        )
        .hint(text!("Check both, then connect again with the right URL.")),
        "28000" if message.contains("no encryption") => Error::new(
            Kind::Forbidden,
            text!("The database does not let this user in without TLS."),
        )
        .hint(text!("Add `?sslmode=require` to the URL.")),
        "28000" => Error::new(
            Kind::Forbidden,
            text!("The database does not let this user in from here."),
        )
        .hint(text!(
            "Ask who runs the database to allow it, then connect again."
        )),
        "3D000" => Error::new(
            Kind::NotFound,
            text!("The server has no database of that name."),
        )
        .hint(text!("Check the part of the URL after the last `/`.")),
        "42501" => Error::new(
            Kind::Forbidden,
            text!("This user may not connect to that database."),
        )
        .hint(text!("Ask who runs the database for CONNECT on it.")),
        "53300" | "57P03" => Error::new(
            Kind::Unavailable,
            text!("The database takes no more connections just now."),
        )
        .hint(text!("Try again in a minute.")),
        // Hosts that serve many databases from one address tell them apart by the TLS name.
        _ if message.contains("SNI") || message.contains("ndpoint ID") => Error::new(
            Kind::Upstream,
            text!("The database's host needs to see its own name."),
        )
        .hint(text!("Use `?sslmode=verify-full` in the URL.")),
        _ => Error::new(
            Kind::Upstream,
            text!("The database refused the connection."),
        )
        .hint(text!("Check the URL, then connect again.")),
    }
}

/// What the server says of a query.
fn said(cause: &PgDatabaseError, ours: usize) -> Error {
    let reason = plain(cause.message());
    let said = match cause.position() {
        Some(PgErrorPosition::Original(at)) if at > ours => text!(
            "PostgreSQL says: {reason} (at character {place}).",
            reason,
            place = at - ours
        ),
        _ => text!("PostgreSQL says: {reason}.", reason),
    };
    let (kind, hint) = match cause.code() {
        "57014" => return too_slow(),
        "55P03" => {
            return Error::new(
                Kind::Timeout,
                text!("Another session has the table locked."),
            )
            .hint(text!("Try again later."));
        }
        "25006" => (
            Kind::Denied("read_only_sql"),
            text!("This connection only reads: send a SELECT."),
        ),
        "42501" => (
            Kind::Forbidden,
            text!("Query another table, or ask who runs the database to grant SELECT on this one."),
        ),
        code if code.starts_with("42") => {
            (Kind::Invalid, text!("Correct the query and send it again."))
        }
        code if ["21", "22", "0A"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            (
                Kind::Invalid,
                text!("Change the query so that this cannot happen."),
            )
        }
        code if code.starts_with("53") || code.starts_with("57") => {
            (Kind::Unavailable, text!("Try again in a minute."))
        }
        _ => (
            Kind::Upstream,
            text!("Try again; if it stays, simplify the query."),
        ),
    };
    // The server's own advice is better than ours.
    let advice = cause.hint().map(|hint| format!("{}.", plain(hint)).into());
    Error::new(kind, said).hint(advice.unwrap_or(hint))
}

/// One line, not too long.
fn plain(message: &str) -> String {
    let line: String = message
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(MAX_MESSAGE)
        .collect();
    line.trim().trim_end_matches('.').to_owned()
}
