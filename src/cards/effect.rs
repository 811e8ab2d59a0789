//! What a change of a workspace's card comes to, for whoever is asked about it and for the record.

use std::sync::Arc;

use serde_json::json;

use super::hosts::{Place, places};
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
    pub fn places(&self) -> Vec<Place> {
        self.after
            .as_ref()
            .map(|card| places(card))
            .unwrap_or_default()
    }

    /// And before it.
    pub fn places_before(&self) -> Vec<Place> {
        self.before
            .as_ref()
            .map(|card| places(card))
            .unwrap_or_default()
    }

    /// Of the places after it those that connections that there are did not send as much to before.
    pub fn elsewhere(&self) -> Vec<Place> {
        if self.connections == 0 {
            return Vec::new();
        }
        let before = self.places_before();
        let mut places = self.places();
        places.retain(|place| !before.iter().any(|before| before.covers(place)));
        places
    }

    /// Whether connections that there are would send their secrets where they did not before.
    pub fn sends_elsewhere(&self) -> bool {
        !self.elsewhere().is_empty()
    }

    /// Whether the service itself becomes another: how it is reached, what is sent with every
    /// request, how it is tested.
    pub fn service_changes(&self) -> bool {
        self.differ(|card| format!("{:?}", card.service))
    }

    /// Whether something else is filled in, or asked for in other words.
    pub fn fields_change(&self) -> bool {
        self.differ(|card| format!("{:?}", card.fields))
    }

    /// Whether a part of the card is not what it was. Parts have no form of their own to be compared
    /// in but the one for debugging, which holds all of them.
    fn differ(&self, part: impl Fn(&Card) -> String) -> bool {
        let (before, after) = (self.before.as_deref(), self.after.as_deref());
        before.map(&part) != after.map(&part)
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
            text!("The connections that people have would send their credentials somewhere else: {hosts}.", hosts = said(&self.elsewhere())),
        )
        .hint(text!("Look at it once more and confirm that, or give the card another `name`.")))
    }
}

/// Places in a list.
fn said(places: &[Place]) -> String {
    let places: Vec<String> = places.iter().map(Place::to_string).collect();
    places.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::parse;

    const CARD: &str = r#"
name: shop
title: Shop
icon: 🛒
description: A shop and its helper.
noun: shop
service:
  http:
    base_url: "{{ address }}"
    auth: { bearer: "{{ token }}" }
    health: { method: GET, path: /me }
  graphql: { endpoint: "https://{{ site }}.help.example/graphql" }
  mcp: { url: "https://mcp.help.example" }
fields:
  - { name: address, label: Address, optional: true, default: "https://api.shop.example" }
  - { name: token, label: Token, secret: true }
  - { name: site, label: Site, optional: true }
  - { name: note, label: Note, optional: true }
tools: []
"#;

    fn change(from: &str, to: &str) -> Effect {
        assert!(CARD.contains(from), "{from}");
        let card = |text: &str| Some(Arc::new(parse("shop.yaml", text).unwrap()));
        Effect {
            after: card(&CARD.replacen(from, to, 1)),
            before: card(CARD),
            connections: 1,
            name: "shop".to_owned(),
            before_sha256: None,
        }
    }

    #[test]
    fn a_secret_that_goes_to_another_place_is_noticed_also_where_the_places_stay() {
        for (from, to, said) in [
            (
                "https://mcp.help.example\" }",
                "https://mcp.help.example\", auth: { bearer: \"{{ token }}\" } }",
                "https://mcp.help.example (gets token)",
            ),
            (
                "https://mcp.help.example\" }",
                "https://mcp.help.example\", headers: { X-Note: \"a{{ token }}\" } }",
                "https://mcp.help.example (gets token)",
            ),
            (
                "https://api.shop.example",
                "https://evil.example",
                "whatever is filled in as address, or https://evil.example where it is left empty (gets token)",
            ),
            (
                "label: Site, optional: true",
                "label: Site, optional: true, default: evil",
                "https://{{ site }}.help.example, as it is filled in, or with site: evil where it is left empty",
            ),
            (
                "https://mcp.help.example",
                "https://evil.example",
                "https://evil.example",
            ),
        ] {
            let effect = change(from, to);
            assert_eq!(super::said(&effect.elsewhere()), said);
            let refused = effect.check_consent(Consent::Change).unwrap_err();
            assert!(refused.sentence().contains(said), "{}", refused.sentence());
            assert!(effect.check_consent(Consent::SecretsElsewhere).is_ok());
            let nobody = Effect {
                connections: 0,
                ..effect
            };
            assert!(nobody.check_consent(Consent::Change).is_ok());
        }
        for (from, to) in [
            ("path: /me", "path: /you"),
            ("label: Note, optional: true", "label: Note, default: x"),
            ("    auth: { bearer: \"{{ token }}\" }\n", ""),
        ] {
            assert!(!change(from, to).sends_elsewhere(), "{to}");
        }
    }

    #[test]
    fn what_changes_beside_the_tools_is_noticed() {
        let changes = |from, to| {
            let effect = change(from, to);
            (effect.service_changes(), effect.fields_change())
        };
        assert_eq!(changes("path: /me", "path: /you"), (true, false));
        assert_eq!(changes("label: Note", "label: Remark"), (false, true));
        assert_eq!(changes("and its helper", "and more"), (false, false));
    }
}
