//! What a person fills in to connect: tidied, checked, and split into open and secret.

use std::collections::BTreeMap;

use secrecy::SecretString;
use url::Url;

use crate::domain::card::{Card, Field, FieldFormat};
use crate::domain::text::Text;
use crate::text;

/// The longest value of a field, in characters.
const LONGEST: usize = 2_000;

/// A filled-in form.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// What may be stored and shown.
    pub config: BTreeMap<String, String>,
    /// What may not.
    pub secrets: BTreeMap<String, SecretString>,
}

/// Checks a filled-in form. What is wrong comes back as a sentence per field; no sentence repeats
/// what was filled in.
pub fn validate_fields(
    card: &Card,
    given: &BTreeMap<String, String>,
) -> Result<Fields, BTreeMap<String, Text>> {
    let mut fields = Fields::default();
    let mut wrong = BTreeMap::new();
    for name in given.keys() {
        if !card.fields.iter().any(|field| field.name == *name) {
            wrong.insert(
                name.clone(),
                text!("{service} does not ask for this.", service = &card.title),
            );
        }
    }
    for field in &card.fields {
        let value = given
            .get(&field.name)
            .map(|value| tidy(value))
            .unwrap_or_default();
        let value = match (value.is_empty(), &field.default) {
            (true, Some(default)) => default.clone(),
            _ => value,
        };
        match check(field, &value) {
            Err(sentence) => {
                wrong.insert(field.name.clone(), sentence);
            }
            Ok(()) if value.is_empty() => {}
            Ok(()) if field.secret => {
                fields.secrets.insert(field.name.clone(), value.into());
            }
            Ok(()) => {
                fields.config.insert(field.name.clone(), value);
            }
        }
    }
    if wrong.is_empty() {
        Ok(fields)
    } else {
        Err(wrong)
    }
}

/// Undoes what chat programs, word processors and web pages do to text that is pasted.
fn tidy(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter_map(|c| match c {
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => None,
            '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
            '\u{201c}' | '\u{201d}' | '\u{201e}' => Some('"'),
            '\u{2018}' | '\u{2019}' | '\u{201a}' => Some('\''),
            c if c.is_whitespace() || c.is_control() => Some(' '),
            c => Some(c),
        })
        .collect();
    let mut value = plain.trim();
    for (open, close) in [("<", ">"), ("`", "`"), ("\"", "\""), ("'", "'")] {
        let inner = value
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close));
        value = inner.unwrap_or(value).trim();
    }
    value.to_owned()
}

fn check(field: &Field, value: &str) -> Result<(), Text> {
    let label = Text::of_card(&field.label);
    if value.is_empty() {
        return match field.optional {
            true => Ok(()),
            false => Err(text!("{label} is missing.", label)),
        };
    }
    if value.chars().count() > LONGEST {
        return Err(text!("{label} is longer than 2,000 characters.", label));
    }
    if (field.secret || field.format.is_some()) && value.contains(' ') {
        return Err(text!(
            "{label} must not have spaces or line breaks in it.",
            label
        ));
    }
    match &field.format {
        None => Ok(()),
        Some(FieldFormat::Url) => check_url(label, value),
        Some(FieldFormat::PostgresUrl) => check_postgres_url(value),
        Some(FieldFormat::HeaderName) => check_header_name(label, value),
        Some(FieldFormat::RedisUrl) => check_redis_url(value),
        Some(FieldFormat::Prefix(prefixes)) => {
            let fits = |prefix: &String| value.starts_with(prefix) && value.len() > prefix.len();
            if prefixes.iter().any(fits) {
                return Ok(());
            }
            let quoted = prefixes
                .iter()
                .map(|prefix| Text::from(format!("`{prefix}`")));
            let beginning = quoted.reduce(|one, other| text!("{one} or {other}", one, other));
            Err(text!(
                "{label} begins with {beginning}. Copy it again, whole.",
                label,
                beginning = beginning.unwrap_or_else(|| "".into())
            ))
        }
    }
}

fn check_url(label: Text, value: &str) -> Result<(), Text> {
    let url = value.parse::<Url>().ok().filter(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.query().is_none()
            && url.fragment().is_none()
    });
    match url {
        None => Err(text!(
            "{label} looks like `https://api.example.com`.",
            label
        )),
        Some(url) if !url.username().is_empty() || url.password().is_some() => Err(text!(
            "{label} must not hold a user name or password.",
            label
        )),
        Some(_) => Ok(()),
    }
}

/// Headers that say how a request travels are not for people to fill.
fn check_header_name(label: Text, value: &str) -> Result<(), Text> {
    let is_name = value
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !is_name {
        return Err(text!("{label} looks like `X-Api-Key`.", label));
    }
    if !may_be_filled(value) {
        return Err(text!(
            "{label} must not be `{name}`, which I fill myself.",
            label,
            name = value
        ));
    }
    Ok(())
}

/// Whether a header says something to the service, and not how the request travels.
pub fn may_be_filled(header: &str) -> bool {
    let lower = header.to_lowercase();
    !OF_THE_JOURNEY.contains(&&*lower) && !lower.starts_with("proxy-")
}

/// The headers that belong to the way a request is sent.
const OF_THE_JOURNEY: [&str; 12] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn check_postgres_url(value: &str) -> Result<(), Text> {
    if value.contains("[YOUR-PASSWORD]") {
        return Err(text!(
            "Put the database's password in place of `[YOUR-PASSWORD]`."
        ));
    }
    let form = text!("It looks like `postgresql://user:password@host:5432/database`.");
    let url = database_url(value, ["postgresql://", "postgres://"], &form)?;
    if url.username().is_empty() {
        return Err(text!("The user is missing. {form}", form));
    }
    if url.path().len() < 2 {
        return Err(text!("The database's name is missing. {form}", form));
    }
    Ok(())
}

/// A URL that begins in one of these ways and names a host; `form` is what it looks like.
fn database_url(value: &str, beginnings: [&str; 2], form: &Text) -> Result<Url, Text> {
    if !beginnings
        .iter()
        .any(|beginning| value.starts_with(beginning))
    {
        return Err(form.clone());
    }
    let Ok(url) = value.parse::<Url>() else {
        return Err(text!(
            "{form} Characters such as `#`, `/`, `?` and `@` in the password are written `%23`, `%2F`, `%3F` and `%40`.",
            form
        ));
    };
    if url.host_str().is_none_or(str::is_empty) {
        return Err(text!("The host is missing. {form}", form));
    }
    Ok(url)
}

fn check_redis_url(value: &str) -> Result<(), Text> {
    let form = text!("It looks like `rediss://user:password@host:6379/0`.");
    let url = database_url(value, ["redis://", "rediss://"], &form)?;
    if !url.username().is_empty() && url.password().is_none() {
        return Err(text!(
            "A password without a user is written `rediss://:password@host:6379/0`, with the colon."
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
