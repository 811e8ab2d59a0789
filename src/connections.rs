//! People's connections: connect, test, list, disconnect.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use crate::cards::Fields;
use crate::clock::Clock;
use crate::domain::card::{Card, CardTool};
use crate::domain::connection::{Connection, ConnectionName, ConnectionStatus};
use crate::domain::principal::Principal;
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result, closest, quotable};
use crate::ids::ConnectionId;
use crate::secrets::Secrets;
use crate::store::Store;
use crate::tools::{Target, Tools};
use crate::{counted, text};

/// Connections, with the limits they are held to.
#[derive(Clone)]
pub struct Connections {
    store: Store,
    secrets: Secrets,
    tools: Tools,
    clock: Clock,
    limits: Limits,
}

/// What one person's connections are held to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most connections a person may have.
    pub per_person: usize,
    /// How long a connection test may take.
    pub test_timeout: Duration,
}

/// How a connection test went.
#[derive(Debug)]
pub struct Report {
    /// Whether it works, and why not.
    pub outcome: Result<()>,
    /// How long it took.
    pub took: Duration,
}

impl Connections {
    /// Connections kept in `store`.
    pub fn new(store: Store, secrets: Secrets, tools: Tools, clock: Clock, limits: Limits) -> Self {
        Self {
            store,
            secrets,
            tools,
            clock,
            limits,
        }
    }

    /// Tries a new connection and keeps it when it works. Says what its owner should know of it.
    pub async fn connect(
        &self,
        owner: &Principal,
        card: &std::sync::Arc<Card>,
        name: ConnectionName,
        fields: Fields,
    ) -> Result<(Connection, Option<Text>)> {
        self.check_room(owner, &name).await?;
        let target = Target {
            card: card.clone(),
            config: fields.config,
            secrets: fields.secrets,
            key: None,
        };
        let found = self.check(&target).await?;
        let filled = |field: &str| target.has(field);
        let offered = self
            .tools
            .offered(card, &target.config, filled, found.clone());
        let tools = offered.map(|tool| tool.name).collect();
        let connection = Connection {
            id: ConnectionId::generate(),
            owner: owner.clone(),
            name,
            card: card.name.clone(),
            config: target.config.clone(),
            credential: self.keep_secrets(&target.secrets).await?,
            status: ConnectionStatus::Active,
            secret_fields: target.secrets.keys().cloned().collect(),
            tools,
            created_at: self.clock.now(),
            last_used: None,
            usage_count: 0,
        };
        if self.store.add_connection(&connection).await? {
            self.keep_tools(&connection, &found).await?;
            tracing::info!(connection.id = %connection.id, card = card.name, "connected `{}`", connection.name);
            return Ok((connection, self.advise(&target).await));
        }
        self.forget_secrets(&connection).await?;
        Err(name_taken(&connection.name))
    }

    /// All connections of this person, by name.
    pub async fn list(&self, owner: &Principal) -> Result<Vec<Connection>> {
        self.store.connections_of(owner).await
    }

    /// The connection this person calls `name`; the error names those there are.
    pub async fn find(&self, owner: &Principal, name: &str) -> Result<Connection> {
        if let Ok(parsed) = name.parse::<ConnectionName>()
            && let Some(connection) = self.store.find_connection(owner, &parsed).await?
        {
            return Ok(connection);
        }
        let connections = self.list(owner).await?;
        let names = || {
            connections
                .iter()
                .map(|connection| connection.name.as_str())
        };
        let hint = match closest(name, names()) {
            Some(near) => text!("Did you mean `{near}`?", near),
            None if connections.is_empty() => {
                text!("Connect a service first with `/mcp connect`.")
            }
            None => {
                let quoted: Vec<String> = names().map(|name| format!("`{name}`")).collect();
                text!("You have {connections}.", connections = quoted.join(", "))
            }
        };
        let name = quotable(name);
        Err(Error::new(
            Kind::NotFound,
            text!("You have no connection called `{name}`.", name),
        )
        .hint(hint))
    }

