//! The languages the bot speaks, and what its sentences are in them.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A language that the bot's texts are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// What the texts are written in, and what everybody gets whose language is not here.
    #[default]
    English,
    /// `locales/de.po`.
    German,
}

/// A sentence by its English: one translation, or one for each of the language's plural forms.
type Catalogue = HashMap<String, Vec<String>>;

static GERMAN: LazyLock<Catalogue> =
    LazyLock::new(|| catalogue(include_str!("../../locales/de.po")));

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language of a locale as Slack writes it, such as `de-DE`.
    pub fn of_locale(locale: &str) -> Self {
        let primary = locale.split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "de" => Self::German,
            _ => Self::English,
        }
    }

    /// What an English sentence is in this language, for so many things where it counts some.
    /// `None` where it is English, or where nobody translated it.
    pub(super) fn translation(self, english: &str, count: Option<u64>) -> Option<&'static str> {
        let forms = self.catalogue()?.get(english)?;
        forms.get(self.form(count.unwrap_or(1))).map(String::as_str)
    }

    fn catalogue(self) -> Option<&'static Catalogue> {
        match self {
            Self::English => None,
            Self::German => Some(&GERMAN),
        }
    }

    /// Which of its plural forms a language takes for so many things, as the head of its catalogue
    /// says.
    fn form(self, count: u64) -> usize {
        match self {
            Self::English | Self::German => usize::from(count != 1),
        }
    }
}

/// Reads a catalogue that is part of the program; what has no translation yet is left out.
fn catalogue(po: &str) -> Catalogue {
    let parsed = polib::po_file::parse_from_reader(po.as_bytes());
    let parsed = parsed.expect("the catalogues are part of the program, and the tests read them");
    // What has no English is the head.
    let translated = parsed.messages().filter(|message| {
        message.is_translated() && !message.is_fuzzy() && !message.msgid().is_empty()
    });
    translated
        .map(|message| {
            let forms = match (message.msgstr(), message.msgstr_plural()) {
                (Ok(only), _) => vec![only.to_owned()],
                (Err(_), Ok(forms)) => forms.clone(),
                (Err(_), Err(_)) => Vec::new(),
            };
            (message.msgid().to_owned(), forms)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_a_language() {
        for (locale, language) in [
            ("de-DE", Language::German),
            ("de", Language::German),
            ("DE_at", Language::German),
            ("en-GB", Language::English),
            ("den-CA", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }

    #[test]
    fn every_catalogue_can_be_read() {
        for language in Language::ALL {
            if let Some(catalogue) = language.catalogue() {
                assert!(!catalogue.is_empty(), "{language:?}");
            }
        }
    }
}
