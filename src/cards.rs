//! Run cards: the services that people can connect, each described by one file.
//!
//! The cards of `run_cards/` are embedded in the binary; a directory of the operator's may add to
//! them or put its own in place of one of the same name. That directory is watched while the bot runs.

pub mod fields;
mod lint;
mod outline;
mod parse;
mod reload;
mod rules;
pub mod template;
mod usable;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::anyhow;

pub use self::fields::{Fields, validate_fields};
pub use self::lint::{LintReport, lint};
pub use self::parse::{SCHEMA, parse};
use self::reload::Seen;
pub use self::reload::{mirror, watch};
pub use self::rules::argument_validator;
pub use self::usable::usable;
use crate::domain::card::Card;
use crate::error::{Error, Kind, Result, quotable};
use crate::text;

/// The cards in the binary, by file name.
pub const EMBEDDED: [(&str, &str); 6] = [
    ("github.yaml", include_str!("../run_cards/github.yaml")),
    ("postgres.yaml", include_str!("../run_cards/postgres.yaml")),
    ("redis.yaml", include_str!("../run_cards/redis.yaml")),
    ("rest.yaml", include_str!("../run_cards/rest.yaml")),
    ("sqlite.yaml", include_str!("../run_cards/sqlite.yaml")),
    ("supabase.yaml", include_str!("../run_cards/supabase.yaml")),
];

/// The services that people can connect; all clones see the same ones, also after they change.
#[derive(Clone, Debug)]
pub struct Registry {
    directory: Option<PathBuf>,
    now: Arc<RwLock<Arc<Installed>>>,
}

/// The cards at some moment.
#[derive(Debug, Default)]
struct Installed {
    /// The most popular first.
    cards: Vec<Arc<Card>>,
    /// Those of the directory, by file.
    own: Vec<(String, Arc<Card>)>,
    problems: Vec<CardProblem>,
    /// What the directory looked like.
    seen: Seen,
    /// How often the cards have changed.
    revision: u64,
}

/// Why a card was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardProblem {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

impl Registry {
    /// The cards in the binary.
    pub fn embedded() -> Result<Self> {
        match Self::load(None) {
            (registry, problems) if problems.is_empty() => Ok(registry),
            (_, problems) => Err(Error::internal(anyhow!("embedded card: {}", problems[0]))),
        }
    }

    /// The cards in the binary and those of a directory. A broken card is refused and the rest
    /// are loaded.
    pub fn load(directory: Option<&Path>) -> (Self, Vec<CardProblem>) {
        let installed = reload::install(directory, &Installed::default());
        let problems = installed.problems.clone();
        let registry = Self {
            directory: directory.map(Path::to_owned),
            now: Arc::new(RwLock::new(Arc::new(installed))),
        };
        (registry, problems)
    }

    /// The card of that name.
    pub fn get(&self, name: &str) -> Option<Arc<Card>> {
        let now = self.now();
        now.cards.iter().find(|card| card.name == name).cloned()
    }

    /// What is wrong with the cards that were left out, or are older than their file.
    pub fn problems(&self) -> Vec<CardProblem> {
        self.now().problems.clone()
    }

    /// How often the cards have changed.
    pub fn revision(&self) -> u64 {
        self.now().revision
    }

    fn now(&self) -> Arc<Installed> {
        // What is behind the lock is swapped whole: there is nothing half done in it.
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        now.clone()
    }

    /// The card a person means by that name; the error suggests another.
    pub fn find(&self, name: &str) -> Result<Arc<Card>> {
        let meant = name.trim().to_lowercase();
        if let Some(card) = self.get(&meant) {
            return Ok(card);
        }
        let now = self.now();
        let hint = match self.suggest(&meant) {
            Some(card) => text!("Did you mean `{near}`?", near = &card.name),
            None => {
                let names: Vec<&str> = now.cards.iter().map(|card| card.name.as_str()).collect();
                text!("You can connect {services}.", services = names.join(", "))
            }
        };
        let name = quotable(&meant);
        Err(Error::new(
            Kind::NotFound,
            text!("There is no service called `{name}`.", name),
        )
        .hint(hint))
    }

    /// All cards, the most popular first.
    pub fn all(&self) -> Vec<Arc<Card>> {
        self.now().cards.clone()
    }

    /// The card that someone probably meant.
    pub fn suggest(&self, meant: &str) -> Option<Arc<Card>> {
        let meant = meant.trim().to_lowercase();
        let distance = |card: &Card| {
            let title = card.title.to_lowercase();
            let begins =
                meant.len() >= 2 && (card.name.starts_with(&meant) || title.starts_with(&meant));
            if begins || meant.starts_with(&card.name) {
                return 0;
            }
            let to = |name: &str| strsim::damerau_levenshtein(&meant, name);
            to(&card.name).min(to(&title))
        };
        let near = 1 + meant.chars().count() / 4;
        let now = self.now();
        now.cards
            .iter()
            .map(|card| (distance(card), card))
            .filter(|(distance, _)| *distance <= near)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, card)| card.clone())
    }
}

impl std::fmt::Display for CardProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}
