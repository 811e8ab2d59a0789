//! The rules for services with an address, and for what is sent to them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Finding, Scope, collect_texts, finding};
use crate::cards::template::only_variable;
use crate::domain::card::{Auth, Card, GraphqlDocument, HttpRequest, HttpService, Keep, Query};
use crate::domain::tool::Risk;
use crate::executor::graphql;

impl Scope {
    pub(super) fn check_services(&self, card: &Card, found: &mut Vec<Finding>) {
        if let Some(service) = &card.service.graphql {
            let at = "/service/graphql";
            self.check_address(card, format!("{at}/endpoint"), &service.endpoint, found);
            self.check_headers(at, &service.auth, &service.headers, found);
        }
        if let Some(service) = &card.service.http {
            let at = "/service/http";
            self.check_address(card, format!("{at}/base_url"), &service.base_url, found);
            self.check_headers(at, &service.auth, &service.headers, found);
            let health = &service.health;
            self.check_request(&format!("{at}/health"), service, health, &self.open, found);
        }
        if let Some(service) = &card.service.mcp {
            let at = "/service/mcp";
            self.check_address(card, format!("{at}/url"), &service.url, found);
            if matches!(service.auth, Auth::Basic { .. } | Auth::Oauth(_)) {
                let reason = "an MCP server is shown a header or a bearer token";
                found.push(finding(format!("{at}/auth"), reason));
            }
            self.check_headers(at, &service.auth, &service.headers, found);
        }
        if let Some(service) = &card.service.openapi {
            let at = "/service/openapi";
            self.check_address(card, format!("{at}/document"), &service.document, found);
            if !service.base_url.is_empty() {
                self.check_address(card, format!("{at}/base_url"), &service.base_url, found);
            }
            for (name, text) in [("tags", &service.tags), ("paths", &service.paths)] {
                found.extend(self.check_text(format!("{at}/{name}"), text, &self.open));
            }
            self.check_headers(at, &service.auth, &service.headers, found);
        }
    }

    /// How a request shows whose it is, and the headers that every one has.
    fn check_headers(
        &self,
        at: &str,
        auth: &Auth,
        headers: &BTreeMap<String, String>,
        found: &mut Vec<Finding>,
    ) {
        let mut all = self.open.clone();
        all.extend(self.secret.clone());
        for (place, value) in auth.texts() {
            found.extend(self.check_text(format!("{at}/auth/{place}"), value, &all));
        }
        if let Auth::Header { name, .. } = auth {
            found.extend(self.check_text(format!("{at}/auth/header/name"), name, &self.open));
        }
        self.check_own_headers(at, auth, headers, &all, found);
    }

    /// Headers beside the one that shows whose a request is.
    fn check_own_headers(
        &self,
        at: &str,
        auth: &Auth,
        headers: &BTreeMap<String, String>,
        names: &Map<String, Value>,
        found: &mut Vec<Finding>,
    ) {
        let taken = auth.header();
        for (name, value) in headers {
            let pointer = format!("{at}/headers/{name}");
            if taken.as_ref() == Some(&name.to_lowercase()) {
                let reason = format!("`auth` fills the header `{name}` already");
                found.push(finding(pointer, reason));
                continue;
            }
            found.extend(self.check_text(pointer, value, names));
        }
    }

