//! What to do next, decided from the journal alone: pure, so every path is a small test.

use std::collections::BTreeSet;

use super::toolbox::{FIND_TOOLS, found_in};
use crate::domain::chat::{ChatMessage, ChatReply};
use crate::domain::post::{CallEnd, Receipt, ToolReceipt};
use crate::domain::run::{Exchange, Step};
use crate::domain::tool::{Risk, ToolCall, ToolOutcome};

/// A run as far as its journal goes.
#[derive(Clone, Debug)]
pub struct Turn {
    messages: Vec<ChatMessage>,
    open: Vec<ToolCall>,
    sent: Vec<(String, String, Risk)>,
    seen_calls: BTreeSet<String>,
    /// Tools that were found or called, by name.
    met: Vec<String>,
    steps: usize,
    rounds: u32,
    receipt: Receipt,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Ask the model with the messages so far.
    AskModel,
    /// Run these calls, in any order.
    RunTools(Vec<ToolCall>),
    /// Show this.
    Answer(String),
    /// Stop: it leads nowhere.
    GiveUp(GiveUp),
}

/// Why a run leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// The model neither said anything nor asked for a tool.
    EmptyReply,
    /// The model kept asking for tools.
    TooManyRounds,
}

impl Turn {
    /// A run that has only its question, after what was asked before in its thread; `heard` is what
    /// others said since then.
    pub fn new(question: &str, heard: String, earlier: &[Exchange]) -> Self {
        let mut messages = Vec::with_capacity(earlier.len() * 2 + 1);
        for exchange in earlier {
            messages.push(ChatMessage::User {
                heard: exchange.heard.clone(),
                text: exchange.question.clone(),
            });
            messages.push(ChatMessage::Assistant(
                crate::domain::chat::AssistantMessage {
                    text: exchange.answer.clone(),
                    ..Default::default()
                },
            ));
        }
        messages.push(ChatMessage::User {
            heard,
            text: question.to_owned(),
        });
        Self {
            messages,
            open: Vec::new(),
            sent: Vec::new(),
            seen_calls: BTreeSet::new(),
            met: Vec::new(),
            steps: 0,
            rounds: 0,
            receipt: Receipt::default(),
        }
    }

    /// Takes in what happened; the same for a journal read back and for a step just written.
    pub fn apply(&mut self, step: &Step) {
        self.steps += 1;
        match step {
            Step::ModelReplied { reply } => self.apply_reply(reply),
            Step::ToolSent {
                call_id,
                name,
                risk,
            } => {
                self.sent.push((call_id.clone(), name.clone(), *risk));
            }
            Step::ToolEnded { call_id, outcome } => self.apply_outcome(call_id, outcome),
        }
    }

    fn apply_reply(&mut self, reply: &ChatReply) {
        self.rounds += 1;
        self.receipt.model = reply.model.clone();
        self.receipt.tokens += reply.usage.input + reply.usage.output;
        self.open = reply.message.tool_calls.clone();
        self.seen_calls
            .extend(self.open.iter().map(|call| call.id.clone()));
        let called = self.open.iter().map(|call| call.name.clone());
        called.for_each(|name| meet(&mut self.met, name));
        self.messages
            .push(ChatMessage::Assistant(reply.message.clone()));
    }

    fn apply_outcome(&mut self, call_id: &str, outcome: &ToolOutcome) {
        let Some(index) = self.open.iter().position(|call| call.id == call_id) else {
            return;
        };
        let call = self.open.remove(index);
        self.sent.retain(|(id, _, _)| id != call_id);
        let (content, end) = match outcome {
            ToolOutcome::Done { content, .. } => (content.clone(), CallEnd::Ran),
            ToolOutcome::Failed { message } => {
                (format!("The call failed: {message}"), CallEnd::Failed)
            }
            ToolOutcome::Refused { why, message } => (
                format!("The call was not made: {message}"),
                CallEnd::NotMade(*why),
            ),
        };
        let (rows, millis) = match outcome {
            ToolOutcome::Done { rows, millis, .. } => (*rows, *millis),
            ToolOutcome::Failed { .. } | ToolOutcome::Refused { .. } => (None, 0),
        };
        if call.name == FIND_TOOLS {
            found_in(&content)
                .into_iter()
                .for_each(|name| meet(&mut self.met, name));
        } else {
            self.receipt.tools.push(ToolReceipt {
                name: call.name,
                end,
                rows,
                millis,
            });
        }
        self.messages.push(ChatMessage::Tool {
            call_id: call.id,
            content,
        });
    }

    /// What to do now.
    pub fn next(&self, max_rounds: u32) -> Next {
        if !self.open.is_empty() {
            return Next::RunTools(self.open.clone());
        }
        match self.messages.last() {
            Some(ChatMessage::Assistant(message)) if !message.text.trim().is_empty() => {
                Next::Answer(message.text.clone())
            }
            Some(ChatMessage::Assistant(_)) => Next::GiveUp(GiveUp::EmptyReply),
            Some(ChatMessage::User { .. } | ChatMessage::Tool { .. }) | None
                if self.rounds >= max_rounds =>
            {
                Next::GiveUp(GiveUp::TooManyRounds)
            }
            Some(ChatMessage::User { .. } | ChatMessage::Tool { .. }) | None => Next::AskModel,
        }
    }

