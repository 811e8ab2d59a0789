//! What a provider sends, counted before anything is made of it; in the format that most servers speak,
//! the calls of tools as well.
//!
//! In that format each piece of a call says at which place of the list it belongs, and the library makes
//! its list that long, whatever the number. So it is not asked to gather calls there.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef, ToolCall};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Notify;

/// The most bytes of one answer, as it comes: a piece of four bytes takes some hundred there.
const STREAM_LIMIT: usize = 64 * 1024 * 1024;

/// The most calls in one answer that are gathered.
const MOST_CALLS: usize = 1_000;

/// What came of one answer so far.
#[derive(Debug)]
pub(super) struct Frames {
    gathers_calls: bool,
    seen: Mutex<Seen>,
    exceeded: Notify,
}

#[derive(Debug, Default)]
struct Seen {
    bytes: usize,
    calls: BTreeMap<u64, Call>,
    /// Of those calls.
    argument_bytes: usize,
    too_many: bool,
}

#[derive(Debug, Default)]
struct Call {
    id: String,
    name: String,
    arguments: String,
}

/// A frame, as far as it is about calls.
#[derive(Deserialize)]
struct Frame {
    #[serde(default)]
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
}

#[derive(Default, Deserialize)]
struct Delta {
    tool_calls: Option<Vec<Piece>>,
}

#[derive(Deserialize)]
struct Piece {
    index: u64,
    id: Option<String>,
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: Option<String>,
    arguments: Option<String>,
}

impl Frames {
    /// Nothing came yet. Whether calls are gathered here depends on the wire format.
    pub(super) fn new(gathers_calls: bool) -> Self {
        Self {
            gathers_calls,
            seen: Mutex::default(),
            exceeded: Notify::new(),
        }
    }

    /// Bytes of the arguments of the calls that were gathered.
    pub(super) fn argument_bytes(&self) -> usize {
        self.seen().argument_bytes
    }

    /// Waits until more came than any answer has: frames that say nothing are no events to anybody else.
    pub(super) async fn exceeded(&self) {
        self.exceeded.notified().await;
    }

    /// The calls that were gathered, in their order. Arguments that are no JSON stay a text.
    pub(super) fn take_calls(&self) -> Vec<ToolCall> {
        let calls = std::mem::take(&mut self.seen().calls);
        let calls = calls.into_iter().map(|(index, call)| ToolCall {
            call_id: match call.id.is_empty() {
                true => format!("call_{index}"),
                false => call.id,
            },
            fn_name: call.name,
            fn_arguments: serde_json::from_str(&call.arguments)
                .unwrap_or(Value::String(call.arguments)),
            thought_signatures: None,
        });
        calls.collect()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChatFrameSink for Frames {
    fn on_frame(&self, _: &FrameCtx, frame: RawFrameRef<'_>) {
        let mut seen = self.seen();
        seen.bytes = seen.bytes.saturating_add(frame.data.len());
        if seen.bytes > STREAM_LIMIT {
            self.exceeded.notify_one();
        }
        if !self.gathers_calls || !frame.data.contains("tool_calls") {
            return;
        }
        // What is no such frame is for the library to complain about.
        let Ok(frame) = serde_json::from_str::<Frame>(frame.data) else {
            return;
        };
        let delta = frame.choices.into_iter().next().map(|choice| choice.delta);
        for piece in delta
            .and_then(|delta| delta.tool_calls)
            .into_iter()
            .flatten()
        {
            seen.take_in(piece);
        }
        if seen.too_many {
            self.exceeded.notify_one();
        }
    }
}

impl Seen {
    fn take_in(&mut self, piece: Piece) {
        if self.calls.len() >= MOST_CALLS && !self.calls.contains_key(&piece.index) {
            self.too_many = true;
            return;
        }
        let call = self.calls.entry(piece.index).or_default();
        let arguments = piece.function.arguments.unwrap_or_default();
        self.argument_bytes += arguments.len();
        call.arguments.push_str(&arguments);
        // Only the first piece of a call has them; some servers repeat them.
        let name = piece.function.name.filter(|name| !name.is_empty());
        if let Some(name) = name {
            call.name = name;
            call.id = piece.id.unwrap_or_default();
        }
    }
}
