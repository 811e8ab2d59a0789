//! Sessions with MCP servers: connect, list the tools, call one, say goodbye.
//!
//! The protocol is `rmcp`'s; whom we connect to, how much we read and how long we wait is decided here.

mod content;
mod failure;
mod http;

use std::time::Duration;

use anyhow::anyhow;
use reqwest::header::HeaderMap;
use rmcp::ClientHandler;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, CancelledNotificationParam,
    ClientCapabilities, ClientConfig, ClientRequest, ErrorCode, Implementation,
    PaginatedRequestParams, ProtocolVersion, RequestId, ServerResult, Tool,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt as _, PeerRequestOptions, RoleClient, RunningService,
    ServiceError,
};
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::time::timeout;
use url::Url;

pub use self::content::output;
use self::http::Guarded;
use crate::error::{Error, Result};
use crate::net::GuardedClient;
use crate::tasks::Tasks;

/// The most bytes of one answer, or of one event of a stream.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// The most pages of a list of tools, and the most tools of all of them.
const MOST_PAGES: usize = 20;
const MOST_TOOLS: usize = 1_000;
/// How long it may take to tell a server that it is over, each step of it.
const GOODBYE: Duration = Duration::from_secs(2);

/// A server: where it is and how we show whose request it is.
#[derive(Clone, Debug)]
pub struct Server {
    /// The service as people know it.
    pub title: String,
    /// Its address.
    pub url: Url,
    /// Headers of every request.
    pub headers: HeaderMap,
    /// What it may not repeat to us.
    pub secrets: Vec<SecretString>,
}

/// A session with one server. When it is dropped the server is told, in the background.
pub struct Session {
    server: Server,
    service: Option<RunningService<RoleClient, Client>>,
    /// The call that is not answered yet.
    open: Option<RequestId>,
    tasks: Tasks,
}

impl Session {
    /// Connects and agrees on a protocol: the newest where the server has it, else by the handshake
    /// of the older ones.
    pub async fn open(http: &GuardedClient, server: Server, tasks: &Tasks) -> Result<Self> {
        let lifecycle = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: Some(ProtocolVersion::V_2025_11_25),
        };
        let transport = Guarded::new(http.clone()).transport(&server);
        let opened = Client.serve_with_lifecycle(transport, lifecycle).await;
        let service = opened.map_err(|error| failure::not_opened(&server, error))?;
        Ok(Self {
            server,
            service: Some(service),
            open: None,
            tasks: tasks.clone(),
        })
    }

    fn service(&self) -> Result<&RunningService<RoleClient, Client>> {
        let service = self.service.as_ref();
        service.ok_or_else(|| Error::internal(anyhow!("a session was used after its end")))
    }

    /// The tools that the server tells of, as many as are taken.
    pub async fn tools(&self) -> Result<Vec<Tool>> {
        let service = self.service()?;
        let mut tools: Vec<Tool> = Vec::new();
        let mut next = None;
        for _ in 0..MOST_PAGES {
            let page = PaginatedRequestParams::default().with_cursor(next);
            let listed = service.list_tools(Some(page)).await;
            let listed = listed.map_err(|error| failure::refused(&self.server, error))?;
            for tool in listed.tools {
                if tools.len() < MOST_TOOLS && tools.iter().all(|known| known.name != tool.name) {
                    tools.push(tool);
                }
            }
            next = listed.next_cursor;
            if next.is_none() || tools.len() >= MOST_TOOLS {
                return Ok(tools);
            }
        }
        tracing::warn!("an MCP server has more pages of tools than are read");
        Ok(tools)
    }

    /// Calls a tool. What the tool itself calls a failure is a result like any other.
    pub async fn call(
        &mut self,
        tool: &str,
        arguments: &Map<String, Value>,
    ) -> Result<CallToolResult> {
        match self.call_once(tool, arguments).await {
            // Some arguments have to be in headers as well; which ones the list of tools says.
            Err(ServiceError::McpError(refusal)) if refusal.code == ErrorCode::HEADER_MISMATCH => {
                self.tools().await?;
                let again = self.call_once(tool, arguments).await;
                again.map_err(|error| failure::refused(&self.server, error))
            }
            outcome => outcome.map_err(|error| failure::refused(&self.server, error)),
        }
        .and_then(|result| match result {
            ServerResult::CallToolResult(result) => Ok(result),
            ServerResult::InputRequiredResult(_) => Err(failure::asks_back(&self.server.title)),
            _ => Err(failure::odd_answer(&self.server.title)),
        })
    }

    async fn call_once(
        &mut self,
        tool: &str,
        arguments: &Map<String, Value>,
    ) -> Result<ServerResult, ServiceError> {
        let service = self.service.as_ref().ok_or(ServiceError::TransportClosed)?;
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments.clone());
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let options = PeerRequestOptions::no_options();
        let sent = service.send_request_with_option(request, options).await?;
        self.open = Some(sent.id.clone());
        let answer = sent.await_response().await;
        self.open = None;
        answer
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let (Some(mut service), open) = (self.service.take(), self.open.take()) else {
            return;
        };
        self.tasks.spawn("goodbye to an MCP server", async move {
            if let Some(id) = open {
                let why = Some("nobody waits for it any more".to_owned());
                let cancelled = CancelledNotificationParam::new(Some(id), why);
                let telling = service.notify_cancelled(cancelled);
                timeout(GOODBYE, telling).await.ok();
            }
            service.close_with_timeout(GOODBYE).await.ok();
        });
    }
}

/// What we are to a server: nobody that can be asked for anything.
#[derive(Clone, Copy, Debug)]
struct Client;

impl ClientHandler for Client {
    fn get_info(&self) -> ClientConfig {
        let this = Implementation::new("patchbay", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), this)
    }
}
