//! Cards that the admins of a workspace add: read from where they are kept, and changed there.
//!
//! A card may come from anybody who is an admin, so it is held to more than the operator's are. It
//! is seen in its own workspace alone. Where a change would make connections send their secrets
//! somewhere else, whoever makes it has to say so; and every change is noted.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use chrono::TimeDelta;
use serde_json::json;

use super::effect::{Consent, Effect};
use super::hosts::Place;
use super::parse::parse_untrusted;
use super::{CardProblem, Registry};
use crate::clock::Clock;
use crate::domain::card::Card;
use crate::domain::fingerprint::fingerprint;
use crate::domain::principal::Principal;
use crate::error::{Error, Kind, Result, quotable};
use crate::ids::TeamId;
use crate::store::{AddedRow, CardChange, CardDeed, CardRow, CardUse, Store};
use crate::text;

/// Who changes cards without being anybody in a workspace: whoever runs the bot.
pub const OPERATOR: &str = "operator";
/// The most cards that a workspace adds.
const MOST: usize = 50;
/// The time over which use is counted.
const LATELY: TimeDelta = TimeDelta::days(30);

/// What workspaces have to say of cards, at some moment.
#[derive(Debug, Default)]
pub(super) struct Added {
    version: i64,
    /// How often it was read anew.
    pub(super) revision: u64,
    by_team: HashMap<TeamId, BTreeMap<String, Own>>,
}

/// What one workspace says of one card.
#[derive(Clone, Debug)]
pub struct Own {
    /// As it is kept.
    pub row: AddedRow,
    /// The card, where it has one of its own and that is good.
    pub card: Option<Arc<Card>>,
    /// Why it is not: a newer version of the bot may be stricter.
    pub problems: Vec<CardProblem>,
}

impl Own {
    /// Whether it is a card, and not only that one of the bot's is not offered.
    pub fn is_card(&self) -> bool {
        self.row.definition.is_some()
    }

    fn sha256(&self) -> Option<String> {
        self.row.definition.as_deref().map(sha256)
    }
}

impl Added {
    pub(super) fn of(&self, team: &TeamId) -> Option<&BTreeMap<String, Own>> {
        self.by_team.get(team)
    }

    /// What was read; a card whose text is as before is not read again.
    fn read(rows: Vec<AddedRow>, version: i64, before: &Self) -> Self {
        let mut by_team: HashMap<TeamId, BTreeMap<String, Own>> = HashMap::new();
        for row in rows {
            let known = before.of(&row.team).and_then(|own| own.get(&row.name));
            let known = known.filter(|known| known.row.definition == row.definition);
            let read = match (known, &row.definition) {
                (Some(known), _) => Ok(known.card.clone()),
                (None, None) => Ok(None),
                (None, Some(text)) => {
                    parse_untrusted(&row.name, text).map(|card| Some(Arc::new(card)))
                }
            };
            let (card, problems) = match read {
                Ok(card) => (
                    card,
                    known
                        .map(|known| known.problems.clone())
                        .unwrap_or_default(),
                ),
                Err(problems) => (None, problems),
            };
            // What an admin writes of a card's popularity counts for nothing; its use does.
            let card = card.map(|card| match card.popularity == row.popularity {
                true => card,
                false => Arc::new(Card {
                    popularity: row.popularity,
                    ..(*card).clone()
                }),
            });
            let of_team = by_team.entry(row.team.clone()).or_default();
            of_team.insert(
                row.name.clone(),
                Own {
                    row,
                    card,
                    problems,
                },
            );
        }
        Self {
            version,
            revision: before.revision + 1,
            by_team,
        }
    }
}

impl Registry {
    /// Reads the cards of workspaces anew, if they changed in whichever process; says whether.
    pub async fn refresh(&self, store: &Store) -> Result<bool> {
        let version = store.cards_version().await?;
        if version == self.added_now().version {
            return Ok(false);
        }
        self.read_added(store, version).await?;
        Ok(true)
    }

    async fn read_added(&self, store: &Store, version: i64) -> Result<()> {
        // The version comes first: what changes after it is read once more than needed, never
        // once less.
        let rows = store.added_cards().await?;
        let before = self.added_now();
        let added = tokio::task::spawn_blocking(move || Added::read(rows, version, &before));
        let added = Arc::new(added.await.map_err(Error::internal)?);
        for (team, own) in &added.by_team {
            for problem in own.values().flat_map(|own| &own.problems) {
                tracing::warn!(%team, "a card of a workspace is not used: {problem}");
            }
        }
        *self.added.write().unwrap_or_else(PoisonError::into_inner) = added;
        Ok(())
    }

