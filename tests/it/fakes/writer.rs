//! A model whose words a test writes as it goes: OpenAI's streaming format, a piece at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use patchbay::llm::catalogue::{ProviderConfig, ProviderKind};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

/// What the model was asked, request by request.
type Asked = Arc<std::sync::Mutex<Vec<Value>>>;

/// The end of a reply, as the reader of the channel gets it.
enum Line {
    Text(String),
    Call {
        name: String,
        arguments: String,
    },
    /// With that reason, or the one that fits what was written.
    End(Option<&'static str>),
    BreakOff,
}

pub struct Writer {
    url: String,
    asked: Asked,
    lines: mpsc::UnboundedSender<Line>,
    refuses: Arc<AtomicBool>,
}

impl Writer {
    /// Starts one on a free port of loopback. Replies take what is written in its order.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/", listener.local_addr().unwrap());
        let (lines, written) = mpsc::unbounded_channel();
        let (asked, refuses) = (Asked::default(), Arc::new(AtomicBool::new(false)));
        let app = Router::new().fallback(reply).with_state((
            Arc::new(Mutex::new(written)),
            asked.clone(),
            refuses.clone(),
        ));
        #[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            asked,
            lines,
            refuses,
        }
    }

    /// How it is configured.
    pub fn provider(&self) -> ProviderConfig {
        ProviderConfig {
            kind: ProviderKind::OpenaiCompatible,
            base_url: Some(self.url.clone()),
            api_key: Some("sk-writer".into()),
            models: vec!["any".to_owned()],
        }
    }

    /// Writes a whole reply.
    pub fn answers(&self, text: &str) {
        self.writes(text);
        self.ends();
    }

    /// What it was asked, request by request: the body of each.
    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }

    /// Writes some more of the current reply.
    pub fn writes(&self, text: &str) {
        self.lines.send(Line::Text(text.to_owned())).unwrap();
    }

    /// Asks for a tool in the current reply.
    pub fn calls(&self, name: &str, arguments: Value) {
        self.calls_with(name, &arguments.to_string());
    }

    /// The same with arguments that need not be JSON.
    pub fn calls_with(&self, name: &str, arguments: &str) {
        let (name, arguments) = (name.to_owned(), arguments.to_owned());
        self.lines.send(Line::Call { name, arguments }).unwrap();
    }

    /// Ends the current reply.
    pub fn ends(&self) {
        self.lines.send(Line::End(None)).unwrap();
    }

    /// Ends the current reply for a reason of its own.
    pub fn ends_for(&self, reason: &'static str) {
        self.lines.send(Line::End(Some(reason))).unwrap();
    }

    /// Cuts the connection in the middle of the current reply.
    pub fn breaks_off(&self) {
        self.lines.send(Line::BreakOff).unwrap();
    }

    /// Refuses the next request: its key is wrong.
    pub fn refuses(&self) {
        self.refuses.store(true, Ordering::SeqCst);
    }
}

type Lines = Arc<Mutex<mpsc::UnboundedReceiver<Line>>>;

async fn reply(
    State((lines, asked, refuses)): State<(Lines, Asked, Arc<AtomicBool>)>,
    body: Bytes,
) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or_default();
    asked.lock().unwrap().push(body);
    if refuses.swap(false, Ordering::SeqCst) {
        return (StatusCode::UNAUTHORIZED, "not you").into_response();
    }
    let lines = lines.lock_owned().await;
    let state = (lines, false, 0);
    let body = futures_util::stream::unfold(state, |(mut lines, called, number)| async move {
        if number < 0 {
            return None;
        }
        let (frames, called, next) = match lines.recv().await? {
            Line::Text(text) => (frame(&json!({ "content": text }), None), called, number),
            Line::Call { name, arguments } => {
                let call = json!({ "tool_calls": [{
                    "index": number, "id": format!("call_{number}"), "type": "function",
                    "function": { "name": name, "arguments": arguments },
                }] });
                (frame(&call, None), true, number + 1)
            }
            Line::BreakOff => {
                let cut = std::io::Error::other("the connection is cut");
                return Some((Err(cut), (lines, called, -1)));
            }
            Line::End(reason) => {
                let reason = reason.unwrap_or(if called { "tool_calls" } else { "stop" });
                let usage = json!({ "choices": [], "usage": {
                    "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
                } });
                let end = format!(
                    "{}data: {usage}\n\ndata: [DONE]\n\n",
                    frame(&json!({}), Some(reason))
                );
                (end, called, -1)
            }
        };
        Some((Ok(Bytes::from(frames)), (lines, called, next)))
    });
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(body),
    )
        .into_response()
}

fn frame(delta: &Value, end: Option<&str>) -> String {
    let frame = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "any",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": end }],
    });
    format!("data: {frame}\n\n")
}