    /// Tries a connection and notes whether it works.
    pub async fn test(&self, connection: &Connection) -> Result<Report> {
        let started = Instant::now();
        let outcome = match self.tools.open(connection).await {
            Ok(target) => self.check(&target).await,
            Err(error) => Err(error),
        };
        let outcome = match outcome {
            Ok(found) => {
                self.keep_tools(connection, &found).await?;
                Ok(())
            }
            Err(error) => Err(error),
        };
        let status = match outcome {
            Ok(()) => ConnectionStatus::Active,
            Err(_) => ConnectionStatus::Failing,
        };
        self.store
            .set_connection_status(&connection.owner, &connection.id, status)
            .await?;
        Ok(Report {
            outcome,
            took: started.elapsed(),
        })
    }

    /// Removes a connection of this person, and its secrets.
    pub async fn disconnect(&self, owner: &Principal, connection: &Connection) -> Result<()> {
        // The secret goes first: what is left after a crash can be disconnected again.
        self.forget_secrets(connection).await?;
        if self.store.remove_connection(owner, &connection.id).await? {
            tracing::info!(connection.id = %connection.id, "disconnected `{}`", connection.name);
        }
        Ok(())
    }

    /// A name this person does not use yet: the card's own, or with a number.
    pub async fn free_name(&self, owner: &Principal, card: &Card) -> Result<String> {
        let taken = self.list(owner).await?;
        let free = |name: &String| {
            !taken
                .iter()
                .any(|connection| connection.name.as_str() == name)
        };
        let numbered = (2..).map(|number| format!("{}-{number}", card.name));
        Ok(std::iter::once(card.name.clone())
            .chain(numbered)
            .find(free)
            .unwrap_or_default())
    }

    async fn check_room(&self, owner: &Principal, name: &ConnectionName) -> Result<()> {
        let connections = self.list(owner).await?;
        if connections
            .iter()
            .any(|connection| connection.name == *name)
        {
            return Err(name_taken(name));
        }
        if connections.len() >= self.limits.per_person {
            return Err(Error::new(
                Kind::Forbidden,
                counted!(
                    self.limits.per_person,
                    "You already have {count} connection, which is the most a person may have here.",
                    "You already have {count} connections, which is the most a person may have here."
                ),
            )
            .hint(text!("Remove one with `/mcp disconnect` first.")));
        }
        Ok(())
    }

    /// Tries a connection, and returns the tools that its services tell of.
    async fn check(&self, target: &Target) -> Result<Vec<CardTool>> {
        let trying = async {
            self.tools.check(target).await?;
            self.tools.discover(target).await
        };
        let limit = self.limits.test_timeout;
        match tokio::time::timeout(limit, trying).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::new(
                Kind::Timeout,
                counted!(
                    limit.as_secs(),
                    "{service} did not answer within {count} second.",
                    "{service} did not answer within {count} seconds.",
                    service = &target.card.title
                ),
            )
            .hint(text!(
                "Check the address, and that it can be reached from where I run; then try again."
            ))),
        }
    }

    /// What the owner of a connection that works should know of it.
    async fn advise(&self, target: &Target) -> Option<Text> {
        let advice = self.tools.advise(target);
        let told = tokio::time::timeout(self.limits.test_timeout, advice).await;
        told.unwrap_or_default()
    }

    /// Keeps the tools that a connection's services told of.
    async fn keep_tools(&self, connection: &Connection, found: &[CardTool]) -> Result<()> {
        let (owner, id) = (&connection.owner, &connection.id);
        self.store
            .keep_tools(owner, id, found, self.clock.now())
            .await
    }

    async fn keep_secrets(
        &self,
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Option<crate::ids::CredentialRef>> {
        if secrets.is_empty() {
            return Ok(None);
        }
        self.secrets.put(secrets).await.map(Some)
    }

    async fn forget_secrets(&self, connection: &Connection) -> Result<()> {
        match &connection.credential {
            Some(reference) => self.secrets.delete(reference).await,
            None => Ok(()),
        }
    }
}

fn name_taken(name: &ConnectionName) -> Error {
    Error::new(
        Kind::Conflict,
        text!(
            "You already have a connection called `{name}`.",
            name = name.as_str()
        ),
    )
    .hint(text!(
        "Choose another name, or remove it first with `/mcp disconnect`."
    ))
}
