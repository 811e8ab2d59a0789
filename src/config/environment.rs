//! Settings from environment variables and from files that they name.

use std::path::PathBuf;

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};
use secrecy::SecretString;

use crate::error::{Error, Kind, Result};
use crate::llm::catalogue::WellKnownKeys;

const PREFIX: &str = "PATCHBAY_";
const FILE_SUFFIX: &str = "_FILE";
/// `secrets.key_file` is a setting of its own, and not `secrets.key` from a file.
const KEY_FILE_SETTING: &str = "SECRETS__KEY";

/// Names that everyone uses for a setting of ours.
const ALIASES: [(&str, &str); 8] = [
    ("SLACK_BOT_TOKEN", "slack.bot_token"),
    ("SLACK_APP_TOKEN", "slack.app_token"),
    ("SLACK_SIGNING_SECRET", "slack.signing_secret"),
    ("DATABASE_URL", "database.url"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "traces.endpoint"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "traces.endpoint"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "traces.headers"),
    (
        "MCP_MAX_CONNECTIONS_PER_USER",
        "tools.max_connections_per_user",
    ),
];

/// The environment as it was when the process started.
#[derive(Clone, Default)]
pub struct Environment {
    pairs: Vec<(String, String)>,
    settings: Dict,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment(•••)")
    }
}

impl Environment {
    /// This process's environment, after `.env` was loaded into it.
    pub fn of_process() -> Result<Self> {
        // Variables that are not Unicode cannot be settings of ours.
        let pairs = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::from_pairs(pairs)
    }

    /// An environment of these variables.
    pub fn from_pairs(pairs: impl Iterator<Item = (String, String)>) -> Result<Self> {
        // An empty variable is one that nobody set. Our own names come last: they win over those
        // that everyone uses.
        let mut pairs: Vec<_> = pairs
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        pairs.sort_by_key(|(name, _)| name.starts_with(PREFIX));
        let mut environment = Self {
            pairs,
            settings: Dict::new(),
        };
        for (name, value) in environment.pairs.clone() {
            environment.take(&name, &value)?;
        }
        Ok(environment)
    }

    /// The file that `PATCHBAY_CONFIG` names.
    pub fn config_file(&self) -> Option<PathBuf> {
        self.get("PATCHBAY_CONFIG").map(PathBuf::from)
    }

    /// Keys of model providers under the names everyone uses.
    pub fn well_known_keys(&self) -> WellKnownKeys {
        let key = |name| self.get(name).map(SecretString::from);
        WellKnownKeys {
            openai: key("OPENAI_API_KEY"),
            anthropic: key("ANTHROPIC_API_KEY"),
            gemini: key("GEMINI_API_KEY"),
            google: key("GOOGLE_API_KEY"),
            ollama_host: self.get("OLLAMA_HOST").map(str::to_owned),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().rev().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    fn take(&mut self, name: &str, value: &str) -> Result<()> {
        if name == "MCP_TOOL_TIMEOUT_SECONDS" {
            self.set("tools.timeout", Value::from(format!("{}s", value.trim())));
        } else if let Some((_, key)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
            self.set(key, parsed(key, value));
        } else if let Some(path) = name.strip_prefix(PREFIX).filter(|path| path.contains("__")) {
            match path
                .strip_suffix(FILE_SUFFIX)
                .filter(|path| *path != KEY_FILE_SETTING)
            {
                Some(path) => {
                    let content = read(name, value)?;
                    self.set(&key(path), Value::from(content));
                }
                None => self.set(&key(path), parsed(&key(path), value)),
            }
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: Value) {
        let mut nested = value;
        let mut parts = key.split('.').rev().peekable();
        while let Some(part) = parts.next() {
            let dict = Dict::from([(part.to_owned(), nested)]);
            if parts.peek().is_none() {
                merge(&mut self.settings, dict);
                return;
            }
            nested = Value::from(dict);
        }
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> std::result::Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.settings.clone()))
    }
}

fn key(path: &str) -> String {
    path.to_lowercase().replace("__", ".")
}

/// Numbers, booleans and lists as such; what may be a secret stays the text it is.
fn parsed(key: &str, value: &str) -> Value {
    let text_only = super::is_secret(key);
    match value.parse::<Value>() {
        Ok(parsed) if !text_only => parsed,
        Ok(_) | Err(_) => Value::from(value),
    }
}

fn read(name: &str, path: &str) -> Result<String> {
    let content = std::fs::read_to_string(path).map_err(|error| {
        Error::new(
            Kind::NotFound,
            format!("{name} names a file that cannot be read."),
        )
        .hint("Check the path and its permissions.")
        .source(error)
    })?;
    Ok(content.strip_suffix('\n').unwrap_or(&content).to_owned())
}

fn merge(into: &mut Dict, from: Dict) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (Some(Value::Dict(_, existing)), Value::Dict(_, more)) => merge(existing, more),
            (_, value) => {
                into.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mounted_file_is_read_and_loses_one_newline() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "xoxb-from-file\n").unwrap();
        let name = "PATCHBAY_SLACK__BOT_TOKEN_FILE".to_owned();
        let path = file.path().display().to_string();
        let environment = Environment::from_pairs([(name, path)].into_iter()).unwrap();
        let config = crate::config::Config::load(None, &environment).unwrap();
        use secrecy::ExposeSecret as _;
        assert_eq!(
            config.slack.bot_token.unwrap().expose_secret(),
            "xoxb-from-file"
        );
    }

    #[test]
    fn a_secret_that_looks_like_a_number_stays_text() {
        let pair = ("PATCHBAY_SECRETS__KEY".to_owned(), "12345".to_owned());
        let environment = Environment::from_pairs([pair].into_iter()).unwrap();
        assert!(crate::config::Config::load(None, &environment).is_ok());
    }
}
