//! Whether frames can arrive, and if not, why.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::dial::Failure;

/// What is known about this process's sockets.
#[derive(Debug, Default)]
pub struct SocketHealth(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    open: usize,
    counted: usize,
    failure: Option<Failure>,
    deaf_since: Option<Instant>,
}

impl SocketHealth {
    /// The sockets that are up.
    pub fn open(&self) -> usize {
        self.lock().open
    }

    /// How many sockets Slack counted for this app when it last greeted one: those of other
    /// processes and of ghosts included.
    pub fn counted(&self) -> usize {
        self.lock().counted
    }

    /// Why the last attempt to open a socket failed, if no later one worked.
    pub fn failure(&self) -> Option<Failure> {
        self.lock().failure.clone()
    }

    /// Since when no socket is up.
    pub(super) fn deaf_since(&self) -> Option<Instant> {
        self.lock().deaf_since
    }

    /// Nothing is open yet, and something should be.
    pub(super) fn expected(&self) {
        self.lock().deaf_since = Some(Instant::now());
    }

    /// A socket came up. Gives how many sockets Slack counts that are not ours, if that is news.
    pub(super) fn opened(&self, counted: usize) -> Option<usize> {
        let mut state = self.lock();
        let before = state.counted.saturating_sub(state.open);
        state.open += 1;
        state.counted = counted;
        state.failure = None;
        state.deaf_since = None;
        let foreign = counted.saturating_sub(state.open);
        (foreign > 0 && foreign != before).then_some(foreign)
    }

    /// A socket is gone.
    pub(super) fn closed(&self) {
        let mut state = self.lock();
        state.open = state.open.saturating_sub(1);
        if state.open == 0 {
            state.deaf_since = Some(Instant::now());
        }
    }

    pub(super) fn failed(&self, failure: Failure) {
        self.lock().failure = Some(failure);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
