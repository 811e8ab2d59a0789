//! A Slack that takes every answer at once, counts it, and can be told to wait.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::extract::State;
use axum::routing::any;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long answers may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running sink; it ends with this value.
pub struct Sink {
    pub address: SocketAddr,
    state: Arc<Shared>,
    _server: JoinSet<()>,
}

struct Shared {
    answers: watch::Sender<usize>,
    holding: watch::Sender<bool>,
}

/// Serves on a free port of loopback for as long as the second value lives.
pub async fn serve(router: Router) -> anyhow::Result<(SocketAddr, JoinSet<()>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let mut server = JoinSet::new();
    server.spawn(async move {
        // It ends by being dropped.
        let _ = axum::serve(listener, router).await;
    });
    Ok((address, server))
}

impl Sink {
    pub async fn start() -> anyhow::Result<Self> {
        let state = Arc::new(Shared {
            answers: watch::Sender::new(0),
            holding: watch::Sender::new(false),
        });
        let router = Router::new()
            .route("/api/auth.test", any(identity))
            .route("/{*what}", any(take))
            .with_state(state.clone());
        let (address, server) = serve(router).await?;
        Ok(Self {
            address,
            state,
            _server: server,
        })
    }

    pub fn api_url(&self) -> String {
        format!("http://{}/api/", self.address)
    }

    /// How many answers have come.
    pub fn answers(&self) -> usize {
        *self.state.answers.borrow()
    }

    /// Waits until so many answers have come in all.
    pub async fn until(&self, answers: usize) -> anyhow::Result<()> {
        let mut count = self.state.answers.subscribe();
        let enough = count.wait_for(|count| *count >= answers);
        let came = tokio::time::timeout(PATIENCE, enough).await;
        came.map(drop)
            .with_context(|| format!("only {} of {answers} answers came", self.answers()))
    }

    /// Lets answers wait, or go on.
    pub fn hold(&self, holding: bool) {
        self.state.holding.send_replace(holding);
    }
}

async fn identity() -> Json<Value> {
    Json(json!({
        "ok": true, "url": "http://127.0.0.1/", "team": "Simulated", "team_id": "T0SIM0001",
        "user": "patchbay", "user_id": "U0BOT0001", "bot_id": "B0BOT0001",
    }))
}

async fn take(State(state): State<Arc<Shared>>) -> Json<Value> {
    let mut holding = state.holding.subscribe();
    // The sender lives as long as the state that this holds.
    let _ = holding.wait_for(|holding| !holding).await;
    state.answers.send_modify(|count| *count += 1);
    Json(json!({ "ok": true, "channel": "C0GENERAL1", "ts": "1700000000.000100" }))
}
