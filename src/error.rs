//! The one error: a sentence for people, a next step, and a cause that only the log sees.
//!
//! `message` says what happened and `hint` what to do now; both are shown. `source` is for the
//! log alone and is never shown. Each edge renders an `Error` in one place of its own.

use std::time::Duration;

use crate::domain::language::Language;
use crate::domain::text::Text;
use crate::text;

/// What every fallible function of the core returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure that a person will read about.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: Text,
    hint: Option<Text>,
    source: Option<anyhow::Error>,
    reference: ErrorRef,
}

/// What went wrong, in the terms a caller branches on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be right as it stands.
    Invalid,
    /// There is no such thing, or not for this person.
    NotFound,
    /// Something with that name or in that state is already there.
    Conflict,
    /// A credential is missing or no longer accepted.
    Unauthenticated,
    /// This person may not do that.
    Forbidden,
    /// A safety rule refused it; the rule is named.
    Denied(&'static str),
    /// Too much at once.
    RateLimited {
        /// When the other side said to come back.
        retry_after: Option<Duration>,
    },
    /// The other side did not answer in time.
    Timeout,
    /// The other side answered with a failure.
    Upstream,
    /// A part of ours is down.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// What a person quotes and an operator searches for, such as `E-7KQ2M9`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorRef(String);

impl ErrorRef {
    fn generate() -> Self {
        let id = ulid::Ulid::generate().to_string();
        Self(format!("E-{}", &id[id.len() - 6..]))
    }
}

impl std::fmt::Display for ErrorRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error {
    /// An error with the sentence a person will read.
    pub fn new(kind: Kind, message: impl Into<Text>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
            source: None,
            reference: ErrorRef::generate(),
        }
    }

    /// A fault of ours: the cause goes to the log, the person gets a reference to quote.
    pub fn internal(source: impl Into<anyhow::Error>) -> Self {
        Self::new(Kind::Internal, text!("Something went wrong on my side."))
            .hint(text!(
                "Try again; if it stays, give your admin the reference below."
            ))
            .source(source)
    }

    /// Adds the next step.
    pub fn hint(mut self, hint: impl Into<Text>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the cause, for the log alone.
    pub fn source(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same failure in other words.
    pub fn reworded(mut self, message: impl Into<Text>, hint: Option<Text>) -> Self {
        self.message = message.into();
        self.hint = hint;
        self
    }

    /// The same failure with everything that is shown and not our own words passed through
    /// `change`.
    pub fn with_foreign_words(mut self, change: impl Fn(&str) -> String) -> Self {
        self.message = self.message.with_foreign_words(&change);
        self.hint = self.hint.map(|hint| hint.with_foreign_words(&change));
        self
    }

    /// What a caller branches on.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What happened, for a person.
    pub fn message(&self) -> &Text {
        &self.message
    }

    /// What to do now, for a person.
    pub fn next_step(&self) -> Option<&Text> {
        self.hint.as_ref()
    }

    /// The cause, for the log.
    pub fn cause(&self) -> Option<&anyhow::Error> {
        self.source.as_ref()
    }

    /// What ties the sentence a person saw to the line in the log.
    pub fn reference(&self) -> &ErrorRef {
        &self.reference
    }

    /// Message and next step in one line, for a model or a terminal.
    pub fn sentence(&self) -> String {
        self.sentence_in(Language::English)
    }

    /// The same in a person's language.
    pub fn sentence_in(&self, language: Language) -> String {
        let message = self.message.to(language);
        match self.hint.as_ref().map(|hint| hint.to(language)) {
            Some(hint) if hint.starts_with('\n') => message + &hint,
            Some(hint) => format!("{message} {hint}"),
            None => message,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}

/// What a person typed, short and plain enough to repeat to them between backticks.
pub fn quotable(text: &str) -> String {
    const MOST: usize = 40;
    let mut characters = text.chars().filter(|c| !c.is_control() && *c != '`');
    let mut quote: String = characters.by_ref().take(MOST).collect();
    if characters.next().is_some() {
        quote.push('…');
    }
    quote
}

/// The name that somebody probably meant by what they typed.
pub fn closest<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.trim().to_lowercase();
    let near = 1 + typed.chars().count() / 4;
    let slips = |name: &str| {
        if typed.len() >= 2 && name.starts_with(&typed) {
            return 0;
        }
        strsim::damerau_levenshtein(&typed, name)
    };
    names
        .map(|name| (slips(name), name))
        .filter(|(slips, _)| *slips <= near)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_short_and_cannot_end_its_quotes() {
        assert_eq!(quotable("a`b\nc"), "abc");
        assert_eq!(quotable(&"é".repeat(40)), "é".repeat(40));
        assert_eq!(quotable(&"é".repeat(41)), format!("{}…", "é".repeat(40)));
    }

    #[test]
    fn the_name_that_was_meant_is_near_or_begins_so() {
        let names = ["sales-db", "github"];
        let check = |typed, expected| assert_eq!(closest(typed, names.into_iter()), expected);
        check("githbu", Some("github"));
        check("Sales", Some("sales-db"));
        check("jira", None);
        check("", None);
    }
}
