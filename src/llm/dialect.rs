//! Our conversations in the library's words and back, so that nothing a provider needs is lost.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use genai::chat::{
    self, CacheControl, ContentPart, MessageContent, StreamEnd, Tool, ToolResponse, Usage,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::domain::chat::{AssistantMessage, ChatMessage, ChatRequest};
use crate::domain::tool::{ToolCall, ToolSpec};
use crate::domain::usage::TokenUsage;

/// The longest call identifier that every provider takes back.
const CALL_ID_LIMIT: usize = 40;

/// What one provider wants said differently.
#[derive(Clone, Copy, Debug, Default)]
pub struct Habits {
    /// Results of parallel calls go into one message; otherwise each has its own.
    pub joins_results: bool,
    /// Takes marks up to where a prompt may be cached.
    pub marks_cache: bool,
}

/// A reply's parts that only the model that wrote them understands.
#[derive(Serialize, Deserialize)]
struct Kept {
    model: String,
    parts: Vec<ContentPart>,
}

/// The same for one call.
#[derive(Serialize, Deserialize)]
struct KeptCall {
    model: String,
    call_id: String,
    signatures: Option<Vec<String>>,
}

/// The request in the library's words. `model` is who is asked: what another model kept for
/// itself is left out.
pub fn request(request: &ChatRequest, model: &str, habits: Habits) -> chat::ChatRequest {
    let mut messages = Vec::new();
    let mut wire_calls: HashMap<&str, chat::ToolCall> = HashMap::new();
    let mut results: Vec<ToolResponse> = Vec::new();
    for message in &request.messages {
        match message {
            ChatMessage::User { heard, text } => {
                flush(&mut results, &mut messages, habits);
                let whole = match heard.is_empty() {
                    true => text.clone(),
                    false => format!("{heard}\n\n{text}"),
                };
                messages.push(chat::ChatMessage::user(whole));
            }
            ChatMessage::Assistant(said) => {
                flush(&mut results, &mut messages, habits);
                for call in &said.tool_calls {
                    wire_calls.insert(&call.id, wire_call(call, model));
                }
                messages.extend(wire_message(said, model));
            }
            ChatMessage::Tool { call_id, content } => {
                results.push(match wire_calls.get(call_id.as_str()) {
                    Some(call) => ToolResponse::from_tool_call(call, content),
                    None => ToolResponse::new(call_id, content),
                });
            }
        }
    }
    flush(&mut results, &mut messages, habits);
    assemble(request, messages, habits)
}

fn assemble(
    request: &ChatRequest,
    mut messages: Vec<chat::ChatMessage>,
    habits: Habits,
) -> chat::ChatRequest {
    let system = (!request.system.is_empty()).then(|| request.system.clone());
    // With tools a second request over the same prefix is likely: cache what is standing and
    // what has been said so far.
    if habits.marks_cache && !request.tools.is_empty() {
        if let Some(last) = messages.pop() {
            messages.push(last.with_options(CacheControl::Ephemeral));
        }
        if let Some(system) = system {
            messages.insert(
                0,
                chat::ChatMessage::system(system).with_options(CacheControl::Ephemeral),
            );
        }
        return chat::ChatRequest::new(messages).with_tools(request.tools.iter().map(wire_tool));
    }
    let mut asked = chat::ChatRequest::new(messages);
    asked.system = system;
    if !request.tools.is_empty() {
        asked = asked.with_tools(request.tools.iter().map(wire_tool));
    }
    asked
}

fn wire_tool(tool: &Arc<ToolSpec>) -> Tool {
    Tool::new(tool.name.as_str())
        .with_description(tool.description.as_str())
        .with_schema(tool.parameters.clone())
}

/// Moves the results gathered so far into messages.
fn flush(results: &mut Vec<ToolResponse>, messages: &mut Vec<chat::ChatMessage>, habits: Habits) {
    if results.is_empty() {
        return;
    }
    let results = std::mem::take(results);
    if habits.joins_results {
        messages.push(chat::ChatMessage::from(results));
    } else {
        messages.extend(results.into_iter().map(chat::ChatMessage::from));
    }
}

/// Nothing for a message without content, which providers refuse.
fn wire_message(said: &AssistantMessage, model: &str) -> Option<chat::ChatMessage> {
    let mut parts = kept::<Kept>(said.provider_data.as_ref())
        .filter(|kept| kept.model == model)
        .map(|kept| kept.parts)
        .unwrap_or_default();
    if !said.text.is_empty() {
        parts.push(ContentPart::Text(said.text.clone()));
    }
    parts.extend(
        said.tool_calls
            .iter()
            .map(|call| ContentPart::ToolCall(wire_call(call, model))),
    );
    (!parts.is_empty()).then(|| chat::ChatMessage::assistant(MessageContent::from_parts(parts)))
}

