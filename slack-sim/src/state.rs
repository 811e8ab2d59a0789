//! The workspace as data: who is in it, what was said, which modals are open. Pure: effects are handed back, not performed.

mod agents;
mod files;
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
use crate::config::{AppConfig, Delivery, SimConfig};
use crate::ids::{self, Sequence};
use crate::payloads;

pub(crate) use files::{Announcement, File, LARGEST};
pub(crate) use installs::Consent;
pub(crate) use lifecycle::name_of;
pub(crate) use limits::Pace;
pub(crate) use messages::{Author, Draft, Post, Revision};
pub(crate) use people::{Channel, ChannelKind, User};
pub(crate) use profiles::Profile;
pub(crate) use response_urls::{Answer, Origin};
pub(crate) use streams::{Stream, StreamEnd};
pub(crate) use tiers::{Tier, Tiers};
pub(crate) use tokens::{TokenKind, Tokens};
pub(crate) use views::{Settled, Which};

/// Everything Slack would remember.
pub(crate) struct Workspace {
    pub(crate) team_name: String,
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
    /// So much that everything has to be fetched again.
    Everything,
}

impl Workspace {
    pub(crate) fn new(config: &SimConfig, base_url: &str, now: Time) -> Self {
        let people: Vec<_> = config.people.iter().map(User::person).collect();
        let mut channels: Vec<_> = config
            .channels
            .iter()
            .map(|name| Channel::public(name, &people, now))
            .collect();
        channels.extend(people.iter().map(|person| Channel::im(person, now)));
        Self {
            team_name: config.team_name.clone(),
            app: config.app.clone(),
            base_url: base_url.to_owned(),
            people,
            channels,
            pace: Pace::new(&config.limits),
            tiers: Tiers::new(config.limits.tiers),
            tokens: Tokens::of(&config.app),
            delivered: lifecycle::Delivered::default(),
            installs: installs::Installs::default(),
            org_install: false,
            ids: Sequence::starting(now),
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
        }
    }

    /// The workspace's part of its address, as in `team_domain`.
    pub(crate) fn domain(&self) -> String {
        self.team_name.to_lowercase().replace(' ', "-")
    }

    pub(crate) fn delivery(&self) -> &Delivery {
        &self.app.delivery
    }

    /// The effects since the last time this was asked.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The next message timestamp: always later than every one before it.
    fn next_ts(&mut self, now: Time) -> String {
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
            audience: None,
            change,
        }));
    }

    fn changed_for(&mut self, user: &str, change: Change) {
        self.effects.push(Effect::Notice(Notice {
            audience: Some(user.to_owned()),
            change,
        }));
    }
}
