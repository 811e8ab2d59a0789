//! The section `models` of the configuration: where models are and which is asked by default.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{LM_STUDIO, OLLAMA, is_company};
use crate::llm::Settings;
use crate::llm::demo::DemoModel;

/// Which models there are and which is asked by default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelsConfig {
    /// `provider/model`; nothing takes the first that can be reached.
    pub default: Option<String>,
    /// Where models are, under names of your own.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// Prices that come before the built-in ones; the file need not be there.
    pub prices_file: PathBuf,
    /// How long a model may take.
    pub timeouts: Settings,
}

/// A company or a machine that runs models.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Which wire format it speaks.
    pub kind: ProviderKind,
    /// Where it is; nothing for the company's own address.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The key, where it wants one.
    #[serde(default)]
    pub api_key: Option<SecretString>,
    /// Its models, the preferred one first.
    #[serde(default)]
    pub models: Vec<String>,
}

/// The wire formats that models are asked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// OpenAI.
    Openai,
    /// Anthropic.
    Anthropic,
    /// Gemini, with a key from Google AI Studio.
    Gemini,
    /// Ollama's own format.
    Ollama,
    /// What LM Studio, vLLM, OpenRouter and many others speak.
    OpenaiCompatible,
}

impl ProviderKind {
    /// Where it is unless configured otherwise.
    pub fn base_url(self) -> &'static str {
        match self {
            Self::Openai => "https://api.openai.com/v1",
            Self::Anthropic => "https://api.anthropic.com/v1",
            Self::Gemini => "https://generativelanguage.googleapis.com/v1beta",
            Self::Ollama => "http://127.0.0.1:11434",
            Self::OpenaiCompatible => "http://127.0.0.1:1234/v1",
        }
    }

    /// What people read; `name` is what the provider is called in the configuration.
    pub fn title(self, name: &str) -> String {
        match (self, name) {
            (Self::Openai, _) => "OpenAI".to_owned(),
            (Self::Anthropic, _) => "Anthropic".to_owned(),
            (Self::Gemini, _) => "Gemini".to_owned(),
            (Self::Ollama, _) => "Ollama".to_owned(),
            (Self::OpenaiCompatible, LM_STUDIO) => "LM Studio".to_owned(),
            (Self::OpenaiCompatible, name) => name.to_owned(),
        }
    }

    fn wants_key(self) -> bool {
        matches!(self, Self::Openai | Self::Anthropic | Self::Gemini)
    }
}

impl ProviderConfig {
    /// Takes from `found` what is not configured, when both mean the same provider.
    pub(super) fn complete(&mut self, found: Self) {
        // A key goes only where its owner sends it: never to an address somebody configured.
        if self.kind == found.kind && self.base_url.is_none() {
            self.api_key = self.api_key.take().or(found.api_key);
            self.base_url = found.base_url;
        }
        if self.models.is_empty() {
            self.models = found.models;
        }
    }

    fn problems(&self, name: &str) -> Vec<String> {
        let at = format!("models.providers.{name}");
        let mut problems = Vec::new();
        match &self.base_url {
            Some(base_url) => problems.extend(url_problem(&at, base_url)),
            None if self.kind == ProviderKind::OpenaiCompatible && name != LM_STUDIO => {
                problems.push(format!(
                    "`{at}.base_url` is missing: say where the server is, such as `http://127.0.0.1:8000/v1`."
                ));
            }
            None => {}
        }
        match &self.api_key {
            Some(key) if key.expose_secret().trim().is_empty() => {
                problems.push(format!(
                    "`{at}.api_key` is empty: set the key or remove the line."
                ));
            }
            None if self.kind.wants_key() && self.base_url.is_none() && !is_company(name) => {
                problems.push(format!(
                    "`{at}.api_key` is missing: {} wants a key.",
                    self.kind.title(name)
                ));
            }
            _ => {}
        }
        if self.models.iter().any(|model| model.trim().is_empty()) {
            problems.push(format!("`{at}.models` has an empty name: remove it."));
        }
        problems
    }
}

impl ModelsConfig {
    /// Everything that is wrong with it, one sentence each.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, provider) in &self.providers {
            problems.extend(name_problem(name));
            problems.extend(provider.problems(name));
        }
        if let Some(default) = &self.default {
            problems.extend(self.default_problem(default));
        }
        let timeouts = [
            ("header_timeout", self.timeouts.header_timeout),
            ("read_timeout", self.timeouts.read_timeout),
            ("total_timeout", self.timeouts.total_timeout),
        ];
        for (name, timeout) in timeouts {
            if timeout.is_zero() {
                problems.push(format!(
                    "`models.timeouts.{name}` is zero: give models some time, such as `\"60s\"`."
                ));
            }
        }
        problems
    }

    fn default_problem(&self, default: &str) -> Option<String> {
        let provider = default.split_once('/').map_or(default, |(name, _)| name);
        let built_in = [OLLAMA, LM_STUDIO, DemoModel::PROVIDER].contains(&provider);
        // A company may be configured by its key alone, which is not seen here.
        let known = built_in || is_company(provider) || self.providers.contains_key(provider);
        (!known || default.ends_with('/')).then(|| {
            format!(
                "`models.default` is `{default}`: write `provider/model`, with a provider of `models.providers`."
            )
        })
    }
}

fn name_problem(name: &str) -> Option<String> {
    let fits = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
    if name == DemoModel::PROVIDER {
        return Some(format!(
            "`models.providers.{name}` is the name of the built-in model: pick another."
        ));
    }
    (!fits).then(|| {
        format!("`models.providers.{name}`: a provider's name has letters from a to z, digits, `-` and `_`.")
    })
}

fn url_problem(at: &str, base_url: &str) -> Option<String> {
    let problem = match url::Url::parse(base_url) {
        Err(_) => "is no address: write it like `https://example.com/v1`",
        Ok(url) if !["http", "https"].contains(&url.scheme()) => {
            "must start with `https://` or `http://`"
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "has a user or password in it: use `api_key`"
        }
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            "must end before any `?` or `#`"
        }
        Ok(_) => return None,
    };
    Some(format!("`{at}.base_url` {problem}."))
}
