//! What a person reads when a model did not answer: a sentence and a next step for each kind.

use std::time::Duration;

use super::{Error, ErrorKind};
use crate::error::{self, Kind};

impl From<Error> for error::Error {
    fn from(error: Error) -> Self {
        let Error {
            provider,
            model,
            kind,
            usage: _,
            source,
        } = error;
        // The library's own error may hold the request, and with it what people asked: the log
        // gets the kind alone.
        drop(source);
        Self::new(branch(&kind), message(&provider, &model, &kind))
            .hint(next_step(&kind))
            .source(anyhow::anyhow!("{provider}/{model}: {kind:?}"))
    }
}

fn branch(kind: &ErrorKind) -> Kind {
    match kind {
        ErrorKind::Auth => Kind::Unauthenticated,
        ErrorKind::RateLimited { retry_after } => Kind::RateLimited {
            retry_after: *retry_after,
        },
        ErrorKind::Overloaded | ErrorKind::Network => Kind::Unavailable,
        ErrorKind::Server | ErrorKind::Truncated => Kind::Upstream,
        ErrorKind::Timeout => Kind::Timeout,
        ErrorKind::BadRequest
        | ErrorKind::ContextTooLong
        | ErrorKind::AnswerTooLong
        | ErrorKind::ContentFilter => Kind::Invalid,
        ErrorKind::UnknownModel => Kind::NotFound,
    }
}

fn message(provider: &str, model: &str, kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::Auth => format!("{provider} did not accept the key it was given."),
        ErrorKind::RateLimited { .. } => {
            format!("{provider} takes no more requests for now, or its quota is used up.")
        }
        ErrorKind::Overloaded => format!("{provider} is overloaded."),
        ErrorKind::Server => format!("{provider} failed to answer."),
        ErrorKind::Timeout => format!("{provider} did not answer in time."),
        ErrorKind::Network => format!("I could not reach {provider}."),
        ErrorKind::Truncated => format!("The answer of {provider} broke off."),
        ErrorKind::BadRequest => {
            format!("{provider} did not understand the request for `{model}`.")
        }
        ErrorKind::ContextTooLong => {
            format!("The conversation has grown too long for `{model}`.")
        }
        ErrorKind::AnswerTooLong => {
            format!("The answer of `{model}` grew longer than it may be.")
        }
        ErrorKind::ContentFilter => format!("{provider} declined to answer this."),
        ErrorKind::UnknownModel => format!("{provider} has no model `{model}`."),
    }
}

fn next_step(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::Auth => "Ask your admin to check the key; `patchbay doctor` tries it.".to_owned(),
        ErrorKind::RateLimited {
            retry_after: Some(wait),
        } => format!("Try again in {}.", spoken(*wait)),
        ErrorKind::RateLimited { retry_after: None } => {
            "Try again in a minute; if it stays, your admin can check the quota.".to_owned()
        }
        ErrorKind::Overloaded | ErrorKind::Server | ErrorKind::Timeout => {
            "Try again in a minute, or pick another model with `/mcp model`.".to_owned()
        }
        ErrorKind::Network => {
            "Try again; if it stays, your admin can check the address with `patchbay doctor`."
                .to_owned()
        }
        ErrorKind::Truncated => "Try again.".to_owned(),
        ErrorKind::BadRequest => {
            "Pick another model with `/mcp model`, or give your admin the reference.".to_owned()
        }
        ErrorKind::ContextTooLong => "Start a new thread.".to_owned(),
        ErrorKind::AnswerTooLong => "Ask for less at once, or for a shorter answer.".to_owned(),
        ErrorKind::ContentFilter => "Ask in other words.".to_owned(),
        ErrorKind::UnknownModel => {
            "Pick another model with `/mcp model`; your admin can check its name and address with `patchbay doctor`.".to_owned()
        }
    }
}

/// A wait as people say it, rounded up.
fn spoken(wait: Duration) -> String {
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    match seconds {
        1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        91..=5400 => format!("{} minutes", seconds.div_ceil(60)),
        _ => format!("{} hours", seconds.div_ceil(3600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_the_provider_and_never_the_cause() {
        let check = |kind: ErrorKind, expected: &str| {
            let explained = error::Error::from(Error {
                provider: "OpenAI".to_owned(),
                model: "gpt-x".to_owned(),
                kind,
                usage: None,
                source: Some(anyhow::anyhow!("sk-secret and a body")),
            });
            assert_eq!(explained.sentence(), expected);
            assert!(explained.cause().is_some());
        };
        check(
            ErrorKind::Auth,
            "OpenAI did not accept the key it was given. Ask your admin to check the key; `patchbay doctor` tries it.",
        );
        check(
            ErrorKind::RateLimited {
                retry_after: Some(Duration::from_millis(6_200)),
            },
            "OpenAI takes no more requests for now, or its quota is used up. Try again in 7 seconds.",
        );
        check(
            ErrorKind::Truncated,
            "The answer of OpenAI broke off. Try again.",
        );
        check(
            ErrorKind::ContextTooLong,
            "The conversation has grown too long for `gpt-x`. Start a new thread.",
        );
    }

    #[test]
    fn waits_are_spoken_rounded_up() {
        let check = |wait, expected| assert_eq!(spoken(wait), expected);
        check(Duration::ZERO, "a second");
        check(Duration::from_millis(1_001), "2 seconds");
        check(Duration::from_secs(91), "2 minutes");
        check(Duration::from_secs(7_200), "2 hours");
        check(Duration::MAX, "5124095576030432 hours");
    }
}
