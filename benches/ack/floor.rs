//! The least that any server could do: answer; check the signature first; store the request first.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use aws_lc_rs::hmac;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::requests;

/// Slack's requests may be this old.
const OLDEST: u64 = 300;

#[derive(Clone)]
struct Floor {
    key: hmac::Key,
    store: Option<SqlitePool>,
}

/// Serves one kind of floor: `empty`, `hmac`, `insert` or `reader`.
pub async fn serve(kind: &str, port: u16, folder: &Path) -> anyhow::Result<()> {
    let store = match kind {
        "insert" => Some(database(&folder.join("floor.db")).await?),
        _ => None,
    };
    let floor = Floor {
        key: requests::key(),
        store,
    };
    let slack = match kind {
        "empty" => post(async |_body: Bytes| StatusCode::OK),
        _ => post(checked),
    };
    let router = Router::new()
        .route("/slack/{what}", slack)
        .route("/readyz", get(async || "ready"))
        .route("/read", post(read))
        .with_state(floor);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = tokio::net::TcpListener::bind(address).await?;
    Ok(axum::serve(listener, router).await?)
}

/// Reads what a model writes, a piece at a time, and counts the pieces.
async fn read(Json(asked): Json<Value>) -> Result<Json<Value>, StatusCode> {
    let broken = |_: reqwest::Error| StatusCode::BAD_GATEWAY;
    let url = asked["url"].as_str().unwrap_or_default();
    #[expect(
        clippy::disallowed_methods,
        reason = "it reads from this program alone"
    )]
    let client = reqwest::Client::new();
    let request = client.post(url).json(&asked["question"]);
    let mut frames = request.send().await.map_err(broken)?;
    let (mut rest, mut text, mut pieces) = (String::new(), String::new(), 0);
    while let Some(bytes) = frames.chunk().await.map_err(broken)? {
        rest.push_str(&String::from_utf8_lossy(&bytes));
        while let Some((line, after)) = rest.split_once("\n\n") {
            let data = line.strip_prefix("data: ").unwrap_or_default();
            let frame: Value = serde_json::from_str(data).unwrap_or_default();
            if let Some(piece) = frame["choices"][0]["delta"]["content"].as_str() {
                text.push_str(piece);
                pieces += 1;
            }
            rest = after.to_owned();
        }
    }
    Ok(Json(json!({ "pieces": pieces, "length": text.len() })))
}

/// The settings of Patchbay's own SQLite: a commit waits for the disk.
async fn database(file: &Path) -> anyhow::Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new()
        .max_connections(8)
        .connect_with(options)
        .await?;
    sqlx::query("create table deliveries (id integer primary key, body text not null)")
        .execute(&pool)
        .await?;
    Ok(pool)
}

async fn checked(State(floor): State<Floor>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if signed(&floor.key, &headers, &body).is_none() {
        return StatusCode::UNAUTHORIZED;
    }
    let Some(pool) = &floor.store else {
        return StatusCode::OK;
    };
    match insert(pool, &body).await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn signed(key: &hmac::Key, headers: &HeaderMap, body: &[u8]) -> Option<()> {
    let header = |name| headers.get(name)?.to_str().ok();
    let timestamp = header("x-slack-request-timestamp")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    if now.abs_diff(timestamp.parse().ok()?) > OLDEST {
        return None;
    }
    let tag = bytes(header("x-slack-signature")?.strip_prefix("v0=")?)?;
    let message = [b"v0:", timestamp.as_bytes(), b":", body].concat();
    hmac::verify(key, &message, &tag).ok()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

async fn insert(pool: &SqlitePool, body: &[u8]) -> anyhow::Result<()> {
    sqlx::query("insert into deliveries (body) values ($1)")
        .bind(std::str::from_utf8(body).context("a body that is text")?)
        .execute(pool)
        .await?;
    Ok(())
}
