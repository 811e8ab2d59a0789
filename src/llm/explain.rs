//! What a person reads when a model did not answer: a sentence and a next step for each kind.

use std::time::Duration;

use super::{Error, ErrorKind};
use crate::domain::text::Text;
use crate::error::{self, Kind};
use crate::text;

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

fn message(provider: &str, model: &str, kind: &ErrorKind) -> Text {
    match kind {
        ErrorKind::Auth => text!("{provider} did not accept the key it was given.", provider),
        ErrorKind::RateLimited { .. } => text!(
            "{provider} takes no more requests for now, or its quota is used up.",
            provider
        ),
        ErrorKind::Overloaded => text!("{provider} is overloaded.", provider),
        ErrorKind::Server => text!("{provider} failed to answer.", provider),
        ErrorKind::Timeout => text!("{provider} did not answer in time.", provider),
        ErrorKind::Network => text!("I could not reach {provider}.", provider),
        ErrorKind::Truncated => text!("The answer of {provider} broke off.", provider),
        ErrorKind::BadRequest => text!(
            "{provider} did not understand the request for `{model}`.",
            provider,
            model
        ),
        ErrorKind::ContextTooLong => {
            text!("The conversation has grown too long for `{model}`.", model)
        }
        ErrorKind::AnswerTooLong => {
            text!("The answer of `{model}` grew longer than it may be.", model)
        }
        ErrorKind::ContentFilter => text!("{provider} declined to answer this.", provider),
        ErrorKind::UnknownModel => text!("{provider} has no model `{model}`.", provider, model),
    }
}

fn next_step(kind: &ErrorKind) -> Text {
    match kind {
        ErrorKind::Auth => {
            text!("Ask your admin to check the key; `patchbay doctor` tries it.")
        }
        ErrorKind::RateLimited {
            retry_after: Some(wait),
        } => try_again(*wait),
        ErrorKind::RateLimited { retry_after: None } => {
            text!("Try again in a minute; if it stays, your admin can check the quota.")
        }
        ErrorKind::Overloaded | ErrorKind::Server | ErrorKind::Timeout => {
            text!("Try again in a minute, or pick another model with `/mcp model`.")
        }
        ErrorKind::Network => {
            text!(
                "Try again; if it stays, your admin can check the address with `patchbay doctor`."
            )
        }
        ErrorKind::Truncated => text!("Try again."),
        ErrorKind::BadRequest => {
            text!("Pick another model with `/mcp model`, or give your admin the reference.")
        }
        ErrorKind::ContextTooLong => text!("Start a new thread."),
        ErrorKind::AnswerTooLong => text!("Ask for less at once, or for a shorter answer."),
        ErrorKind::ContentFilter => text!("Ask in other words."),
        ErrorKind::UnknownModel => text!(
            "Pick another model with `/mcp model`; your admin can check its name and address with `patchbay doctor`."
        ),
    }
}

/// When to try again, rounded up.
fn try_again(wait: Duration) -> Text {
    let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
    match seconds {
        0..=1 => text!("Try again in a second."),
        2..=90 => text!("Try again in {seconds} seconds.", seconds),
        91..=5400 => text!(
            "Try again in {minutes} minutes.",
            minutes = seconds.div_ceil(60)
        ),
        _ => text!(
            "Try again in {hours} hours.",
            hours = seconds.div_ceil(3600)
        ),
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
        let check = |wait, expected: &str| {
            assert_eq!(
                try_again(wait).to_string(),
                format!("Try again in {expected}.")
            );
        };
        check(Duration::ZERO, "a second");
        check(Duration::from_millis(1_001), "2 seconds");
        check(Duration::from_secs(91), "2 minutes");
        check(Duration::from_secs(7_200), "2 hours");
        check(Duration::MAX, "5124095576030432 hours");
    }
}
