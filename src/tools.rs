//! Which tools a person may call now, and where each of them runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::cards::Registry;
use crate::domain::card::{Card, CardTool, Service};
use crate::domain::connection::{Connection, ConnectionName};
use crate::domain::principal::Principal;
use crate::domain::tool::{ToolOutput, ToolSpec};
use crate::error::{Error, Kind, Result};
use crate::secrets::Secrets;
use crate::store::Store;
use crate::text;

pub mod sources;

/// What stands between a connection's name and a tool's in the name a model sees.
const SEPARATOR: &str = "__";

/// Where tools of one kind run; chosen by the card's service.
///
/// The caller has validated the arguments, authorized the call and set its time limit; a source
/// checks what only it can (SQL, addresses) and is cancelled by being dropped.
#[async_trait]
pub trait ToolSource: Send + Sync {
    /// Tries the connection: cheap, changes nothing.
    async fn check(&self, target: &Target) -> Result<()>;

    /// Runs one tool.
    async fn call(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<ToolOutput>;
}

/// A connection opened for one call: what its owner filled in, secrets included.
#[derive(Clone)]
pub struct Target {
    /// The card it was made from.
    pub card: Arc<Card>,
    /// The fields that are not secret.
    pub config: BTreeMap<String, String>,
    /// The fields that are.
    pub secrets: BTreeMap<String, SecretString>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("card", &self.card.name)
            .field("config", &self.config)
            .field("secrets", &"•••")
            .finish()
    }
}

/// A tool of one of a person's connections.
#[derive(Clone, Debug)]
pub struct BoundTool {
    /// Through which connection.
    pub connection: Connection,
    /// The card it was made from.
    pub card: Arc<Card>,
    /// The tool's name on that card.
    pub name: String,
}

impl BoundTool {
    /// The tool as the card describes it.
    pub fn tool(&self) -> Result<&CardTool> {
        self.card
            .tool(&self.name)
            .ok_or_else(|| unknown_tool(&self.name))
    }

    /// The tool as a model sees it.
    pub fn spec(&self) -> Result<ToolSpec> {
        let tool = self.tool()?;
        Ok(ToolSpec {
            name: full_name(&self.connection.name, &tool.name),
            description: format!(
                "[{} connection `{}`] {}",
                self.card.title, self.connection.name, tool.description
            ),
            parameters: tool.input.clone(),
        })
    }
}

/// The tools of everyone's connections, and the sources they run on.
#[derive(Clone)]
pub struct Tools {
    store: Store,
    secrets: Secrets,
    cards: Arc<Registry>,
    sql: Arc<dyn ToolSource>,
    http: Arc<dyn ToolSource>,
}

impl Tools {
    /// Tools over these sources.
    pub fn new(
        store: Store,
        secrets: Secrets,
        cards: Arc<Registry>,
        sql: Arc<dyn ToolSource>,
        http: Arc<dyn ToolSource>,
    ) -> Self {
        Self {
            store,
            secrets,
            cards,
            sql,
            http,
        }
    }

    /// All tools over all connections of this person, but those they switched off.
    pub async fn of(&self, person: &Principal) -> Result<Vec<BoundTool>> {
        let connections = self.store.connections_of(person).await?;
        let off = self.store.tools_off(person).await?;
        let mut tools = Vec::new();
        for connection in connections {
            // A connection whose card is gone offers nothing; `/mcp test` says why.
            let Some(card) = self.cards.get(&connection.card) else {
                continue;
            };
            let on = card
                .tools
                .iter()
                .filter(|tool| !off.contains(&(connection.id.clone(), tool.name.clone())));
            tools.extend(on.map(|tool| BoundTool {
                connection: connection.clone(),
                card: card.clone(),
                name: tool.name.clone(),
            }));
        }
        Ok(tools)
    }

    /// The tool a model means by `connection__tool`, among this person's own.
    pub async fn find(&self, person: &Principal, name: &str) -> Result<BoundTool> {
        let (connection, tool) = split_name(name).ok_or_else(|| unknown_tool(name))?;
        let connection: ConnectionName = connection.parse().map_err(|_| unknown_tool(name))?;
        let connection = self.store.find_connection(person, &connection).await?;
        let connection = connection.ok_or_else(|| unknown_tool(name))?;
        let card = self.card_of(&connection)?;
        if card.tool(tool).is_none() {
            return Err(unknown_tool(name));
        }
        let off = self.store.tools_off(person).await?;
        if off.contains(&(connection.id.clone(), tool.to_owned())) {
            return Err(switched_off(name));
        }
        Ok(BoundTool {
            connection,
            card,
            name: tool.to_owned(),
        })
    }

    /// The card a connection was made from.
    pub fn card_of(&self, connection: &Connection) -> Result<Arc<Card>> {
        self.cards.get(&connection.card).cloned().ok_or_else(|| {
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

    /// Where a card's tools run.
    pub fn source(&self, card: &Card) -> Arc<dyn ToolSource> {
        match card.service {
            Service::Sql(_) => self.sql.clone(),
            Service::Http(_) => self.http.clone(),
        }
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
        })
    }
}

/// The name a model sees: `connection__tool`.
pub fn full_name(connection: &ConnectionName, tool: &str) -> String {
    format!("{connection}{SEPARATOR}{tool}")
}

/// The connection and the tool in such a name.
pub fn split_name(name: &str) -> Option<(&str, &str)> {
    name.split_once(SEPARATOR)
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
