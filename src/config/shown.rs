//! Every setting in force, for whoever asks where one comes from: `patchbay config`.

use std::path::Path;

use figment::Figment;
use figment::value::{Dict, Value};

use super::{Config, Environment, is_secret, layers, unreadable};
use crate::domain::secret::MASK;
use crate::error::Result;

/// One setting as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `slack.bot_token`.
    pub key: String,
    /// The value, `•••` for a secret.
    pub value: String,
    /// Where it came from.
    pub origin: String,
}

/// Every setting in force with its origin, secrets hidden.
pub fn settings(file: Option<&Path>, environment: &Environment) -> Result<Vec<Setting>> {
    Config::load(file, environment)?;
    let figment = layers(file, environment)?;
    let root: Dict = figment.extract().map_err(|error| unreadable(&error))?;
    let mut leaves = Vec::new();
    flatten("", &Value::from(root), &mut leaves);
    let with_origin = leaves.into_iter().map(|(key, value)| Setting {
        origin: origin(&figment, &key),
        value: if is_secret(&key) {
            MASK.to_owned()
        } else {
            value
        },
        key,
    });
    Ok(with_origin.collect())
}

fn origin(figment: &Figment, key: &str) -> String {
    let metadata = figment.find_metadata(key);
    match metadata {
        // The embedded file is the one text; other files have a path.
        Some(metadata) if metadata.source.is_none() && metadata.name != "environment" => {
            "default".to_owned()
        }
        Some(metadata) => match &metadata.source {
            Some(source) => source.to_string(),
            None => metadata.name.to_string(),
        },
        None => String::new(),
    }
}

fn flatten(prefix: &str, value: &Value, leaves: &mut Vec<(String, String)>) {
    match value {
        Value::Dict(_, members) => {
            for (name, member) in members {
                let key = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                flatten(&key, member, leaves);
            }
        }
        value => {
            let text = serde_json::to_string(value).unwrap_or_default();
            leaves.push((prefix.to_owned(), text));
        }
    }
}
