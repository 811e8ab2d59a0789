//! What all parts of a running simulator share: the workspaces behind their one lock, the clock, and the ways out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{Clock, Time};
use crate::config::{AppConfig, Delivery, SimConfig, WorkspaceConfig};
use crate::error::Refused;
use crate::faults::Faults;
use crate::ids::MOST_TEAMS;
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
    /// Never none; they come and never go.
    workspaces: Mutex<Vec<Workspace>>,
}

impl Shared {
    pub(crate) fn new(
        config: SimConfig,
        url: String,
        events: mpsc::Sender<Value>,
    ) -> anyhow::Result<Arc<Self>> {
        let clock = Clock::new();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let shared = Arc::new(Self {
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
            workspaces: Mutex::default(),
        });
        for workspace in [shared.config.first()]
            .iter()
            .chain(&shared.config.workspaces)
        {
            shared.add_workspace(workspace.clone())?;
        }
        Ok(shared)
    }

    /// Makes another workspace.
    pub(crate) fn add_workspace(&self, config: WorkspaceConfig) -> Result<(), Refused> {
        let mut workspaces = self.workspaces();
        let number = workspaces.len() + 1;
        if number > MOST_TEAMS {
            let why = format!("There is room for {MOST_TEAMS} workspaces.");
            return Err(Refused(why));
        }
        let fresh = Workspace::new(&self.config, config, number, &self.url, self.clock.now());
        if fresh.domain().is_empty() {
            return Err(Refused("Give the workspace a name.".to_owned()));
        }
        if workspaces.iter().any(|ws| ws.domain() == fresh.domain()) {
            let why = format!("There is already a workspace `{}`.", fresh.team_name);
            return Err(Refused(why));
        }
        workspaces.push(fresh);
        if let [first, .., last] = workspaces.as_mut_slice() {
            last.app.delivery = first.app.delivery.clone();
            last.app.token_rotation = first.app.token_rotation;
        }
        drop(workspaces);
        self.everything_changed();
        Ok(())
    }

    /// Does something to the workspace at this place and moment, then performs the effects in their order.
    pub(crate) fn act<T>(&self, at: usize, work: impl FnOnce(&mut Workspace, Time) -> T) -> T {
        let mut workspaces = self.workspaces();
        let workspace = &mut workspaces[at];
        let result = work(workspace, self.clock.now());
        // Still under the lock, so that effects leave in the order in which they came about.
        for effect in workspace.take_effects() {
            match effect {
                Effect::Event(callback) => self.queue_event(callback),
                Effect::Notice(notice) => self.notify(notice),
            }
        }
        result
    }

    /// Changes what is true of the app in every workspace.
    pub(crate) fn set_app(&self, change: impl Fn(&mut AppConfig)) {
        for workspace in self.workspaces().iter_mut() {
            change(&mut workspace.app);
        }
    }

    /// How the app is reached.
    pub(crate) fn delivery(&self) -> Delivery {
        self.workspaces()[0].app.delivery.clone()
    }

    /// Starts every workspace over, with nothing said in it yet.
    pub(crate) fn reset(&self) {
        let delivery = self.delivery();
        for (number, workspace) in (1..).zip(self.workspaces().iter_mut()) {
            let config = workspace.config.clone();
            let now = self.clock.now();
            *workspace = Workspace::new(&self.config, config, number, &self.url, now);
            workspace.app.delivery = delivery.clone();
        }
        self.faults.clear();
        self.log.clear();
        self.everything_changed();
    }

    /// Tells everyone to look at everything again.
    pub(crate) fn everything_changed(&self) {
        self.notify(Notice {
            team: None,
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
            team: None,
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
                team: None,
                what: "dropped".to_owned(),
                summary: "too many events are waiting: this one was dropped".to_owned(),
                body: Value::Null,
            });
        }
    }

    /// All workspaces, locked: whoever holds them must not `act`, and must not wait.
    pub(crate) fn workspaces(&self) -> MutexGuard<'_, Vec<Workspace>> {
        self.workspaces
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
