//! What went wrong at a Redis server, as one sentence and a next step.
//!
//! The server's words are used where they are about a command. What happens before is told in our
//! own: a stranger's server would otherwise put words in the bot's mouth.

use std::io;
use std::time::Duration;

use redis::{RedisError, ServerErrorKind};
use rustls::pki_types::InvalidDnsNameError;

use crate::error::{Error, Kind};
use crate::{counted, text};

/// The most characters that are shown of a server's message.
const LONGEST_MESSAGE: usize = 300;

/// No address takes the connection.
pub(super) fn unreachable(cause: io::Error) -> Error {
    let told = match cause.kind() {
        io::ErrorKind::ConnectionRefused => Error::new(
            Kind::Upstream,
            text!("Nothing answers at the database's host and port."),
        )
        .hint(text!("Check both, and that the server is running.")),
        _ => Error::new(
            Kind::Upstream,
            text!("The database's host cannot be reached."),
        )
        .hint(text!(
            "Check host and port, and that its firewall lets this bot in."
        )),
    };
    told.source(cause)
}

/// The server said nothing in time; one that speaks no TLS waits for the end of what it takes for a
/// command.
pub(super) fn silent(limit: Duration, tls: bool) -> Error {
    let hint = match tls {
        true => text!("Check the port; without TLS the URL begins with `redis://`."),
        false => text!("Check host and port, and that its firewall lets this bot in."),
    };
    Error::new(
        Kind::Timeout,
        counted!(
            limit.as_secs(),
            "The database did not answer within {count} second.",
            "The database did not answer within {count} seconds."
        ),
    )
    .hint(hint)
}

/// The host has no name that a certificate could be for.
pub(super) fn no_tls_name(cause: InvalidDnsNameError) -> Error {
    bad_certificate().source(cause)
}

/// TLS could not be agreed on.
pub(super) fn no_tls(cause: io::Error) -> Error {
    let certificate = cause
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<rustls::Error>())
        .is_some_and(|cause| matches!(cause, rustls::Error::InvalidCertificate(_)));
    let told = match certificate {
        true => bad_certificate(),
        false => Error::new(
            Kind::Upstream,
            text!("The database does not speak TLS there."),
        )
        .hint(text!(
            "Check the port; without TLS the URL begins with `redis://`."
        )),
    };
    told.source(cause)
}

fn bad_certificate() -> Error {
    Error::new(
        Kind::Upstream,
        text!("The database's TLS certificate could not be verified."),
    )
    .hint(text!("Use the host name that the certificate is for."))
}

/// What answers speaks another protocol, or does so without end.
pub(super) fn not_redis(cause: RedisError) -> Error {
    Error::new(
        Kind::Upstream,
        text!("What answers there does not speak Redis's protocol."),
    )
    .hint(text!(
        "Check host and port; with TLS the URL begins with `rediss://`."
    ))
    .source(cause)
}

/// A failure while connecting.
pub(super) fn not_let_in(error: RedisError) -> Error {
    let words = error.to_string();
    let told = match error.code().unwrap_or_default() {
        _ if error.is_connection_dropped() => Error::new(
            Kind::Upstream,
            text!("The database closed the connection before it let us in."),
        )
        .hint(text!(
            "With TLS the URL begins with `rediss://`; else check host and port."
        )),
        "WRONGPASS" | "NOAUTH" => wrong_password(),
        "NOPERM" => Error::new(
            Kind::Forbidden,
            text!("This user may not connect to that database."),
        )
        .hint(text!("Ask who runs the database to let this user use it.")),
        "DENIED" => Error::new(
            Kind::Forbidden,
            text!("The database only answers its own machine: it is in protected mode."),
        )
        .hint(text!(
            "Ask who runs it for a user with a password, and to open it for this bot."
        )),
        "LOADING" | "BUSY" | "MASTERDOWN" => busy(),
        _ if words.contains("max number of clients") => busy(),
        _ if words.contains("DB index") || words.contains("database number") => Error::new(
            Kind::NotFound,
            text!("The server has no database of that number."),
        )
        .hint(text!("Check the part of the URL after the last `/`.")),
        // What is wrong with a password has no code of its own in all versions.
        _ if words.contains("AUTH") || words.contains("assword") => wrong_password(),
        "ERR" => Error::new(
            Kind::Upstream,
            text!("The database refused the connection."),
        )
        .hint(text!("Check the URL, then connect again.")),
        _ => return not_redis(error),
    };
    told.source(error)
}

