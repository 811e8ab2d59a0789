//! A small GitHub: repositories, issues, pull requests, files and search, over its REST API.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::net::TcpListener;

mod changes;

pub use self::changes::HEAD;

/// The one token that works.
pub const TOKEN: &str = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
const WHEN: &str = "2026-11-20T09:30:00Z";

/// A running GitHub; it lives as long as the test's runtime.
#[derive(Clone)]
pub struct GitHub {
    /// Where its API starts.
    pub url: String,
    world: Arc<Mutex<World>>,
}

#[derive(Default)]
struct World {
    repos: BTreeMap<String, Repo>,
    renamed: BTreeMap<String, String>,
    requests: Vec<Request>,
    trouble: Option<Trouble>,
}

#[derive(Default)]
struct Repo {
    stars: u64,
    description: String,
    /// Issues and pull requests share their numbers.
    threads: Vec<Value>,
    files: BTreeMap<String, Vec<u8>>,
    /// By the number of their issue.
    comments: BTreeMap<u64, Vec<Value>>,
    /// Beside `main`: where each stands.
    branches: BTreeMap<String, String>,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    /// Path and query, still encoded.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Ways in which GitHub says no, whatever is asked.
#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    /// 403 with the headers of the hourly limit; it is over in 90 seconds.
    RateLimited,
    /// 403 because the token lacks a permission.
    NoPermission,
    /// 502 with a page of HTML.
    BadGateway,
    /// A redirect to another server.
    SentElsewhere,
    /// 200 with more than anyone wants to read.
    Flood,
    /// 401 with a message that repeats the token.
    EchoesToken,
}

