//! A text of somebody else's file: what stands in it as it is, and what somebody fills in.

use serde_json::{Map, Value};

/// A text with its places that are filled in.
#[derive(Clone, Debug, Default)]
pub struct Filled(pub Vec<Part>);

#[derive(Clone, Debug)]
pub enum Part {
    Plain(String),
    Asked(Asked),
}

/// Something that somebody fills in.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// As the file calls it.
    pub name: String,
    /// What stands above the box where the file says so.
    pub label: Option<String>,
    /// What it is, in words.
    pub about: Option<String>,
    /// What an empty box may show.
    pub placeholder: Option<String>,
    /// What counts where nothing is filled in.
    pub default: Option<String>,
    /// Whether it is a secret, where the file says so.
    pub secret: Option<bool>,
    pub optional: bool,
    /// Whether an address is filled in, or the beginning of one.
    pub is_address: bool,
}

impl Filled {
    pub fn plain(text: &str) -> Self {
        Self(vec![Part::Plain(text.to_owned())])
    }

    /// Something that is filled in whole.
    pub fn asked(asked: Asked) -> Self {
        Self(vec![Part::Asked(asked)])
    }

    /// A text with `${TOKEN}`, `${TOKEN:-default}`, `${env:TOKEN}` or `${input:token}` in it. What `known`
    /// has no answer for is filled in.
    pub fn of_shell(text: &str, known: &dyn Fn(&str) -> Option<Self>) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some(end) = closing(after) else { break };
            if !before.is_empty() {
                parts.push(Part::Plain(before.to_owned()));
            }
            let inside = &after[..end];
            match known(inside) {
                Some(filled) => parts.extend(filled.0),
                None => parts.push(Part::Asked(of_environment(inside))),
            }
            rest = &after[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Plain(rest.to_owned()));
        }
        Self(parts)
    }

    /// A text with `{token}` in it, where these variables have that name; other braces stay.
    pub fn of_braces(text: &str, variables: &Map<String, Value>) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            let found = after.split_once('}');
            let found = found.and_then(|(name, after)| Some((name, after, variables.get(name)?)));
            let Some((name, after, input)) = found else {
                plain.push('{');
                rest = after;
                continue;
            };
            if !plain.is_empty() {
                parts.push(Part::Plain(std::mem::take(&mut plain)));
            }
            parts.extend(of_input(name, input).0);
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Plain(plain));
        }
        Self(parts)
    }

    /// What stands before all that is filled in.
    pub fn beginning(&self) -> Option<&str> {
        match self.0.first()? {
            Part::Plain(text) => Some(text),
            Part::Asked(_) => None,
        }
    }

    /// The whole text, where nothing in it is filled in.
    pub fn as_plain(&self) -> Option<String> {
        let parts = self.0.iter().map(|part| match part {
            Part::Plain(text) => Some(text.as_str()),
            Part::Asked(_) => None,
        });
        parts.collect()
    }
}

/// Where the `}` is that closes what was opened before.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// A variable of somebody's environment, with or without a default.
fn of_environment(inside: &str) -> Asked {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let name = name.rsplit(':').next().unwrap_or(name);
    // A default that is a variable itself is none.
    let default = default.filter(|default| !default.is_empty() && !default.contains("${"));
    Asked {
        name: name.to_owned(),
        default: default.map(str::to_owned),
        ..Asked::default()
    }
}

/// An input as the registry describes it: with a value, or to be filled in.
pub fn of_input(name: &str, input: &Value) -> Filled {
    let text = |key: &str| input[key].as_str().map(str::to_owned);
    if let Some(value) = input["value"].as_str() {
        let none = Map::new();
        let variables = input["variables"].as_object().unwrap_or(&none);
        return Filled::of_braces(value, variables);
    }
    Filled::asked(Asked {
        label: None,
        is_address: false,
        name: name.to_owned(),
        about: text("description"),
        placeholder: text("placeholder"),
        default: text("default"),
        // What the registry's description does not call secret is not, by its rules.
        secret: Some(is(input, "isSecret", "is_secret")),
        optional: !is(input, "isRequired", "is_required"),
    })
}

/// What an input says of itself, as the registry writes it now or wrote it first; left out, it is a no.
pub fn is(input: &Value, now: &str, first: &str) -> bool {
    let said = input[now].as_bool().or(input[first].as_bool());
    said == Some(true)
}

/// Whether something of that name holds a credential, as far as one can tell.
pub fn names_a_secret(name: &str) -> bool {
    const WORDS: [&str; 12] = [
        "auth", "bearer", "cookie", "cred", "jwt", "key", "pass", "pwd", "secret", "session",
        "sign", "token",
    ];
    let name = name.to_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_where_they_are() {
        let check = |text: &str, expected: &str| {
            let shown = Filled::of_shell(text, &|_| None)
                .0
                .into_iter()
                .map(|part| match part {
                    Part::Plain(text) => text,
                    Part::Asked(asked) => format!("<{}={:?}>", asked.name, asked.default),
                });
            assert_eq!(shown.collect::<String>(), expected, "{text}");
        };
        check("", "");
        check("plain $HOME {x}", "plain $HOME {x}");
        check("Bearer ${TOKEN}", "Bearer <TOKEN=None>");
        check("${env:A}-${input:b}", "<A=None>-<b=None>");
        check("${A:-https://x/}mcp", "<A=Some(\"https://x/\")>mcp");
        check("${A:-${B}}c", "<A=None>c");
        check("${unclosed", "${unclosed");
        check("日本${語}", "日本<語=None>");
    }
}
