//! Where tools run: one source per kind of service.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::Target;
use crate::domain::card::{Card, CardTool, ServiceKind};
use crate::domain::preview::Preview;
use crate::domain::text::Text;
use crate::domain::tool::ToolOutput;
use crate::error::Result;

mod given;
pub mod graphql;
pub mod http;
pub mod mcp;
pub mod openapi;
pub mod redis;
mod schema;
pub mod sql;

/// Where tools of one kind run.
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

    /// What a call would do, for whoever is asked to allow it; changes nothing. `None` where the
    /// arguments say all there is.
    async fn preview(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<Option<Preview>> {
        let _ = (target, tool, arguments); // Only some sources can tell.
        Ok(None)
    }

    /// The tools that the service itself tells of; none where the card has them all.
    async fn discover(&self, target: &Target) -> Result<Vec<CardTool>> {
        let _ = target; // Only some services tell.
        Ok(Vec::new())
    }

    /// What its owner should know of what they filled in, with a next step: that it may do more
    /// than it is needed for.
    async fn advise(&self, target: &Target) -> Result<Option<Text>> {
        let _ = target; // Only some services tell.
        Ok(None)
    }

    /// Whether a tool of the card can be of use on a connection with these fields filled in; opens
    /// nothing.
    fn offers(&self, card: &Card, config: &BTreeMap<String, String>, tool: &CardTool) -> bool {
        let _ = (card, config, tool); // Only some sources know beforehand.
        true
    }
}

/// The source of each kind of service.
#[derive(Clone)]
pub struct Sources {
    /// GraphQL APIs.
    pub graphql: Arc<dyn ToolSource>,
    /// HTTP APIs.
    pub http: Arc<dyn ToolSource>,
    /// MCP servers.
    pub mcp: Arc<dyn ToolSource>,
    /// HTTP APIs that describe themselves.
    pub openapi: Arc<dyn ToolSource>,
    /// Redis databases.
    pub redis: Arc<dyn ToolSource>,
    /// Databases.
    pub sql: Arc<dyn ToolSource>,
}

impl Sources {
    /// The one place where a kind becomes a source.
    pub fn of(&self, kind: ServiceKind) -> &Arc<dyn ToolSource> {
        match kind {
            ServiceKind::Graphql => &self.graphql,
            ServiceKind::Http => &self.http,
            ServiceKind::Mcp => &self.mcp,
            ServiceKind::Openapi => &self.openapi,
            ServiceKind::Redis => &self.redis,
            ServiceKind::Sql => &self.sql,
        }
    }
}
