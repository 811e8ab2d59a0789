//! What went wrong at a PostgreSQL server, as one sentence and a next step.
//!
//! The server's words are used where they are about the query. What happens before a query is told
//! in our own: a stranger's server would otherwise put words in the bot's mouth.

use std::io;
use std::time::Duration;

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

use crate::error::{Error, Kind};

/// The most that is shown of a server's message.
const MAX_MESSAGE: usize = 300;

/// A failure while connecting.
pub(super) fn explain_connect(error: sqlx::Error) -> Error {
    let sentence = match &error {
        // What TLS finds wrong with a certificate comes up through the socket.
        sqlx::Error::Io(cause) if cause.kind() == io::ErrorKind::InvalidData => BAD_CERTIFICATE,
        sqlx::Error::Io(cause) => io_failure(cause),
        sqlx::Error::Tls(cause) if cause.to_string().contains("does not support TLS") => NO_TLS,
        sqlx::Error::Tls(_) => BAD_CERTIFICATE,
        sqlx::Error::Protocol(_) => (
            Kind::Upstream,
            "What answers there does not speak PostgreSQL's protocol.",
            "Check host and port.",
        ),
        sqlx::Error::Database(cause) => {
            let code = cause.code().unwrap_or_default();
            refusal(&code, cause.message())
        }
        _ => (
            Kind::Upstream,
            "The connection to the database could not be made.",
            "Check the URL, then connect again.",
        ),
    };
    told(sentence).source(error)
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

/// The table that a query names and the server does not have.
pub(super) fn missing_table(error: &sqlx::Error) -> Option<String> {
    let cause = error.as_database_error()?;
    (cause.code()? == "42P01").then_some(())?;
    let (_, rest) = cause.message().split_once('"')?;
    rest.split_once('"').map(|(name, _)| name.to_owned())
}

/// The server did not let us in within that time.
pub(super) fn silent(waited: Duration) -> Error {
    let seconds = waited.as_secs();
    Error::new(
        Kind::Timeout,
        format!("The database did not answer within {seconds} seconds."),
    )
    .hint("Check host and port, and that its firewall lets this bot in.")
}

/// The query ran out of time.
pub(super) fn too_slow() -> Error {
    told((
        Kind::Timeout,
        "The query took too long and was stopped.",
        "Narrow it with WHERE, or aggregate fewer rows.",
    ))
}

/// The name exists and has no address.
pub(super) fn no_address() -> Error {
    told((
        Kind::Upstream,
        "The database's host has no address.",
        "Check the host name.",
    ))
}

type Sentence = (Kind, &'static str, &'static str);

const NO_TLS: Sentence = (
    Kind::Upstream,
    "The database offers no TLS, and the URL asks for it.",
    "Turn TLS on at the server; on a network you trust, use `?sslmode=disable`.",
);

const BAD_CERTIFICATE: Sentence = (
    Kind::Upstream,
    "The database's TLS certificate could not be verified.",
    "Use the host name that the certificate is for, or `?sslmode=require` to encrypt without verifying.",
);

fn told((kind, message, hint): Sentence) -> Error {
    Error::new(kind, message).hint(hint)
}

fn io_failure(cause: &io::Error) -> Sentence {
    match cause.kind() {
        io::ErrorKind::ConnectionRefused => (
            Kind::Upstream,
            "Nothing answers at the database's host and port.",
            "Check both, and that the server is running.",
        ),
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe => (
            Kind::Upstream,
            "The database closed the connection.",
            "Try again; if it stays, ask who runs the database.",
        ),
        _ => (
            Kind::Upstream,
            "The database's host cannot be reached.",
            "Check host and port, and that its firewall lets this bot in.",
        ),
    }
}

/// Answers of a server that does not let us in.
fn refusal(code: &str, message: &str) -> Sentence {
    match code {
        "28P01" => (
            Kind::Unauthenticated,
            "The database does not accept the user name or the password.",
            "Check both, then connect again with the right URL.",
        ),
        "28000" if message.contains("no encryption") => (
            Kind::Forbidden,
            "The database does not let this user in without TLS.",
            "Add `?sslmode=require` to the URL.",
        ),
        "28000" => (
            Kind::Forbidden,
            "The database does not let this user in from here.",
            "Ask who runs the database to allow it, then connect again.",
        ),
        "3D000" => (
            Kind::NotFound,
            "The server has no database of that name.",
            "Check the part of the URL after the last `/`.",
        ),
        "42501" => (
            Kind::Forbidden,
            "This user may not connect to that database.",
            "Ask who runs the database for CONNECT on it.",
        ),
        "53300" | "57P03" => (
            Kind::Unavailable,
            "The database takes no more connections just now.",
            "Try again in a minute.",
        ),
        // Hosts that serve many databases from one address tell them apart by the TLS name.
        _ if message.contains("SNI") || message.contains("ndpoint ID") => (
            Kind::Upstream,
            "The database's host needs to see its own name.",
            "Use `?sslmode=verify-full` in the URL.",
        ),
        _ => (
            Kind::Upstream,
            "The database refused the connection.",
            "Check the URL, then connect again.",
        ),
    }
}

/// What the server says of a query.
fn said(cause: &PgDatabaseError, ours: usize) -> Error {
    let message = plain(cause.message());
    let at = match cause.position() {
        Some(PgErrorPosition::Original(at)) if at > ours => {
            format!(" (at character {})", at - ours)
        }
        _ => String::new(),
    };
    let (kind, hint) = match cause.code() {
        "57014" => return too_slow(),
        "55P03" => {
            return told((
                Kind::Timeout,
                "Another session has the table locked.",
                "Try again later.",
            ));
        }
        "25006" => (
            Kind::Denied("read_only_sql"),
            "This connection only reads: send a SELECT.",
        ),
        "42501" => (
            Kind::Forbidden,
            "Query another table, or ask who runs the database to grant SELECT on this one.",
        ),
        code if code.starts_with("42") => (Kind::Invalid, "Correct the query and send it again."),
        code if ["21", "22", "0A"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            (
                Kind::Invalid,
                "Change the query so that this cannot happen.",
            )
        }
        code if code.starts_with("53") || code.starts_with("57") => {
            (Kind::Unavailable, "Try again in a minute.")
        }
        _ => (
            Kind::Upstream,
            "Try again; if it stays, simplify the query.",
        ),
    };
    let advice = cause.hint().map(|hint| format!("{}.", plain(hint)));
    let hint = advice.unwrap_or_else(|| hint.to_owned());
    Error::new(kind, format!("PostgreSQL says: {message}{at}.")).hint(hint)
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
