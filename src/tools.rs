//! Which tools a person may call now, and where each of them runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cards::{Registry, argument_validator, usable};
use crate::domain::card::{Auth, Card, CardTool, ServiceKind};
use crate::domain::connection::Connection;
use crate::domain::hidden::is_hidden;
use crate::domain::principal::Principal;
use crate::domain::text::Text;
use crate::domain::tool::ToolSpec;
use crate::error::{Error, Kind, Result};
use crate::ids::TeamId;
use crate::secrets::Secrets;
use crate::store::Store;
use crate::text;

mod listing;
mod names;
pub mod search;
pub mod sources;
mod target;

pub use self::listing::Listing;
use self::listing::{Listings, Version};
pub use self::names::{full_name, split_name};
pub use self::sources::{Sources, ToolSource};
pub use self::target::Target;

/// The most tools that are taken from one service.
const MOST_FOUND: usize = 1_000;
/// The most bytes of what they say of themselves, all together.
const LARGEST_FOUND: usize = 2 * 1024 * 1024;
/// The longest name of such a tool, in characters.
const LONGEST_FOUND_NAME: usize = 128;

/// A tool of one of a person's connections.
#[derive(Clone, Debug)]
pub struct BoundTool {
    /// Through which connection.
    pub connection: Arc<Connection>,
    /// The card it was made from.
    pub card: Arc<Card>,
    /// The tool.
    pub tool: Arc<CardTool>,
    /// Whether its owner lets it be used.
    pub on: bool,
}

impl BoundTool {
    /// The name that models know it by.
    pub fn full_name(&self) -> String {
        full_name(&self.connection.name, &self.tool.name)
    }

    /// The tool as a model sees it.
    pub fn spec(&self) -> ToolSpec {
        let description = format!(
            "[{} connection `{}`] {}",
            self.card.title, self.connection.name, self.tool.description
        );
        ToolSpec::new(self.full_name(), description, self.tool.input.clone())
    }
}

/// The tools of everyone's connections, and the sources they run on.
#[derive(Clone)]
pub struct Tools {
    store: Store,
    secrets: Secrets,
    cards: Registry,
    sources: Sources,
    known: Arc<Listings>,
}

impl Tools {
    /// Tools over these sources.
    pub fn new(store: Store, secrets: Secrets, cards: Registry, sources: Sources) -> Self {
        Self {
            store,
            secrets,
            cards,
            sources,
            known: Arc::default(),
        }
    }

    /// All tools over all connections of this person, connection by connection.
    ///
    /// They are put together anew only when something about them changed, in whichever process:
    /// what a connection was used for, and whether it works, may be older.
    pub async fn all_of(&self, person: &Principal) -> Result<Arc<Listing>> {
        let version = Version {
            person: self.store.tools_version(person).await?,
            cards: self.cards.revision(),
        };
        if let Some(listing) = self.known.get(person, version) {
            return Ok(listing);
        }
        let listing = Arc::new(self.list(person).await?);
        self.known.put(person, version, &listing);
        Ok(listing)
    }

    async fn list(&self, person: &Principal) -> Result<Listing> {
        let connections = self.store.connections_of(person).await?;
        let off = self.store.tools_off(person).await?;
        let mut kept = self.store.kept_tools(person).await?;
        let mut listing = Listing::default();
        for connection in connections {
            // A connection whose card is gone offers nothing; `/mcp test` says why.
            let Some(card) = self.cards.of(&person.team).get(&connection.card) else {
                continue;
            };
            let found = kept.remove(&connection.id).unwrap_or_default();
            let connection = Arc::new(connection);
            let filled = |field: &str| connection.has(field);
            for tool in self.offered(&card, &connection.config, filled, found) {
                listing.add(BoundTool {
                    connection: connection.clone(),
                    card: card.clone(),
                    on: !off.contains(&(connection.id.clone(), tool.name.clone())),
                    tool: Arc::new(tool),
                });
            }
        }
        Ok(listing)
    }

    /// The tool a model means by `connection__tool`, among this person's own.
    pub async fn find(&self, person: &Principal, name: &str) -> Result<BoundTool> {
        match self.all_of(person).await?.find(name) {
            Some(tool) if tool.on => Ok(tool.clone()),
            Some(_) => Err(switched_off(name)),
            None => Err(self.why_not(person, name).await?),
        }
    }

    /// Why there is no tool of that name.
    async fn why_not(&self, person: &Principal, name: &str) -> Result<Error> {
        let connection = split_name(name).and_then(|(connection, _)| connection.parse().ok());
        let Some(connection) = connection else {
            return Ok(unknown_tool(name));
        };
        let connection = self.store.find_connection(person, &connection).await?;
        let gone = connection.and_then(|connection| self.card_of(&connection).err());
        Ok(gone.unwrap_or_else(|| unknown_tool(name)))
    }

    /// The card a connection was made from.
    pub fn card_of(&self, connection: &Connection) -> Result<Arc<Card>> {
        self.cards
            .of(&connection.owner.team)
            .get(&connection.card)
            .ok_or_else(|| {
                Error::new(
                    Kind::NotFound,
                    text!(
                        "The run card `{card}` of this connection is no longer installed.",
                        card = &connection.card
                    ),
                )
                .hint(text!(
                    "Ask your admin for the card, or disconnect with `/mcp disconnect`."
                ))
            })
    }

