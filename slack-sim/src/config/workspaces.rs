//! What one workspace is made from: its people and channels, and whether the app is in it.

use serde::Deserialize;

use super::Person;

/// One workspace beside the first.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceConfig {
    /// Its name, which no other workspace has.
    pub name: String,
    /// The people in it.
    #[serde(default = "two_people")]
    pub people: Vec<Person>,
    /// Names of its public channels; everyone is in all of them, and the bot where the app is installed.
    #[serde(default = "two_channels")]
    pub channels: Vec<String>,
    /// Whether the app is in it from the start; else somebody has to let it in first.
    #[serde(default = "yes")]
    pub installed: bool,
}

impl WorkspaceConfig {
    /// A workspace with the people and channels that the first has by default, and with the app in it.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            people: two_people(),
            channels: two_channels(),
            installed: yes(),
        }
    }

    /// The same without the app.
    #[must_use]
    pub fn without_app(mut self) -> Self {
        self.installed = false;
        self
    }
}

pub(super) fn two_people() -> Vec<Person> {
    vec![
        Person::new("alice", "Alice Adams"),
        Person::new("bob", "Bob Brown"),
    ]
}

pub(super) fn two_channels() -> Vec<String> {
    vec!["general".to_owned(), "data".to_owned()]
}

fn yes() -> bool {
    true
}
