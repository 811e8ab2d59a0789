//! Which models there are: what is configured, what the keys at hand allow, what runs nearby.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use secrecy::SecretString;
use serde::Deserialize;

use super::demo::DemoModel;
use super::provider::{Address, RemoteModel};
use super::{ChatModel, Settings, probe};
use crate::error::{Error, Kind, Result};
use crate::text;

mod config;

pub use config::{ModelsConfig, ProviderConfig, ProviderKind};

/// The companies, in the order in which one is taken when nobody chose.
const COMPANIES: [(&str, ProviderKind); 3] = [
    ("anthropic", ProviderKind::Anthropic),
    ("openai", ProviderKind::Openai),
    ("gemini", ProviderKind::Gemini),
];

/// What people call the local servers in `provider/model`.
const OLLAMA: &str = "ollama";
const LM_STUDIO: &str = "lm_studio";

/// Where LM Studio listens unless told otherwise.
const LM_STUDIO_URL: &str = "http://127.0.0.1:1234/v1";

/// The default models of each kind, as data: they age.
#[derive(Deserialize)]
struct DefaultModels {
    openai: Vec<String>,
    anthropic: Vec<String>,
    gemini: Vec<String>,
    /// Families that can call tools, best first.
    local: Vec<String>,
}

static DEFAULTS: LazyLock<DefaultModels> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../assets/models.json"))
        .expect("the embedded file is valid: a test reads it")
});

/// What the environment of many machines holds already, under the names that others gave it.
#[derive(Clone, Debug, Default)]
pub struct WellKnownKeys {
    /// `ANTHROPIC_API_KEY`.
    pub anthropic: Option<SecretString>,
    /// `OPENAI_API_KEY`.
    pub openai: Option<SecretString>,
    /// `GEMINI_API_KEY`.
    pub gemini: Option<SecretString>,
    /// `GOOGLE_API_KEY`, for Gemini where the other is not set.
    pub google: Option<SecretString>,
    /// `OLLAMA_HOST`: a host, a host and port, or an address.
    pub ollama_host: Option<String>,
}

impl WellKnownKeys {
    /// What nobody may read in a log.
    pub fn secrets(&self) -> impl Iterator<Item = SecretString> {
        let keys = [&self.anthropic, &self.openai, &self.gemini, &self.google];
        keys.into_iter().flatten().cloned()
    }

    /// The providers that these allow, with today's default models.
    pub fn providers(&self) -> BTreeMap<String, ProviderConfig> {
        let gemini = self.gemini.as_ref().or(self.google.as_ref());
        let keys = [self.anthropic.as_ref(), self.openai.as_ref(), gemini];
        let companies = COMPANIES
            .into_iter()
            .zip(keys)
            .filter_map(|((name, kind), key)| {
                let provider = ProviderConfig {
                    kind,
                    base_url: None,
                    api_key: Some(key?.clone()),
                    models: default_models(kind).to_vec(),
                };
                Some((name.to_owned(), provider))
            });
        let ollama = self.ollama_host.as_deref().and_then(ollama_url).map(|url| {
            let provider = ProviderConfig {
                kind: ProviderKind::Ollama,
                base_url: Some(url),
                api_key: None,
                models: Vec::new(),
            };
            (OLLAMA.to_owned(), provider)
        });
        companies.chain(ollama).collect()
    }
}

/// Every model that can be asked here.
pub struct Catalogue {
    default: Option<String>,
    providers: BTreeMap<String, ProviderConfig>,
    settings: Settings,
    http: reqwest::Client,
}

impl Catalogue {
    /// What is configured, completed by the keys at hand; models are asked through `http`.
    pub fn new(config: &ModelsConfig, keys: &WellKnownKeys, http: reqwest::Client) -> Self {
        let mut providers = config.providers.clone();
        for (name, found) in keys.providers() {
            match providers.get_mut(&name) {
                Some(configured) => configured.complete(found),
                None => {
                    providers.insert(name, found);
                }
            }
        }
        Self {
            default: config.default.clone(),
            providers,
            settings: config.timeouts,
            http,
        }
    }

    /// The models that are listed, as `provider/model`; the demo model is always there.
    pub fn names(&self) -> Vec<String> {
        self.providers
            .iter()
            .flat_map(|(name, provider)| {
                let models = match provider.models.as_slice() {
                    [] => default_models(provider.kind),
                    models => models,
                };
                models.iter().map(move |model| format!("{name}/{model}"))
            })
            .chain([DemoModel::NAME.to_owned()])
            .collect()
    }

    /// The model called `provider/model`, listed or not; a provider alone means its first model.
    pub async fn model(&self, name: &str) -> Result<Arc<dyn ChatModel>> {
        let (provider, model) = match name.split_once('/') {
            Some((provider, model)) => (provider, Some(model)),
            None => (name, None),
        };
        if provider == DemoModel::PROVIDER {
            return Ok(Arc::new(DemoModel));
        }
        let Some(config) = self.provider(provider) else {
            return Err(self.unknown(name));
        };
        let model = match model {
            Some(model) => Some(model.to_owned()),
            None => self.first_model(&config).await,
        };
        match model {
            Some(model) if !model.is_empty() => Ok(self.open(provider, &config, model)),
            _ => Err(self.unknown(name)),
        }
    }

