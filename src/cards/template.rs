//! The templates of HTTP cards: `{{ owner }}` in addresses, queries, headers, bodies and pointers.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value as Json};

/// The longest argument that is a path: it is looked at again and again until no escape is left.
const LONGEST_PATH: usize = 2_000;

/// Renders templates; a name that nothing was given for is an error.
pub struct Templates {
    text: Environment<'static>,
    path: Environment<'static>,
    pointer: Environment<'static>,
}

impl Templates {
    /// Makes the renderers: of plain text, of paths and of JSON pointers.
    pub fn new() -> Self {
        let mut text = Environment::new();
        text.set_undefined_behavior(UndefinedBehavior::Strict);
        text.set_formatter(|out, _, value| Ok(out.write_str(&plain(value))?));
        text.add_filter("base64", base64);
        text.add_filter("quoted", quoted);
        text.add_filter("quoted_all", quoted_all);
        let mut pointer = text.clone();
        pointer.set_formatter(|out, _, value| {
            let value = plain(value).replace('~', "~0").replace('/', "~1");
            Ok(out.write_str(&value)?)
        });
        let mut path = text.clone();
        path.add_filter("segments", segments);
        path.add_filter("below", below);
        path.set_formatter(|out, _, value| {
            if value.is_safe() {
                return Ok(write!(out, "{value}")?);
            }
            let value = plain(value);
            if value.is_empty() {
                return Err(unfit("a part of the address is empty"));
            }
            Ok(out.write_str(&encode(&value))?)
        });
        Self {
            text,
            path,
            pointer,
        }
    }

    /// Renders plain text: values are put in as they are.
    pub fn text(&self, source: &str, values: &Map<String, Json>) -> Result<String, Error> {
        self.text.render_str(source, Serde(values))
    }

    /// Renders a path: each value becomes part of one segment, and none leads upwards.
    pub fn path(&self, source: &str, values: &Map<String, Json>) -> Result<String, Error> {
        let path = self.path.render_str(source, Serde(values))?;
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(unfit("a path must not hold `.` or `..`"));
        }
        Ok(path)
    }

    /// Renders a JSON pointer: each value becomes part of one of its steps.
    pub fn pointer(&self, source: &str, values: &Map<String, Json>) -> Result<String, Error> {
        self.pointer.render_str(source, Serde(values))
    }

    /// The names that a template uses.
    pub fn variables(&self, source: &str) -> Result<HashSet<String>, Error> {
        Ok(self
            .path
            .template_from_str(source)?
            .undeclared_variables(false))
    }
}

impl Default for Templates {
    fn default() -> Self {
        Self::new()
    }
}

/// The name in a template that is exactly `{{ name }}`: such a one keeps the value's JSON type.
pub fn only_variable(source: &str) -> Option<&str> {
    let name = source.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    is_name(name).then_some(name)
}

/// Whether a text is a name and no more: no filter, and nothing that is computed.
pub fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !text.is_empty() && text.chars().all(fits)
}

/// What RFC 3986 lets stand in a path segment without a second meaning.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What RFC 3986 lets stand in a path.
const PATH: &AsciiSet = &SEGMENT
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

fn encode(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}

/// The filter for arguments that are paths themselves: keeps the slashes between their parts.
fn segments(path: &str) -> Value {
    let parts: Vec<_> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(encode)
        .collect();
    Value::from_safe_string(parts.join("/"))
}

/// The filter for an argument that is all of a path, escapes included: `/orders/a%2Fb/`. What would
/// lead elsewhere, to whichever server reads it, is refused.
fn below(path: &str) -> Result<Value, Error> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.len() > LONGEST_PATH {
        return Err(unfit("a path has at most 2,000 bytes"));
    }
    if path.contains(['?', '#']) {
        return Err(unfit("a path has no `?` and no `#`"));
    }
    if path.contains('\\') || path.contains(char::is_control) {
        return Err(unfit("a path has no backslash and no line break"));
    }
    let inner = path.strip_suffix('/').unwrap_or(path);
    if !path.is_empty() && inner.split('/').any(str::is_empty) {
        return Err(unfit(
            "a path has no `//`, and begins below the base address",
        ));
    }
    // Servers and proxies undo escapes once, or more often, and some cut parameters after `;`.
    let mut plain = path.to_owned();
    loop {
        let upwards = |part: &str| matches!(part.split(';').next(), Some("." | ".."));
        if plain.split(['/', '\\']).any(upwards) {
            return Err(unfit("a path must not hold `.` or `..`"));
        }
        let undone = percent_decode_str(&plain).decode_utf8_lossy().into_owned();
        if undone == plain {
            break;
        }
        plain = undone;
    }
    if plain.contains(char::is_control) {
        return Err(unfit("a path has no backslash and no line break"));
    }
    Ok(Value::from_safe_string(escaped(path)))
}

