//! What is wrong with settings that cannot be read.

use crate::error::{Error, Kind};

/// Names the setting, never its value: the value may be a secret in the wrong place.
pub(super) fn unreadable(error: &figment::Error) -> Error {
    let problems: Vec<String> = error
        .clone()
        .into_iter()
        .map(|error| {
            let origin = error
                .metadata
                .as_ref()
                .map_or("", |metadata| metadata.name.as_ref());
            let what = match &error.kind {
                figment::error::Kind::UnknownField(name, _) => {
                    format!("there is no setting `{name}`")
                }
                figment::error::Kind::MissingField(name) => format!("`{name}` is missing"),
                figment::error::Kind::InvalidType(_, expected)
                | figment::error::Kind::InvalidValue(_, expected) => {
                    format!("it must be {}", in_words(expected))
                }
                figment::error::Kind::UnknownVariant(_, choices) => {
                    format!("it must be one of `{}`", choices.join("`, `"))
                }
                figment::error::Kind::Message(text) => said_of(text),
                _ => "it cannot be read".to_owned(),
            };
            match error.path.is_empty() {
                true => format!("\n  - {origin}: {what}"),
                false => format!("\n  - {} ({origin}): {what}", error.path.join(".")),
            }
        })
        .collect();
    Error::new(
        Kind::Invalid,
        format!("The configuration cannot be read:{}", problems.concat()),
    )
    .hint("\n`patchbay.toml` in the source, or docs/configuration.md, explains every setting.")
}

/// What a setting must be, with an example where the name of its type is no help.
fn in_words(expected: &str) -> String {
    match expected {
        "a duration" => "a duration, such as \"10s\"".to_owned(),
        "a sequence" => "a list, such as [\"one\", \"two\"]".to_owned(),
        "socket address" => "an address and a port, such as \"127.0.0.1:3000\"".to_owned(),
        other => other.to_owned(),
    }
}

/// What a reader's own words come to, of which most may hold a secret: those on a file that is no
/// TOML go on with the line itself.
fn said_of(text: &str) -> String {
    if text == "invalid socket address syntax" {
        return format!("it must be {}", in_words("socket address"));
    }
    let place = text.lines().next().unwrap_or_default();
    match place.strip_prefix("TOML parse error at ") {
        Some(place) => format!("it is no valid TOML at {place}"),
        None => "it cannot be read".to_owned(),
    }
}
