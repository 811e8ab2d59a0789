//! One model at a company or on a machine, over HTTP, in whichever wire format it speaks.

mod frames;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use genai::adapter::AdapterKind;
use genai::chat::{ChatOptions, ChatStreamEvent, MessageContent, StopReason, StreamEnd};
use genai::resolver::{AuthData, Endpoint};
use genai::{ModelIden, ServiceTarget};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::sync::mpsc;

use self::frames::Frames;
use super::catalogue::ProviderKind;
use super::dialect::{self, Habits};
use super::{ChatModel, Error, ErrorKind, Settings, classify};
use crate::domain::chat::{ChatReply, ChatRequest, Delta};

/// The most bytes of one answer that are held; no `max_output_tokens` comes near it.
const ANSWER_LIMIT: usize = 8 * 1024 * 1024;

/// What it takes to reach one model.
#[derive(Clone, Debug)]
pub struct Address {
    /// What people call the provider in `provider/model`.
    pub provider: String,
    /// Which wire format it speaks.
    pub kind: ProviderKind,
    /// Where it is; nothing for the company's own address.
    pub base_url: Option<String>,
    /// The key, where it wants one.
    pub api_key: Option<SecretString>,
    /// The model, as the provider knows it.
    pub model: String,
}

/// A model behind HTTP.
pub struct RemoteModel {
    name: String,
    title: String,
    address: Address,
    adapter: AdapterKind,
    settings: Settings,
    client: genai::Client,
}

impl RemoteModel {
    /// The model at `address`, asked through `http`.
    pub fn new(address: Address, http: reqwest::Client, settings: Settings) -> Self {
        Self {
            name: format!("{}/{}", address.provider, address.model),
            title: address.kind.title(&address.provider),
            adapter: adapter(address.kind, &address.model),
            address,
            settings,
            client: genai::ClientBuilder::default()
                .with_reqwest(http)
                .build()
                .expect("only building an HTTP client can fail, and this one is built"),
        }
    }

    async fn stream(
        &self,
        request: &ChatRequest,
        deltas: mpsc::Sender<Delta>,
    ) -> Result<ChatReply, Error> {
        let asked = dialect::request(request, &self.name, self.habits());
        let gathers_calls = self.adapter == AdapterKind::OpenAI;
        let frames = Arc::new(Frames::new(gathers_calls));
        let options = self
            .options(request.max_output_tokens)
            .with_capture_tool_calls(!gathers_calls)
            .with_raw_frame_sink_arc(frames.clone());
        let mut stream = self
            .client
            .exec_chat_stream(self.target(), asked, Some(&options))
            .await
            .map_err(|error| self.failure(&error))?
            .stream;
        let mut started: BTreeMap<String, usize> = BTreeMap::new();
        let mut size = 0;
        loop {
            let event = tokio::select! {
                biased;
                () = frames.exceeded() => return Err(self.error(ErrorKind::AnswerTooLong, None)),
                event = stream.next() => event,
            };
            let Some(event) = event else {
                return Err(self.error(ErrorKind::Truncated, None));
            };
            if size + frames.argument_bytes() > ANSWER_LIMIT {
                return Err(self.error(ErrorKind::AnswerTooLong, None));
            }
            match event.map_err(|error| self.failure(&error))? {
                ChatStreamEvent::Chunk(chunk) => {
                    size += chunk.content.len();
                    // A full or closed channel loses the piece; the reply is whole anyway.
                    let _ = deltas.try_send(Delta::Text(chunk.content));
                }
                ChatStreamEvent::ToolCallChunk(chunk) => {
                    let call = chunk.tool_call;
                    let known = started.contains_key(&call.call_id);
                    // It comes with all of its arguments so far, or they are counted by `frames`.
                    let held = started.entry(call.call_id).or_default();
                    let now = call.fn_arguments.as_str().map_or(0, str::len);
                    size += now.saturating_sub(*held);
                    *held = now.max(*held);
                    if !call.fn_name.is_empty() && !known {
                        // As above.
                        let _ = deltas.try_send(Delta::ToolCallStarted(call.fn_name));
                    }
                }
                ChatStreamEvent::ReasoningChunk(chunk) => {
                    size += chunk.content.len();
                    // As above.
                    let _ = deltas.try_send(Delta::Unseen(chunk.content.len()));
                }
                ChatStreamEvent::End(mut end) => {
                    let calls = frames.take_calls();
                    if !calls.is_empty() {
                        let calls = MessageContent::from_tool_calls(calls);
                        let content = end.captured_content.get_or_insert_default();
                        content.extend(calls);
                    }
                    let counted = end.captured_usage.as_ref();
                    let usage = counted.map(|counted| dialect::usage(Some(counted)));
                    let finished = self.finish(end, request);
                    return finished.map_err(|error| Error { usage, ..error });
                }
                ChatStreamEvent::Start
                | ChatStreamEvent::ThoughtSignatureChunk(_)
                | ChatStreamEvent::Heartbeat => {}
            }
        }
    }

