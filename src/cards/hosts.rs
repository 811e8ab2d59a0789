//! Where a card sends what people fill in, and which of it: said to admins before they add it and to
//! those who connect it, and compared when it changes.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{self, Address};
use super::template::Templates;
use crate::domain::card::{Auth, Card, Services, SqlEngine, SqlService};
use crate::domain::text::Text;
use crate::text;

/// A place that a card speaks to, with what it is given there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub host: Host,
    /// The names of the secret fields that are sent there, beside the one that may be its address.
    pub secrets: BTreeSet<String>,
}

/// Where something is. Two are the same if whatever is sent there goes to the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// A server, as an origin.
    Named(String),
    /// A server with fields in its name: `https://{{ shop }}.example.com`.
    Within {
        /// As a template.
        origin: String,
        /// What counts for those fields that are left empty.
        defaults: BTreeMap<String, String>,
    },
    /// Wherever a field of each connection says.
    Field {
        /// The field.
        name: String,
        /// What counts where it is left empty.
        default: Option<String>,
    },
    /// A file on the bot's machine that the operator allows.
    File,
}

/// All places that the card's connections send something to, each once.
pub fn places(card: &Card) -> Vec<Place> {
    // Whoever adds a kind of service says here where it sends things, and what.
    let Services {
        graphql,
        http,
        mcp,
        openapi,
        redis,
        sql,
    } = &card.service;
    let mut found = Found {
        card,
        templates: Templates::new(),
        places: BTreeMap::new(),
    };
    if let Some(service) = graphql {
        let secrets = found.secrets(&service.auth, &service.headers);
        found.add(of_url(card, &service.endpoint), secrets);
        found.add_sign_in(&service.auth);
    }
    if let Some(service) = http {
        let secrets = found.secrets(&service.auth, &service.headers);
        found.add(of_url(card, &service.base_url), secrets);
        found.add_sign_in(&service.auth);
    }
    if let Some(service) = mcp {
        let secrets = found.secrets(&service.auth, &service.headers);
        found.add(of_url(card, &service.url), secrets);
        found.add_sign_in(&service.auth);
    }
    if let Some(service) = openapi {
        let secrets = found.secrets(&service.auth, &service.headers);
        let document = of_url(card, &service.document);
        // Left empty, it is where the document came from; which gets the secrets only then.
        let base = Some(&service.base_url).filter(|base| !base.is_empty());
        let base = base.map(|base| of_url(card, base));
        let apart = matches!((&document, &base), (Host::Named(one), Some(Host::Named(other))) if one != other);
        if let Some(base) = base {
            found.add(base, secrets.clone());
        }
        found.add(document, if apart { BTreeSet::new() } else { secrets });
        found.add_sign_in(&service.auth);
    }
    if let Some(service) = redis {
        found.add(of_field(card, service.field()), BTreeSet::new());
    }
    if let Some(service) = sql {
        found.add(of_database(card, service), BTreeSet::new());
    }
    let places = found.places.into_iter();
    places
        .map(|(host, secrets)| Place { host, secrets })
        .collect()
}

/// The places of a card, as they are found.
struct Found<'a> {
    card: &'a Card,
    templates: Templates,
    places: BTreeMap<Host, BTreeSet<String>>,
}

impl Found<'_> {
    fn add(&mut self, host: Host, secrets: BTreeSet<String>) {
        self.places.entry(host).or_default().extend(secrets);
    }

    /// Where one signs in; no field is sent there.
    fn add_sign_in(&mut self, auth: &Auth) {
        if let Auth::Oauth(oauth) = auth {
            for url in [&oauth.authorization_url, &oauth.token_url] {
                self.add(of_url(self.card, url), BTreeSet::new());
            }
        }
    }

    /// The secret fields in what is sent with every request.
    fn secrets(&self, auth: &Auth, headers: &BTreeMap<String, String>) -> BTreeSet<String> {
        let auth = auth.texts().into_iter().map(|(_, text)| text);
        let texts = auth.chain(headers.values().map(String::as_str));
        // A card whose templates do not compile was refused when it was read.
        let used = texts.flat_map(|text| self.templates.variables(text).unwrap_or_default());
        let is_secret = |name: &String| {
            let mut fields = self.card.fields.iter();
            fields.any(|field| field.secret && field.name == *name)
        };
        used.filter(is_secret).collect()
    }
}

fn of_database(card: &Card, service: &SqlService) -> Host {
    match service.engine {
        SqlEngine::Postgres => of_field(card, service.field()),
        SqlEngine::Sqlite => Host::File,
    }
}

