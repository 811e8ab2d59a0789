//! Run cards: the services that people can connect, each described by one file.
//!
//! The cards of `run_cards/` are embedded in the binary; a directory of the operator's may add to
//! them or put its own in place of one of the same name. That directory is watched while the bot
//! runs. Each workspace's admins may add further ones for themselves ([`AddedCards`]).

mod added;
mod address;
mod effect;
pub mod fields;
mod hosts;
mod lint;
mod outline;
mod parse;
mod reload;
mod rules;
mod shelf;
mod suspicion;
pub mod template;
mod usable;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::anyhow;

use self::added::Added;
pub use self::added::{AddedCards, Author, OPERATOR, Own, check_names, read, sha256};
pub use self::effect::{Consent, Effect, ToolChanges};
pub use self::fields::{Fields, may_be_filled, validate_fields};
pub use self::hosts::{Host, Place, places};
pub use self::lint::{LintReport, lint};
pub use self::parse::{SCHEMA, parse};
use self::reload::Seen;
pub use self::reload::{mirror, watch};
pub use self::rules::argument_validator;
pub use self::shelf::{Cards, Entry, Origin};
pub use self::usable::usable;
use crate::domain::card::Card;
use crate::error::{Error, Result};
use crate::ids::TeamId;

/// The cards in the binary, by file name.
pub const EMBEDDED: [(&str, &str); 11] = [
    ("github.yaml", include_str!("../run_cards/github.yaml")),
    ("graphql.yaml", include_str!("../run_cards/graphql.yaml")),
    ("klaviyo.yaml", include_str!("../run_cards/klaviyo.yaml")),
    ("mcp.yaml", include_str!("../run_cards/mcp.yaml")),
    ("openapi.yaml", include_str!("../run_cards/openapi.yaml")),
    ("postgres.yaml", include_str!("../run_cards/postgres.yaml")),
    ("redis.yaml", include_str!("../run_cards/redis.yaml")),
    ("rest.yaml", include_str!("../run_cards/rest.yaml")),
    ("slack.yaml", include_str!("../run_cards/slack.yaml")),
    ("sqlite.yaml", include_str!("../run_cards/sqlite.yaml")),
    ("supabase.yaml", include_str!("../run_cards/supabase.yaml")),
];

/// The services that people can connect; all clones see the same ones, also after they change.
#[derive(Clone, Debug)]
pub struct Registry {
    directory: Option<PathBuf>,
    now: Arc<RwLock<Arc<Installed>>>,
    /// What workspaces added.
    added: Arc<RwLock<Arc<Added>>>,
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
            added: Arc::default(),
        };
        (registry, problems)
    }

    /// The cards of a workspace: those that come with the bot, and its own.
    pub fn of(&self, team: &TeamId) -> Cards {
        Cards::new(self.now(), self.added_now(), Some(team.clone()))
    }

    /// The cards that come with the bot, which every workspace has.
    pub fn installed(&self) -> Cards {
        Cards::new(self.now(), self.added_now(), None)
    }

    /// The card of that name that comes with the bot; a workspace may have another.
    pub fn get(&self, name: &str) -> Option<Arc<Card>> {
        self.installed().get(name)
    }

    /// All that come with the bot, the most popular first.
    pub fn all(&self) -> Vec<Arc<Card>> {
        self.installed().all()
    }

    /// What is wrong with the cards that were left out, or are older than their file.
    pub fn problems(&self) -> Vec<CardProblem> {
        self.now().problems.clone()
    }

    /// How often the cards have changed, whichever.
    pub fn revision(&self) -> u64 {
        self.now().revision + self.added_now().revision
    }

    fn now(&self) -> Arc<Installed> {
        // What is behind the lock is swapped whole: there is nothing half done in it.
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        now.clone()
    }
}

impl std::fmt::Display for CardProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}
