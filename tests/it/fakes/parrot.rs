//! A model that strangers have taken over: it calls the tool it is told to, and says whatever comes back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use patchbay::llm::catalogue::{ProviderConfig, ProviderKind};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How many characters it says at a time.
const PIECE: usize = 300;

type Calls = Arc<Mutex<VecDeque<(String, Value)>>>;

pub struct Parrot {
    url: String,
    calls: Calls,
}

impl Parrot {
    /// Starts one on a free port of loopback.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/", listener.local_addr().unwrap());
        let calls = Calls::default();
        let app = Router::new().fallback(reply).with_state(calls.clone());
        #[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, calls }
    }

    /// How it is configured.
    pub fn provider(&self) -> ProviderConfig {
        ProviderConfig {
            kind: ProviderKind::OpenaiCompatible,
            base_url: Some(self.url.clone()),
            api_key: Some("sk-parrot".into()),
            models: vec!["any".to_owned()],
        }
    }

    /// What it calls when it is asked next.
    pub fn will_call(&self, name: &str, arguments: Value) {
        let call = (name.to_owned(), arguments);
        self.calls.lock().unwrap().push_back(call);
    }
}

async fn reply(State(calls): State<Calls>, Json(request): Json<Value>) -> Response {
    let last = request["messages"].as_array().and_then(|all| all.last());
    let last = last.unwrap_or(&Value::Null);
    let mut frames = String::new();
    if last["role"] == "tool" {
        let result = last["content"].as_str().unwrap_or_default();
        let letters: Vec<char> = heard(result).chars().collect();
        for piece in letters.chunks(PIECE) {
            let piece: String = piece.iter().collect();
            frames.push_str(&frame(&json!({ "content": piece }), None));
        }
        frames.push_str(&frame(&json!({}), Some("stop")));
    } else {
        let (name, arguments) = calls.lock().unwrap().pop_front().unwrap();
        let call = json!({ "tool_calls": [{
            "index": 0, "id": "call_0", "type": "function",
            "function": { "name": name, "arguments": arguments.to_string() },
        }] });
        frames.push_str(&frame(&call, None));
        frames.push_str(&frame(&json!({}), Some("tool_calls")));
    }
    let usage = json!({ "choices": [], "usage": {
        "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
    } });
    frames.push_str(&format!("data: {usage}\n\ndata: [DONE]\n\n"));
    ([(header::CONTENT_TYPE, "text/event-stream")], frames).into_response()
}

/// The result as it was given, and every text in it by itself if it is JSON.
fn heard(result: &str) -> String {
    let is_wrapping = |line: &&str| line.starts_with("<tool_result ") || *line == "</tool_result>";
    let inner: Vec<_> = result.lines().filter(|line| !is_wrapping(line)).collect();
    let inner = inner.join("\n");
    let mut said = String::new();
    if let Ok(value) = serde_json::from_str::<Value>(&inner) {
        texts(&value, &mut said);
        return said;
    }
    inner
}

fn texts(value: &Value, said: &mut String) {
    match value {
        Value::String(text) => {
            said.push_str(text);
            said.push_str("\n\n");
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, said)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, said)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn frame(delta: &Value, end: Option<&str>) -> String {
    let frame = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "any",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": end }],
    });
    format!("data: {frame}\n\n")
}
