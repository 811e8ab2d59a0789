//! What all parts of a running simulator share: the state behind its one lock, the clock, and the ways out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Clock, Time};
use crate::config::SimConfig;
use crate::faults::Faults;
use crate::log::{Line, Log};
use crate::socket::Sockets;
use crate::state::{Change, Effect, Notice, Workspace};

/// Events that may wait for delivery.
pub(crate) const EVENT_QUEUE: usize = 10_000;
/// Changes a slow onlooker may lag behind before it has to fetch everything.
const NOTICES: usize = 1_024;

pub(crate) struct Shared {
    pub(crate) config: SimConfig,
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) url: String,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) sockets: Sockets,
    pub(crate) http: reqwest::Client,
    pub(crate) tasks: TaskTracker,
    pub(crate) stopping: CancellationToken,
    notices: broadcast::Sender<Notice>,
    events: mpsc::Sender<Value>,
    workspace: Mutex<Workspace>,
}

impl Shared {
    pub(crate) fn new(
        config: SimConfig,
        url: String,
        events: mpsc::Sender<Value>,
    ) -> anyhow::Result<Arc<Self>> {
        let clock = Clock::new();
        let workspace = Workspace::new(&config, &url, clock.now());
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Arc::new(Self {
            config,
            url,
            clock,
            faults: Faults::default(),
            log: Log::default(),
            sockets: Sockets::default(),
            http,
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            notices: broadcast::Sender::new(NOTICES),
            events,
            workspace: Mutex::new(workspace),
        }))
    }

    /// Does something to the workspace at this moment, then performs the effects in their order.
    pub(crate) fn act<T>(&self, work: impl FnOnce(&mut Workspace, Time) -> T) -> T {
        let mut workspace = self.lock();
        let result = work(&mut workspace, self.clock.now());
        // Still under the lock, so that effects leave in the order in which they came about.
        for effect in workspace.take_effects() {
            match effect {
                Effect::Event(callback) => self.queue_event(callback),
                Effect::Notice(notice) => self.notify(notice),
            }
        }
        result
    }

    /// Looks at the workspace.
    pub(crate) fn look<T>(&self, work: impl FnOnce(&Workspace) -> T) -> T {
        work(&self.lock())
    }

    /// Starts the workspace over, with nothing said in it yet.
    pub(crate) fn reset(&self) {
        let delivery = self.look(|ws| ws.delivery().clone());
        let mut fresh = Workspace::new(&self.config, &self.url, self.clock.now());
        fresh.app.delivery = delivery;
        *self.lock() = fresh;
        self.faults.clear();
        self.log.clear();
        self.everything_changed();
    }

    /// Tells everyone to look at everything again.
    pub(crate) fn everything_changed(&self) {
        self.notify(Notice {
            audience: None,
            change: Change::Everything,
        });
    }

    pub(crate) fn watch(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// Writes a line into the inspector; gives its number.
    pub(crate) fn record(&self, line: Line) -> u64 {
        let n = self.log.add(self.clock.now().millis(), line);
        self.log_changed();
        n
    }

    /// Writes into the inspector how an exchange ended.
    pub(crate) fn record_end(&self, n: u64, status: &str, ack_ms: Option<u64>) {
        self.log.end(n, status, ack_ms);
        self.log_changed();
    }

    fn log_changed(&self) {
        self.notify(Notice {
            audience: None,
            change: Change::Log,
        });
    }

    fn notify(&self, notice: Notice) {
        // It fails only when nobody is looking.
        let _ = self.notices.send(notice);
    }

    fn queue_event(&self, callback: Value) {
        if self.events.try_send(callback).is_err() {
            self.record(Line {
                direction: "to_app",
                transport: "socket",
                what: "dropped".to_owned(),
                summary: "too many events are waiting: this one was dropped".to_owned(),
                body: Value::Null,
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Workspace> {
        self.workspace
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
