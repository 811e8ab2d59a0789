//! A Supabase project on loopback: its gateway, its tables through PostgREST, its users and its files.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::net::TcpListener;

mod auth;
mod filter;
mod rest;
mod storage;

pub use self::rest::{Kind, Table};

/// A secret key of the new style, and one of the old style, which is a token.
pub const SECRET_KEY: &str = "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz";
pub const SERVICE_ROLE_KEY: &str =
    "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl";
/// What a page may have: it sees no users.
pub const ANON_KEY: &str = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl";

/// A running project; it lives as long as the test's runtime.
#[derive(Clone)]
pub struct Supabase {
    /// The project's URL.
    pub url: String,
    project: Arc<Mutex<Project>>,
}

#[derive(Default)]
struct Project {
    tables: BTreeMap<String, Table>,
    users: Vec<Value>,
    buckets: BTreeMap<String, storage::Bucket>,
    requests: Vec<String>,
}

/// A request taken apart.
struct Asked {
    method: Method,
    /// The parts of the path, decoded.
    path: Vec<String>,
    /// The query's parameters in their order, decoded.
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
}

impl Asked {
    fn text(&self, name: &str) -> Option<&str> {
        let mut named = self.query.iter().filter(|(other, _)| other == name);
        named.next().map(|(_, value)| value.as_str())
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Supabase {
    /// Starts a project without tables, users and files.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let supabase = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            project: Arc::default(),
        };
        let app = Router::new().fallback(handle).with_state(supabase.clone());
        #[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        supabase
    }

    /// Its host and port, for `network.allow`.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Adds a table; the first column is its key.
    pub fn has_table(&self, name: &str, columns: &[(&str, Kind)]) {
        self.project()
            .tables
            .insert(name.to_owned(), Table::new(columns));
    }

    /// All rows of a table.
    pub fn rows(&self, table: &str) -> Vec<Value> {
        self.project().tables[table].rows()
    }

    /// Method, path and query of what was asked so far.
    pub fn requests(&self) -> Vec<String> {
        self.project().requests.clone()
    }

    fn project(&self) -> MutexGuard<'_, Project> {
        self.project.lock().unwrap()
    }
}

async fn handle(
    State(supabase): State<Supabase>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let decoded = |part: &str| percent_decode_str(part).decode_utf8().unwrap().into_owned();
    let query = uri.query().unwrap_or_default();
    let asked = Asked {
        path: uri.path().split('/').skip(1).map(decoded).collect(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        method,
        headers,
        body,
    };
    let mut project = supabase.project();
    project.requests.push(format!("{} {uri}", asked.method));
    let role = match role(&asked) {
        Ok(role) => role,
        Err(refused) => return *refused,
    };
    let parts: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    match (parts.as_slice(), role) {
        (["rest", "v1", rest @ ..], _) => rest::answer(&mut project.tables, rest, &asked, role),
        // Whoever has a link to a file needs no key.
        (["storage", "v1", "object", "sign", path @ ..], _) if asked.method == Method::GET => {
            storage::linked(&project.buckets, path, &asked)
        }
        (_, Role::Anon) => {
            let body = json!({ "code": 403, "error_code": "not_admin", "msg": "User not allowed" });
            said(StatusCode::FORBIDDEN, body)
        }
        (["auth", "v1", "admin", "users", rest @ ..], Role::Service) => {
            auth::answer(&mut project.users, rest, &asked)
        }
        (["storage", "v1", rest @ ..], Role::Service) => {
            storage::answer(&mut project.buckets, rest, &asked)
        }
        _ => said(
            StatusCode::NOT_FOUND,
            json!({ "message": "no Route matched with those values" }),
        ),
    }
}

/// As whom PostgREST and the others see a request.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Anon,
    Service,
}

/// What the gateway makes of keys: `apikey` is always needed, a key of the new style is no token, and
/// one of the old style says who asks only where it comes as a token.
fn role(asked: &Asked) -> Result<Role, Box<Response>> {
    let refused = |message: &str| {
        let body = json!({ "message": message, "hint": "Double check your API key." });
        Box::new(said(StatusCode::UNAUTHORIZED, body))
    };
    let linked = asked.text("token").is_some();
    let token = asked.header("authorization").strip_prefix("Bearer ");
    match (asked.header("apikey"), token) {
        ("", _) if linked => Ok(Role::Anon),
        ("", _) => Err(refused("No API key found in request")),
        (SECRET_KEY, None) => Ok(Role::Service),
        (SECRET_KEY, Some(_)) => Err(refused("Expected 3 parts in JWT; got 1")),
        (SERVICE_ROLE_KEY, Some(SERVICE_ROLE_KEY)) => Ok(Role::Service),
        (SERVICE_ROLE_KEY | ANON_KEY, _) => Ok(Role::Anon),
        _ => Err(refused("Invalid API key")),
    }
}

fn said(status: StatusCode, body: Value) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, json, body.to_string()).into_response()
}