fn wrong_password() -> Error {
    Error::new(
        Kind::Unauthenticated,
        text!("The database does not accept the user name or the password."),
    )
    .hint(text!("Check both, then connect again with the right URL."))
}

fn busy() -> Error {
    Error::new(
        Kind::Unavailable,
        text!("The database takes no more connections just now."),
    )
    .hint(text!("Try again in a minute."))
}

/// What the server says of a command.
pub(super) fn refused(error: RedisError) -> Error {
    use ServerErrorKind::{Ask, Moved, NoPerm, ReadOnly};
    let code = error.code().unwrap_or_default();
    let (kind, hint) = match error.kind() {
        redis::ErrorKind::Server(NoPerm) => (
            Kind::Forbidden,
            text!("Ask who runs the database to let this user run the command on that key."),
        ),
        redis::ErrorKind::Server(ReadOnly) => {
            return Error::new(
                Kind::Forbidden,
                text!("This database takes no changes: it is a copy, or set to be read."),
            )
            .hint(text!("Connect the database that the copy is made from."))
            .source(error);
        }
        redis::ErrorKind::Server(Moved | Ask) => {
            return Error::new(
                Kind::Upstream,
                text!("This key is on another server of the cluster."),
            )
            .hint(text!("I speak to the one server that the URL names."))
            .source(error);
        }
        _ if code == "WRONGTYPE" => (
            Kind::Invalid,
            text!("Ask for the key's type first, then use a command for that type."),
        ),
        _ => (
            Kind::Invalid,
            text!("Correct the command and send it again."),
        ),
    };
    let reason = plain(error.detail().unwrap_or(code));
    Error::new(kind, text!("Redis says: {reason}.", reason))
        .hint(hint)
        .source(error)
}

/// The answer is longer than is read.
pub(super) fn too_large(cause: RedisError) -> Error {
    Error::new(
        Kind::Invalid,
        text!("The answer is larger than I read at once, so I stopped."),
    )
    .hint(text!(
        "Ask for less: a smaller `limit`, or a part such as `GETRANGE key 0 999`."
    ))
    .source(cause)
}

/// The connection broke in the middle of a call.
pub(super) fn broken(error: RedisError) -> Error {
    if matches!(error.kind(), redis::ErrorKind::Parse) {
        return not_redis(error);
    }
    Error::new(Kind::Upstream, text!("The database closed the connection."))
        .hint(text!("Try again; if it stays, ask who runs the database."))
        .source(error)
}

/// The answer has another form than the command has.
pub(super) fn odd_answer() -> Error {
    Error::new(
        Kind::Upstream,
        text!("The database gave an answer that the command does not have."),
    )
    .hint(text!(
        "Check that it is Redis, or what speaks its protocol."
    ))
}

/// The call was stopped for its length.
pub(super) fn too_slow() -> Error {
    Error::new(
        Kind::Timeout,
        text!("The command took too long, so I closed the connection."),
    )
    .hint(text!("Ask for less at once, such as fewer keys."))
}

/// A change was stopped for its length.
pub(super) fn may_have_been_done() -> Error {
    Error::new(
        Kind::Timeout,
        text!("The database did not answer in time; it may have been done all the same."),
    )
    .hint(text!("Look whether it was done before you try it again."))
}

/// One line, not too long.
fn plain(message: &str) -> String {
    let letters = message.chars().take(LONGEST_MESSAGE);
    let line: String = letters
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    line.trim().trim_end_matches('.').to_owned()
}