fn of_field(card: &Card, name: &str) -> Host {
    Host::Field {
        name: name.to_owned(),
        default: default_of(card, name),
    }
}

/// What counts for the connections that there are where a field is empty; a field that must be
/// filled in is not.
fn default_of(card: &Card, name: &str) -> Option<String> {
    let field = card.fields.iter().find(|field| field.name == name)?;
    field.default.clone().filter(|_| field.optional)
}

fn of_url(card: &Card, url: &str) -> Host {
    match address::read(url) {
        Ok(Address::Fixed(origin)) => Host::Named(origin),
        Ok(Address::Field(name)) => of_field(card, &name),
        Ok(Address::Within { origin, fields }) => {
            let default = |name: String| Some((default_of(card, &name)?, name));
            let defaults = fields.into_iter().filter_map(default);
            Host::Within {
                origin,
                defaults: defaults.map(|(default, name)| (name, default)).collect(),
            }
        }
        // No card has such a one: it was refused when it was read.
        Err(_) => Host::Named(url.to_owned()),
    }
}

impl Place {
    /// Whether all that is sent to `other` is sent here, to the same host.
    pub fn covers(&self, other: &Self) -> bool {
        self.host == other.host && self.secrets.is_superset(&other.secrets)
    }

    /// As people read it; `code` marks what is not our own.
    pub fn words(&self, code: impl Fn(&str) -> String) -> Text {
        let host = self.host.words(&code);
        if self.secrets.is_empty() {
            return host;
        }
        let secrets: Vec<String> = self.secrets.iter().map(|name| code(name)).collect();
        text!(
            "{host} (gets {secrets})",
            host,
            secrets = secrets.join(", ")
        )
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.words(str::to_owned).fmt(f)
    }
}

impl Host {
    fn words(&self, code: impl Fn(&str) -> String) -> Text {
        match self {
            Self::Named(origin) => code(origin).into(),
            Self::Within { origin, defaults } if defaults.is_empty() => {
                text!("{origin}, as it is filled in", origin = code(origin))
            }
            Self::Within { origin, defaults } => {
                let defaults = defaults.iter();
                let defaults: Vec<String> = defaults
                    .map(|(name, default)| code(&format!("{name}: {default}")))
                    .collect();
                text!(
                    "{origin}, as it is filled in, or with {defaults} where it is left empty",
                    origin = code(origin),
                    defaults = defaults.join(", ")
                )
            }
            Self::Field {
                name,
                default: None,
            } => text!("whatever is filled in as {field}", field = code(name)),
            Self::Field {
                name,
                default: Some(default),
            } => text!(
                "whatever is filled in as {field}, or {default} where it is left empty",
                field = code(name),
                default = code(default)
            ),
            Self::File => text!("a SQLite file that the operator allows"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::parse;

    #[test]
    fn each_place_is_there_once_with_the_secrets_that_it_gets() {
        let card = r#"
name: shop
title: Shop
icon: 🛒
description: A shop with all there is.
noun: shop
service:
  http:
    base_url: https://api.shop.example/v1
    auth: { bearer: "{{ token }}" }
    headers: { X-Team: "{{ team }}", X-Site: "{{ site }}" }
    health: { method: GET, path: /me }
  graphql: { endpoint: "https://{{ site }}.shop.example/graphql" }
  openapi:
    document: https://docs.shop.example/api.json
    base_url: https://api.shop.example
    auth: { header: { name: X-Key, value: "{{ key }}" } }
  mcp: { url: "{{ tools }}", auth: { bearer: "{{ key }}" } }
  sql: { engine: postgres }
fields:
  - { name: token, label: Token, secret: true }
  - { name: team, label: Team, secret: true }
  - { name: key, label: Key, secret: true }
  - { name: url, label: Database, secret: true, optional: true }
  - { name: site, label: Site, optional: true, default: eu }
  - { name: tools, label: Tools, default: "https://mcp.shop.example" }
tools: []
"#;
        let card = parse("shop.yaml", card).unwrap();
        let said: Vec<String> = places(&card).iter().map(Place::to_string).collect();
        assert_eq!(
            said,
            [
                "https://api.shop.example (gets key, team, token)",
                "https://docs.shop.example",
                "https://{{ site }}.shop.example, as it is filled in, or with site: eu where it is left empty",
                "whatever is filled in as tools (gets key)",
                "whatever is filled in as url",
            ]
        );
    }
}
