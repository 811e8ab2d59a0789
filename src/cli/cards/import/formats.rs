//! The files in which others keep their MCP servers, each read as its documentation describes it.

use std::collections::BTreeMap;

use jsonc_parser::ParseOptions;
use serde_json::{Map, Value};
use url::Url;

use super::value::{Asked, Filled, Part, is, of_input};

/// A server as a file describes it.
#[derive(Debug)]
pub struct Found {
    /// As the file calls it.
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// How it is reached, or why not: a sentence with what to do.
    pub remote: Result<Remote, String>,
}

/// A server with an address.
#[derive(Debug, Default)]
pub struct Remote {
    pub url: Filled,
    pub headers: Vec<Header>,
    /// What was said of it there that a card does not say.
    pub lost: Vec<&'static str>,
}

#[derive(Debug)]
pub struct Header {
    pub name: String,
    pub value: Filled,
    /// Whether a value that nobody fills in was published with the server, and so is no secret of the
    /// one who keeps the file.
    pub published: bool,
}

type Object = Map<String, Value>;

/// The servers of a file, or why there are none: a sentence.
pub fn servers(text: &str) -> Result<Vec<Found>, String> {
    let root = document(text)?;
    let Some(root) = root.as_object() else {
        return Err(UNKNOWN.to_owned());
    };
    // VS Code's settings have it one level deeper, and so have answers of the registry.
    let inner = |key: &str, has: &str| {
        let inner = root.get(key)?.as_object()?;
        inner.contains_key(has).then_some(inner)
    };
    for server in [Some(root), inner("server", "name")].into_iter().flatten() {
        let has = |key: &str| server.contains_key(key);
        if has("name") && (has("remotes") || has("packages")) {
            return Ok(vec![of_registry(server)]);
        }
    }
    let root = match root.get("mcp").is_some() {
        true => inner("mcp", "servers").unwrap_or(root),
        false => root,
    };
    let key = ["mcpServers", "mcp_servers", "servers"];
    let Some((key, listed)) = key.iter().find_map(|key| Some((*key, root.get(*key)?))) else {
        return Err(UNKNOWN.to_owned());
    };
    if let (Some(listed), "servers") = (listed.as_array(), key) {
        return Ok(listed.iter().map(of_listing).collect());
    }
    let Some(listed) = listed.as_object() else {
        return Err(format!("`{key}` in it is no list of servers by name."));
    };
    if listed.is_empty() {
        return Err(format!("`{key}` in it is empty."));
    }
    let inputs = Inputs::of(root);
    let found = listed.iter().map(|(name, server)| {
        let remote = match (server.as_object(), key) {
            (None, _) => Err("What stands there is no description of a server.".to_owned()),
            (Some(server), "mcp_servers") => of_litellm(server),
            (Some(server), _) => of_editor(server, &inputs),
        };
        let text = |key: &str| server.get(key).and_then(Value::as_str).map(str::to_owned);
        Found {
            name: name.clone(),
            title: text("title"),
            description: text("description"),
            remote,
        }
    });
    Ok(found.collect())
}

const UNKNOWN: &str = "I know `mcpServers` (Claude, Cursor), `servers` (VS Code), `mcp_servers` (LiteLLM) and the registry's `server.json`, and it has none of these.";

/// JSON as editors write it, with comments, or YAML. What is said of it repeats nothing of it.
fn document(text: &str) -> Result<Value, String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err("It is empty.".to_owned());
    }
    if !text.trim_start().starts_with(['{', '[', '/']) {
        let read = serde_saphyr::from_str(text);
        return read.map_err(|error| match error.location() {
            Some(at) => format!("It is neither JSON nor YAML: look at line {}.", at.line()),
            None => "It is neither JSON nor YAML.".to_owned(),
        });
    }
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    // Not straight into a value: only the tree has a limit to its depth.
    let tree = jsonc_parser::parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &options);
    match tree {
        Ok(tree) => Ok(tree.value.map_or(Value::Null, Value::from)),
        Err(error) => Err(format!(
            "It is not JSON: look at line {}.",
            error.line_display()
        )),
    }
}

/// What VS Code asks for, by name.
struct Inputs(BTreeMap<String, Asked>);

impl Inputs {
    fn of(root: &Object) -> Self {
        let listed = root.get("inputs").and_then(Value::as_array);
        let inputs = listed.into_iter().flatten().filter_map(|input| {
            let text = |key: &str| input[key].as_str().map(str::to_owned);
            let asked = Asked {
                name: text("id")?,
                label: text("description"),
                default: text("default"),
                secret: input["password"].as_bool(),
                ..Asked::default()
            };
            Some((asked.name.clone(), asked))
        });
        Self(inputs.collect())
    }

    fn get(&self, inside: &str) -> Option<Filled> {
        let asked = self.0.get(inside.strip_prefix("input:")?)?;
        Some(Filled::asked(asked.clone()))
    }
}