    pub(super) fn added_now(&self) -> Arc<Added> {
        // What is behind the lock is swapped whole: there is nothing half done in it.
        let now = self.added.read().unwrap_or_else(PoisonError::into_inner);
        now.clone()
    }

    /// Counts anew how much the cards of workspaces are used.
    pub(super) async fn count_use(&self, store: &Store, clock: &Clock) -> Result<()> {
        store.count_popularity(clock.now() - LATELY).await?;
        let version = store.cards_version().await?;
        self.read_added(store, version).await
    }
}

/// Who changes a workspace's cards.
#[derive(Clone, Debug)]
pub struct Author {
    /// The workspace.
    pub team: TeamId,
    /// A person's id, or `operator`.
    pub name: String,
}

impl From<&Principal> for Author {
    fn from(person: &Principal) -> Self {
        Self {
            team: person.team.clone(),
            name: person.user.as_str().to_owned(),
        }
    }
}

impl Author {
    /// Whoever runs the bot.
    pub fn operator(team: TeamId) -> Self {
        Self {
            team,
            name: OPERATOR.to_owned(),
        }
    }
}

impl Effect {
    fn change(
        &self,
        by: &Author,
        deed: CardDeed,
        sha256: Option<String>,
        clock: &Clock,
    ) -> CardChange {
        let words = |places: Vec<Place>| places.iter().map(Place::to_string).collect();
        CardChange {
            team: by.team.clone(),
            name: self.name.clone(),
            by: by.name.clone(),
            deed,
            hosts_before: words(self.places_before()),
            hosts_after: words(self.places()),
            connections: self.connections,
            sha256,
            at: clock.now(),
        }
    }
}

/// The cards of workspaces, and what may be done with them. Whether somebody may is for the one
/// who calls to have checked.
#[derive(Clone, Debug)]
pub struct AddedCards {
    cards: Registry,
    store: Store,
    clock: Clock,
}

impl AddedCards {
    /// Over these cards, kept in that store.
    pub fn new(cards: Registry, store: Store, clock: Clock) -> Self {
        Self {
            cards,
            store,
            clock,
        }
    }

    /// What adding that text would come to, or putting it in the place of a card of the same name.
    /// Changes nothing.
    pub async fn look(&self, team: &TeamId, text: &str) -> Result<Effect> {
        let card = read(text).map_err(|problems| refused(&problems))?;
        self.effect(team, Arc::new(card)).await
    }

    /// Adds the card, or puts it in the place of the workspace's own of the same name.
    pub async fn keep(&self, by: &Author, text: &str, consent: Consent) -> Result<Effect> {
        let effect = self.look(&by.team, text).await?;
        effect.check_consent(consent)?;
        let deed = match effect.before_sha256 {
            None => CardDeed::Added,
            Some(_) => CardDeed::Replaced,
        };
        let Some(card) = &effect.after else {
            return Ok(effect);
        };
        let change = effect.change(by, deed, Some(sha256(text)), &self.clock);
        let before = effect.before_sha256.as_deref();
        let row = CardRow::from(card.as_ref());
        let kept = self.store.keep_card(&change, &row, text, before).await?;
        self.done(&change, kept).await?;
        Ok(effect)
    }

    /// What removing a card of the workspace would come to.
    pub async fn look_at_removal(&self, team: &TeamId, name: &str) -> Result<Effect> {
        self.cards.refresh(&self.store).await?;
        let cards = self.cards.of(team);
        let own = cards.own_card(name).ok_or_else(|| not_added(name))?;
        Ok(Effect {
            after: cards.installed(name),
            before: own.card.clone(),
            connections: self.store.connections_from(team, name).await?,
            name: name.to_owned(),
            before_sha256: own.sha256(),
        })
    }

    /// Removes a card of the workspace. Connections that were made from it stay and do nothing.
    pub async fn remove(&self, by: &Author, name: &str, consent: Consent) -> Result<Effect> {
        let effect = self.look_at_removal(&by.team, name).await?;
        effect.check_consent(consent)?;
        let change = effect.change(by, CardDeed::Removed, None, &self.clock);
        let before = effect.before_sha256.as_deref();
        let removed = self.store.remove_card(&change, before).await?;
        self.done(&change, removed).await?;
        Ok(effect)
    }

    /// Offers a card in the workspace, or no longer. Connections go on either way.
    pub async fn show(&self, by: &Author, name: &str, shown: bool) -> Result<()> {
        self.cards.refresh(&self.store).await?;
        let cards = self.cards.of(&by.team);
        let card = cards.get(name).ok_or_else(|| not_added(name))?;
        let deed = match shown {
            true => CardDeed::Shown,
            false => CardDeed::Hidden,
        };
        let effect = Effect {
            after: Some(card.clone()),
            before: Some(card.clone()),
            connections: self.store.connections_from(&by.team, name).await?,
            name: name.to_owned(),
            before_sha256: None,
        };
        let change = effect.change(by, deed, cards.own(name).and_then(Own::sha256), &self.clock);
        let row = CardRow::from(card.as_ref());
        self.store.show_card(&change, &row, shown).await?;
        self.done(&change, true).await
    }