/// Escapes what cannot stand in a path, and a `%` that begins no escape.
fn escaped(path: &str) -> String {
    let mut parts = path.split('%');
    let mut escaped = utf8_percent_encode(parts.next().unwrap_or_default(), PATH).to_string();
    for part in parts {
        let is_escape = part.len() >= 2 && part.bytes().take(2).all(|b| b.is_ascii_hexdigit());
        escaped.push_str(if is_escape { "%" } else { "%25" });
        escaped.extend(utf8_percent_encode(part, PATH));
    }
    escaped
}

/// A value as services write it: JSON's words for yes and no, and nothing for nothing.
fn plain(value: &Value) -> String {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => String::new(),
        ValueKind::Bool if value.is_true() => "true".to_owned(),
        ValueKind::Bool => "false".to_owned(),
        _ => value.to_string(),
    }
}

/// The filter for what a service takes as base64.
fn base64(value: &Value) -> String {
    STANDARD.encode(plain(value))
}

/// The filter for values that must not end where they stand, as in `name.eq."a,b"`: in double quotes,
/// with a backslash before quotes and backslashes. There must be one value.
fn quoted(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => {
            let text = plain(value).replace('\\', "\\\\").replace('"', "\\\"");
            Ok(format!("\"{text}\""))
        }
        ValueKind::Undefined | ValueKind::None => Err(unfit("a value is missing")),
        _ => Err(unfit(
            "there is a list or an object where one value is needed",
        )),
    }
}

/// The filter for lists of such values: each in quotes, with commas between.
fn quoted_all(values: &Value) -> Result<String, Error> {
    if values.kind() != ValueKind::Seq {
        return Err(unfit("there is one value where a list is needed"));
    }
    let quoted: Vec<String> = values
        .try_iter()?
        .map(|value| quoted(&value))
        .collect::<Result<_, _>>()?;
    Ok(quoted.join(","))
}

