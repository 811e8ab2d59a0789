//! Which tools a person may call now, and where each of them runs.

pub mod sources;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::domain::card::{Card, CardTool};
use crate::domain::tool::ToolOutput;
use crate::error::Result;

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
