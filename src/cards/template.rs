//! The templates of HTTP cards: `{{ owner }}` in addresses, queries, headers and bodies.

use std::collections::HashSet;

use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json};

/// Renders templates; a name that nothing was given for is an error.
pub struct Templates {
    text: Environment<'static>,
    path: Environment<'static>,
}

impl Templates {
    /// Makes the two renderers: of plain text, and of paths.
    pub fn new() -> Self {
        let mut text = Environment::new();
        text.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut path = text.clone();
        path.add_filter("segments", segments);
        path.set_formatter(|out, _, value| {
            if value.is_safe() {
                return Ok(write!(out, "{value}")?);
            }
            let value = value.to_string();
            if value.is_empty() {
                return Err(unfit("a part of the address is empty"));
            }
            Ok(out.write_str(&encode(&value))?)
        });
        Self { text, path }
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
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// What RFC 3986 lets stand in a path segment without a second meaning.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

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
