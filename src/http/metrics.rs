//! `/metrics`: what was counted and what waits, as Prometheus reads it, for whoever has the token.
//!
//! Without a token there is no such address: a proxy before Patchbay makes everybody look like a
//! neighbour, so that the peer's address says nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeGaugeValue;
use prometheus_client::encoding::prometheus_text::{CONTENT_TYPE as TEXT, encode};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use secrecy::{ExposeSecret as _, SecretString};

use crate::app::App;
use crate::error::Error;
use crate::signals::metrics::PREFIX;
use crate::signals::process::Process;
use crate::slack::Transport;
use crate::store::{Depths, PoolSize, in_time};

/// How long the database may take to say what waits.
const PATIENCE: Duration = Duration::from_secs(2);

/// The address, which is there where a token is set.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let Some(token) = &app.config.http.metrics_token else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if !knows(&headers, token) {
        let scheme = [(WWW_AUTHENTICATE, "Bearer")];
        return (StatusCode::UNAUTHORIZED, scheme).into_response();
    }
    match told(&app).await {
        Ok(text) => ([(CONTENT_TYPE, TEXT)], text).into_response(),
        Err(error) => {
            tracing::error!("the metrics could not be written: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn knows(headers: &HeaderMap, token: &SecretString) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let given = given.and_then(|it| it.split_once(' '));
    given.is_some_and(|(scheme, given)| {
        let (given, token) = (given.trim().as_bytes(), token.expose_secret().as_bytes());
        scheme.eq_ignore_ascii_case("bearer")
            && aws_lc_rs::constant_time::verify_slices_are_equal(given, token).is_ok()
    })
}

/// All of it. What the database does not say in time is left out, and that it did not is said.
async fn told(app: &App) -> Result<String, std::fmt::Error> {
    let now = app.clock.now();
    let depths = in_time(PATIENCE, app.store.depths(now)).await;
    let (mut own, mut common) = (Registry::with_prefix(PREFIX), Registry::default());
    own.register(
        "build",
        "Which version this is",
        Info::new([("version", env!("CARGO_PKG_VERSION"))]),
    );
    waiting(&mut own, &depths, now);
    pool(&mut own, app.store.pool_size());
    slack(&mut own, app);
    gauge(
        &mut own,
        "stopping",
        "Whether it was told to stop",
        i64::from(app.tasks.is_stopping()),
    );
    if let Some(process) = Process::now() {
        self::process(&mut common, process);
    }
    let mut text = String::new();
    encode(&mut text, app.signals.metrics.registry())?;
    encode(&mut text, &own)?;
    encode(&mut text, &common)?;
    Ok(text)
}

fn gauge<N>(registry: &mut Registry, name: &str, help: &str, value: N)
where
    N: EncodeGaugeValue + std::fmt::Debug + Send + Sync + 'static,
{
    registry.register(name, help, ConstGauge::new(value));
}

fn waiting(own: &mut Registry, depths: &Result<Depths, Error>, now: DateTime<Utc>) {
    let up = "Whether the database said what waits";
    gauge(own, "database_up", up, i64::from(depths.is_ok()));
    let Ok(depths) = depths else {
        return;
    };
    let oldest = |since: Option<DateTime<Utc>>| {
        let age = since.map_or(0, |since| (now - since).num_milliseconds());
        age.max(0) as f64 / 1_000.0
    };
    for (name, help, count, since) in [
        (
            "inbox",
            "commands, clicks and forms that are acknowledged and not finished",
            depths.deliveries,
            depths.oldest_delivery,
        ),
        (
            "runs_queued",
            "questions that nobody works on yet",
            depths.queued,
            depths.oldest_queued,
        ),
        (
            "outbox",
            "messages that are due and not sent",
            depths.due,
            depths.oldest_due,
        ),
    ] {
        gauge(
            own,
            name,
            &format!("How many {help}, of all processes"),
            count,
        );
        let name = format!("{name}_oldest_seconds");
        let help = format!("How long the oldest waits of {help}; 0 where there are none");
        gauge(own, &name, &help, oldest(since));
    }
    for (name, help, count) in [
        (
            "runs_running",
            "Questions that are worked on",
            depths.running,
        ),
        (
            "runs_waiting",
            "Questions that wait for a person",
            depths.waiting,
        ),
        (
            "approvals_pending",
            "Decisions that a person was asked for",
            depths.approvals,
        ),
    ] {
        gauge(own, name, &format!("{help}, of all processes"), count);
    }
}

fn pool(own: &mut Registry, pool: PoolSize) {
    let connections: Family<[(&str, &str); 1], Gauge> = Family::default();
    let used = pool.open.saturating_sub(pool.idle);
    for (state, count) in [("idle", pool.idle), ("used", used)] {
        let labels = [("state", state)];
        connections.get_or_create(&labels).set(i64::from(count));
    }
    let help = "Connections to the database that are open";
    own.register("database_connections", help, connections);
    gauge(
        own,
        "database_connections_limit",
        "The most connections to the database that this process opens",
        i64::from(pool.most),
    );
}

fn slack(own: &mut Registry, app: &App) {
    if app.config.slack.transport == Transport::Socket {
        gauge(
            own,
            "slack_sockets_open",
            "Sockets to Slack that are up",
            app.sockets.open() as i64,
        );
        gauge(
            own,
            "slack_sockets_wanted",
            "Sockets to Slack that should be up",
            i64::from(app.config.slack.sockets),
        );
    }
    let refused = app.slack.standing().refused().is_some();
    gauge(
        own,
        "slack_token_refused",
        "Whether Slack refuses the bot token, so that nothing is sent",
        i64::from(refused),
    );
}

fn process(common: &mut Registry, process: Process) {
    gauge(
        common,
        "process_resident_memory_bytes",
        "Memory that is really there",
        process.resident as i64,
    );
    gauge(
        common,
        "process_open_fds",
        "Files, sockets and the like that are open",
        process.open_files as i64,
    );
    common.register(
        "process_cpu_seconds",
        "Time on a processor",
        ConstCounter::new(process.cpu_seconds),
    );
}
