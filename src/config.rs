//! Settings: the embedded defaults, a file, the environment; read once, checked as a whole.

mod environment;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Value};
use serde::{Deserialize, Serialize};

use crate::agent::AgentConfig;
use crate::error::{Error, Kind, Result};
use crate::executor::ToolLimits;
use crate::llm::catalogue::{ModelsConfig, WellKnownKeys};
use crate::net::{AddressPolicy, AllowedHost};
use crate::runs::RunsConfig;
use crate::secrets::SecretsConfig;
use crate::slack::SlackConfig;
use crate::store::DatabaseConfig;

pub use environment::Environment;

/// Every setting at its default; the same file that people read.
pub const DEFAULTS: &str = include_str!("../patchbay.toml");

/// Every setting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The Slack app.
    pub slack: SlackConfig,
    /// What listens.
    pub http: HttpConfig,
    /// Where things are kept.
    pub database: DatabaseConfig,
    /// The sealing key.
    pub secrets: SecretsConfig,
    /// Language models.
    pub models: ModelsConfig,
    /// What may be reached.
    pub network: NetworkConfig,
    /// What tool calls are held to.
    pub tools: ToolsConfig,
    /// Run cards beside the built-in ones.
    pub cards: CardsConfig,
    /// What a run is held to.
    pub agent: AgentConfig,
    /// How runs are worked on.
    pub runs: RunsConfig,
    /// What is logged.
    pub log: LogConfig,
    /// Keys of model providers under the names everyone uses.
    #[serde(skip)]
    pub well_known: WellKnownKeys,
}

/// What listens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
}

/// What may be reached beside the public internet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkConfig {
    /// Hosts inside the operator's network that people may connect to.
    pub allow: Vec<AllowedHost>,
}

impl NetworkConfig {
    /// The rules that every connection is checked against.
    pub fn policy(&self) -> AddressPolicy {
        AddressPolicy::new(self.allow.clone())
    }

    /// Also allows this machine itself, on every port: for the playground.
    pub fn allow_loopback(&mut self) {
        let hosts = ["127.0.0.1:*", "localhost:*", "[::1]:*"];
        self.allow
            .extend(hosts.iter().filter_map(|host| host.parse().ok()));
    }
}

/// What tool calls are held to, and what they may open on this machine.
#[derive(Clone, Debug, Deserialize)]
pub struct ToolsConfig {
    /// The limits.
    #[serde(flatten)]
    pub limits: ToolLimits,
    /// SQLite databases that people may connect to, by name.
    #[serde(default)]
    pub sqlite_databases: BTreeMap<String, PathBuf>,
}

/// Run cards beside the built-in ones.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CardsConfig {
    /// A folder of YAML files.
    pub directory: Option<PathBuf>,
}

/// What is logged.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// A level, or levels per module.
    pub level: String,
    /// For whom.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads the settings; does not check yet whether they make sense together.
    pub fn load(file: Option<&Path>, environment: &Environment) -> Result<Self> {
        let figment = layers(file, environment)?;
        let mut config: Self = figment.extract().map_err(|error| unreadable(&error))?;
        config.well_known = environment.well_known_keys();
        Ok(config)
    }

    /// All that is wrong, a sentence each: not only the first.
    pub fn validate(&self) -> Result<()> {
        let problems = [
            self.slack.validate(),
            self.database.validate(),
            self.models.validate(),
            self.runs.validate(),
        ]
        .concat();
        if problems.is_empty() {
            return Ok(());
        }
        let list: String = problems
            .iter()
            .map(|problem| format!("\n  - {problem}"))
            .collect();
        Err(Error::new(
            Kind::Invalid,
            format!("The configuration is not complete:{list}"),
        )
        .hint("\nTo see the product without any of this, run `patchbay playground`."))
    }
}

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
            "•••".to_owned()
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