    fn finish(&self, end: StreamEnd, request: &ChatRequest) -> Result<ChatReply, Error> {
        if !self.has_ended(&end) {
            return Err(self.error(ErrorKind::Truncated, None));
        }
        match &end.captured_stop_reason {
            Some(StopReason::MaxTokens(raw)) if raw == "model_context_window_exceeded" => {
                return Err(self.error(ErrorKind::ContextTooLong, None));
            }
            Some(StopReason::MaxTokens(_)) => {
                return Err(self.error(ErrorKind::AnswerTooLong, None));
            }
            Some(StopReason::ContentFilter(_)) => {
                return Err(self.error(ErrorKind::ContentFilter, None));
            }
            _ => {}
        }
        let usage = dialect::usage(end.captured_usage.as_ref());
        let reason = end.captured_stop_reason.as_ref().map(StopReason::raw);
        let reason = reason.unwrap_or("no reason given").to_owned();
        let message = dialect::reply(end, request, &self.name);
        if message.text.trim().is_empty() && message.tool_calls.is_empty() {
            let cause = anyhow::anyhow!("an answer with nothing in it: {reason}");
            return Err(self.error(ErrorKind::Server, Some(cause)));
        }
        Ok(ChatReply {
            message,
            usage,
            model: self.name.clone(),
        })
    }

    /// Whether the provider said that it was done. Where its format has no closing event the
    /// library makes one up when the connection closes; then the last frame's fields are missing.
    fn has_ended(&self, end: &StreamEnd) -> bool {
        match self.adapter {
            AdapterKind::OpenAI | AdapterKind::Anthropic => true,
            AdapterKind::Ollama => end.captured_usage.is_some(),
            _ => end.captured_stop_reason.is_some(),
        }
    }

    fn target(&self) -> ServiceTarget {
        let base_url = self.address.base_url.as_deref();
        let base_url = base_url.unwrap_or_else(|| self.address.kind.base_url());
        // Some servers need no key but the library insists on one.
        let key = self.key().unwrap_or("none");
        ServiceTarget {
            endpoint: Endpoint::from_owned(format!("{}/", base_url.trim_end_matches('/'))),
            auth: AuthData::from_single(key),
            model: ModelIden::new(self.adapter, self.address.model.as_str()),
        }
    }

    fn key(&self) -> Option<&str> {
        self.address
            .api_key
            .as_ref()
            .map(ExposeSecret::expose_secret)
    }

    fn options(&self, max_output_tokens: u32) -> ChatOptions {
        // Asking Gemini for its thoughts costs tokens, and it signs its calls without.
        let gemini = self.adapter == AdapterKind::Gemini;
        let options = ChatOptions::default()
            .with_max_tokens(max_output_tokens)
            .with_stream_header_timeout(self.settings.header_timeout)
            .with_stream_read_timeout(self.settings.read_timeout)
            .with_capture_usage(true)
            .with_capture_content(true)
            .with_capture_reasoning_content(!gemini);
        match (self.address.kind, self.adapter) {
            // Only verified organisations may ask for summaries; the sealed thoughts are enough.
            (_, AdapterKind::OpenAIResp) => {
                options.with_extra_body(json!({"reasoning": {"summary": null}}))
            }
            // The library takes an ending such as `-medium` for a wish, not for a name.
            (ProviderKind::OpenaiCompatible, _) => {
                options.with_extra_body(json!({"model": self.address.model}))
            }
            // The library sends no key to Ollama, but a proxy before it may want one.
            (ProviderKind::Ollama, _) => match self.key() {
                Some(key) => options.with_extra_headers(("authorization", format!("Bearer {key}"))),
                None => options,
            },
            _ => options,
        }
    }

    fn habits(&self) -> Habits {
        Habits {
            joins_results: self.address.kind != ProviderKind::Ollama,
            marks_cache: self.address.kind == ProviderKind::Anthropic,
        }
    }

    fn failure(&self, error: &genai::Error) -> Error {
        let (kind, cause) = classify::classify(error, self.key());
        self.error(kind, Some(cause))
    }

    fn error(&self, kind: ErrorKind, source: Option<anyhow::Error>) -> Error {
        Error {
            provider: self.title.clone(),
            model: self.address.model.clone(),
            kind,
            usage: None,
            source,
        }
    }
}

#[async_trait]
impl ChatModel for RemoteModel {
    fn name(&self) -> &str {
        &self.name
    }

    async fn reply(
        &self,
        request: ChatRequest,
        deltas: mpsc::Sender<Delta>,
    ) -> Result<ChatReply, Error> {
        let reply = Box::pin(self.stream(&request, deltas));
        match tokio::time::timeout(self.settings.total_timeout, reply).await {
            Ok(reply) => reply,
            Err(_) => Err(self.error(ErrorKind::Timeout, None)),
        }
    }
}

/// The wire format of one model; two companies have a newer one for their newer models.
fn adapter(kind: ProviderKind, model: &str) -> AdapterKind {
    let newest = AdapterKind::from_model(model).ok();
    match (kind, newest) {
        (ProviderKind::Openai, Some(AdapterKind::OpenAIResp)) => AdapterKind::OpenAIResp,
        (ProviderKind::Gemini, Some(AdapterKind::GeminiIx)) => AdapterKind::GeminiIx,
        (ProviderKind::Openai | ProviderKind::OpenaiCompatible, _) => AdapterKind::OpenAI,
        (ProviderKind::Anthropic, _) => AdapterKind::Anthropic,
        (ProviderKind::Gemini, _) => AdapterKind::Gemini,
        (ProviderKind::Ollama, _) => AdapterKind::Ollama,
    }
}
