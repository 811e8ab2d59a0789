//! Faults on demand: what should go wrong next, where, and how often.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

/// Something that is to go wrong.
#[derive(Clone, Debug, Deserialize)]
pub struct Fault {
    /// Where: a Web API method, `ack`, `socket` or `response_url`; `*` is any Web API method.
    pub on: String,
    /// What happens.
    pub kind: FaultKind,
    /// How many times it happens.
    #[serde(default = "once")]
    pub times: u32,
    /// The error code of `ok_false`, or the reason of a `disconnect`.
    pub error: Option<String>,
    /// How long `slow` and `timeout` take, in milliseconds of the virtual clock.
    pub delay_ms: Option<u64>,
    /// What `rate_limited` says in `Retry-After`.
    pub retry_after: Option<u64>,
}

/// How something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Answers 500 and does nothing.
    Http500,
    /// Does nothing and answers nothing, until the delay is over and the connection is cut. On `socket`: freezes those open.
    Timeout,
    /// Answers `ok: false` with `error` and does nothing.
    OkFalse,
    /// Does what was asked, late.
    Slow,
    /// Does what was asked and cuts the connection instead of answering.
    LostReply,
    /// Answers 429 and does nothing.
    RateLimited,
    /// Answers with a web page and does nothing.
    Html,
    /// On `socket`: tells every open socket to go.
    Disconnect,
}

impl Fault {
    /// `kind` happens once on `on`.
    pub fn new(on: &str, kind: FaultKind) -> Self {
        Self {
            on: on.to_owned(),
            kind,
            times: once(),
            error: None,
            delay_ms: None,
            retry_after: None,
        }
    }

    /// It happens this many times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// With this error code.
    #[must_use]
    pub fn error(mut self, code: &str) -> Self {
        self.error = Some(code.to_owned());
        self
    }

    /// Taking this many milliseconds.
    #[must_use]
    pub fn delay_ms(mut self, delay: u64) -> Self {
        self.delay_ms = Some(delay);
        self
    }

    /// Saying in `Retry-After` this many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

fn once() -> u32 {
    1
}

/// The faults still to come, first in first out.
#[derive(Default)]
pub(crate) struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.lock().push_back(fault);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// The fault that is due on `place`, used up by one.
    pub(crate) fn take(&self, place: &str) -> Option<Fault> {
        self.take_if(|on| on == place)
    }

    /// The fault that is due on a Web API method.
    pub(crate) fn take_for_method(&self, method: &str) -> Option<Fault> {
        self.take_if(|on| on == method || on == "*")
    }

    fn take_if(&self, matches: impl Fn(&str) -> bool) -> Option<Fault> {
        let mut faults = self.lock();
        let at = faults
            .iter()
            .position(|fault| fault.times > 0 && matches(&fault.on))?;
        faults[at].times -= 1;
        let due = faults[at].clone();
        faults.retain(|fault| fault.times > 0);
        Some(due)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