    /// Whether a tool, or everything of a card, speaks to a database itself and not to an API before it.
    pub fn is_direct_database(&self, team: &TeamId, card: &str, tool: Option<&str>) -> bool {
        let Some(card) = self.cards.of(team).get(card) else {
            return false;
        };
        match tool {
            Some(tool) => card
                .tool(tool)
                .is_some_and(|tool| tool.run.kind() == ServiceKind::Sql),
            None => card.service.kinds().eq([ServiceKind::Sql]),
        }
    }

    /// Where a tool runs.
    pub fn source(&self, tool: &CardTool) -> &Arc<dyn ToolSource> {
        self.sources.of(tool.run.kind())
    }

    /// Tries every service of a connection that can be used with what was filled in.
    pub async fn check(&self, target: &Target) -> Result<()> {
        let card = &target.card;
        if card
            .service
            .auths()
            .any(|auth| matches!(auth, Auth::Oauth(_)))
        {
            return Err(Error::new(
                Kind::Invalid,
                text!(
                    "{service} wants you to sign in there, which I cannot do yet.",
                    service = &card.title
                ),
            )
            .hint(text!(
                "Ask your admin for a card that takes a token of yours."
            )));
        }
        let mut usable = target.services().peekable();
        if usable.peek().is_none() {
            return Err(Error::new(
                Kind::Invalid,
                text!(
                    "None of the addresses that {service} needs is filled in.",
                    service = &card.title
                ),
            )
            .hint(text!("Connect again and fill in at least one.")));
        }
        for kind in usable {
            self.sources.of(kind).check(target).await?;
        }
        Ok(())
    }

    /// The tools that a connection's services tell of.
    pub async fn discover(&self, target: &Target) -> Result<Vec<CardTool>> {
        let mut found = Vec::new();
        for kind in target.services() {
            found.extend(self.sources.of(kind).discover(target).await?);
        }
        found.truncate(MOST_FOUND);
        found.retain(is_sound);
        let mut room = LARGEST_FOUND;
        let fitting = found.iter().take_while(|tool| {
            let bytes = tool.input.to_string().len() + tool.description.len();
            room = room.saturating_sub(bytes);
            room > 0
        });
        let fitting = fitting.count();
        if fitting < found.len() {
            tracing::warn!(
                "a service tells of more than is kept: {} tools are left out",
                found.len() - fitting
            );
            found.truncate(fitting);
        }
        Ok(found)
    }

    /// What the owner of a connection should know of what they filled in, from the first of its
    /// services that has something to say.
    pub async fn advise(&self, target: &Target) -> Option<Text> {
        for kind in target.services() {
            match self.sources.of(kind).advise(target).await {
                Ok(Some(advice)) => return Some(advice),
                Ok(None) => {}
                // It works: what could be said of it as well is not worth a failure.
                Err(error) => {
                    tracing::info!("nothing is known of what a connection may do: {error}");
                }
            }
        }
        None
    }

    /// What a connection offers: the tools of its card and those that its service told of, as far
    /// as they run on services that can be used with the fields that are `filled`.
    pub fn offered<'a>(
        &'a self,
        card: &'a Card,
        config: &'a BTreeMap<String, String>,
        filled: impl Fn(&str) -> bool,
        found: Vec<CardTool>,
    ) -> impl Iterator<Item = CardTool> + 'a {
        let kinds = card.service.kinds();
        let kinds: Vec<_> = kinds.filter(|kind| usable(card, *kind, &filled)).collect();
        let own = |name: &str| card.tool(name).is_some();
        let found = found.into_iter().filter(move |tool| !own(&tool.name));
        let tools = card.tools.iter().cloned().chain(found);
        tools.filter(move |tool| {
            kinds.contains(&tool.run.kind()) && self.source(tool).offers(card, config, tool)
        })
    }

    /// Opens a connection for one call.
    pub async fn open(&self, connection: &Connection) -> Result<Target> {
        let secrets = match &connection.credential {
            Some(reference) => self.secrets.get(reference).await?,
            None => BTreeMap::new(),
        };
        Ok(Target {
            card: self.card_of(connection)?,
            config: connection.config.clone(),
            secrets,
            key: None,
        })
    }
}

/// Whether a tool that a service told of can be called at all.
fn is_sound(tool: &CardTool) -> bool {
    if !(1..=LONGEST_FOUND_NAME).contains(&tool.name.chars().count()) {
        tracing::warn!("a tool of a service is left out: its name is empty, or too long");
        return false;
    }
    // It stands in what models and people read.
    let odd =
        |c: char| is_hidden(c) || matches!(c, '\n' | '\t' | '\r' | '<' | '>' | '"' | '`' | '&');
    if tool.name.contains(odd) {
        tracing::warn!(
            "the tool {:?} of a service is left out: its name has characters that names do not have",
            tool.name
        );
        return false;
    }
    match argument_validator(&tool.input) {
        Ok(_) => true,
        Err(problem) => {
            tracing::warn!(
                "the tool {:?} of a service is left out: {problem}",
                tool.name
            );
            false
        }
    }
}

fn switched_off(name: &str) -> Error {
    Error::new(
        Kind::Forbidden,
        text!(
            "The tool `{name}` is switched off by the person who owns the connection.",
            name
        ),
    )
    .hint(text!(
        "Go on without it, or tell them that `/mcp tools` switches it on."
    ))
}

fn unknown_tool(name: &str) -> Error {
    Error::new(Kind::NotFound, text!("There is no tool `{name}`.", name))
        .hint(text!("Use one of the listed tools, by its exact name."))
}