    /// The card as it was written.
    pub async fn export(&self, team: &TeamId, name: &str) -> Result<String> {
        self.cards.refresh(&self.store).await?;
        let cards = self.cards.of(team);
        let own = cards.own(name).and_then(|own| own.row.definition.clone());
        own.ok_or_else(|| not_added(name))
    }

    /// The cards of the workspace as they are now, in whichever process they were changed.
    pub async fn now(&self, team: &TeamId) -> Result<super::Cards> {
        self.cards.refresh(&self.store).await?;
        Ok(self.cards.of(team))
    }

    /// How much each service was used in the last 30 days, by its name.
    pub async fn used(&self, team: &TeamId) -> Result<BTreeMap<String, CardUse>> {
        let used = self
            .store
            .use_of_cards(team, self.clock.now() - LATELY)
            .await?;
        Ok(used
            .into_iter()
            .map(|used| (used.service.clone(), used))
            .collect())
    }

    async fn effect(&self, team: &TeamId, card: Arc<Card>) -> Result<Effect> {
        self.cards.refresh(&self.store).await?;
        let cards = self.cards.of(team);
        check_names(&cards, &card)?;
        let own = cards.own_card(&card.name);
        if own.is_none() && cards.count_own() >= MOST {
            return Err(Error::new(
                Kind::Forbidden,
                text!(
                    "This workspace has {most} cards of its own, which is the most.",
                    most = MOST
                ),
            )
            .hint(text!("Remove one that nobody uses first.")));
        }
        Ok(Effect {
            before: own.and_then(|own| own.card.clone()),
            before_sha256: own.and_then(Own::sha256),
            connections: self.store.connections_from(team, &card.name).await?,
            name: card.name.clone(),
            after: Some(card),
        })
    }

    /// Ends a change: noted in the log, and known to this process at once.
    async fn done(&self, change: &CardChange, made: bool) -> Result<()> {
        if !made {
            return Err(Error::new(
                Kind::Conflict,
                text!("Somebody else changed that card just now, so nothing was done."),
            )
            .hint(text!("Look at it once more.")));
        }
        tracing::info!(
            team = %change.team,
            card = change.name,
            by = change.by,
            deed = ?change.deed,
            connections = change.connections,
            hosts.before = ?change.hosts_before,
            hosts.after = ?change.hosts_after,
            "the cards of a workspace were changed"
        );
        self.cards.refresh(&self.store).await.map(drop)
    }
}

/// Reads a card as one that a workspace adds.
pub fn read(text: &str) -> std::result::Result<Card, Vec<CardProblem>> {
    parse_untrusted("card", text)
}

/// What a card that comes with the bot is called by is not taken by another: people would not see
/// which they connect.
pub fn check_names(cards: &super::Cards, card: &Card) -> Result<()> {
    let own = cards.own_card(&card.name);
    if own.is_none() && cards.installed(&card.name).is_some() {
        return Err(Error::new(
            Kind::Invalid,
            text!(
                "`{name}` is the name of a card that comes with me.",
                name = &card.name
            ),
        )
        .hint(text!("Give yours another `name`.")));
    }
    // It was there before mine.
    let before = own.and_then(|own| own.card.as_ref());
    let stays = before.is_some_and(|before| before.title == card.title);
    if !stays && cards.is_title_of_installed(&card.title) {
        return Err(Error::new(
            Kind::Invalid,
            text!(
                "`{title}` is the title of a card that comes with me.",
                title = quotable(&card.title)
            ),
        )
        .hint(text!("Give yours another `title`.")));
    }
    Ok(())
}

/// What tells whether a card is still the one that was looked at.
pub fn sha256(text: &str) -> String {
    fingerprint(json!(text))
}

fn refused(problems: &[CardProblem]) -> Error {
    let first = problems
        .first()
        .map(ToString::to_string)
        .unwrap_or_default();
    Error::new(
        Kind::Invalid,
        text!("The card has mistakes; the first: {first}.", first),
    )
    .hint(text!("Correct it and add it again."))
}

fn not_added(name: &str) -> Error {
    let name = quotable(name);
    Error::new(
        Kind::NotFound,
        text!("This workspace has no card `{name}` of its own.", name),
    )
    .hint(text!("`cards` lists those there are."))
}