    /// Checks a GraphQL document, and says what sending it risks at least.
    pub(super) fn check_document(
        &self,
        at: &str,
        sent: &GraphqlDocument,
        names: &Map<String, Value>,
        found: &mut Vec<Finding>,
    ) -> Risk {
        let mut texts = Vec::new();
        let variables = Value::from(sent.variables.clone());
        collect_texts(format!("{at}/variables"), Some(&variables), &mut texts);
        for (pointer, text) in texts {
            found.extend(self.check_text(pointer, text, names));
        }
        self.check_keep(at, sent.keep.as_ref(), false, names, found);
        let pointer = format!("{at}/document");
        let (reason, risk) = match graphql::read(&sent.document).as_deref() {
            Err(error) => (Some(error.message().to_string()), Risk::Read),
            Ok([one]) if one.kind == graphql::Kind::Subscription => {
                (Some("a subscription cannot be sent".to_owned()), Risk::Read)
            }
            Ok([one]) => {
                let undeclared = sent
                    .variables
                    .keys()
                    .find(|name| !one.variables.contains(*name));
                let reason = undeclared.map(|name| format!("the document declares no `${name}`"));
                let risk = match one.kind {
                    graphql::Kind::Mutation => Risk::Write,
                    graphql::Kind::Query | graphql::Kind::Subscription => Risk::Read,
                };
                (reason, risk)
            }
            Ok(_) => {
                let reason = "the document has one operation and no more";
                (Some(reason.to_owned()), Risk::Read)
            }
        };
        found.extend(reason.map(|reason| finding(pointer, reason)));
        risk
    }

    pub(super) fn check_request(
        &self,
        at: &str,
        service: &HttpService,
        request: &HttpRequest,
        names: &Map<String, Value>,
        found: &mut Vec<Finding>,
    ) {
        found.extend(self.check_text(format!("{at}/path"), &request.path, names));
        match &request.query {
            Query::Named(parameters) => {
                for (name, value) in parameters {
                    found.extend(self.check_text(format!("{at}/query/{name}"), value, names));
                }
            }
            Query::Whole(source) => {
                let is_object = |name| names.get(name).is_some_and(Value::is_object);
                match only_variable(source) {
                    Some(name) if is_object(name) => {}
                    Some(_) | None => {
                        let reason = "a query is a list of parameters, or exactly `{{ x }}` with an argument of `type: object`";
                        found.push(finding(format!("{at}/query"), reason));
                    }
                }
            }
        }
        self.check_own_headers(at, &service.auth, &request.headers, names, found);
        if let Some(text) = &request.text {
            if request.body.is_some() {
                let reason = "a request has a `body` or a `text`, not both";
                found.push(finding(format!("{at}/text"), reason));
            }
            found.extend(self.check_text(format!("{at}/text/type"), &text.media_type, names));
            found.extend(self.check_text(format!("{at}/text/content"), &text.content, names));
        }
        let mut texts = Vec::new();
        collect_texts(format!("{at}/body"), request.body.as_ref(), &mut texts);
        for (pointer, text) in texts {
            found.extend(self.check_text(pointer, text, names));
        }
        if request.pages.is_some() && request.keep.is_none() {
            let reason = "`pages` needs `keep`, which says where the list is";
            found.push(finding(format!("{at}/pages"), reason));
        }
        self.check_keep(
            at,
            request.keep.as_ref(),
            request.pages.is_some(),
            names,
            found,
        );
    }

    /// What of an answer is kept; of a list that comes in pages, or of all at once.
    fn check_keep(
        &self,
        at: &str,
        keep: Option<&Keep>,
        pages: bool,
        names: &Map<String, Value>,
        found: &mut Vec<Finding>,
    ) {
        let Some(keep) = keep else {
            return;
        };
        let kept = |name: &&String| keep.fields.contains_key(*name);
        found.extend(self.check_text(format!("{at}/keep/at"), &keep.at, names));
        for (name, text) in &keep.links {
            let pointer = format!("{at}/keep/links/{name}");
            if !kept(&name) {
                let reason = format!("`{name}` is not among the fields that are kept");
                found.push(finding(&pointer, reason));
            }
            found.extend(self.check_text(pointer, text, names));
        }
        if pages && keep.named.is_some() {
            let reason = "an object with `named` members comes as one page";
            found.push(finding(format!("{at}/pages"), reason));
        }
        for name in keep.base64.iter().filter(|name| !kept(name)) {
            let reason = format!("`{name}` is not among the fields that are kept");
            found.push(finding(format!("{at}/keep/base64"), reason));
        }
    }
}
