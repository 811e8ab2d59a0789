//! What a failed request means, in words.

use std::error::Error as StdError;
use std::io;

use crate::error::{Error, Kind};
use crate::text;

/// Turns a failed request into a sentence; `who` is the service as people know it.
///
/// [`Kind::Unavailable`] means that nothing was sent. After [`Kind::Timeout`] and
/// [`Kind::Upstream`] the other side may have done what it was asked.
pub fn failure(who: &str, error: reqwest::Error) -> Error {
    if let Some(refusal) = find::<Error>(&error) {
        let again = Error::new(refusal.kind().clone(), refusal.message());
        return match refusal.next_step() {
            Some(hint) => again.hint(hint),
            None => again,
        };
    }
    let described = if error.is_connect() && find::<rustls::Error>(&error).is_some() {
        Error::new(
            Kind::Unavailable,
            text!(
                "The connection to {service} is not secure: its certificate or TLS is not valid.",
                service = who
            ),
        )
        .hint(text!(
            "Check the address; if it is right, whoever runs the server has to fix it."
        ))
    } else if error.is_connect() {
        Error::new(
            Kind::Unavailable,
            text!("{service} could not be reached.", service = who),
        )
        .hint(text!("Check the address, or try again in a minute."))
    } else if error.is_timeout() {
        Error::new(
            Kind::Timeout,
            text!("{service} did not answer in time.", service = who),
        )
        .hint(text!("Try again in a minute."))
    } else {
        Error::new(
            Kind::Upstream,
            text!("The connection to {service} broke off.", service = who),
        )
        .hint(text!("Try again in a minute."))
    };
    // A URL may hold what a person asked for.
    described.source(error.without_url())
}

/// The first cause of that type; errors of sockets hide theirs inside `io::Error`.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref::<E>() {
            return Some(found);
        }
        let inner = cause
            .downcast_ref::<io::Error>()
            .and_then(|error| error.get_ref());
        if let Some(found) = inner.and_then(|inner| find(inner as _)) {
            return Some(found);
        }
        next = cause.source();
    }
    None
}
