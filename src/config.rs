//! Settings: the embedded defaults, a file, the environment; read once, checked as a whole.

mod environment;
mod shown;
mod unreadable;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Format as _, Toml};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::agent::AgentConfig;
use crate::error::{Error, Kind, Result};
use crate::executor::{Parallel, ToolLimits};
use crate::llm::catalogue::{ModelsConfig, WellKnownKeys};
use crate::net::{AddressPolicy, AllowedHost};
use crate::runs::RunsConfig;
use crate::secrets::SecretsConfig;
use crate::signals::TracesConfig;
use crate::slack::SlackConfig;
use crate::store::DatabaseConfig;

pub use environment::Environment;
pub use shown::{Setting, settings};
use unreadable::unreadable;

/// Every setting at its default; the same file that people read.
pub const DEFAULTS: &str = include_str!("../patchbay.toml");

/// The fewest characters of a token that the operator makes up.
const SHORTEST_TOKEN: usize = 16;

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
    /// Where traces go.
    pub traces: TracesConfig,
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
    /// What whoever reads `/metrics` must know; without it there are none.
    #[serde(skip_serializing)]
    pub metrics_token: Option<SecretString>,
}

impl HttpConfig {
    fn validate(&self) -> Vec<String> {
        let token = self.metrics_token.as_ref().map(|it| it.expose_secret());
        let short = token.filter(|token| token.len() < SHORTEST_TOKEN);
        let problem = short
            .map(|_| format!("http.metrics_token must have {SHORTEST_TOKEN} characters at least"));
        problem.into_iter().collect()
    }
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
#[serde(deny_unknown_fields)]
pub struct ToolsConfig {
    /// How long one call may take.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// The most bytes of a result that a model reads.
    pub result_bytes: usize,
    /// The most bytes of a call's arguments.
    pub argument_bytes: usize,
    /// Calls of one person that run at once.
    pub parallel_per_user: usize,
    /// Calls on one connection that run at once.
    pub parallel_per_connection: usize,
    /// Calls of one person, or on one connection, that wait for others to end.
    pub waiting_calls: usize,
    /// How long a call waits for that.
    #[serde(with = "humantime_serde")]
    pub wait: Duration,
    /// The most connections a person may have.
    pub max_connections_per_user: usize,
    /// How long a person has to answer an approval.
    #[serde(with = "humantime_serde")]
    pub approval_timeout: Duration,
    /// SQLite databases that people may connect to, by name.
    #[serde(default)]
    pub sqlite_databases: BTreeMap<String, PathBuf>,
    /// Those of them that take changes.
    #[serde(default)]
    pub sqlite_writable: Vec<String>,
}

impl ToolsConfig {
    /// What every tool call is held to.
    pub fn limits(&self) -> ToolLimits {
        ToolLimits {
            timeout: self.timeout,
            result_bytes: self.result_bytes,
            argument_bytes: self.argument_bytes,
            parallel: Parallel {
                per_user: self.parallel_per_user,
                per_connection: self.parallel_per_connection,
                waiting: self.waiting_calls,
                wait: self.wait,
            },
            approval_timeout: self.approval_timeout,
        }
    }

    fn validate(&self) -> Vec<String> {
        let positive = [
            ("argument_bytes", self.argument_bytes),
            ("parallel_per_user", self.parallel_per_user),
            ("parallel_per_connection", self.parallel_per_connection),
        ];
        let wrong = positive.iter().filter(|(_, value)| *value == 0);
        let wrong = wrong.map(|(name, _)| format!("tools.{name} must be at least 1"));
        let unknown = |name: &&String| !self.sqlite_databases.contains_key(*name);
        let unknown = self.sqlite_writable.iter().filter(unknown).map(|name| {
            format!("tools.sqlite_writable names `{name}`, which is not in tools.sqlite_databases")
        });
        wrong.chain(unknown).collect()
    }
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

impl LogConfig {
    /// What is wrong with this section, a sentence each: a word that is no level would be taken for a
    /// module's name, and nothing else be logged.
    pub fn validate(&self) -> Vec<String> {
        let is_level = |part: &&str| {
            let level = part.rsplit_once('=').map_or(*part, |(_, level)| level);
            level
                .parse::<tracing_subscriber::filter::LevelFilter>()
                .is_ok()
        };
        let parts = self.level.split(',').map(str::trim);
        parts
            .filter(|part| !is_level(part))
            .map(|part| format!("`log.level`: `{part}` is no level. Use error, warn, info, debug, trace or off, or levels of modules as in `info,patchbay::agent=debug`."))
            .collect()
    }
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

