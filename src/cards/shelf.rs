//! The cards as one workspace has them: those that come with the bot, and its own.

use std::sync::Arc;

use super::added::{Added, Own};
use super::{EMBEDDED, Installed};
use crate::domain::card::Card;
use crate::error::{Error, Kind, Result, quotable};
use crate::ids::TeamId;
use crate::text;

/// The cards of one workspace at some moment.
#[derive(Clone, Debug)]
pub struct Cards {
    installed: Arc<Installed>,
    added: Arc<Added>,
    team: Option<TeamId>,
}

/// Where a card comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The binary.
    BuiltIn,
    /// The operator's folder.
    Folder,
    /// An admin of the workspace.
    Workspace,
}

/// A card with what is known of it; for admins.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// The card; none where what was kept is no card any more.
    pub card: Option<Arc<Card>>,
    /// Where it is from.
    pub origin: Origin,
    /// Whether one that comes with the bot has the same name, which this one stands before.
    pub stands_before: bool,
    /// Whether it is offered to those who have not connected it.
    pub shown: bool,
    /// What the workspace says of it, if anything.
    pub own: Option<Own>,
}

impl Cards {
    pub(super) fn new(installed: Arc<Installed>, added: Arc<Added>, team: Option<TeamId>) -> Self {
        Self {
            installed,
            added,
            team,
        }
    }

    /// The card that a connection of that name was made from. A workspace's own comes first, so
    /// that a card that the bot brings later does not get what was meant for it.
    pub fn get(&self, name: &str) -> Option<Arc<Card>> {
        match self.own_card(name) {
            Some(own) => own.card.clone(),
            None => self.installed(name),
        }
    }

    /// The card of that name that comes with the bot.
    pub fn installed(&self, name: &str) -> Option<Arc<Card>> {
        let mut cards = self.installed.cards.iter();
        cards.find(|card| card.name == name).cloned()
    }

    /// Whether a card that comes with the bot is called so, or so much like it that people would
    /// take one for the other: in capitals, with other signs between.
    pub fn is_title_of_installed(&self, title: &str) -> bool {
        let title = heard(title);
        let mut cards = self.installed.cards.iter();
        cards.any(|card| title == heard(&card.title) || title == heard(&card.name))
    }

    /// What the workspace says of that name.
    pub fn own(&self, name: &str) -> Option<&Own> {
        self.added.of(self.team.as_ref()?)?.get(name)
    }

    /// The same where it is a card.
    pub fn own_card(&self, name: &str) -> Option<&Own> {
        self.own(name).filter(|own| own.is_card())
    }

    /// How many cards the workspace has added.
    pub fn count_own(&self) -> usize {
        self.own_cards().count()
    }

    fn own_cards(&self) -> impl Iterator<Item = &Own> {
        let own = self.team.as_ref().and_then(|team| self.added.of(team));
        let own = own.into_iter().flat_map(|own| own.values());
        own.filter(|own| own.is_card())
    }

    /// All cards that can be connected, the most popular first.
    pub fn all(&self) -> Vec<Arc<Card>> {
        let entries = self.entries().into_iter();
        entries
            .filter(|entry| entry.shown)
            .filter_map(|entry| entry.card)
            .collect()
    }

    /// Every card, those that are not offered too, the most popular first.
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self
            .own_cards()
            .map(|own| Entry {
                name: own.row.name.clone(),
                card: own.card.clone(),
                origin: Origin::Workspace,
                stands_before: self.installed(&own.row.name).is_some(),
                shown: own.row.shown,
                own: Some(own.clone()),
            })
            .collect();
        for card in &self.installed.cards {
            let own = self.own(&card.name);
            if own.is_some_and(Own::is_card) {
                continue;
            }
            entries.push(Entry {
                name: card.name.clone(),
                card: Some(card.clone()),
                origin: self.installed.origin(&card.name),
                stands_before: false,
                shown: own.is_none_or(|own| own.row.shown),
                own: own.cloned(),
            });
        }
        let popularity =
            |entry: &Entry| entry.card.as_ref().map_or(i64::MIN, |card| card.popularity);
        entries.sort_by_key(|entry| std::cmp::Reverse(popularity(entry)));
        entries
    }

    /// The card a person means by that name; the error suggests another.
    pub fn find(&self, name: &str) -> Result<Arc<Card>> {
        let meant = name.trim().to_lowercase();
        let cards = self.all();
        if let Some(card) = cards.iter().find(|card| card.name == meant) {
            return Ok(card.clone());
        }
        let hint = match suggested(&cards, &meant) {
            Some(card) => text!("Did you mean `{near}`?", near = &card.name),
            None => {
                let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
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

    /// The card that someone probably meant.
    pub fn suggest(&self, meant: &str) -> Option<Arc<Card>> {
        suggested(&self.all(), &meant.trim().to_lowercase())
    }
}

impl Installed {
    fn origin(&self, name: &str) -> Origin {
        let in_folder = self.own.iter().any(|(_, card)| card.name == name);
        let built_in = EMBEDDED
            .iter()
            .any(|(file, _)| file.strip_suffix(".yaml") == Some(name));
        match in_folder || !built_in {
            true => Origin::Folder,
            false => Origin::BuiltIn,
        }
    }
}

/// A title as one hears it.
fn heard(title: &str) -> String {
    let letters = title.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn suggested(cards: &[Arc<Card>], meant: &str) -> Option<Arc<Card>> {
    let distance = |card: &Card| {
        let title = card.title.to_lowercase();
        let begins = meant.len() >= 2 && (card.name.starts_with(meant) || title.starts_with(meant));
        if begins || meant.starts_with(&card.name) {
            return 0;
        }
        let to = |name: &str| strsim::damerau_levenshtein(meant, name);
        to(&card.name).min(to(&title))
    };
    let near = 1 + meant.chars().count() / 4;
    cards
        .iter()
        .map(|card| (distance(card), card))
        .filter(|(distance, _)| *distance <= near)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, card)| card.clone())
}