    /// The model to ask when nobody said which: the configured default; else the first company
    /// with a key; else another configured provider; else what answers on this machine; else the
    /// demo model.
    pub async fn choose(&self) -> Result<Arc<dyn ChatModel>> {
        if let Some(name) = &self.default {
            return self.model(name).await;
        }
        let companies = COMPANIES.iter().map(|(name, _)| *name);
        let companies = companies.filter(|name| self.has_key(name));
        let configured = self.providers.keys().map(String::as_str);
        let configured = configured.filter(|name| !is_company(name));
        for name in companies.chain(configured).chain([OLLAMA, LM_STUDIO]) {
            let Some(config) = self.provider(name) else {
                continue;
            };
            if let Some(model) = self.first_model(&config).await {
                return Ok(self.open(name, &config, model));
            }
        }
        Ok(Arc::new(DemoModel))
    }

    fn has_key(&self, provider: &str) -> bool {
        self.providers
            .get(provider)
            .is_some_and(|config| config.api_key.is_some() || config.base_url.is_some())
    }

    /// A provider that is configured, or a local server at its usual address.
    fn provider(&self, name: &str) -> Option<ProviderConfig> {
        if let Some(config) = self.providers.get(name) {
            return Some(config.clone());
        }
        let (kind, base_url) = match name {
            OLLAMA => (ProviderKind::Ollama, None),
            LM_STUDIO => (
                ProviderKind::OpenaiCompatible,
                Some(LM_STUDIO_URL.to_owned()),
            ),
            _ => return None,
        };
        Some(ProviderConfig {
            kind,
            base_url,
            api_key: None,
            models: Vec::new(),
        })
    }

    async fn first_model(&self, config: &ProviderConfig) -> Option<String> {
        if let Some(model) = config.models.first() {
            return Some(model.clone());
        }
        if let Some(model) = default_models(config.kind).first() {
            return Some(model.clone());
        }
        let base_url = config.base_url.as_deref();
        let base_url = base_url.unwrap_or_else(|| config.kind.base_url());
        let installed = match config.kind {
            ProviderKind::Ollama => probe::ollama(&self.http, base_url).await,
            _ => probe::openai_compatible(&self.http, base_url).await,
        };
        preferred(&installed?).map(str::to_owned)
    }

    fn open(&self, provider: &str, config: &ProviderConfig, model: String) -> Arc<dyn ChatModel> {
        let address = Address {
            provider: provider.to_owned(),
            kind: config.kind,
            base_url: config.base_url.clone(),
            api_key: config.api_key.clone(),
            model,
        };
        Arc::new(RemoteModel::new(address, self.http.clone(), self.settings))
    }

    fn unknown(&self, name: &str) -> Error {
        let names = self.names();
        let shown = names.iter().take(8).map(|name| format!("`{name}`"));
        let shown: Vec<String> = shown.collect();
        Error::new(
            Kind::NotFound,
            text!("There is no model `{name}` here.", name),
        )
        .hint(text!(
            "Pick one of these: {models}.",
            models = shown.join(", ")
        ))
    }
}

fn is_company(name: &str) -> bool {
    COMPANIES.iter().any(|(company, _)| *company == name)
}

fn default_models(kind: ProviderKind) -> &'static [String] {
    match kind {
        ProviderKind::Openai => &DEFAULTS.openai,
        ProviderKind::Anthropic => &DEFAULTS.anthropic,
        ProviderKind::Gemini => &DEFAULTS.gemini,
        ProviderKind::Ollama | ProviderKind::OpenaiCompatible => &[],
    }
}

/// The installed model that is best known to call tools; else the first that can chat at all.
fn preferred(installed: &[String]) -> Option<&str> {
    let chats = || {
        let names = installed.iter().map(String::as_str);
        names.filter(|name| !name.to_lowercase().contains("embed"))
    };
    DEFAULTS
        .local
        .iter()
        .find_map(|family| chats().find(|name| name.to_lowercase().contains(family)))
        .or_else(|| chats().next())
}

/// The address in `OLLAMA_HOST`, which may be a host alone, or the one a server listens on.
fn ollama_url(host: &str) -> Option<String> {
    let host = host.trim();
    if host.is_empty() {
        return None;
    }
    let with_scheme = match host.contains("://") {
        true => host.to_owned(),
        false => format!("http://{host}"),
    };
    let mut url = url::Url::parse(&with_scheme).ok()?;
    if url.host_str() == Some("0.0.0.0") {
        url.set_host(Some("127.0.0.1")).ok()?;
    }
    // An address with a scheme and no port means the scheme's port; a bare host means Ollama's.
    if url.port().is_none() && !host.contains("://") {
        url.set_port(Some(11434)).ok()?;
    }
    Some(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests;