    /// What nobody may read in a log.
    pub fn secrets(&self) -> Vec<SecretString> {
        let slack = &self.slack;
        let named = [
            &slack.bot_token,
            &slack.app_token,
            &slack.signing_secret,
            &self.http.metrics_token,
            &self.secrets.key,
            &self.traces.headers,
        ];
        let own = named.into_iter().flatten().cloned();
        let providers = self.models.providers.values();
        let providers = providers.filter_map(|provider| provider.api_key.clone());
        let database = url::Url::parse(&self.database.url).ok();
        let database = database.and_then(|url| url.password().map(SecretString::from));
        own.chain(providers)
            .chain(self.well_known.secrets())
            .chain(database)
            .collect()
    }

    /// All that is wrong, a sentence each: not only the first.
    pub fn validate(&self) -> Result<()> {
        let problems = [
            self.slack.validate(),
            self.http.validate(),
            self.database.validate(),
            self.models.validate(),
            self.tools.validate(),
            self.agent.validate(),
            self.runs.validate(),
            self.log.validate(),
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

/// By name: a database URL may hold a password.
fn is_secret(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    last.ends_with("_token")
        || last.ends_with("_secret")
        || matches!(last, "key" | "api_key" | "headers")
        || key == "database.url"
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
        assert_eq!(config.tools.timeout.as_secs(), 30);
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
        assert_eq!(config.tools.timeout.as_secs(), 7);
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
    fn tokens_that_were_swapped_are_noticed() {
        let swapped = [
            ("SLACK_BOT_TOKEN", "xapp-s3cret"),
            ("SLACK_APP_TOKEN", "xoxb-s3cret"),
        ];
        let config = Config::load(None, &environment(&swapped)).unwrap();
        let problems = config.validate().unwrap_err().to_string();
        assert!(
            problems.contains("slack.bot_token is another kind"),
            "{problems}"
        );
        assert!(
            problems.contains("slack.app_token is another kind"),
            "{problems}"
        );
        assert!(!problems.contains("s3cret"), "{problems}");
    }

    #[test]
    fn a_wrong_setting_is_named_and_its_value_is_not() {
        let error =
            Config::load(None, &environment(&[("PATCHBAY_SLACK__SOCKETS", "s3cret")])).unwrap_err();
        assert!(error.to_string().contains("slack.sockets"), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
        let error =
            Config::load(None, &environment(&[("PATCHBAY_SLACK__SOKETS", "2")])).unwrap_err();
        assert!(error.to_string().contains("sokets"), "{error}");
        for (name, said) in [
            ("PATCHBAY_SLACK__TRANSPORT", "`socket`, `http`"),
            ("PATCHBAY_RUNS__LEASE", "such as \"10s\""),
            ("PATCHBAY_NETWORK__ALLOW", "a list, such as"),
            ("PATCHBAY_HTTP__LISTEN", "127.0.0.1:3000"),
        ] {
            let error = Config::load(None, &environment(&[(name, "s3cret")])).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("patchbay.toml");
        std::fs::write(&file, "[slack]\nbot_token = \"s3cret\n").unwrap();
        let error = Config::load(Some(&file), &environment(&[])).unwrap_err();
        assert!(
            error.to_string().contains("no valid TOML at line 2"),
            "{error}"
        );
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