impl GitHub {
    /// Starts one with nothing in it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let github = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            world: Arc::default(),
        };
        let app = Router::new().fallback(handle).with_state(github.clone());
        #[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        github
    }

    /// Its host and port, for `network.allow`.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Adds a repository, `owner/name`.
    pub fn has_repo(&self, name: &str, stars: u64, description: &str) {
        let repo = Repo {
            stars,
            description: description.to_owned(),
            ..Repo::default()
        };
        self.world().repos.insert(name.to_owned(), repo);
    }

    /// Adds a file to a repository.
    pub fn has_file(&self, repo: &str, path: &str, content: &[u8]) {
        let mut world = self.world();
        let repo = world.repos.get_mut(repo).unwrap();
        repo.files.insert(path.to_owned(), content.to_owned());
    }

    /// Adds an open issue to a repository.
    pub fn has_issue(&self, repo: &str, title: &str, labels: &[&str]) {
        let mut world = self.world();
        let repo_of = world.repos.get_mut(repo).unwrap();
        repo_of.add_issue(
            &self.url,
            repo,
            &json!({ "title": title, "labels": labels }),
        );
    }

    /// Adds an open pull request to a repository.
    pub fn has_pull_request(&self, repo: &str, title: &str, head: &str) {
        let mut world = self.world();
        let repo_of = world.repos.get_mut(repo).unwrap();
        let asked = json!({ "title": title, "head": head, "base": "main" });
        repo_of.add_pull(&self.url, repo, &asked);
    }

    /// Answers for an old name of a repository with its new one.
    pub fn has_renamed(&self, from: &str, to: &str) {
        self.world().renamed.insert(from.to_owned(), to.to_owned());
    }

    /// Says no to everything from now on.
    pub fn is_in(&self, trouble: Trouble) {
        self.world().trouble = Some(trouble);
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.world().requests.clone()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

async fn handle(
    State(github): State<GitHub>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut world = github.world();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    world.requests.push(Request {
        method: method.clone(),
        target: uri.to_string(),
        headers: headers.clone(),
        body,
    });
    if let Some(trouble) = world.trouble {
        return trouble.answer();
    }
    if !headers.contains_key(header::USER_AGENT) {
        return refusal(403, "Request forbidden by administrative rules.");
    }
    let authorization = headers.get(header::AUTHORIZATION);
    if authorization.is_none_or(|value| value != &format!("Bearer {TOKEN}")) {
        return refusal(401, "Bad credentials");
    }
    let asked = Asked::new(&method, &uri, &world.requests.last().unwrap().body.clone());
    world.answer(&github.url, &asked)
}

/// A request taken apart.
struct Asked {
    method: Method,
    path: Vec<String>,
    query: BTreeMap<String, String>,
    body: Value,
}

impl Asked {
    fn new(method: &Method, uri: &Uri, body: &Value) -> Self {
        let decoded = |part: &str| percent_decode_str(part).decode_utf8().unwrap().into_owned();
        let query = uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Self {
            method: method.clone(),
            path: uri.path().split('/').skip(1).map(decoded).collect(),
            query: pairs.into_owned().collect(),
            body: body.clone(),
        }
    }

    fn text(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str, default: usize) -> usize {
        self.text(name).parse().unwrap_or(default)
    }
}

impl World {
    fn answer(&mut self, url: &str, asked: &Asked) -> Response {
        let parts: Vec<_> = asked.path.iter().map(String::as_str).collect();
        match (&asked.method, parts.as_slice()) {
            (&Method::GET, [""]) => ok(json!({ "current_user_url": format!("{url}/user") })),
            (&Method::GET, ["search", "repositories"]) => self.search(url, asked),
            (_, ["repos", owner, name, rest @ ..]) => {
                let full_name = format!("{owner}/{name}");
                if let Some(new) = self.renamed.get(&full_name) {
                    let to = format!("{url}/repos/{new}/{}", rest.join("/"));
                    let location = [(header::LOCATION, to)];
                    return (StatusCode::MOVED_PERMANENTLY, location, "").into_response();
                }
                match self.repos.get_mut(&full_name) {
                    Some(repo) => repo.answer(url, &full_name, rest, asked),
                    None => refusal(404, "Not Found"),
                }
            }
            _ => refusal(404, "Not Found"),
        }
    }

    fn search(&self, url: &str, asked: &Asked) -> Response {
        let words = asked.text("q").to_lowercase();
        let matches = |text: &str| {
            words
                .split(' ')
                .all(|word| text.to_lowercase().contains(word))
        };
        let mut found: Vec<_> = self
            .repos
            .iter()
            .filter(|(name, repo)| matches(&format!("{name} {}", repo.description)))
            .collect();
        if asked.text("sort") == "stars" {
            found.sort_by_key(|(_, repo)| std::cmp::Reverse(repo.stars));
        }
        let items = found.iter().map(|(name, repo)| repo.json(url, name));
        let page: Vec<_> = items.take(asked.number("per_page", 30)).collect();
        ok(json!({ "total_count": found.len(), "incomplete_results": false, "items": page }))
    }
}

impl Repo {
    fn answer(&mut self, url: &str, name: &str, rest: &[&str], asked: &Asked) -> Response {
        match (&asked.method, rest) {
            (&Method::GET, ["issues"]) => self.list(asked, |_| true),
            (&Method::GET, ["pulls"]) => self.list(asked, is_pull),
            (&Method::GET, ["issues", number]) => self.one(number, |_| true),
            (&Method::GET, ["pulls", number]) => self.one(number, is_pull),
            (&Method::POST, ["issues"]) => match asked.body["title"].as_str() {
                Some(_) => created(self.add_issue(url, name, &asked.body)),
                None => invalid(
                    json!({ "resource": "Issue", "code": "missing_field", "field": "title" }),
                ),
            },
            (&Method::POST, ["pulls"]) => {
                let head = asked.body["head"].as_str().unwrap_or_default();
                if head == asked.body["base"].as_str().unwrap_or_default() {
                    let message = format!("No commits between {head} and {head}");
                    return invalid(
                        json!({ "resource": "PullRequest", "code": "custom", "message": message }),
                    );
                }
                created(self.add_pull(url, name, &asked.body))
            }
            (&Method::GET, ["contents", path @ ..]) => self.contents(url, name, &path.join("/")),
            _ => self.change(url, name, rest, asked),
        }
    }

    fn list(&self, asked: &Asked, wanted: impl Fn(&Value) -> bool) -> Response {
        let state = asked.text("state");
        let labels = asked.text("labels");
        let found: Vec<_> = self
            .threads
            .iter()
            .rev()
            .filter(|thread| wanted(thread))
            .filter(|thread| state == "all" || thread["state"] == state)
            .filter(|thread| {
                let has = |label: &str| {
                    let own = thread["labels"].as_array().into_iter().flatten();
                    own.into_iter().any(|own| own["name"] == label)
                };
                labels.is_empty() || labels.split(',').all(has)
            })
            .collect();
        let (size, page) = (asked.number("per_page", 30), asked.number("page", 1));
        let items: Vec<_> = found.iter().skip(size * (page - 1)).take(size).collect();
        let mut response = ok(json!(items));
        if found.len() > size * page {
            let link = format!("<https://api.github.com/x?page={}>; rel=\"next\"", page + 1);
            let link = HeaderValue::try_from(link).unwrap();
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }

    fn one(&self, number: &str, wanted: impl Fn(&Value) -> bool) -> Response {
        let thread = self
            .threads
            .iter()
            .find(|thread| thread["number"].as_u64() == number.parse().ok() && wanted(thread));
        thread.map_or_else(|| refusal(404, "Not Found"), |thread| ok(thread.clone()))
    }

    fn add_issue(&mut self, url: &str, name: &str, asked: &Value) -> Value {
        let number = self.threads.len() + 1;
        let names = asked["labels"].as_array().cloned().unwrap_or_default();
        let labels: Vec<_> = names
            .iter()
            .map(|name| json!({ "id": 1, "name": name, "color": "ededed", "default": false }))
            .collect();
        let logins = asked["assignees"].as_array().cloned().unwrap_or_default();
        let assignees: Vec<_> = logins
            .iter()
            .map(|login| json!({ "login": login }))
            .collect();
        let issue = json!({
            "url": format!("{url}/repos/{name}/issues/{number}"),
            "html_url": format!("https://github.com/{name}/issues/{number}"),
            "id": 1000 + number, "number": number, "state": "open", "locked": false,
            "title": asked["title"], "body": asked["body"], "user": { "login": "octocat", "id": 1 },
            "labels": labels, "assignees": assignees, "comments": 0,
            "created_at": WHEN, "updated_at": WHEN, "closed_at": null,
        });
        self.threads.push(issue.clone());
        issue
    }

    fn add_pull(&mut self, url: &str, name: &str, asked: &Value) -> Value {
        let mut pull = self.add_issue(url, name, asked);
        let number = pull["number"].clone();
        let page = format!("https://github.com/{name}/pull/{number}");
        let more = json!({
            "html_url": page, "draft": asked["draft"].as_bool().unwrap_or(false),
            "head": { "ref": asked["head"], "sha": "6dcb09b" },
            "base": { "ref": asked["base"], "sha": "c3d0be4" },
            "pull_request": { "html_url": page },
            "requested_reviewers": [], "merged_at": null, "mergeable": true,
            "commits": 1, "additions": 3, "deletions": 1, "changed_files": 1,
        });
        for (member, value) in more.as_object().unwrap() {
            pull[member] = value.clone();
        }
        *self.threads.last_mut().unwrap() = pull.clone();
        pull
    }

    fn contents(&self, url: &str, name: &str, path: &str) -> Response {
        let path = path.trim_end_matches('/');
        let entry = |path: &str, kind: &str, size: usize| {
            json!({
                "type": kind, "size": size, "path": path, "sha": "3d21ec5",
                "name": path.rsplit('/').next(),
                "url": format!("{url}/repos/{name}/contents/{path}"),
                "html_url": format!("https://github.com/{name}/blob/main/{path}"),
            })
        };
        if let Some(content) = self.files.get(path) {
            let mut file = entry(path, "file", content.len());
            file["sha"] = changes::sha(content).into();
            let encoded = STANDARD.encode(content);
            let lines: Vec<_> = encoded
                .as_bytes()
                .chunks(60)
                .map(String::from_utf8_lossy)
                .collect();
            file["encoding"] = "base64".into();
            file["content"] = format!("{}\n", lines.join("\n")).into();
            return ok(file);
        }
        let folder = if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        };
        let mut entries = BTreeMap::new();
        for (file, content) in &self.files {
            let Some(rest) = file.strip_prefix(&folder) else {
                continue;
            };
            let (kind, name, size) = match rest.split_once('/') {
                Some((name, _)) => ("dir", name, 0),
                None => ("file", rest, content.len()),
            };
            entries.insert(
                name.to_owned(),
                entry(&format!("{folder}{name}"), kind, size),
            );
        }
        match entries.is_empty() {
            true => refusal(404, "Not Found"),
            false => ok(entries.into_values().collect()),
        }
    }

    fn json(&self, url: &str, name: &str) -> Value {
        let open = self
            .threads
            .iter()
            .filter(|thread| thread["state"] == "open")
            .count();
        json!({
            "id": 1296269, "name": name.split('/').next_back(), "full_name": name, "private": false,
            "url": format!("{url}/repos/{name}"), "html_url": format!("https://github.com/{name}"),
            "description": self.description, "language": "Rust", "stargazers_count": self.stars,
            "open_issues_count": open, "default_branch": "main",
            "created_at": WHEN, "updated_at": WHEN, "pushed_at": WHEN,
        })
    }
}

impl Trouble {
    fn answer(self) -> Response {
        match self {
            Self::RateLimited => {
                let mut response = refusal(403, "API rate limit exceeded for user ID 1.");
                let headers = [
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1795248090"),
                    ("date", "Sat, 21 Nov 2026 08:00:00 GMT"),
                ];
                for (name, value) in headers {
                    response
                        .headers_mut()
                        .insert(name, HeaderValue::from_static(value));
                }
                response
            }
            Self::NoPermission => refusal(403, "Resource not accessible by personal access token"),
            Self::BadGateway => (StatusCode::BAD_GATEWAY, "<html>Unicorn</html>").into_response(),
            Self::SentElsewhere => {
                let location = [(header::LOCATION, "https://evil.example.com/")];
                (StatusCode::FOUND, location, "").into_response()
            }
            Self::Flood => ok(json!([{ "title": "x".repeat(1024 * 1024) }])),
            Self::EchoesToken => refusal(401, &format!("Bad\ncredentials {TOKEN}")),
        }
    }
}

fn is_pull(thread: &Value) -> bool {
    !thread["pull_request"].is_null()
}

fn ok(body: Value) -> Response {
    (StatusCode::OK, axum::Json(body)).into_response()
}

fn created(body: Value) -> Response {
    (StatusCode::CREATED, axum::Json(body)).into_response()
}

fn invalid(error: Value) -> Response {
    let body = json!({ "message": "Validation Failed", "errors": [error], "status": "422" });
    (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(body)).into_response()
}

fn refusal(status: u16, message: &str) -> Response {
    let body = json!({
        "message": message, "documentation_url": "https://docs.github.com/rest",
        "status": status.to_string(),
    });
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}