/// Claude, Cursor, VS Code and those that do as they do.
fn of_editor(server: &Object, inputs: &Inputs) -> Result<Remote, String> {
    let known = |inside: &str| inputs.get(inside);
    if ["auth", "oauth"]
        .iter()
        .any(|key| server.contains_key(*key))
    {
        return Err(oauth());
    }
    if server.contains_key("headersHelper") {
        return Err("A program makes its headers, which a card has no way for: give it a token that stays, in `headers`.".to_owned());
    }
    let Some(url) = address(server) else {
        return bridged(server);
    };
    transport(server, ["type", "transport"], url)?;
    Ok(Remote {
        url: Filled::of_shell(url, &known),
        headers: headers(server.get("headers"), &known)?,
        lost: lost(server),
    })
}

fn address(server: &Object) -> Option<&str> {
    let keys = ["url", "serverUrl", "httpUrl"];
    keys.iter().find_map(|key| server.get(*key)?.as_str())
}

fn oauth() -> String {
    "People sign in at it with OAuth, which Patchbay does not do yet: if it takes a token as well, use `/mcp connect mcp` with its address and the token.".to_owned()
}

/// Refuses what is not streamable HTTP. Where nothing is said, an address that ends in `/sse` is of the
/// older transport.
fn transport(server: &Object, keys: [&str; 2], url: &str) -> Result<(), String> {
    let said = keys.iter().find_map(|key| server.get(*key)?.as_str());
    let said = said.map(|said| said.to_lowercase().replace(['-', '_'], ""));
    match said.as_deref() {
        Some("http" | "streamablehttp") => Ok(()),
        None if !url.trim_end_matches('/').ends_with("/sse") => Ok(()),
        None | Some("sse") => Err("It speaks the older SSE transport, and Patchbay speaks streamable HTTP: ask its maker for that address, which often ends in `/mcp`.".to_owned()),
        Some("stdio") => Err(program()),
        Some(_) => Err("It speaks a transport that Patchbay does not: ask its maker for a streamable HTTP address.".to_owned()),
    }
}

fn program() -> String {
    "It is a program that runs on somebody's machine, which Patchbay does not do yet: if its maker also serves it at an address, import that.".to_owned()
}

fn lost(server: &Object) -> Vec<&'static str> {
    const CHOICES: [&str; 8] = [
        "allowed_tools",
        "disallowed_tools",
        "includeTools",
        "excludeTools",
        "enabledTools",
        "disabledTools",
        "alwaysAllow",
        "autoApprove",
    ];
    let there = CHOICES.iter().filter(|key| server.contains_key(**key));
    there.copied().collect()
}

fn headers(
    given: Option<&Value>,
    known: &dyn Fn(&str) -> Option<Filled>,
) -> Result<Vec<Header>, String> {
    let given = match given {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(given)) => given,
        Some(_) => return Err("Its `headers` are no list of values by name.".to_owned()),
    };
    let headers = given.iter().map(|(name, value)| {
        let value = match value {
            Value::String(text) => Filled::of_shell(text, known),
            Value::Bool(_) | Value::Number(_) => Filled::plain(&value.to_string()),
            Value::Null => Filled::default(),
            Value::Array(_) | Value::Object(_) => {
                return Err("One of its `headers` is no text.".to_owned());
            }
        };
        Ok(header(name, value))
    });
    headers.collect()
}

fn header(name: &str, value: Filled) -> Header {
    Header {
        name: name.to_owned(),
        value,
        published: false,
    }
}

/// `mcp-remote` is a program whose whole purpose is to reach an address: `npx mcp-remote https://…`.
fn bridged(server: &Object) -> Result<Remote, String> {
    let words = server.get("args").and_then(Value::as_array);
    let words: Vec<&str> = words
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let is_bridge = |word: &&str| *word == "mcp-remote" || word.starts_with("mcp-remote@");
    let Some(at) = words.iter().position(is_bridge) else {
        return Err(match server.contains_key("command") {
            true => program(),
            false => "It has no `url`: add the address of the server.".to_owned(),
        });
    };
    let words = &words[at + 1..];
    let environment = server.get("env").and_then(Value::as_object);
    let known = |inside: &str| {
        let value = environment?.get(inside)?.as_str()?;
        Some(Filled::of_shell(value, &|_| None))
    };
    let Some(url) = words.iter().find(|word| word.contains("://")) else {
        return Err("There is no address after `mcp-remote`: add it.".to_owned());
    };
    let mut found = Remote {
        url: Filled::of_shell(url, &known),
        ..Remote::default()
    };
    for pair in words.windows(2) {
        match pair {
            ["--header", line] => {
                let Some((name, value)) = line.split_once(':') else {
                    return Err("A `--header` of it has no colon.".to_owned());
                };
                let value = Filled::of_shell(value.trim_start(), &known);
                found.headers.push(header(name.trim(), value));
            }
            ["--transport", "sse-only"] => {
                let sse = Map::from_iter([("type".to_owned(), "sse".into())]);
                transport(&sse, ["type", "type"], url)?;
            }
            _ => {}
        }
    }
    Ok(found)
}

