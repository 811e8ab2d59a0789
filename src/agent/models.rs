//! Which model answers whom: what the person chose, else what their workspace did, else the default.

use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::principal::Principal;
use crate::error::{Error, Kind, Result, closest, quotable};
use crate::llm::ChatModel;
use crate::llm::catalogue::Catalogue;
use crate::llm::prices::Prices;
use crate::store::{SettingOf, Store};
use crate::text;

/// The name of the setting.
const SETTING: &str = "model";
/// What people type to have the default again.
pub const DEFAULT: &str = "default";

/// The models that can answer.
#[derive(Clone)]
pub struct Models {
    default: Arc<dyn ChatModel>,
    catalogue: Arc<Catalogue>,
    prices: Prices,
    store: Store,
    clock: Clock,
}

/// The model for one person.
pub struct Asked {
    /// The one to ask.
    pub model: Arc<dyn ChatModel>,
    /// The one to ask when that does not answer; none where it is the default itself.
    pub fallback: Option<Arc<dyn ChatModel>>,
}

/// What a person's choice came to, for a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The model that answers them.
    pub model: String,
    /// Whether they chose it themselves.
    pub own: bool,
    /// The model that answers whoever chose none.
    pub default: String,
}

impl Models {
    /// The models of a catalogue; `default` answers whoever chose none.
    pub fn new(
        default: Arc<dyn ChatModel>,
        catalogue: Arc<Catalogue>,
        prices: Prices,
        store: Store,
        clock: Clock,
    ) -> Self {
        Self {
            default,
            catalogue,
            prices,
            store,
            clock,
        }
    }

    /// The model to ask for this person.
    pub async fn of(&self, person: &Principal) -> Result<Asked> {
        let choice = self.choice(person).await?;
        if choice.model == self.default.name() {
            return Ok(Asked {
                model: self.default.clone(),
                fallback: None,
            });
        }
        Ok(match self.catalogue.model(&choice.model).await {
            Ok(model) => Asked {
                model,
                fallback: Some(self.default.clone()),
            },
            // Its provider is no longer configured.
            Err(_) => Asked {
                model: self.default.clone(),
                fallback: None,
            },
        })
    }

    /// What this person, or their workspace, chose.
    pub async fn choice(&self, person: &Principal) -> Result<Choice> {
        let default = self.workspace_default(&person.team).await?;
        let own = self
            .store
            .setting(SettingOf::Person(person), SETTING)
            .await?;
        let own = own.filter(|name| self.is_listed(name));
        Ok(Choice {
            own: own.is_some(),
            model: own.unwrap_or_else(|| default.clone()),
            default,
        })
    }

    /// The model that answers those of a workspace who chose none.
    pub async fn workspace_default(&self, team: &crate::ids::TeamId) -> Result<String> {
        let chosen = self
            .store
            .setting(SettingOf::Workspace(team), SETTING)
            .await?;
        let chosen = chosen.filter(|name| self.is_listed(name));
        Ok(chosen.unwrap_or_else(|| self.default.name().to_owned()))
    }

    /// Chooses a model for a person; the error suggests another name.
    pub async fn choose(&self, person: &Principal, name: &str) -> Result<()> {
        self.keep(SettingOf::Person(person), name).await
    }

    /// Chooses the model for those of a workspace who choose none.
    pub async fn choose_for(&self, team: &crate::ids::TeamId, name: &str) -> Result<()> {
        self.keep(SettingOf::Workspace(team), name).await
    }

    async fn keep(&self, of: SettingOf<'_>, name: &str) -> Result<()> {
        let name = name.trim();
        if name.eq_ignore_ascii_case(DEFAULT) {
            return self.store.clear_setting(of, SETTING).await;
        }
        let model = self.meant(name)?;
        let now = self.clock.now();
        self.store.set_setting(of, SETTING, &model, now).await
    }

    /// The prices in force.
    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// Every model that may be chosen, the default first.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![self.default.name().to_owned()];
        for name in self.catalogue.names() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn is_listed(&self, name: &str) -> bool {
        self.names().iter().any(|listed| listed == name)
    }

    /// The model that a person names, in full or without its provider.
    fn meant(&self, typed: &str) -> Result<String> {
        let names = self.names();
        let wanted = typed.to_lowercase();
        let exact = names.iter().find(|name| name.to_lowercase() == wanted);
        let short = || {
            let mut ending = names.iter().filter(|name| after_provider(name) == wanted);
            ending.next().filter(|_| ending.next().is_none())
        };
        if let Some(name) = exact.or_else(short) {
            return Ok(name.clone());
        }
        let near = closest(&wanted, names.iter().map(String::as_str)).or_else(|| {
            let short = closest(&wanted, names.iter().map(|name| after_provider(name)))?;
            let full = names.iter().find(|name| after_provider(name) == short);
            full.map(String::as_str)
        });
        let hint = match near {
            Some(near) => text!("Did you mean `{near}`?", near),
            None => text!("Choose one of these: {models}.", models = quoted(&names)),
        };
        let name = quotable(typed);
        Err(Error::new(
            Kind::NotFound,
            text!("There is no model `{name}` here.", name),
        )
        .hint(hint))
    }
}

fn after_provider(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, model)| model)
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
