//! The demo model: fixed rules that answer simple questions with the tools at hand, for when no
//! language model can be reached. It says plainly that it is none.

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{ChatModel, Error};
use crate::domain::chat::{AssistantMessage, ChatReply, ChatRequest, Delta};
use crate::domain::tool::ToolCall;
use crate::domain::usage::TokenUsage;

mod database;
mod github;
mod plan;
mod table;
mod talk;
mod toolbox;
mod transcript;
mod words;

use plan::Move;

/// About how many characters it writes at a time.
const PIECE: usize = 24;

/// Answers by fixed rules, with no network and at no cost.
pub struct DemoModel;

impl DemoModel {
    /// The provider's part of its name.
    pub const PROVIDER: &'static str = "demo";
    /// Its name among the models.
    pub const NAME: &'static str = "demo/planner";
}

#[async_trait]
impl ChatModel for DemoModel {
    fn name(&self) -> &str {
        Self::NAME
    }

    async fn reply(
        &self,
        request: ChatRequest,
        deltas: mpsc::Sender<Delta>,
    ) -> Result<ChatReply, Error> {
        let message = message(plan::next(&request));
        for piece in pieces(&message.text) {
            // A full or closed channel loses the piece; the reply is whole anyway.
            let _ = deltas.try_send(Delta::Text(piece.to_owned()));
            tokio::task::yield_now().await;
        }
        for call in &message.tool_calls {
            // As above.
            let _ = deltas.try_send(Delta::ToolCallStarted(call.name.clone()));
        }
        Ok(ChatReply {
            message,
            usage: TokenUsage::default(),
            model: Self::NAME.to_owned(),
        })
    }
}

fn message(next: Move) -> AssistantMessage {
    match next {
        Move::Say(text) => AssistantMessage {
            text,
            ..AssistantMessage::default()
        },
        Move::Call { text, calls } => AssistantMessage {
            text,
            tool_calls: calls
                .into_iter()
                .map(|call| ToolCall {
                    id: format!("demo_{}", ulid::Ulid::generate()),
                    name: call.name,
                    arguments: call.arguments,
                    provider_data: None,
                })
                .collect(),
            provider_data: None,
        },
    }
}

/// The text in pieces that end between words.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .char_indices()
            .find(|(at, c)| *at >= PIECE && c.is_whitespace())
            .map_or(rest.len(), |(at, _)| at);
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        Some(piece)
    })
}

#[cfg(test)]
mod tests;