/// An error about a value, in words for whoever gave it.
fn unfit(reason: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn x(value: impl Into<Json>) -> Map<String, Json> {
        Map::from_iter([("x".to_owned(), value.into())])
    }

    #[test]
    fn values_stay_within_their_segment() {
        let path = |source: &str, value: &str| {
            let rendered = Templates::new().path(source, &x(value));
            rendered.map_err(|error| error.detail().unwrap_or_default().to_owned())
        };
        let whole = "/a/{{ x }}/b";
        assert_eq!(
            path(whole, "rust-lang.org_~1").unwrap(),
            "/a/rust-lang.org_~1/b"
        );
        assert_eq!(path(whole, "x/../y").unwrap(), "/a/x%2F..%2Fy/b");
        assert_eq!(
            path(whole, "a b?c#d%2e&é\\").unwrap(),
            "/a/a%20b%3Fc%23d%252e%26%C3%A9%5C/b"
        );
        assert_eq!(
            path(whole, "..").unwrap_err(),
            "a path must not hold `.` or `..`"
        );
        assert_eq!(
            path(whole, ".").unwrap_err(),
            "a path must not hold `.` or `..`"
        );
        assert_eq!(
            path("/a/.{{ x }}", ".").unwrap_err(),
            "a path must not hold `.` or `..`"
        );
        assert_eq!(
            path(whole, "").unwrap_err(),
            "a part of the address is empty"
        );

        let parts = "/a/{{ x | segments }}";
        assert_eq!(
            path(parts, "src/a b/main.rs").unwrap(),
            "/a/src/a%20b/main.rs"
        );
        assert_eq!(path(parts, "/src//main.rs/").unwrap(), "/a/src/main.rs");
        assert_eq!(path(parts, "%2e%2e/x").unwrap(), "/a/%252e%252e/x");
        assert_eq!(path(parts, "").unwrap(), "/a/");
        for upwards in ["..", "../x", "a/../../b", "a/.."] {
            assert!(path(parts, upwards).is_err(), "{upwards}");
        }
    }

    #[test]
    fn a_whole_path_stays_below_its_base() {
        let path = |value: &str| {
            let rendered = Templates::new().path("/{{ x | below }}", &x(value));
            rendered.map_err(|error| error.detail().unwrap_or_default().to_owned())
        };
        for (given, expected) in [
            ("", "/"),
            ("/", "/"),
            ("orders/7", "/orders/7"),
            ("/orders/7/", "/orders/7/"),
            ("a b/Grüße", "/a%20b/Gr%C3%BC%C3%9Fe"),
            (
                "projects/group%2Fname/issues",
                "/projects/group%2Fname/issues",
            ),
            ("v1/items:batch(1,2)@x", "/v1/items:batch(1,2)@x"),
            ("100%/50%2", "/100%25/50%252"),
            ("a/..b/.c", "/a/..b/.c"),
        ] {
            assert_eq!(path(given).as_deref(), Ok(expected), "{given}");
        }
        for given in [
            "..",
            "a/../../b",
            "./a",
            "%2e%2e/admin",
            "a/%2E./b",
            "a%2f..%2fb",
            "%252e%252e/admin",
            "%25252e%25252e/admin",
            "a/..;x=1/b",
            "a/..%3Bx/b",
            "..%5cadmin",
            "a\\..\\b",
            "\\\\evil.example\\x",
            "//evil.example/x",
            "https://evil.example/x",
            "a//b",
            "a?admin=1",
            "a#b",
            "a\n.",
            "a%0ab",
            ".\t./x",
        ] {
            assert!(
                path(given).is_err(),
                "{given}: {path:?}",
                path = path(given)
            );
        }
    }

    #[test]
    fn pointers_keep_their_steps_and_quotes_what_is_in_them() {
        let templates = Templates::new();
        let pointer = templates.pointer("/tables/{{ x }}/a", &x("b/c~d"));
        assert_eq!(pointer.unwrap(), "/tables/b~1c~0d/a");
        let text = |source: &str, value: Json| {
            let rendered = templates.text(source, &x(value));
            rendered.map_err(|error| error.detail().unwrap_or_default().to_owned())
        };
        let check = |source: &str, value: Json, expected: &str| {
            assert_eq!(text(source, value).unwrap(), expected, "{source}");
        };
        check("{{ x }}/{{ not x }}", true.into(), "true/false");
        check("{{ x }}", Json::Null, "");
        check("{{ x | base64 }}", "Grüße".into(), "R3LDvMOfZQ==");
        let hostile = "a\",b.eq.\\1)";
        check("{{ x | quoted }}", hostile.into(), r#""a\",b.eq.\\1)""#);
        check("{{ x | quoted }}", 7.into(), "\"7\"");
        check("{{ x | quoted }}", true.into(), "\"true\"");
        let list = || Json::from(vec![Json::from(1), "a,b".into()]);
        check("{{ x | quoted_all }}", list(), r#""1","a,b""#);
        for (source, value, said) in [
            ("{{ x | quoted }}", Json::Null, "a value is missing"),
            (
                "{{ x.y | quoted }}",
                Json::Object(Map::new()),
                "a value is missing",
            ),
            ("{{ x | quoted }}", list(), "where one value is needed"),
            (
                "{{ x | quoted_all }}",
                "ab".into(),
                "where a list is needed",
            ),
            (
                "{{ x | quoted_all }}",
                vec![list()].into(),
                "where one value is needed",
            ),
        ] {
            let error = text(source, value).unwrap_err();
            assert!(error.contains(said), "{source}: {error}");
        }
    }

    #[test]
    fn unknown_names_are_errors() {
        let templates = Templates::new();
        assert!(templates.text("{{ y }}", &x(1)).is_err());
        assert!(templates.text("{{ x | nope }}", &x(1)).is_err());
        assert!(templates.variables("{{ x").is_err());
        let used = templates
            .variables("{% if a %}{{ b | segments }}{% endif %}")
            .unwrap();
        assert_eq!(used, ["a", "b"].map(str::to_owned).into());
    }

    #[test]
    fn only_a_bare_name_keeps_its_type() {
        assert_eq!(only_variable("{{ x }}"), Some("x"));
        assert_eq!(only_variable(" {{draft}} "), Some("draft"));
        for text in [
            "x",
            "{{ x }}!",
            "{{ x }}{{ y }}",
            "{{ x | upper }}",
            "{{ }}",
            "",
        ] {
            assert_eq!(only_variable(text), None, "{text}");
        }
    }
}
