//! A workspace as data: who is in it, what was said, which modals are open. Pure: effects are handed back, not performed.

mod agents;
mod files;
mod groups;
mod installs;
mod lifecycle;
mod limits;
mod messages;
mod people;
mod profiles;
mod reactions;
mod response_urls;
mod streams;
mod threads;
mod tiers;
mod tokens;
mod triggers;
mod views;

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use crate::clock::Time;
use crate::config::{AppConfig, SimConfig, WorkspaceConfig};
use crate::ids::{self, Sequence, TeamIds};
use crate::payloads;

pub(crate) use files::{Announcement, File, LARGEST};
pub(crate) use installs::Consent;
pub(crate) use lifecycle::name_of;
pub(crate) use limits::Pace;
pub(crate) use messages::{Author, Draft, Post, Revision};
pub(crate) use people::{Channel, ChannelKind, Step, User};
pub(crate) use profiles::Profile;
pub(crate) use response_urls::{Answer, Origin};
pub(crate) use streams::{Stream, StreamEnd};
pub(crate) use tiers::{Tier, Tiers};
pub(crate) use tokens::{TokenKind, Tokens};
pub(crate) use views::{Settled, Which};

/// Everything Slack would remember of one workspace.
pub(crate) struct Workspace {
    /// What it was made from.
    pub(crate) config: WorkspaceConfig,
    pub(crate) own: TeamIds,
    pub(crate) team_name: String,
    /// The app with the token that it has here at first.
    pub(crate) app: AppConfig,
    /// Where links into the workspace begin.
    pub(crate) base_url: String,
    pub(crate) people: Vec<User>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) pace: Pace,
    pub(crate) tiers: Tiers,
    pub(crate) tokens: Tokens,
    delivered: lifecycle::Delivered,
    installs: installs::Installs,
    /// Whether the app is installed in the whole organisation.
    pub(crate) org_install: bool,
    pub(crate) ids: Sequence,
    files: Vec<File>,
    modals: HashMap<String, Vec<Value>>,
    homes: HashMap<String, Value>,
    triggers: triggers::Triggers,
    response_urls: response_urls::ResponseUrls,
    /// The agent sessions, by channel and thread.
    sessions: HashMap<(String, String), agents::Session>,
    /// What the app says it is doing, by channel and thread.
    statuses: HashMap<(String, String), String>,
    /// The prompts the app suggests, by channel.
    prompts: HashMap<String, Value>,
    last_ts: u64,
    effects: Vec<Effect>,
}

/// What has to happen outside because something changed inside.
pub(crate) enum Effect {
    /// An `event_callback` is to reach the app.
    Event(Value),
    /// Somebody looking at the workspace has something new to fetch.
    Notice(Notice),
}

/// "Something changed, fetch it", for one person or for everyone.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    /// The workspace in which it did, by id; none for what they share.
    pub(crate) team: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) change: Change,
}

/// What changed, in the words of `/sim/events`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Change {
    Messages {
        channel: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        thread_ts: Option<String>,
    },
    Views,
    Home,
    Status {
        channel: String,
        thread_ts: String,
        text: String,
        /// Whether people are offered to stop it.
        stoppable: bool,
    },
    Log,
    /// Something in another workspace.
    Elsewhere,
    /// So much that everything has to be fetched again.
    Everything,
}

impl Workspace {
    /// A workspace in which nothing has been said yet; `number` counts from 1.
    pub(crate) fn new(
        sim: &SimConfig,
        config: WorkspaceConfig,
        number: usize,
        base_url: &str,
        now: Time,
    ) -> Self {
        let own = TeamIds::numbered(number);
        let people: Vec<_> = config
            .people
            .iter()
            .map(|it| User::person(it, &own))
            .collect();
        let named = config.channels.iter();
        let mut channels: Vec<_> = named
            .map(|name| Channel::public(name, &people, &own, now))
            .collect();
        channels.extend(people.iter().map(|person| Channel::im(person, &own, now)));
        let mut app = sim.app.clone();
        if number > 1 {
            app.bot_token = format!("{}-{number}", app.bot_token);
        }
        let mut workspace = Self {
            team_name: config.name.clone(),
            tokens: Tokens::of(&app, &own.bot_user),
            pace: Pace::new(&sim.limits),
            tiers: Tiers::new(sim.limits.tiers),
            ids: Sequence::starting(now, &own),
            app,
            base_url: base_url.to_owned(),
            people,
            channels,
            delivered: lifecycle::Delivered::default(),
            installs: installs::Installs::default(),
            org_install: false,
            files: Vec::new(),
            modals: HashMap::new(),
            homes: HashMap::new(),
            triggers: triggers::Triggers::default(),
            response_urls: response_urls::ResponseUrls::default(),
            sessions: HashMap::new(),
            statuses: HashMap::new(),
            prompts: HashMap::new(),
            last_ts: 0,
            effects: Vec::new(),
            config,
            own,
        };
        if !workspace.config.installed {
            workspace.take_out(now);
        }
        workspace
    }

    /// Whether this is its name, its domain or its id.
    pub(crate) fn is_called(&self, which: &str) -> bool {
        [&self.team_name, &self.domain(), &self.own.team]
            .into_iter()
            .any(|known| known == which)
    }

    /// The workspace's part of its address, as in `team_domain`.
    pub(crate) fn domain(&self) -> String {
        self.team_name.to_lowercase().replace(' ', "-")
    }

    /// The effects since the last time this was asked.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The next message timestamp: always later than every one before it.
    pub(crate) fn next_ts(&mut self, now: Time) -> String {
        self.last_ts = now.micros().max(self.last_ts + 100);
        ids::ts(self.last_ts)
    }

    /// Raises `event` if the app subscribed to its kind and may know of it.
    fn emit(&mut self, now: Time, event: Value) {
        let subscription = payloads::subscription(&event);
        if self.may_hear(now, &subscription) {
            let callback = payloads::event_callback(self, now, event);
            self.effects.push(Effect::Event(callback));
        }
    }

    fn changed(&mut self, change: Change) {
        self.effects.push(Effect::Notice(Notice {
            team: Some(self.own.team.clone()),
            audience: None,
            change,
        }));
    }

    fn changed_for(&mut self, user: &str, change: Change) {
        self.effects.push(Effect::Notice(Notice {
            team: Some(self.own.team.clone()),
            audience: Some(user.to_owned()),
            change,
        }));
    }
}