fn layers(file: Option<&Path>, environment: &Environment) -> Result<Figment> {
    let mut figment = Figment::from(Toml::string(DEFAULTS));
    if let Some(path) = file
        .map(Path::to_path_buf)
        .or_else(|| environment.config_file())
    {
        if !path.is_file() {
            return Err(Error::new(
                Kind::NotFound,
                format!("There is no configuration file `{}`.", path.display()),
            )
            .hint("Check --config and PATCHBAY_CONFIG."));
        }
        figment = figment.merge(Toml::file_exact(path));
    }
    Ok(figment.merge(environment.clone()))
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

/// By name: a database URL may hold a password.
fn is_secret(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    last.ends_with("_token")
        || last.ends_with("_secret")
        || matches!(last, "key" | "api_key")
        || key == "database.url"
}

/// Names the setting, never its value: the value may be a secret in the wrong place.
fn unreadable(error: &figment::Error) -> Error {
    let problems: Vec<String> = error
        .clone()
        .into_iter()
        .map(|error| {
            let origin = error
                .metadata
                .as_ref()
                .map_or("", |metadata| metadata.name.as_ref());
            let what = match &error.kind {
                figment::error::Kind::UnknownField(name, _) => {
                    format!("there is no setting `{name}`")
                }
                figment::error::Kind::MissingField(name) => format!("`{name}` is missing"),
                figment::error::Kind::InvalidType(_, expected)
                | figment::error::Kind::InvalidValue(_, expected) => {
                    format!("it must be {expected}")
                }
                _ => "it cannot be read".to_owned(),
            };
            format!("\n  - {} ({origin}): {what}", error.path.join("."))
        })
        .collect();
    Error::new(
        Kind::Invalid,
        format!("The configuration cannot be read:{}", problems.concat()),
    )
    .hint("\n`patchbay.toml` in the source, or docs/configuration.md, explains every setting.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Environment::from_pairs(pairs).unwrap()
    }

    #[test]
    fn the_embedded_file_is_a_whole_configuration() {
        let config = Config::load(None, &environment(&[])).unwrap();
        assert_eq!(config.tools.limits.timeout.as_secs(), 30);
        let problems = config.validate().unwrap_err().to_string();
        assert!(problems.contains("slack.bot_token") && problems.contains("slack.app_token"));
    }

    #[test]
    fn the_environment_wins_under_either_name() {
        let environment = environment(&[
            ("SLACK_BOT_TOKEN", "xoxb-1"),
            ("PATCHBAY_SLACK__APP_TOKEN", "xapp-1"),
            ("PATCHBAY_DATABASE__URL", "sqlite:ours.db"),
            ("DATABASE_URL", "sqlite:theirs.db"),
            ("PATCHBAY_RUNS__PARALLEL", "3"),
            ("MCP_TOOL_TIMEOUT_SECONDS", "7"),
            ("PATCHBAY_UNRELATED", "x"),
        ]);
        let config = Config::load(None, &environment).unwrap();
        assert!(config.validate().is_ok());
        assert_eq!(config.runs.parallel, 3);
        assert_eq!(config.database.url, "sqlite:ours.db");
        assert_eq!(config.tools.limits.timeout.as_secs(), 7);
        let shown = settings(None, &environment).unwrap();
        let token = shown
            .iter()
            .find(|setting| setting.key == "slack.bot_token")
            .unwrap();
        assert_eq!(
            (token.value.as_str(), token.origin.as_str()),
            ("•••", "environment")
        );
    }

    #[test]
    fn a_wrong_setting_is_named_and_its_value_is_not() {
        let error =
            Config::load(None, &environment(&[("PATCHBAY_SLACK__SOCKETS", "s3cret")])).unwrap_err();
        assert!(error.message().contains("slack.sockets"), "{error}");
        assert!(!error.message().contains("s3cret"), "{error}");
        let error =
            Config::load(None, &environment(&[("PATCHBAY_SLACK__SOKETS", "2")])).unwrap_err();
        assert!(error.message().contains("sokets"), "{error}");
    }
}
