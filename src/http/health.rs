//! `/healthz`: the process lives. `/readyz`: requests can arrive, be stored and be answered; and if
//! not, why not.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::get;
use serde::Serialize;

use crate::app::App;
use crate::slack::Transport;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// The two addresses that a supervisor asks.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
}

/// What `/readyz` answers. It names no person, no address and no secret.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    stopping: bool,
    slack: SlackReadiness,
    storage: StorageReadiness,
    /// Where the mistakes of run cards are; what they are may quote an address, and is in the log.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cards: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SlackReadiness {
    transport: Transport,
    /// Only where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    sockets: Option<SocketCount>,
    /// Why nothing arrives, or nothing can be answered.
    problem: Option<String>,
    /// When Slack last held events back, if that was within the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    events_held_back_at: Option<chrono::DateTime<chrono::Utc>>,
}

#[derive(Debug, Serialize)]
struct SocketCount {
    open: usize,
    wanted: u32,
    /// By Slack's count, which includes other processes and ghosts.
    counted_by_slack: usize,
}

#[derive(Debug, Serialize)]
struct StorageReadiness {
    problem: Option<&'static str>,
}

async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Readiness>) {
    let (slack, storage) = (slack(&app), storage(&app).await);
    let stopping = app.tasks.is_stopping();
    let ready = !stopping && slack.problem.is_none() && storage.problem.is_none();
    let status = match ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let readiness = Readiness {
        ready,
        stopping,
        slack,
        storage,
        cards: cards(&app),
    };
    (status, Json(readiness))
}

fn slack(app: &App) -> SlackReadiness {
    let config = &app.config.slack;
    let sockets = (config.transport == Transport::Socket).then(|| SocketCount {
        open: app.sockets.open(),
        wanted: config.sockets,
        counted_by_slack: app.sockets.counted(),
    });
    let standing = app.slack.standing();
    let refused = standing
        .refused()
        .map(|code| format!("Slack refuses the bot token (`{code}`): check slack.bot_token."));
    let deaf = sockets.as_ref().is_some_and(|sockets| sockets.open == 0);
    let deaf = deaf.then(|| match app.sockets.failure() {
        Some(failure) => format!("No socket to Slack is open. {failure}."),
        None => "No socket to Slack is open yet.".to_owned(),
    });
    SlackReadiness {
        transport: config.transport,
        sockets,
        problem: refused.or(deaf),
        events_held_back_at: standing.held_back(app.clock.now()),
    }
}

fn cards(app: &App) -> Vec<String> {
    let problems = app.cards.problems().into_iter();
    problems
        .map(|problem| format!("{}:{}", problem.file, problem.line))
        .collect()
}

async fn storage(app: &App) -> StorageReadiness {
    let answers = tokio::time::timeout(PATIENCE, app.store.ping()).await;
    StorageReadiness {
        problem: match answers {
            Ok(Ok(())) => None,
            Ok(Err(_)) | Err(_) => Some("The database does not answer: check database.url."),
        },
    }
}