fn wire_call(call: &ToolCall, model: &str) -> chat::ToolCall {
    let kept = kept::<KeptCall>(call.provider_data.as_ref()).filter(|kept| kept.model == model);
    // Providers take only objects back; a model that wrote something else may see what it wrote.
    let arguments = match &call.arguments {
        Value::Object(_) => call.arguments.clone(),
        raw => json!({ "unreadable": raw }),
    };
    let (call_id, signatures) = match kept {
        Some(kept) => (kept.call_id, kept.signatures),
        None => (call.id.clone(), None),
    };
    chat::ToolCall {
        call_id,
        fn_name: call.name.clone(),
        fn_arguments: arguments,
        thought_signatures: signatures,
    }
}

fn kept<T: for<'de> Deserialize<'de>>(data: Option<&Value>) -> Option<T> {
    T::deserialize(data?).ok()
}

/// The reply in our words. Its calls get identifiers that are unique within the conversation,
/// which what came over the wire is not always.
pub fn reply(end: StreamEnd, request: &ChatRequest, model: &str) -> AssistantMessage {
    let mut said = AssistantMessage::default();
    let mut parts = Vec::new();
    let mut taken: HashSet<String> = call_ids(request).map(str::to_owned).collect();
    for part in end
        .captured_content
        .map(MessageContent::into_parts)
        .unwrap_or_default()
    {
        match part {
            ContentPart::Text(text) => said.text.push_str(&text),
            ContentPart::ToolCall(call) => {
                said.tool_calls.push(our_call(call, &mut taken, model));
            }
            other => parts.push(other),
        }
    }
    if said.tool_calls.is_empty() {
        // Only a model that waits for results needs its thoughts back.
        return said;
    }
    let has_reasoning = parts
        .iter()
        .any(|part| matches!(part, ContentPart::ReasoningContent(_)));
    if let Some(reasoning) = end.captured_reasoning_content.filter(|_| !has_reasoning) {
        parts.push(ContentPart::ReasoningContent(reasoning));
    }
    if !parts.is_empty() {
        let kept = Kept {
            model: model.to_owned(),
            parts,
        };
        said.provider_data = serde_json::to_value(kept).ok();
    }
    said
}

fn call_ids(request: &ChatRequest) -> impl Iterator<Item = &str> {
    request
        .messages
        .iter()
        .filter_map(|message| match message {
            ChatMessage::Assistant(said) => Some(&said.tool_calls),
            ChatMessage::User { .. } | ChatMessage::Tool { .. } => None,
        })
        .flatten()
        .map(|call| call.id.as_str())
}

fn our_call(call: chat::ToolCall, taken: &mut HashSet<String>, model: &str) -> ToolCall {
    let usable = !call.call_id.is_empty()
        && call.call_id.len() <= CALL_ID_LIMIT
        && call
            .call_id
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let id = if usable && !taken.contains(&call.call_id) {
        call.call_id.clone()
    } else {
        format!("call_{}", ulid::Ulid::generate())
    };
    taken.insert(id.clone());
    let kept = (id != call.call_id || call.thought_signatures.is_some()).then(|| KeptCall {
        model: model.to_owned(),
        call_id: call.call_id,
        signatures: call.thought_signatures,
    });
    ToolCall {
        id,
        name: call.fn_name,
        arguments: arguments(call.fn_arguments),
        provider_data: kept.and_then(|kept| serde_json::to_value(kept).ok()),
    }
}

/// A call without arguments arrives as nothing, as `null` or as an empty text.
fn arguments(wire: Value) -> Value {
    match wire {
        Value::Null => Value::Object(Map::new()),
        Value::String(text) if text.trim().is_empty() => Value::Object(Map::new()),
        other => other,
    }
}

/// Token counts, of which a provider may leave out any.
pub fn usage(usage: Option<&Usage>) -> TokenUsage {
    let Some(usage) = usage else {
        return TokenUsage::default();
    };
    let count = |tokens: Option<i32>| i64::from(tokens.unwrap_or(0).max(0));
    let prompt = usage.prompt_tokens_details.as_ref();
    let reasoning = usage
        .completion_tokens_details
        .as_ref()
        .and_then(|details| details.reasoning_tokens);
    TokenUsage {
        input: count(usage.prompt_tokens),
        cached_input: count(prompt.and_then(|details| details.cached_tokens)),
        cache_write: count(prompt.and_then(|details| details.cache_creation_tokens)),
        // Gemini counts a reply of thoughts alone only as reasoning.
        output: count(usage.completion_tokens.or(reasoning)),
    }
}

#[cfg(test)]
mod tests;
