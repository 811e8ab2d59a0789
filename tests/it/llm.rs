//! Models over the wire: an independent mock of the providers, a server that misbehaves on
//! purpose, and the demo model on a real database.

mod aimock;
mod demo;
mod hostile;
mod mocked;
mod scripted;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use patchbay::domain::chat::{ChatMessage, ChatReply, ChatRequest, Delta};
use patchbay::domain::tool::ToolSpec;
use patchbay::llm::catalogue::ProviderKind;
use patchbay::llm::provider::{Address, RemoteModel};
use patchbay::llm::{ChatModel, Error, Settings};
use serde_json::json;
use tokio::sync::mpsc;

/// The key that no error may show.
pub const KEY: &str = "sk-test-1";

pub fn http() -> reqwest::Client {
    #[expect(
        clippy::disallowed_methods,
        reason = "the product's client refuses loopback, where the fakes are"
    )]
    let client = reqwest::Client::builder().no_proxy().build();
    client.unwrap()
}

/// Short enough for a test, long enough for a busy machine.
pub fn settings() -> Settings {
    Settings {
        header_timeout: Duration::from_secs(20),
        read_timeout: Duration::from_secs(20),
        total_timeout: Duration::from_secs(30),
    }
}

/// A model in each wire format at a server that speaks them all.
pub fn models(base_url: &str) -> Vec<RemoteModel> {
    let formats = [
        (ProviderKind::Openai, "v1", "gpt-4o-mini"),
        (ProviderKind::Openai, "v1", "gpt-6.1-terra"),
        (ProviderKind::Anthropic, "v1/", "claude-sonnet-5-5"),
        (ProviderKind::Gemini, "v1beta", "gemini-3.8-flash"),
        (ProviderKind::Ollama, "", "qwen3"),
        (ProviderKind::OpenaiCompatible, "v1", "local-medium"),
    ];
    formats
        .into_iter()
        .map(|(kind, path, name)| model(kind, &format!("{base_url}/{path}"), name, settings()))
        .collect()
}

pub fn model(kind: ProviderKind, base_url: &str, name: &str, settings: Settings) -> RemoteModel {
    let needs_key = !matches!(kind, ProviderKind::Ollama | ProviderKind::OpenaiCompatible);
    let address = Address {
        provider: "box".to_owned(),
        kind,
        base_url: Some(base_url.to_owned()),
        api_key: needs_key.then(|| KEY.into()),
        model: name.to_owned(),
    };
    RemoteModel::new(address, http(), settings)
}

pub fn user(text: &str) -> ChatMessage {
    ChatMessage::User {
        heard: String::new(),
        text: text.to_owned(),
    }
}

/// A request with one tool.
pub fn request(messages: Vec<ChatMessage>) -> ChatRequest {
    ChatRequest {
        system: "Be brief.".to_owned(),
        messages,
        tools: vec![Arc::new(ToolSpec::new(
            "weather__now".to_owned(),
            "The weather of a city now.".to_owned(),
            json!({
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"]
            }),
        ))],
        max_output_tokens: 500,
    }
}

/// Asks and gathers the pieces.
pub async fn ask(
    model: &dyn ChatModel,
    messages: Vec<ChatMessage>,
) -> (Result<ChatReply, Error>, Vec<Delta>) {
    let (sender, mut receiver) = mpsc::channel(10_000);
    let reply = model.reply(request(messages), sender).await;
    let mut deltas = Vec::new();
    while let Some(delta) = receiver.recv().await {
        deltas.push(delta);
    }
    (reply, deltas)
}

/// The pieces of text, joined.
pub fn text(deltas: &[Delta]) -> String {
    let pieces = deltas.iter().map(|delta| match delta {
        Delta::Text(text) => text.as_str(),
        Delta::ToolCallStarted(_) | Delta::Unseen(_) => "",
    });
    pieces.collect()
}

/// Each result of the tool, for the calls of a reply.
pub fn answered(asked: &str, reply: ChatReply, results: &[&str]) -> Vec<ChatMessage> {
    let ids: Vec<String> = reply
        .message
        .tool_calls
        .iter()
        .map(|call| call.id.clone())
        .collect();
    assert_eq!(ids.len(), results.len());
    let results = ids
        .into_iter()
        .zip(results)
        .map(|(call_id, content)| ChatMessage::Tool {
            call_id,
            content: (*content).to_owned(),
        });
    [user(asked), ChatMessage::Assistant(reply.message)]
        .into_iter()
        .chain(results)
        .collect()
}
