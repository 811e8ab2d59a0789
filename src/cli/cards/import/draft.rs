//! What a card asks people for, and how that is sent: only what surely is no secret is written as it stands.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::Url;

use super::formats::Header;
use super::value::{Asked, Filled, Part, names_a_secret};
use super::words::{LONGEST_NAME, clean, shortened, words};
use crate::cards::may_be_filled;
use crate::domain::hidden::is_hidden;
use crate::signals::masks::masked;

/// The most fields of a card, and how long their texts may be.
const MOST_FIELDS: usize = 10;
const LONGEST_LABEL: usize = 48;
const LONGEST_HELP: usize = 300;
const LONGEST_PLACEHOLDER: usize = 150;
/// From this length on, letters and digits in one word of an address are no word.
const LONGEST_WORD: usize = 20;
/// Words before a credential that say what kind it is.
const SCHEMES: [&str; 6] = ["Bearer", "Basic", "Token", "ApiKey", "Api-Key", "Key"];
/// Headers that choose something and prove nothing: what they hold is written into the card.
const CHOICES: [&str; 6] = [
    "accept-language",
    "user-agent",
    "x-mcp-insiders",
    "x-mcp-readonly",
    "x-mcp-tools",
    "x-mcp-toolsets",
];

/// A header as a card sends it.
pub struct Sent {
    pub name: String,
    pub template: String,
    /// Whether it proves whose a request is.
    pub proves: bool,
}

/// The fields so far, and the secrets that must not get into the card.
#[derive(Default)]
pub struct Draft {
    pub fields: Vec<Value>,
    /// The field for what the file calls so, and whether that is secret.
    by_name: BTreeMap<String, (String, bool)>,
    pub secrets: Vec<String>,
    /// Whether something that the file says is left for people to fill in.
    pub withheld: bool,
}

impl Draft {
    /// The template of the address, and the address where it is always the same one.
    pub fn address(&mut self, url: &Filled) -> Result<(String, Option<Url>), String> {
        let mut template = String::new();
        let mut example = String::new();
        for part in &url.0 {
            match part {
                Part::Plain(text) => {
                    let text = text.replace('{', "%7B").replace('}', "%7D");
                    template.push_str(&text);
                    example.push_str(&text);
                }
                Part::Asked(asked) => {
                    if asked.secret == Some(true) || names_a_secret(&asked.name) {
                        return Err(SECRET_ADDRESS.to_owned());
                    }
                    let whole = example.is_empty();
                    let help = match whole {
                        true => "The server's address, or its beginning.",
                        false => "A part of the server's address.",
                    };
                    let mut asked = asked.clone();
                    // A field of that format takes no query.
                    let query = asked.default.as_deref().is_some_and(|it| it.contains('?'));
                    asked.is_address = whole && !query;
                    let field = self.field(&asked, &words(&asked.name), help, false)?;
                    template.push_str(&format!("{{{{ {field} }}}}"));
                    let example_of = match whole {
                        true => "https://example.com",
                        false => "example",
                    };
                    example.push_str(asked.default.as_deref().unwrap_or(example_of));
                }
            }
        }
        let template = template.trim().to_owned();
        let url: Url = example
            .trim()
            .parse()
            .map_err(|_| "Its address is none: it looks like `https://mcp.example.com/mcp`.")?;
        if !url.username().is_empty() || url.password().is_some() || has_secret(&url) {
            return Err(SECRET_ADDRESS.to_owned());
        }
        match url.scheme() {
            "https" => {}
            "http" => return Err("Its address begins with `http://`, and that of a card with `https://`: one on your own network can be used with `/mcp connect mcp` where `[network]` allows it.".to_owned()),
            _ => return Err("Its address is not one of the web: it looks like `https://mcp.example.com/mcp`.".to_owned()),
        }
        if self.fields.is_empty() {
            return Ok((url.to_string(), Some(url)));
        }
        Ok((template, None))
    }

    /// A header as the card sends it; nothing where it is the protocol's own.
    pub fn header(&mut self, header: &Header) -> Result<Option<Sent>, String> {
        let name = header.name.trim();
        let is_name =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !is_name {
            return Err(
                "The name of one of its headers has other characters than letters, digits and `-`."
                    .to_owned(),
            );
        }
        let lower = name.to_lowercase();
        let of_protocol =
            matches!(&*lower, "accept" | "last-event-id") || (lower.starts_with("mcp-"));
        if !may_be_filled(name) || of_protocol {
            return Ok(None);
        }
        if let Some(plain) = header.value.as_plain() {
            return self.plain_header(header, &lower, plain.trim());
        }
        if !header.value.0.iter().any(tells) {
            return self.asked_header(name, &header.value).map(Some);
        }
        // What stands beside the variable may be secret as well.
        for part in &header.value.0 {
            if let Part::Plain(text) = part {
                self.withhold(&lower, text.trim());
            }
        }
        self.whole(name).map(Some)
    }

