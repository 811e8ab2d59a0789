//! The protocol inspector: everything that passed between Slack and the app, newest last, bounded.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;

const ENTRIES: usize = 2_000;
const CALLS: usize = 10_000;

/// One thing that passed between Slack and the app.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its number, counting from 1.
    pub n: u64,
    /// When, in milliseconds of the virtual clock.
    pub at: u64,
    /// `to_app` or `from_app`.
    pub direction: &'static str,
    /// `web_api`, `socket`, `http` or `response_url`.
    pub transport: &'static str,
    /// The workspace that it came from or was meant for, by id; none for what is about all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The method, the event type or the kind of frame.
    pub what: String,
    /// A line to read in a list.
    pub summary: String,
    /// What was sent.
    pub body: Value,
    /// How long the answer took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack_ms: Option<u64>,
    /// How it ended: `ok`, an error code or an HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// A Web API call that the app made.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// The method, such as `chat.postMessage`.
    pub method: String,
    /// The workspace whose token it came with, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Its arguments, without the token.
    pub body: Value,
    /// What Slack answered.
    pub response: Value,
    /// When, in milliseconds of the virtual clock.
    pub at: u64,
}

/// What is to be remembered of one exchange.
pub(crate) struct Line {
    pub(crate) direction: &'static str,
    pub(crate) transport: &'static str,
    pub(crate) team: Option<String>,
    pub(crate) what: String,
    pub(crate) summary: String,
    pub(crate) body: Value,
}

#[derive(Default)]
struct Records {
    last: u64,
    entries: VecDeque<Entry>,
    calls: VecDeque<Call>,
}

#[derive(Default)]
pub(crate) struct Log(Mutex<Records>);

impl Log {
    /// Remembers an exchange; gives its number, to tell later how it ended.
    pub(crate) fn add(&self, at: u64, line: Line) -> u64 {
        let mut records = self.lock();
        records.last += 1;
        let n = records.last;
        if records.entries.len() == ENTRIES {
            records.entries.pop_front();
        }
        records.entries.push_back(Entry {
            n,
            at,
            direction: line.direction,
            transport: line.transport,
            team: line.team,
            what: line.what,
            summary: line.summary,
            body: line.body,
            ack_ms: None,
            status: None,
        });
        n
    }

    /// Remembers how an exchange ended.
    pub(crate) fn end(&self, n: u64, status: &str, ack_ms: Option<u64>) {
        let mut records = self.lock();
        if let Some(entry) = records.entries.iter_mut().rev().find(|entry| entry.n == n) {
            entry.status = Some(status.to_owned());
            entry.ack_ms = ack_ms;
        }
    }

    pub(crate) fn add_call(&self, call: Call) {
        let mut records = self.lock();
        if records.calls.len() == CALLS {
            records.calls.pop_front();
        }
        records.calls.push_back(call);
    }

    /// The entries with a number above `after`.
    pub(crate) fn entries(&self, after: u64) -> Vec<Entry> {
        let records = self.lock();
        records
            .entries
            .iter()
            .filter(|entry| entry.n > after)
            .cloned()
            .collect()
    }

    /// The calls of one method, or all of them.
    pub(crate) fn calls(&self, method: Option<&str>) -> Vec<Call> {
        let records = self.lock();
        records
            .calls
            .iter()
            .filter(|call| method.is_none_or(|method| call.method == method))
            .cloned()
            .collect()
    }

    /// Forgets everything, but goes on counting.
    pub(crate) fn clear(&self) {
        let mut records = self.lock();
        records.entries.clear();
        records.calls.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
