//! What each piece of an answer costs while a model writes it: read, journaled, and let grow in
//! Slack; next to a program that reads the same stream and does nothing with it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use slack_sim::Sim;
use tokio::task::JoinSet;

use crate::servers::{Launcher, Server, Transport};
use crate::sink::serve;
use crate::sockets::workspace;

pub const ROUNDS: usize = 3;
/// Pieces of a short and of a long answer: the difference is what pieces cost, without what a
/// question costs.
pub const PIECES: [usize; 2] = [200, 2_200];
/// What a piece says. The long answer still fits a message.
const PIECE: &str = "abc ";
/// Between two pieces, as a fast model writes them.
const PACE: Duration = Duration::from_micros(1_500);
const PATIENCE: Duration = Duration::from_secs(30);

/// Microseconds of processor time for a piece, each round's: Patchbay's, and the reader's.
#[derive(Debug, Default)]
pub struct PerPiece {
    pub patchbay: Vec<f64>,
    pub reader: Vec<f64>,
}

/// Both in turns, on one model.
pub async fn measure(launcher: &Launcher) -> anyhow::Result<PerPiece> {
    let model = Model::start().await?;
    let sim = workspace().await?;
    let patchbay = launcher.patchbay_with(
        "stream",
        Transport::Socket,
        &sim.api_url(),
        &model.settings(),
    )?;
    ensure!(
        sim.connected().await,
        "no socket was opened; the log:\n{}",
        patchbay.log()
    );
    let reader = launcher.floor("stream-floor", "reader").await?;
    let mut measured = PerPiece::default();
    // The first ones open connections and fill caches.
    asked(&sim, &patchbay, PIECES[0]).await?;
    read(&model, &reader, PIECES[0]).await?;
    for _ in 0..ROUNDS {
        let (mut ours, mut theirs) = ([0.0; 2], [0.0; 2]);
        for (index, pieces) in PIECES.into_iter().enumerate() {
            ours[index] = asked(&sim, &patchbay, pieces).await?;
            theirs[index] = read(&model, &reader, pieces).await?;
        }
        let more = (PIECES[1] - PIECES[0]) as f64;
        measured.patchbay.push((ours[1] - ours[0]) / more);
        measured.reader.push((theirs[1] - theirs[0]) / more);
    }
    patchbay.stop().await?;
    reader.stop().await?;
    sim.stop().await;
    Ok(measured)
}

/// Microseconds of processor time from a question to its whole answer, in a channel of its own.
async fn asked(sim: &Sim, patchbay: &Server, pieces: usize) -> anyhow::Result<f64> {
    let before = patchbay.cpu()?;
    let ts = sim.say("alice", "dm", &format!("write {pieces}")).await;
    let ts = ts.map_err(|refused| anyhow::anyhow!("{refused:?}"))?;
    let whole = |sim: &Sim| {
        let thread = sim.thread("alice", "dm", &ts).ok()?;
        let answer = thread.into_iter().find(slack_sim::Message::is_from_bot)?;
        let all = answer.all_text().matches(PIECE.trim()).count() >= pieces;
        (all && !answer.is_growing()).then_some(())
    };
    let answered = sim.until(PATIENCE, whole).await;
    answered.with_context(|| {
        format!(
            "{pieces} pieces did not arrive; the log:\n{}",
            patchbay.log()
        )
    })?;
    // What follows is small, and part of it.
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(patchbay.cpu()?.saturating_sub(before).as_secs_f64() * 1e6)
}

/// Microseconds of processor time of the one that reads the same and does nothing.
async fn read(model: &Model, reader: &Server, pieces: usize) -> anyhow::Result<f64> {
    let before = reader.cpu()?;
    let body = json!({ "url": model.url(), "question": question(pieces) });
    let url = format!("http://{}/read", reader.address);
    #[expect(clippy::disallowed_methods, reason = "it asks this program alone")]
    let client = reqwest::Client::new();
    let answer = client.post(url).json(&body).send().await?;
    let read: Value = answer.error_for_status()?.json().await?;
    ensure!(read["pieces"] == json!(pieces), "the reader read {read}");
    Ok(reader.cpu()?.saturating_sub(before).as_secs_f64() * 1e6)
}

fn question(pieces: usize) -> Value {
    json!({
        "model": "any", "stream": true,
        "messages": [{ "role": "user", "content": format!("write {pieces}") }],
    })
}

/// A model that writes as many pieces as it is asked for, in OpenAI's format.
struct Model {
    address: SocketAddr,
    _server: JoinSet<()>,
}

impl Model {
    async fn start() -> anyhow::Result<Self> {
        let router = Router::new().route("/v1/chat/completions", post(write));
        let (address, server) = serve(router).await?;
        Ok(Self {
            address,
            _server: server,
        })
    }

    fn url(&self) -> String {
        format!("http://{}/v1/chat/completions", self.address)
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let base = format!("http://{}/v1/", self.address);
        vec![
            ("PATCHBAY_MODELS__DEFAULT", "house/any".to_owned()),
            (
                "PATCHBAY_MODELS__PROVIDERS__HOUSE__KIND",
                "openai_compatible".to_owned(),
            ),
            ("PATCHBAY_MODELS__PROVIDERS__HOUSE__BASE_URL", base),
            (
                "PATCHBAY_MODELS__PROVIDERS__HOUSE__MODELS",
                "[\"any\"]".to_owned(),
            ),
        ]
    }
}

async fn write(body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = asked.to_string();
    // The latest question stands last.
    let pieces = text.rsplit("write ").next().unwrap_or_default();
    let digits: String = pieces.chars().take_while(char::is_ascii_digit).collect();
    let pieces: usize = digits.parse().unwrap_or(0);
    let written = futures_util::stream::iter(0..=pieces).then(move |number| async move {
        tokio::time::sleep(PACE).await;
        let frame = |delta: Value, end: Value| {
            let frame = json!({
                "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "any",
                "choices": [{ "index": 0, "delta": delta, "finish_reason": end }],
            });
            format!("data: {frame}\n\n")
        };
        let frames = match number == pieces {
            false => frame(json!({ "content": PIECE }), Value::Null),
            true => format!("{}data: [DONE]\n\n", frame(json!({}), json!("stop"))),
        };
        Ok::<_, std::convert::Infallible>(Bytes::from(frames))
    });
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(written),
    )
        .into_response()
}