    /// A header with nothing but what is filled in, and what says of which kind that is.
    fn asked_header(&mut self, name: &str, value: &Filled) -> Result<Sent, String> {
        let beginning = value.beginning().and_then(scheme);
        let help = help(name, beginning.map_or("", |(scheme, _)| scheme));
        let (mut template, mut proves, mut optional) = (String::new(), false, Vec::new());
        for part in &value.0 {
            match part {
                Part::Plain(text) => match scheme(text) {
                    Some((scheme, _)) => template.push_str(&format!("{scheme} ")),
                    None => template.push_str(text),
                },
                Part::Asked(asked) => {
                    let secret = asked.secret != Some(false)
                        || names_a_secret(name)
                        || names_a_secret(&asked.name);
                    let label = match asked.name == name {
                        true => name.to_owned(),
                        false => words(&asked.name),
                    };
                    let field = self.field(asked, &label, &help, secret)?;
                    template.push_str(&format!("{{{{ {field} }}}}"));
                    proves |= secret;
                    optional.extend(Some(field).filter(|_| asked.optional));
                }
            }
        }
        // Those that begin so are left out by themselves where nothing is filled in.
        let leaves = template.starts_with("{{") || template.starts_with("Bearer {{");
        if let ([field], false) = (&optional[..], leaves) {
            template = format!("{{% if {field} %}}{template}{{% endif %}}");
        }
        Ok(Sent {
            name: name.to_owned(),
            template,
            proves,
        })
    }

    fn plain_header(
        &mut self,
        header: &Header,
        lower: &str,
        value: &str,
    ) -> Result<Option<Sent>, String> {
        let name = header.name.trim();
        if value.is_empty() {
            return Ok(None);
        }
        let is_word = value
            .chars()
            .all(|c| c.is_ascii_graphic() && c != '{' && c != '}' || c == ' ');
        let is_choice =
            CHOICES.contains(&lower) || header.published || matches!(value, "true" | "false");
        if is_word && is_choice && !names_a_secret(lower) && masked(value) == value {
            return Ok(Some(Sent {
                name: name.to_owned(),
                template: value.to_owned(),
                proves: false,
            }));
        }
        let Some((scheme, credential)) = scheme(value).filter(|(_, rest)| !rest.is_empty()) else {
            self.withhold(lower, value);
            return self.whole(name).map(Some);
        };
        self.withheld = true;
        self.secrets.push(credential.to_owned());
        let called = if lower == "authorization" {
            "token"
        } else {
            name
        };
        let token = Asked {
            name: called.to_owned(),
            ..Asked::default()
        };
        let field = self.field(&token, &words(called), &help(name, scheme), true)?;
        Ok(Some(Sent {
            name: name.to_owned(),
            template: format!("{scheme} {{{{ {field} }}}}"),
            proves: true,
        }))
    }

    /// A header whose whole value is filled in, and secret.
    fn whole(&mut self, name: &str) -> Result<Sent, String> {
        let asked = Asked {
            name: name.to_owned(),
            ..Asked::default()
        };
        let help = format!("The whole value of the header \"{name}\".");
        let field = self.field(&asked, name, &help, true)?;
        Ok(Sent {
            name: name.to_owned(),
            template: format!("{{{{ {field} }}}}"),
            proves: true,
        })
    }

