//! What the simulator looks like when it starts: its workspaces, their people and channels, and the app.

mod workspaces;

use serde::{Deserialize, Serialize};

pub use workspaces::WorkspaceConfig;

/// Everything a simulator is made from: a first workspace, perhaps others beside it, and one app.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// Loopback port to listen on; 0 takes any free one.
    pub port: u16,
    /// The first workspace's name.
    pub team_name: String,
    /// The one app, which is installed in the first workspace.
    pub app: AppConfig,
    /// The people in the first workspace.
    pub people: Vec<Person>,
    /// Names of its public channels; everyone and the bot are in all of them.
    pub channels: Vec<String>,
    /// More workspaces.
    pub workspaces: Vec<WorkspaceConfig>,
    /// How much Slack lets the app do, in each workspace.
    pub limits: Limits,
}

/// The app as Slack's administration pages would describe it.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// The bot's display name, which people mention.
    pub name: String,
    /// Token of the Web API in the first workspace; in the second it ends in `-2`, and so on.
    pub bot_token: String,
    /// Token that opens Socket Mode connections.
    pub app_token: String,
    /// Key of the signature on HTTP deliveries.
    pub signing_secret: String,
    /// The slash command, with its slash.
    pub command: String,
    /// What the command menu says the command does.
    pub command_description: String,
    /// What the command menu says may follow the command.
    pub command_usage: String,
    /// What people find in a message's menu and beside the composer.
    pub shortcuts: Vec<Shortcut>,
    /// What installing the app allows its bot token.
    pub scopes: Vec<String>,
    /// Who the app is when it asks for tokens.
    pub client_id: String,
    /// How it proves that.
    pub client_secret: String,
    /// Where people may be sent back to who install it; with none, anywhere on this machine.
    pub redirect_urls: Vec<String>,
    /// Whether tokens that are given out live for twelve hours and come with one to renew them.
    pub token_rotation: bool,
    /// Event subscriptions, named as in a manifest (`message.im`, `app_mention`).
    pub events: Vec<String>,
    /// How Slack reaches the app.
    pub delivery: Delivery,
}

/// A shortcut that the app declares, as in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shortcut {
    /// What its menu item says.
    pub name: String,
    /// What the app knows it by.
    pub callback_id: String,
    /// Where it is offered.
    #[serde(rename = "type")]
    pub kind: ShortcutKind,
}

/// Where a shortcut is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShortcutKind {
    /// On messages.
    Message,
    /// Everywhere.
    Global,
}

/// How Slack reaches the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Over the sockets that the app opened.
    Socket,
    /// By signed POSTs to `/slack/events`, `/slack/commands` and `/slack/interactivity` below this address.
    Http {
        /// The app's base address.
        request_url: String,
    },
}

/// A person in a workspace.
#[derive(Clone, Debug, Deserialize)]
pub struct Person {
    /// Short name, as in `@alice`.
    pub name: String,
    /// Full name.
    pub real_name: String,
}

/// What to change about a person; what is `None` stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PersonChange {
    /// The language they use Slack in, such as `de-DE`; at first `en-US`.
    pub locale: Option<String>,
    /// Where they live, by the clock.
    pub timezone: Option<Timezone>,
    /// Whether they are a guest.
    pub guest: Option<Guest>,
    /// Whether they are from elsewhere and share no channel with the app.
    pub stranger: Option<bool>,
    /// Whether they run the workspace.
    pub admin: Option<bool>,
    /// The id of the workspace they belong to, for somebody of another company.
    pub team: Option<String>,
}

/// A time zone as Slack's profiles have it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Timezone {
    /// Its name in the tz database, such as `Europe/Berlin`.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Seconds east of Greenwich.
    pub offset: i32,
}

/// What kind of guest somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guest {
    /// None: a full member.
    No,
    /// In the channels they were invited to (`is_restricted`).
    MultiChannel,
    /// In one channel (`is_restricted` and `is_ultra_restricted`).
    SingleChannel,
}

/// The rates and sizes that tests may want to change.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Messages an app may post a second, in each channel.
    pub posts_per_second: f64,
    /// Messages an app may post at once before that rate holds.
    pub post_burst: f64,
    /// Whether Slack's tiers hold: how often each method may be called, and how many events go out in an hour.
    pub tiers: bool,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            port: 0,
            team_name: "Simulated".to_owned(),
            app: AppConfig::default(),
            people: workspaces::two_people(),
            channels: workspaces::two_channels(),
            workspaces: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            name: "patchbay".to_owned(),
            bot_token: "xoxb-sim".to_owned(),
            app_token: "xapp-sim".to_owned(),
            signing_secret: "sim-signing-secret".to_owned(),
            command: "/mcp".to_owned(),
            command_description: "Connect and use your tools".to_owned(),
            command_usage: "connect | list | test | help".to_owned(),
            shortcuts: vec![
                Shortcut::message("Ask Patchbay about this", "ask_about"),
                Shortcut::global("Connect a service", "connect_service"),
            ],
            scopes: SCOPES.iter().map(|&name| name.to_owned()).collect(),
            client_id: "1234567890.0987654321".to_owned(),
            client_secret: "sim-client-secret".to_owned(),
            redirect_urls: Vec::new(),
            token_rotation: false,
            events: EVENTS.iter().map(|&name| name.to_owned()).collect(),
            delivery: Delivery::Socket,
        }
    }
}

/// What an agent app subscribes to; the simulator raises more kinds than these for an app that asks.
const EVENTS: [&str; 19] = [
    "agent_session_stopped",
    "agent_session_title_changed",
    "app_context_changed",
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_deleted",
    "channel_left",
    "group_deleted",
    "group_left",
    "message.im",
    "message.channels",
    "message.groups",
    "message.mpim",
    "member_joined_channel",
    "member_left_channel",
    "reaction_added",
    "tokens_revoked",
    "user_change",
];

/// What the methods and events here may need, and a few more that an agent app asks for.
const SCOPES: [&str; 22] = [
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:manage",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "groups:write",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "mpim:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "users:read",
];

impl Default for Limits {
    fn default() -> Self {
        Self {
            posts_per_second: 1.0,
            post_burst: 10.0,
            tiers: false,
        }
    }
}

impl Default for Timezone {
    fn default() -> Self {
        Self {
            name: "Etc/UTC".to_owned(),
            label: "Coordinated Universal Time".to_owned(),
            offset: 0,
        }
    }
}

impl Shortcut {
    /// A shortcut on messages.
    pub fn message(name: &str, callback_id: &str) -> Self {
        Self::new(name, callback_id, ShortcutKind::Message)
    }

    /// A shortcut that is offered everywhere.
    pub fn global(name: &str, callback_id: &str) -> Self {
        Self::new(name, callback_id, ShortcutKind::Global)
    }

    fn new(name: &str, callback_id: &str, kind: ShortcutKind) -> Self {
        Self {
            name: name.to_owned(),
            callback_id: callback_id.to_owned(),
            kind,
        }
    }
}

impl SimConfig {
    /// What the first workspace is made from.
    pub(crate) fn first(&self) -> WorkspaceConfig {
        WorkspaceConfig {
            name: self.team_name.clone(),
            people: self.people.clone(),
            channels: self.channels.clone(),
            installed: true,
        }
    }
}

impl Person {
    /// A person with a short and a full name.
    pub fn new(name: &str, real_name: &str) -> Self {
        Self {
            name: name.to_owned(),
            real_name: real_name.to_owned(),
        }
    }
}

impl Delivery {
    /// The word that the control API uses: `socket` or `http`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Http { .. } => "http",
        }
    }
}
