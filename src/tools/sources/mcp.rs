//! Tools of MCP servers, which tell of them themselves.

mod found;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout, timeout_at};

use super::given::misplaced;
use super::http::request::Inputs;
use super::http::send::told;
use crate::cards::template::Templates;
use crate::domain::card::{CardTool, McpService, ToolAction};
use crate::domain::secret;
use crate::domain::tool::{Risk, ToolOutput};
use crate::error::{Error, Kind, Result};
use crate::mcp_client::{Server, Session, output};
use crate::net::GuardedClient;
use crate::tasks::Tasks;
use crate::text;
use crate::tools::{Target, ToolSource};

/// How long a server may take to agree on a session and to list its tools.
const CHECK_DEADLINE: Duration = Duration::from_secs(20);
/// How long a call may take, connecting included. It is less than a call may take at all, so that the
/// server is told that nobody waits any more.
const CALL_DEADLINE: Duration = Duration::from_secs(25);

/// Where the tools of MCP servers run: a session for each call.
pub struct McpSource {
    client: GuardedClient,
    templates: Templates,
    tasks: Tasks,
}

impl McpSource {
    /// A source that reaches servers through this client; what goes on after a call is one of `tasks`.
    pub fn new(client: GuardedClient, tasks: Tasks) -> Self {
        Self {
            client,
            templates: Templates::new(),
            tasks,
        }
    }

    async fn open(&self, target: &Target) -> Result<Session> {
        let service = service(target)?;
        let inputs = Inputs::new(target, None, &Map::new())?;
        let server = Server {
            title: target.card.title.clone(),
            url: inputs.url(&self.templates, &service.url)?,
            headers: inputs.headers(
                &self.templates,
                &service.auth,
                &service.headers,
                &BTreeMap::new(),
            )?,
            secrets: secrets(target),
        };
        Session::open(&self.client, server, &self.tasks).await
    }

    async fn tools(&self, target: &Target) -> Result<Vec<CardTool>> {
        let service = service(target)?;
        let listing = async { self.open(target).await?.tools().await };
        let listed = timeout(CHECK_DEADLINE, listing).await;
        let listed = listed.map_err(|_| too_slow(target))??;
        let tools = listed.into_iter();
        Ok(tools.map(|tool| found::tool(service, tool)).collect())
    }
}

#[async_trait]
impl ToolSource for McpSource {
    async fn check(&self, target: &Target) -> Result<()> {
        // The list of tools is what a credential is needed for; agreeing on a session often is not.
        self.tools(target).await.map(|_| ())
    }

    async fn call(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<ToolOutput> {
        let ToolAction::Mcp(call) = &tool.run else {
            return Err(misplaced(target, "MCP"));
        };
        let deadline = Instant::now() + CALL_DEADLINE;
        let opened = timeout_at(deadline, self.open(target)).await;
        let mut session = opened.map_err(|_| too_slow(target))??;
        let called = timeout_at(deadline, session.call(&call.tool, arguments)).await;
        let called = called.unwrap_or_else(|_| Err(too_slow(target)));
        let result = told(called, tool.risk == Risk::Read)?;
        output(&call.tool, &result, &secrets(target))
    }

    async fn discover(&self, target: &Target) -> Result<Vec<CardTool>> {
        self.tools(target).await
    }
}

fn too_slow(target: &Target) -> Error {
    Error::new(
        Kind::Timeout,
        text!(
            "{service} did not answer in time.",
            service = &target.card.title
        ),
    )
    .hint(text!("Try again in a minute."))
}

/// What is too long to be found in ordinary words.
fn secrets(target: &Target) -> Vec<SecretString> {
    let secrets = target.secrets.values();
    secrets.filter(|it| secret::is_long(it)).cloned().collect()
}

fn service(target: &Target) -> Result<&McpService> {
    let service = target.card.service.mcp.as_deref();
    service.ok_or_else(|| misplaced(target, "MCP"))
}