    /// The name of the field for what is filled in.
    pub fn field(
        &mut self,
        asked: &Asked,
        label: &str,
        help: &str,
        secret: bool,
    ) -> Result<String, String> {
        if let Some((field, is_secret)) = self.by_name.get(&asked.name) {
            return match secret && !is_secret {
                // It would be kept in the open.
                true => Err(SECRET_ADDRESS.to_owned()),
                false => Ok(field.clone()),
            };
        }
        if self.fields.len() == MOST_FIELDS {
            return Err(format!(
                "It asks for more than {MOST_FIELDS} things, which a form has no room for: write some of them into its `headers`."
            ));
        }
        let name = self.free_name(&asked.name);
        let mut field = Map::new();
        let is_short = |text: &String| text.chars().count() <= LONGEST_LABEL;
        let said = asked.label.as_deref().and_then(clean);
        let about = asked.about.as_deref().and_then(clean);
        // A label that is too long says something all the same.
        let about = about.or_else(|| said.clone().filter(|said| !is_short(said)));
        let label = said.filter(is_short).or_else(|| clean(label));
        let label = label.unwrap_or_else(|| name.clone());
        let help = about.unwrap_or_else(|| help.to_owned());
        field.insert("name".to_owned(), name.clone().into());
        field.insert("label".to_owned(), shortened(&label, LONGEST_LABEL).into());
        let fits = |text: &&String| {
            text.chars().count() <= LONGEST_PLACEHOLDER
                && masked(text) == **text
                && !text.contains(is_hidden)
        };
        if secret {
            field.insert("secret".to_owned(), true.into());
            if let Some(default) = &asked.default {
                self.withhold(&asked.name, default);
            }
        } else {
            if let Some(placeholder) = asked.placeholder.as_ref().filter(fits) {
                field.insert("placeholder".to_owned(), placeholder.clone().into());
            }
            if let Some(default) = asked.default.as_ref().filter(fits) {
                field.insert("default".to_owned(), default.clone().into());
            }
        }
        if asked.is_address && !secret {
            field.insert("format".to_owned(), "url".into());
        }
        if asked.optional {
            field.insert("optional".to_owned(), true.into());
        }
        field.insert("help".to_owned(), shortened(&help, LONGEST_HELP).into());
        self.fields.push(field.into());
        self.by_name
            .insert(asked.name.clone(), (name.clone(), secret));
        Ok(name)
    }

    /// Remembers what must not get into the card, if it can be a secret at all.
    fn withhold(&mut self, name: &str, value: &str) {
        self.withheld = true;
        if names_a_secret(name) || is_random(value) || masked(value) != value {
            self.secrets.push(value.to_owned());
        }
    }

    fn free_name(&self, name: &str) -> String {
        let name = name
            .to_lowercase()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let name = name
            .trim_start_matches(|c: char| !c.is_ascii_lowercase())
            .trim_end_matches('_');
        let name = if name.is_empty() { "value" } else { name };
        let name: String = name.chars().take(LONGEST_NAME - 1).collect();
        let taken = |name: &String| self.by_name.values().any(|(it, _)| it == name);
        let others = (2..).map(|n| format!("{name}_{n}"));
        let mut names = std::iter::once(name.clone()).chain(others);
        names.find(|name| !taken(name)).unwrap_or(name)
    }
}

const SECRET_ADDRESS: &str = "There is, or seems to be, a secret in its address, and an address is no secret here: if it takes the secret in a header, write it so.";

/// `Bearer` and what comes after it, of a value that begins with such a word and has one more at most.
fn scheme(value: &str) -> Option<(&'static str, &str)> {
    let (first, rest) = value.split_once(' ')?;
    let known = SCHEMES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(first));
    known
        .map(|known| (known, rest.trim()))
        .filter(|(_, rest)| !rest.contains(' '))
}

/// Whether a part stands there as it is and says more than which kind of credential comes after it.
fn tells(part: &Part) -> bool {
    let Part::Plain(text) = part else {
        return false;
    };
    let is_scheme = scheme(text).is_some_and(|(_, rest)| rest.is_empty());
    let joins = |c: char| c == ' ' || c.is_ascii_punctuation() && c != '{' && c != '}';
    !is_scheme && !text.chars().all(joins)
}

/// Whether there is a word in it so long, and of letters and digits, that nobody chose it.
fn is_random(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    let mut long = words.filter(|word| word.len() >= LONGEST_WORD);
    let has = |word: &str, kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    long.any(|word| has(word, char::is_ascii_digit) && has(word, char::is_ascii_alphabetic))
}

/// What stands below the box for what a header holds.
fn help(name: &str, scheme: &str) -> String {
    match scheme {
        "Basic" => "User and password with a colon between them, in base64.".to_owned(),
        _ => format!("Sent as the header \"{name}\"."),
    }
}

/// Whether something in an address looks like a secret.
fn has_secret(url: &Url) -> bool {
    let named =
        |(name, value): (Cow<'_, str>, Cow<'_, str>)| names_a_secret(&name) || is_random(&value);
    masked(url.as_str()) != url.as_str()
        || is_random(&percent_decode_str(url.path()).decode_utf8_lossy())
        || url.query_pairs().any(named)
        || url.fragment().is_some_and(is_random)
}