fn of_litellm(server: &Object) -> Result<Remote, String> {
    let text = |key: &str| server.get(key).and_then(Value::as_str);
    let Some(url) = text("url") else {
        return bridged(server);
    };
    transport(server, ["transport", "type"], url)?;
    let known = |_: &str| None;
    let value = |text: &str| match text.strip_prefix("os.environ/") {
        Some(name) => Filled::of_shell(&format!("${{{name}}}"), &known),
        None => Filled::of_shell(text, &known),
    };
    let token = text("auth_value").or(text("authentication_token"));
    let token = || match token {
        Some(token) => value(token),
        None => Filled::asked(Asked {
            name: "token".to_owned(),
            ..Asked::default()
        }),
    };
    let after = |scheme: &str| {
        let mut parts = vec![Part::Plain(scheme.to_owned())];
        parts.extend(token().0);
        Some(("Authorization", Filled(parts)))
    };
    let auth = match text("auth_type").map(str::to_lowercase).as_deref() {
        None | Some("none" | "") => None,
        Some("api_key") => Some(("X-API-Key", token())),
        Some("bearer_token") => after("Bearer "),
        Some("basic") => after("Basic "),
        Some("token") => after("token "),
        Some("authorization") => Some(("Authorization", token())),
        Some("aws_sigv4") => return Err("AWS signs its requests, which a card has no way for: use a gateway before it that takes a token.".to_owned()),
        Some(_) => return Err(oauth()),
    };
    let mut all: Vec<Header> = Vec::new();
    all.extend(auth.map(|(name, value)| header(name, value)));
    for (name, text) in server
        .get("static_headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let text = text
            .as_str()
            .ok_or("One of its `static_headers` is no text.")?;
        all.push(header(name, value(text)));
    }
    // What whoever asks LiteLLM brings along, and people here fill in.
    let forwarded = server.get("extra_headers").and_then(Value::as_array);
    for name in forwarded.into_iter().flatten().filter_map(Value::as_str) {
        if all.iter().any(|it| it.name.eq_ignore_ascii_case(name)) {
            continue;
        }
        let asked = Asked {
            name: name.to_owned(),
            optional: true,
            ..Asked::default()
        };
        all.push(header(name, Filled::asked(asked)));
    }
    Ok(Remote {
        url: value(url),
        headers: all,
        lost: lost(server),
    })
}

/// One of the registry's list.
fn of_listing(entry: &Value) -> Found {
    let server = entry.get("server").unwrap_or(entry).as_object();
    of_registry(server.unwrap_or(&Map::new()))
}

fn of_registry(server: &Object) -> Found {
    let text = |key: &str| server.get(key).and_then(Value::as_str);
    let name = text("name").unwrap_or_default();
    Found {
        // `io.github.somebody/weather`
        name: name.rsplit('/').next().unwrap_or(name).to_owned(),
        title: text("title").map(str::to_owned),
        description: text("description").map(str::to_owned),
        remote: remote(server),
    }
}

fn remote(server: &Object) -> Result<Remote, String> {
    let remotes = server.get("remotes").and_then(Value::as_array);
    let remotes: Vec<&Object> = remotes
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    let mut refused = Err(program());
    for remote in remotes {
        let Some(url) = remote.get("url").and_then(Value::as_str) else {
            refused = Err("Its address is missing.".to_owned());
            continue;
        };
        match transport(remote, ["type", "transport_type"], url) {
            Ok(()) => return reached(remote, url),
            Err(reason) => refused = Err(reason),
        }
    }
    refused
}

fn reached(remote: &Object, url: &str) -> Result<Remote, String> {
    let none = Map::new();
    let variables = remote.get("variables").and_then(Value::as_object);
    let given = remote.get("headers").and_then(Value::as_array);
    let headers = given.into_iter().flatten().map(|input| {
        let name = input["name"]
            .as_str()
            .ok_or("One of its headers has no name.")?;
        let mut value = of_input(name, input);
        // What the header says of itself holds for what is filled in in it, too.
        let about = input["description"].as_str();
        let secret = is(input, "isSecret", "is_secret");
        for part in &mut value.0 {
            if let Part::Asked(asked) = part {
                asked.about = asked.about.take().or(about.map(str::to_owned));
                asked.secret = asked.secret.map(|it| it || secret);
            }
        }
        Ok(Header {
            name: name.to_owned(),
            value,
            published: !secret,
        })
    });
    Ok(Remote {
        url: Filled::of_braces(url, variables.unwrap_or(&none)),
        headers: headers.collect::<Result<_, String>>()?,
        lost: Vec::new(),
    })
}

/// The part of a host by which people know it: `notion` of `mcp.notion.com`.
pub fn known_as(url: &Url) -> Option<String> {
    let host = url.domain()?;
    let mut parts: Vec<&str> = host.split('.').collect();
    parts.pop();
    let part = parts
        .into_iter()
        .rev()
        .find(|part| !part.is_empty() && !matches!(*part, "co" | "com"));
    part.map(str::to_owned)
}
