//! Watching the directory of cards, and what workspaces add: what changes there counts within seconds.
//!
//! The cards are swapped whole. Whoever works with one goes on with it, so no call is dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::lint::card_files;
use super::{CardProblem, EMBEDDED, Installed, Registry, lint, parse};
use crate::clock::Clock;
use crate::domain::card::Card;
use crate::error::Result;
use crate::store::{CardRow, Store};

/// How often the directory is looked at.
const POLL: Duration = Duration::from_secs(2);

/// What a directory looks like from outside: each card file with its time and its size.
pub(super) type Seen = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

/// How often the use of cards is counted.
const COUNT: Duration = Duration::from_secs(60 * 60);

/// Keeps the cards as the directory and the workspaces have them, and the mirror of the former in
/// the database; never returns.
pub async fn watch(cards: Registry, store: Store, clock: Clock) {
    let (mut count_at, mut fails) = (Instant::now(), false);
    loop {
        tokio::time::sleep(POLL).await;
        let added = match Instant::now() < count_at {
            true => cards.refresh(&store).await.map(drop),
            false => {
                count_at = Instant::now() + COUNT;
                cards.count_use(&store, &clock).await
            }
        };
        // Said once: that the database is silent is told elsewhere.
        if let (Err(error), false) = (&added, fails) {
            tracing::warn!(error.cause = ?error.cause(), "the cards of workspaces were not read: {error}");
        }
        fails = added.is_err();
        if cards.directory.is_some() {
            watch_directory(&cards, &store).await;
        }
    }
}

async fn watch_directory(cards: &Registry, store: &Store) {
    let looking = cards.clone();
    let changed = tokio::task::spawn_blocking(move || looking.reload()).await;
    if !matches!(changed, Ok(true)) {
        return;
    }
    let problems = cards.problems();
    for problem in &problems {
        tracing::warn!("a run card is not as its file: {problem}");
    }
    let count = cards.all().len();
    tracing::info!(
        cards = count,
        problems = problems.len(),
        "read the run cards again"
    );
    if let Err(error) = mirror(cards, store).await {
        tracing::warn!(error.cause = ?error.cause(), "the run cards were not mirrored: {error}");
    }
}

/// Writes the cards into the database, for reports and for tools that read it.
pub async fn mirror(cards: &Registry, store: &Store) -> Result<()> {
    for card in cards.all() {
        store.put_card(&CardRow::from(card.as_ref())).await?;
    }
    Ok(())
}

impl Registry {
    /// Reads the directory again if it looks different; says whether it did. Reads files: not for
    /// a thread that others wait for.
    pub fn reload(&self) -> bool {
        let before = self.now();
        if look(self.directory.as_deref()) == before.seen {
            return false;
        }
        let installed = Arc::new(install(self.directory.as_deref(), &before));
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = installed;
        true
    }
}

/// The cards of the binary and of the directory. A file that is broken now leaves the card that it
/// held `before`.
pub(super) fn install(directory: Option<&Path>, before: &Installed) -> Installed {
    let mut problems = Vec::new();
    let mut cards = BTreeMap::new();
    for (file, text) in EMBEDDED {
        match parse(file, text) {
            Ok(card) => drop(cards.insert(card.name.clone(), Arc::new(card))),
            Err(found) => problems.extend(found),
        }
    }
    // A file that changes while it is read looks different the next time.
    let seen = look(directory);
    let mut own = Vec::new();
    if let Some(directory) = directory {
        let mut report = lint(directory);
        own.append(&mut report.cards);
        own.extend(kept(before, &own, &report.problems, directory));
        problems.append(&mut report.problems);
    }
    cards.extend(
        own.iter()
            .map(|(_, card)| (card.name.clone(), card.clone())),
    );
    let mut cards: Vec<_> = cards.into_values().collect();
    cards.sort_by_key(|card| std::cmp::Reverse(card.popularity));
    Installed {
        cards,
        own,
        problems,
        seen,
        revision: before.revision + 1,
    }
}

/// The cards that stay although their files are broken now, or cannot be read.
fn kept(
    before: &Installed,
    own: &[(String, Arc<Card>)],
    problems: &[CardProblem],
    directory: &Path,
) -> Vec<(String, Arc<Card>)> {
    let broken: BTreeSet<&str> = problems.iter().map(|problem| &*problem.file).collect();
    let whole = directory.file_name().and_then(|name| name.to_str());
    let unreadable = whole.is_some_and(|name| broken.contains(name));
    let stays = |(file, card): &&(String, Arc<Card>)| {
        let elsewhere = own.iter().any(|(_, other)| other.name == card.name);
        (unreadable || broken.contains(&**file)) && !elsewhere
    };
    before.own.iter().filter(stays).cloned().collect()
}

fn look(directory: Option<&Path>) -> Seen {
    // A directory that cannot be read looks empty; reading it says why.
    let files = directory.and_then(|directory| card_files(directory).ok());
    let stamped = files.into_iter().flatten().map(|file| {
        let about = std::fs::metadata(&file);
        let stamp = about.and_then(|about| Ok((about.modified()?, about.len())));
        (file, stamp.ok())
    });
    stamped.collect()
}
