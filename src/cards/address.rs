//! What the address of a service may look like, so that whoever reads it knows where it leads.

use std::collections::BTreeSet;

use url::Url;

use super::template::{is_name, only_variable};

/// The longest name of a server with its port, in characters: what DNS has room for, and shown whole.
const LONGEST: usize = 260;

/// Where an address leads, as far as a card says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// To this origin: `https://api.example.com`.
    Fixed(String),
    /// To an origin that has fields in it: `https://{{ shop }}.example.com`.
    Within {
        origin: String,
        fields: BTreeSet<String>,
    },
    /// Wherever this field says.
    Field(String),
}

/// Reads an address: `https://` and a server, or `{{ field }}`, and a path behind it. The error says
/// what it must be like.
pub(super) fn read(address: &str) -> Result<Address, &'static str> {
    if address.contains("{%") || address.contains("{#") {
        return Err("an address has no `{%` and no `{#`: one has to see where it leads");
    }
    if let Some(rest) = address.strip_prefix("{{") {
        let (name, path) = field(rest)?;
        return match path.is_empty() || path.starts_with('/') {
            true => Ok(Address::Field(name.to_owned())),
            false => Err("after a field that is an address comes a `/` or nothing"),
        };
    }
    let rest = address
        .strip_prefix("https://")
        .ok_or("an address begins with `https://` or is a field")?;
    let server = &rest[..server_ends(rest)];
    if server.is_empty() {
        return Err("an address names a server after `https://`");
    }
    if server.chars().count() > LONGEST {
        return Err("the name of a server is too long");
    }
    if server.contains('@') {
        return Err("an address has no user name and no `@` before its path");
    }
    if server.contains(['{', '}']) {
        return within(server);
    }
    let url: Url = format!("https://{server}")
        .parse()
        .map_err(|_| "this is no address of a server")?;
    Ok(Address::Fixed(url.origin().ascii_serialization()))
}

/// Where the path begins, as clients read it; what is in braces is no path.
fn server_ends(rest: &str) -> usize {
    let mut at = 0;
    while let Some(found) = rest[at..].find(['/', '\\', '?', '#', '{']) {
        at += found;
        if !rest[at..].starts_with("{{") {
            return at;
        }
        at += rest[at..].find("}}").map_or(2, |end| end + 2);
    }
    rest.len()
}

/// A server whose name has fields in it: what it ends with is the card's own, or all of it is one
/// field's.
fn within(server: &str) -> Result<Address, &'static str> {
    let mut origin = "https://".to_owned();
    let mut fields = BTreeSet::new();
    let mut rest = server;
    while let Some((before, tag)) = rest.split_once("{{") {
        let (name, after) = field(tag)?;
        if !before.chars().all(is_of_host) {
            return Err(UNREADABLE);
        }
        origin.push_str(&before.to_lowercase());
        origin.push_str(&format!("{{{{ {name} }}}}"));
        fields.insert(name.to_owned());
        rest = after;
    }
    let (end, port) = rest.split_once(':').unwrap_or((rest, "443"));
    let is_port = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
    let is_own = end.strip_prefix('.').is_some_and(|end| {
        end.starts_with(|c: char| c.is_ascii_alphanumeric()) && end.chars().all(is_of_host)
    });
    let is_one_field = end.is_empty() && only_variable(&origin["https://".len()..]).is_some();
    if !is_port || !(is_own || is_one_field) {
        return Err(UNREADABLE);
    }
    origin.push_str(&rest.to_lowercase());
    Ok(Address::Within { origin, fields })
}

const UNREADABLE: &str = "a server with a field in its name ends with what the card says, as in `https://{{ shop }}.example.com`";

/// The name in `name }}…` and what comes after it.
fn field(tag: &str) -> Result<(&str, &str), &'static str> {
    let (name, after) = tag.split_once("}}").ok_or("a template is not closed")?;
    let name = name.trim();
    match is_name(name) {
        true => Ok((name, after)),
        false => Err("before its path an address has fields as they are: `{{ name }}`"),
    }
}

fn is_of_host(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
}

/// Whether a text may stand in the name of a server, and leads nowhere else there.
pub(super) fn fits_in_host(text: &str) -> bool {
    text.chars().all(is_of_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_the_one_that_a_client_would_connect_to() {
        let check = |address: &str, origin: &str| {
            assert_eq!(read(address), Ok(Address::Fixed(origin.to_owned())));
        };
        check("https://api.example.com/v1/", "https://api.example.com");
        check("https://API.example.com:443", "https://api.example.com");
        check(
            "https://api.example.com:8443/{{ x }}",
            "https://api.example.com:8443",
        );
        check(
            "https://evil.example\\@api.example.com",
            "https://evil.example",
        );
        check("https://evil.example?.example.com", "https://evil.example");
        let check = |address: &str, origin: &str, names: &[&str]| {
            let fields = names.iter().map(|name| (*name).to_owned()).collect();
            let origin = origin.to_owned();
            assert_eq!(read(address), Ok(Address::Within { origin, fields }));
        };
        check(
            "https://{{shop}}.Example.com/api",
            "https://{{ shop }}.example.com",
            &["shop"],
        );
        check(
            "https://a-{{ a }}.{{ b }}.example.com:8443/{{ c | lower }}",
            "https://a-{{ a }}.{{ b }}.example.com:8443",
            &["a", "b"],
        );
        check("https://{{ host }}/v1", "https://{{ host }}", &["host"]);
        for address in ["{{ base_url }}", "{{base_url}}/", "{{ base_url }}/v1"] {
            let field = Address::Field("base_url".to_owned());
            assert_eq!(read(address), Ok(field), "{address}");
        }
    }

    #[test]
    fn an_address_that_does_not_show_where_it_leads_is_refused() {
        for address in [
            "https://{% if a %}api.example.com/v1{% else %}evil.example/v1{% endif %}",
            "https://api.example.com/{% if a %}v1{% endif %}",
            "{% if a %}https://evil.example{% endif %}",
            "https://{# api.example.com/ #}evil.example",
            "https://{{ a | default('evil.example') }}/api.example.com",
            "https://{{ a }}{{ b }}/",
            "https://api.example.com{{ more }}/x",
            "https://api.example.com{{ more }}.{{ b }}",
            "https://api.example.com@evil.example/",
            "https://{{ a }}@evil.example",
            "https://{{ a }}.",
            "https://{{ a }}..example.com",
            "https://{{ a }}.exam ple.com",
            "https://{{ a }}.example.com:{{ port }}",
            "https://{{ a",
            "https:///evil.example",
            "https://",
            "http://api.example.com",
            "{{ base_url }}.evil.example",
            "{{ a }}{{ b }}/x",
            "{{ a ~ b }}",
        ] {
            assert!(read(address).is_err(), "{address}: {:?}", read(address));
        }
        let long = format!("https://{}.evil.example", "a".repeat(LONGEST));
        assert!(read(&long).is_err());
    }

    #[test]
    fn a_text_within_a_host_leads_nowhere_else() {
        assert!(fits_in_host("eu-1.shop"));
        for text in ["evil.example/", "a@b", "a:1", "a#", "a\\", "é"] {
            assert!(!fits_in_host(text), "{text}");
        }
    }
}