    /// Gives every call of a new reply an identifier that no other call of this run has: some
    /// providers leave it out or start over in each reply.
    pub fn with_distinct_calls(&self, mut reply: ChatReply) -> ChatReply {
        let mut seen = self.seen_calls.clone();
        for (index, call) in reply.message.tool_calls.iter_mut().enumerate() {
            let mut number = index;
            while call.id.is_empty() || !seen.insert(call.id.clone()) {
                call.id = format!("call_{}_{number}", self.steps);
                number += 1;
            }
        }
        reply
    }

    /// Calls that were sent, never came back, and may have changed something.
    pub fn unknown(&self) -> Vec<String> {
        let unfinished = self.sent.iter().filter(|(_, _, risk)| *risk != Risk::Read);
        unfinished.map(|(_, name, _)| name.clone()).collect()
    }

    /// The conversation so far, as the model reads it.
    pub fn messages(&self) -> &[ChatMessage] {
        &self.messages
    }

    /// The tools that were found or called so far, in that order.
    pub fn met(&self) -> &[String] {
        &self.met
    }

    /// How many steps were taken in: where the journal goes on.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// What was used so far.
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }
}

fn meet(met: &mut Vec<String>, name: String) {
    if name != FIND_TOOLS && !met.contains(&name) {
        met.push(name);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::chat::AssistantMessage;
    use crate::domain::usage::TokenUsage;

    fn replied(text: &str, calls: &[&str]) -> Step {
        let tool_calls = calls.iter().map(|id| ToolCall {
            id: (*id).to_owned(),
            name: format!("db__{id}"),
            arguments: json!({}),
            provider_data: None,
        });
        Step::ModelReplied {
            reply: ChatReply {
                message: AssistantMessage {
                    text: text.to_owned(),
                    tool_calls: tool_calls.collect(),
                    provider_data: None,
                },
                usage: TokenUsage {
                    input: 10,
                    output: 5,
                    ..Default::default()
                },
                model: "test/model".to_owned(),
            },
        }
    }

    fn sent(id: &str, risk: Risk) -> Step {
        Step::ToolSent {
            call_id: id.to_owned(),
            name: format!("db__{id}"),
            risk,
        }
    }

    fn done(id: &str) -> Step {
        Step::ToolEnded {
            call_id: id.to_owned(),
            outcome: ToolOutcome::Done {
                content: "{}".to_owned(),
                rows: Some(2),
                millis: 3,
            },
        }
    }

    fn after(steps: &[Step]) -> Turn {
        let mut turn = Turn::new("how many users?", String::new(), &[]);
        steps.iter().for_each(|step| turn.apply(step));
        turn
    }

    #[test]
    fn a_question_goes_to_the_model_and_its_text_is_the_answer() {
        assert_eq!(after(&[]).next(8), Next::AskModel);
        assert_eq!(
            after(&[replied("Two.", &[])]).next(8),
            Next::Answer("Two.".to_owned())
        );
    }

    #[test]
    fn the_model_is_asked_again_once_every_parallel_call_ended() {
        let steps = [
            replied("", &["a", "b"]),
            sent("a", Risk::Read),
            sent("b", Risk::Read),
            done("b"),
        ];
        let turn = after(&steps);
        assert!(
            matches!(turn.next(8), Next::RunTools(calls) if calls.len() == 1 && calls[0].id == "a")
        );
        let mut turn = turn;
        turn.apply(&done("a"));
        assert_eq!(turn.next(8), Next::AskModel);
        assert_eq!(turn.receipt().tools.len(), 2);
        assert_eq!(turn.steps(), 5);
    }

    #[test]
    fn a_run_that_leads_nowhere_ends() {
        assert_eq!(
            after(&[replied("  ", &[])]).next(8),
            Next::GiveUp(GiveUp::EmptyReply)
        );
        let looping = after(&[
            replied("", &["a"]),
            done("a"),
            replied("", &["b"]),
            done("b"),
        ]);
        assert_eq!(looping.next(2), Next::GiveUp(GiveUp::TooManyRounds));
        assert_eq!(looping.next(3), Next::AskModel);
    }

    #[test]
    fn only_unfinished_calls_that_change_something_are_unknown() {
        let steps = [
            replied("", &["r", "w", "x"]),
            sent("r", Risk::Read),
            sent("w", Risk::Write),
            sent("x", Risk::Write),
            done("x"),
        ];
        assert_eq!(after(&steps).unknown(), ["db__w"]);
    }

    #[test]
    fn repeated_and_missing_call_ids_are_made_distinct() {
        let turn = after(&[replied("", &["a"]), done("a")]);
        let Step::ModelReplied { reply } = replied("", &["a", "", ""]) else {
            unreachable!()
        };
        let ids: BTreeSet<String> = turn
            .with_distinct_calls(reply)
            .message
            .tool_calls
            .into_iter()
            .map(|call| call.id)
            .collect();
        assert_eq!(ids.len(), 3);
        assert!(!ids.contains("a") && !ids.contains(""));
    }
}
