//! What listens: Slack's signed requests, health checks and metrics.

mod health;
mod metrics;

use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tower_http::timeout::TimeoutLayer;

use crate::app::App;
use crate::slack::events;

/// No request takes longer; Slack's are acknowledged in three seconds.
const LONGEST_REQUEST: std::time::Duration = std::time::Duration::from_secs(10);

/// Every address there is.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(events::routes())
        .merge(health::routes())
        .merge(metrics::routes())
        .layer(TimeoutLayer::with_status_code(
            axum::http::StatusCode::REQUEST_TIMEOUT,
            LONGEST_REQUEST,
        ))
        .with_state(app)
}

/// Serves until the app stops, then finishes what is open.
pub async fn serve(app: Arc<App>, listener: TcpListener) {
    let tasks = app.tasks.clone();
    let served = axum::serve(listener, router(app))
        .with_graceful_shutdown(async move { tasks.stopping().await });
    if let Err(error) = served.await {
        tracing::error!("HTTP stopped: {error}");
    }
}
