//! What a change of a workspace's card comes to, for whoever is asked about it and for the record.

use std::sync::Arc;

use serde_json::json;

use super::hosts::{Host, hosts};
use crate::domain::card::Card;
use crate::error::{Error, Kind, Result};
use crate::text;

/// What somebody who changes a card was asked, and said yes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// The change.
    Change,
    /// Also that connections send their secrets somewhere else from then on.
    SecretsElsewhere,
}

/// What a change of a card comes to.
#[derive(Clone, Debug)]
pub struct Effect {
    /// The card that there is after it, if there is one.
    pub after: Option<Arc<Card>>,
    /// The card of that name that there was.
    pub before: Option<Arc<Card>>,
    /// How many connections people have of that name.
    pub connections: i64,
    pub(super) name: String,
    pub(super) before_sha256: Option<String>,
}

/// How the tools of a card change, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolChanges {
    /// Those that are new.
    pub new: Vec<String>,
    /// Those that are gone.
    pub gone: Vec<String>,
    /// Those that are called the same and are not.
    pub changed: Vec<String>,
}

impl Effect {
    /// Where the connections send what their owners filled in after it.
    pub fn hosts(&self) -> Vec<Host> {
        self.after
            .as_ref()
            .map(|card| hosts(card))
            .unwrap_or_default()
    }

    /// And before it.
    pub fn hosts_before(&self) -> Vec<Host> {
        self.before
            .as_ref()
            .map(|card| hosts(card))
            .unwrap_or_default()
    }

    /// Whether connections that there are would send their secrets where they did not before.
    pub fn sends_elsewhere(&self) -> bool {
        let before = self.hosts_before();
        self.connections > 0 && self.hosts().iter().any(|host| !before.contains(host))
    }

    /// What becomes of the tools.
    pub fn tools(&self) -> ToolChanges {
        let (Some(after), Some(before)) = (&self.after, &self.before) else {
            return ToolChanges::default();
        };
        let mut changes = ToolChanges::default();
        for tool in &after.tools {
            match before.tool(&tool.name) {
                None => changes.new.push(tool.name.clone()),
                Some(old) if json!(old) != json!(tool) => changes.changed.push(tool.name.clone()),
                Some(_) => {}
            }
        }
        let gone = before
            .tools
            .iter()
            .filter(|tool| after.tool(&tool.name).is_none());
        changes.gone = gone.map(|tool| tool.name.clone()).collect();
        changes
    }

    /// Whether it was said that secrets go elsewhere, where they do.
    pub(super) fn check_consent(&self, consent: Consent) -> Result<()> {
        if consent == Consent::SecretsElsewhere || !self.sends_elsewhere() {
            return Ok(());
        }
        Err(Error::new(
            Kind::Conflict,
            text!("The connections that people have would send their credentials somewhere else: {hosts}.", hosts = said(&self.hosts())),
        )
        .hint(text!("Look at it once more and confirm that, or give the card another `name`.")))
    }
}

/// Places in a list.
fn said(hosts: &[Host]) -> String {
    let hosts: Vec<String> = hosts.iter().map(Host::to_string).collect();
    hosts.join(", ")
}
