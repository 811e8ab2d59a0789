//! A small Klaviyo: profiles, lists, campaigns and the rest, as JSON:API with cursors.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The one key that works.
pub const KEY: &str = "pk_0123456789abcdef0123456789abcdef01";
/// The most things of a list at once where nobody asks for another number.
const PAGE: usize = 2;
const WHEN: &str = "2026-11-20T09:30:00+00:00";

/// A running Klaviyo; it lives as long as the test's runtime.
#[derive(Clone)]
pub struct Klaviyo {
    /// Where it listens.
    pub url: String,
    account: Arc<Mutex<Account>>,
}

#[derive(Default)]
struct Account {
    /// Everything but profiles, by its kind: `list`, `campaign`.
    things: BTreeMap<String, Vec<Value>>,
    profiles: Vec<Value>,
    /// The profiles on each list.
    members: BTreeMap<String, Vec<String>>,
}

impl Klaviyo {
    /// Starts one with nothing in it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let klaviyo = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            account: Arc::default(),
        };
        let app = Router::new().fallback(handle).with_state(klaviyo.clone());
        #[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        klaviyo
    }

    /// Its host and port, for `network.allow`.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Adds a list, a campaign, a metric and so on.
    pub fn has(&self, kind: &str, id: &str, attributes: Value) {
        let thing = json!({ "type": kind, "id": id, "attributes": attributes, "links": {} });
        self.account()
            .things
            .entry(kind.to_owned())
            .or_default()
            .push(thing);
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap()
    }
}

