//! Slack workspaces on loopback: they speak Slack's real protocol to an app and let people (or a test) use them.
//!
//! Three sides meet in one [`Sim`]:
//! - Slack's side towards the app: `api` (Web API), `socket` (Socket Mode), `http_delivery` (signed POSTs), `response_url`;
//! - the people's side: `person` (what a person does and sees), `control` (the same over HTTP, for the page), `page`;
//! - between them `state`, one workspace each and pure: no I/O, no clock of its own, effects handed back as data. `team`
//!   finds the workspace that a token, an address or a name belongs to.

mod api;
mod blocks;
mod body;
mod clock;
mod config;
mod control;
mod dispatch;
mod error;
mod faults;
mod file_server;
mod filetypes;
mod http_delivery;
mod ids;
mod log;
mod oauth_page;
mod page;
mod payloads;
mod permalinks;
mod person;
mod references;
mod response_url;
mod seen;
mod shared;
mod sim;
mod socket;
mod state;
mod team;

pub use config::{
    AppConfig, Delivery, Guest, Limits, Person, PersonChange, Shortcut, ShortcutKind, SimConfig,
    Timezone, WorkspaceConfig,
};
pub use dispatch::{AckReport, Handmade};
pub use error::Refused;
pub use faults::{Fault, FaultKind};
pub use log::{Call, Entry};
pub use person::{Click, ClickOutcome, CommandOutcome, SubmitOutcome, Suggestions, Target};
pub use references::{Reference, ReferenceKind, references};
pub use seen::{Message, View};
pub use sim::Sim;
pub use socket::Disconnect;
