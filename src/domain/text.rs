//! A sentence of ours, before it is known in which language it is read.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::language::Language;

/// What the bot says. [`text!`](crate::text) and [`counted!`](crate::counted) make one, and whoever
/// shows it says in which [`Language`]; shown without one it is English.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// Words that are the same in every language: a name, what a service said, what only operators
    /// read.
    Verbatim(Cow<'static, str>),
    /// Words that are translated.
    Ours(Box<Sentence>),
}

/// An English sentence with places such as `{name}`, and what goes into them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    /// How the translations are found as well.
    english: Cow<'static, str>,
    /// Where it is about a number of things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counted: Option<Counted>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    places: Vec<(Cow<'static, str>, Text)>,
}

/// How many things a sentence is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Counted {
    count: u64,
    /// The sentence for any number of things but one.
    many: Cow<'static, str>,
}

/// A place in a sentence, and what goes into it.
pub type Place = (&'static str, Text);

impl Text {
    /// What [`text!`](crate::text) makes.
    pub fn ours(english: &'static str, places: Vec<Place>) -> Self {
        Self::sentence(english.into(), None, places)
    }

    /// What [`counted!`](crate::counted) makes.
    pub fn counted(
        count: u64,
        one: &'static str,
        many: &'static str,
        mut places: Vec<Place>,
    ) -> Self {
        places.push(("count", count.into()));
        let many = many.into();
        Self::sentence(one.into(), Some(Counted { count, many }), places)
    }

    /// Words out of a run card: they are translated where the catalogue has them.
    pub fn of_card(words: &str) -> Self {
        Self::sentence(words.to_owned().into(), None, Vec::new())
    }

    fn sentence(english: Cow<'static, str>, counted: Option<Counted>, places: Vec<Place>) -> Self {
        let places = places.into_iter();
        Self::Ours(Box::new(Sentence {
            english,
            counted,
            places: places.map(|(name, text)| (name.into(), text)).collect(),
        }))
    }

    /// How it reads in a language; English where nobody translated it.
    pub fn to(&self, language: Language) -> String {
        match self {
            Self::Verbatim(words) => words.clone().into_owned(),
            Self::Ours(sentence) => sentence.to(language),
        }
    }

    /// Our own English words, with places such as `{name}` as they are: what goes into them may be what
    /// somebody typed.
    pub fn in_general(&self) -> &str {
        match self {
            Self::Verbatim(words) => words,
            Self::Ours(sentence) => sentence.template(),
        }
    }

    /// The same, with everything in it that is not our own words passed through `change`.
    pub fn with_foreign_words(self, change: &impl Fn(&str) -> String) -> Self {
        match self {
            Self::Verbatim(words) => Self::Verbatim(change(&words).into()),
            Self::Ours(mut sentence) => {
                let places = sentence.places.into_iter();
                let changed = places.map(|(name, text)| (name, text.with_foreign_words(change)));
                sentence.places = changed.collect();
                Self::Ours(sentence)
            }
        }
    }
}

impl Sentence {
    fn to(&self, language: Language) -> String {
        let count = self.counted.as_ref().map(|counted| counted.count);
        let template = language.translation(&self.english, count);
        self.filled(template.unwrap_or(self.template()), language)
    }

    fn template(&self) -> &str {
        match &self.counted {
            Some(counted) if counted.count != 1 => &counted.many,
            Some(_) | None => &self.english,
        }
    }

    /// In one pass: what goes into a place may look like a place itself.
    fn filled(&self, template: &str, language: Language) -> String {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let place = after.split_once('}').and_then(|(name, after)| {
                let (_, text) = self.places.iter().find(|(known, _)| known == name)?;
                Some((text, after))
            });
            match place {
                Some((text, after)) => {
                    filled.push_str(&text.to(language));
                    rest = after;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled + rest
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to(Language::English))
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self::Verbatim(words.into())
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

impl From<&String> for Text {
    fn from(words: &String) -> Self {
        words.clone().into()
    }
}

impl From<u64> for Text {
    fn from(number: u64) -> Self {
        number.to_string().into()
    }
}

impl From<i64> for Text {
    fn from(number: i64) -> Self {
        number.to_string().into()
    }
}

impl From<usize> for Text {
    fn from(number: usize) -> Self {
        number.to_string().into()
    }
}

impl From<&Self> for Text {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

/// A sentence that is translated: `text!("Disconnected {name}.", name = code(name))`. Every
/// language that is not English has it in `locales/`, word for word; `name` alone is short for
/// `name = name`.
#[macro_export]
macro_rules! text {
    ($english:literal $(, $place:ident $(= $words:expr)?)* $(,)?) => {{
        // The compiler holds the places to what goes into them.
        const _: fn() = || { let _ = format_args!($english $(, $place = "")*); };
        $crate::domain::text::Text::ours(
            $english,
            vec![$((stringify!($place), $crate::text!(@words $place $($words)?))),*],
        )
    }};
    (@words $place:ident) => { $crate::domain::text::Text::from($place) };
    (@words $place:ident $words:expr) => { $crate::domain::text::Text::from($words) };
}

/// The same for a sentence about a number of things, which goes into `{count}`:
/// `counted!(tools.len(), "{count} tool", "{count} tools")`.
#[macro_export]
macro_rules! counted {
    ($count:expr, $one:literal, $many:literal $(, $place:ident $(= $words:expr)?)* $(,)?) => {{
        const _: fn() = || {
            let _ = format_args!($one, count = 0 $(, $place = "")*);
            let _ = format_args!($many, count = 0 $(, $place = "")*);
        };
        $crate::domain::text::Text::counted(
            $count as u64,
            $one,
            $many,
            vec![$((stringify!($place), $crate::text!(@words $place $($words)?))),*],
        )
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once_and_in_every_language() {
        let name = "{count}";
        let text = counted!(
            2,
            "{name} has {count} tool",
            "{name} has {count} tools",
            name
        );
        assert_eq!(text.to_string(), "{count} has 2 tools");
        let inner = text!("Cancel");
        let outer = text!("<{inner}>", inner);
        assert_eq!(outer.to(Language::German), "<Abbrechen>");
        assert_eq!(outer.to_string(), "<Cancel>");
    }

    #[test]
    fn words_of_a_card_that_nobody_translated_stay() {
        for words in ["", "Quarterly numbers"] {
            assert_eq!(Text::of_card(words).to(Language::German), words);
        }
    }

    #[test]
    fn what_was_stored_reads_as_before() {
        let text = counted!(1, "{count} row", "{count} rows");
        let stored = serde_json::to_value(&text).unwrap();
        assert_eq!(serde_json::from_value::<Text>(stored).unwrap(), text);
        // Before texts had languages, they were strings.
        let old: Text = serde_json::from_value("Running `a{b}`".into()).unwrap();
        assert_eq!(old.to(Language::German), "Running `a{b}`");
    }

    #[test]
    fn only_what_is_not_ours_is_changed() {
        let text = text!(
            "Secret {word}: {more}",
            word = "s3cret",
            more = text!("Secret {word}", word = "s3cret")
        );
        let changed = text.with_foreign_words(&|words| words.replace('3', "e"));
        assert_eq!(changed.to_string(), "Secret secret: Secret secret");
    }
}