async fn handle(
    State(klaviyo): State<Klaviyo>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut account = klaviyo.account();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if header("authorization") != Some(&format!("Klaviyo-API-Key {KEY}")) {
        return refused(401, "not_authenticated", "Missing or invalid private key.");
    }
    if header("revision").is_none_or(|revision| revision.len() != 10) {
        return refused(400, "invalid", "The API revision is missing or invalid.");
    }
    let changes = method != Method::GET;
    let json = header("content-type").is_some_and(|kind| kind.ends_with("json"));
    if changes && !json {
        return refused(
            415,
            "unsupported_media_type",
            "Unsupported media type in request.",
        );
    }
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let asked = Asked {
        here: format!("{}{}", klaviyo.url, uri.path()),
        query: query.into_owned().collect(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let path = uri
        .path()
        .trim_matches('/')
        .strip_prefix("api/")
        .unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    account.answer(&method, &parts, &asked)
}

struct Asked {
    /// The address without its query.
    here: String,
    query: BTreeMap<String, String>,
    body: Value,
}

impl Asked {
    /// One page of a list: which of it begins where the cursor says.
    fn page(&self, all: &[Value]) -> Response {
        let number = |name: &str| {
            self.query
                .get(name)
                .and_then(|text| text.parse::<usize>().ok())
        };
        let (begin, size) = (
            number("page[cursor]").unwrap_or(0),
            number("page[size]").unwrap_or(PAGE),
        );
        let size = size.min(PAGE);
        let page: Vec<_> = all.iter().skip(begin).take(size).collect();
        let next = (begin + size < all.len()).then(|| {
            let mut query = self.query.clone();
            query.insert("page[cursor]".to_owned(), (begin + size).to_string());
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(query)
                .finish();
            format!("{}?{query}", self.here)
        });
        said(
            200,
            json!({ "data": page, "links": { "self": self.here, "next": next, "prev": null } }),
        )
    }
}

impl Account {
    fn answer(&mut self, method: &Method, path: &[&str], asked: &Asked) -> Response {
        match (method, path) {
            (&Method::GET, ["accounts"]) => {
                said(200, json!({ "data": [{ "type": "account", "id": "A1" }] }))
            }
            (&Method::GET, ["profiles"]) => match self.found(asked) {
                Ok(found) => asked.page(&found),
                Err(refused) => *refused,
            },
            (&Method::POST, ["profiles"]) => self.add_profile(&asked.body["data"]["attributes"]),
            (&Method::POST, ["metric-aggregates"]) => {
                self.totals(&asked.body["data"]["attributes"])
            }
            (&Method::GET, ["campaigns"]) => {
                let channel = asked
                    .query
                    .get("filter")
                    .and_then(|filter| equals(filter, "messages.channel"));
                let Some(channel) = channel else {
                    let message = "A channel filter is required to list campaigns.";
                    return refused(400, "invalid", message);
                };
                let all = self.all("campaign");
                let of_channel = |one: &&Value| one["attributes"]["channel"] == *channel;
                let found: Vec<_> = all.iter().filter(of_channel).cloned().collect();
                asked.page(&found)
            }
            (&Method::GET, [kind @ ("flows" | "lists" | "segments" | "metrics")]) => {
                asked.page(&self.all(kind.trim_end_matches('s')))
            }
            (&Method::GET, ["lists" | "segments", id, "profiles"]) => {
                let members = self.members.get(*id).cloned().unwrap_or_default();
                let on_it = |one: &&Value| members.iter().any(|member| one["id"] == *member);
                let found: Vec<_> = self.profiles.iter().filter(on_it).cloned().collect();
                asked.page(&found)
            }
            (_, ["lists", id, "relationships", "profiles"]) => {
                self.relate(id, method == Method::POST, &asked.body["data"])
            }
            (_, ["profiles", id]) => {
                let profile = self.profiles.iter_mut().find(|one| one["id"] == **id);
                match profile {
                    Some(profile) if method == Method::PATCH => {
                        let given = asked.body["data"]["attributes"].as_object().cloned();
                        profile["attributes"]
                            .as_object_mut()
                            .unwrap()
                            .extend(given.unwrap_or_default());
                        said(200, json!({ "data": profile }))
                    }
                    Some(profile) => said(200, json!({ "data": profile })),
                    None => not_found("profile", id),
                }
            }
            (&Method::GET, ["campaigns", id]) => {
                let all = self.all("campaign");
                match all.iter().find(|one| one["id"] == **id) {
                    Some(campaign) => said(200, json!({ "data": campaign })),
                    None => not_found("campaign", id),
                }
            }
            _ => refused(404, "not_found", "The requested resource was not found."),
        }
    }

    fn all(&self, kind: &str) -> Vec<Value> {
        self.things.get(kind).cloned().unwrap_or_default()
    }

    /// The profiles that the filter wants, the newest first.
    fn found(&self, asked: &Asked) -> Result<Vec<Value>, Box<Response>> {
        let newest = self.profiles.iter().rev();
        let Some(filter) = asked.query.get("filter") else {
            return Ok(newest.cloned().collect());
        };
        let Some(email) = equals(filter, "email") else {
            return Err(Box::new(refused(
                400,
                "invalid",
                "Invalid filter provided.",
            )));
        };
        let wanted = |one: &&Value| one["attributes"]["email"] == *email;
        Ok(newest.filter(wanted).cloned().collect())
    }

    fn add_profile(&mut self, given: &Value) -> Response {
        let email = &given["email"];
        if self
            .profiles
            .iter()
            .any(|one| one["attributes"]["email"] == *email)
        {
            let message = "A profile already exists with one of these identifiers.";
            return refused(409, "duplicate_profile", message);
        }
        let mut attributes =
            json!({ "properties": {}, "created": WHEN, "updated": WHEN, "phone_number": null });
        attributes
            .as_object_mut()
            .unwrap()
            .extend(given.as_object().cloned().unwrap_or_default());
        let id = format!("P{}", self.profiles.len() + 1);
        let profile = json!({ "type": "profile", "id": id, "attributes": attributes, "links": {} });
        self.profiles.push(profile.clone());
        said(201, json!({ "data": profile }))
    }

    fn totals(&self, given: &Value) -> Response {
        let known = self
            .all("metric")
            .iter()
            .any(|one| one["id"] == given["metric_id"]);
        let between = given["filter"]
            .as_array()
            .is_some_and(|filters| filters.len() == 2);
        if !known || !between {
            return refused(400, "invalid", "Invalid metric or filter.");
        }
        let measurement = given["measurements"][0].as_str().unwrap_or_default();
        let data = json!([{ "dimensions": [], "measurements": { measurement: [3.0, 5.0] } }]);
        let dates = ["2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00"];
        let attributes = json!({ "dates": dates, "data": data });
        said(
            200,
            json!({ "data": { "type": "metric-aggregate", "id": "1", "attributes": attributes } }),
        )
    }

    fn relate(&mut self, list: &str, on: bool, given: &Value) -> Response {
        if !self.all("list").iter().any(|one| one["id"] == list) {
            return not_found("list", list);
        }
        let members = self.members.entry(list.to_owned()).or_default();
        for id in given
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["id"].as_str())
        {
            members.retain(|member| member != id);
            if on {
                members.push(id.to_owned());
            }
        }
        StatusCode::NO_CONTENT.into_response()
    }
}

/// The text in `equals(field,"text")`.
fn equals(filter: &str, field: &str) -> Option<String> {
    let rest = filter.strip_prefix("equals(")?.strip_prefix(field)?;
    let quoted = rest.strip_prefix(',')?.strip_suffix(')')?;
    match quoted.strip_prefix('\'') {
        Some(inner) => inner.strip_suffix('\'').map(str::to_owned),
        None => serde_json::from_str(quoted).ok(),
    }
}

fn not_found(kind: &str, id: &str) -> Response {
    refused(
        404,
        "not_found",
        &format!("A {kind} with id {id} does not exist."),
    )
}

fn refused(status: u16, code: &str, detail: &str) -> Response {
    let error = json!({
        "id": "e1", "status": status, "code": code, "title": "Invalid input.", "detail": detail,
        "source": { "pointer": "/data/" }, "links": {}, "meta": {},
    });
    said(status, json!({ "errors": [error] }))
}

fn said(status: u16, body: Value) -> Response {
    let json = [(header::CONTENT_TYPE, "application/vnd.api+json")];
    (
        StatusCode::from_u16(status).unwrap(),
        json,
        body.to_string(),
    )
        .into_response()
}
