//! Which of a card's services can be used with what was filled in.

use std::collections::BTreeSet;

use super::template::Templates;
use crate::domain::card::{Card, ServiceKind};

/// Whether what a service cannot do without is there: the address of its API or database. A card
/// that has both may be connected with one of them, and offers the tools of that one alone.
///
/// `filled` tells of a field whether it has a value.
pub fn usable(card: &Card, kind: ServiceKind, filled: impl Fn(&str) -> bool) -> bool {
    let missing = |name: &String| {
        let field = card.fields.iter().find(|field| field.name == *name);
        // What must be filled in was, and what has a default needs no value.
        let may_lack = field.is_none_or(|field| field.optional && field.default.is_none());
        may_lack && !filled(name)
    };
    needs(card, kind).is_some_and(|needed| !needed.iter().any(missing))
}

/// The fields that a service of this kind needs; `None` where the card has no such service.
fn needs(card: &Card, kind: ServiceKind) -> Option<BTreeSet<String>> {
    let service = &card.service;
    match kind {
        ServiceKind::Sql => {
            let service = service.sql.as_ref()?;
            Some(BTreeSet::from([service.field().to_owned()]))
        }
        ServiceKind::Redis => {
            let service = service.redis.as_ref()?;
            Some(BTreeSet::from([service.field().to_owned()]))
        }
        ServiceKind::Graphql => Some(named_in(&service.graphql.as_ref()?.endpoint)),
        ServiceKind::Http => Some(named_in(&service.http.as_ref()?.base_url)),
        ServiceKind::Mcp => Some(named_in(&service.mcp.as_ref()?.url)),
        ServiceKind::Openapi => Some(named_in(&service.openapi.as_ref()?.document)),
    }
}

/// The fields in an address.
fn named_in(address: &str) -> BTreeSet<String> {
    let used = Templates::new().variables(address);
    // A card whose templates do not compile was refused when it was read.
    used.unwrap_or_default().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::parse;

    #[test]
    fn a_service_is_usable_when_its_address_is_filled_in() {
        let card = r#"
name: shop
title: Shop
icon: 🛒
description: A shop with an API and a database.
noun: shop
service:
  http:
    base_url: "{{ address }}/{{ root }}"
    auth: { bearer: "{{ key }}" }
    health: { method: GET, path: / }
  sql: { engine: postgres, url: database }
fields:
  - { name: address, label: Address, optional: true }
  - { name: root, label: Root, optional: true, default: api }
  - { name: key, label: Key, secret: true, optional: true }
  - { name: database, label: Database, secret: true, optional: true, format: postgres_url }
tools:
  - name: list_tables
    description: Lists the tables of the shop.
    risk: read
    input: { type: object, properties: {}, additionalProperties: false }
    run: { sql: list_tables }
"#;
        let mut card = parse("shop.yaml", card).unwrap();
        let check = |card: &Card, filled: &[&str], http: bool, sql: bool| {
            let is = |kind| usable(card, kind, |name| filled.contains(&name));
            let found = (is(ServiceKind::Http), is(ServiceKind::Sql));
            assert_eq!(found, (http, sql), "{filled:?}");
        };
        check(&card, &[], false, false);
        check(&card, &["key"], false, false);
        check(&card, &["address"], true, false);
        check(&card, &["database"], false, true);
        check(&card, &["address", "key", "database"], true, true);
        card.fields[0].optional = false;
        check(&card, &[], true, false);
        card.service.http = None;
        check(&card, &["address", "database"], false, true);
    }
}
