//! Where a card sends what people fill in: said to admins before they add it, and compared when it
//! changes.

use url::Url;

use super::template::only_variable;
use crate::domain::card::{Auth, Card, Services, SqlEngine, SqlService};
use crate::domain::text::Text;
use crate::text;

/// A place that a card speaks to. Two are the same if whatever is sent there goes to the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// A server, as an origin; its template where it has fields in it: `https://{{ shop }}.example.com`.
    Named(String),
    /// Wherever a field of each connection says.
    Field(String),
    /// A file on the bot's machine that the operator allows.
    File,
}

/// All places that the card's connections send something to.
pub fn hosts(card: &Card) -> Vec<Host> {
    // Whoever adds a kind of service says here where it sends things.
    let Services {
        graphql,
        http,
        mcp,
        openapi,
        redis,
        sql,
    } = &card.service;
    let mut hosts = Vec::new();
    if let Some(service) = graphql {
        hosts.extend(of_api(&service.endpoint, &service.auth));
    }
    if let Some(service) = http {
        hosts.extend(of_api(&service.base_url, &service.auth));
    }
    if let Some(service) = mcp {
        hosts.extend(of_api(&service.url, &service.auth));
    }
    if let Some(service) = openapi {
        hosts.extend(of_api(&service.document, &service.auth));
        // Left empty, it is where the document came from.
        hosts.extend(Some(of_url(&service.base_url)).filter(|_| !service.base_url.is_empty()));
    }
    if let Some(service) = redis {
        hosts.push(Host::Field(service.field().to_owned()));
    }
    hosts.extend(sql.iter().map(of_database));
    hosts.sort();
    hosts.dedup();
    hosts
}

fn of_api(url: &str, auth: &Auth) -> Vec<Host> {
    let mut hosts = vec![of_url(url)];
    if let Auth::Oauth(oauth) = auth {
        hosts.extend([of_url(&oauth.authorization_url), of_url(&oauth.token_url)]);
    }
    hosts
}

fn of_database(service: &SqlService) -> Host {
    match service.engine {
        SqlEngine::Postgres => Host::Field(service.field().to_owned()),
        SqlEngine::Sqlite => Host::File,
    }
}

/// The origin of an address; of one with templates, what stands before its path.
fn of_url(url: &str) -> Host {
    let url = url.trim();
    if let Some(field) = only_variable(url.trim_end_matches('/')) {
        return Host::Field(field.to_owned());
    }
    if let Ok(parsed) = url.parse::<Url>()
        && !url.contains(['{', '}'])
    {
        return Host::Named(parsed.origin().ascii_serialization());
    }
    let after = url.find("://").map_or(0, |at| at + 3);
    let end = url[after..].find(['/', '\\', '?', '#']);
    Host::Named(url[..end.map_or(url.len(), |end| after + end)].to_lowercase())
}

impl Host {
    /// As admins read it; `code` marks what is not our own.
    pub fn words(&self, code: impl Fn(&str) -> String) -> Text {
        match self {
            Self::Named(origin) => code(origin).into(),
            Self::Field(field) => text!(
                "whatever each person fills in as {field}",
                field = code(field)
            ),
            Self::File => text!("a SQLite file that the operator allows"),
        }
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.words(str::to_owned).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_the_one_that_a_client_would_connect_to() {
        let check = |url: &str, expected: &str| assert_eq!(of_url(url).to_string(), expected);
        check("https://api.example.com/v1/", "https://api.example.com");
        check("https://api.example.com:443", "https://api.example.com");
        check(
            "HTTPS://API.example.com:8443/x",
            "https://api.example.com:8443",
        );
        check(
            "https://api.example.com@evil.example/",
            "https://evil.example",
        );
        check(
            "https://evil.example\\@api.example.com",
            "https://evil.example",
        );
        check(
            "https://{{ shop }}.Example.com/api",
            "https://{{ shop }}.example.com",
        );
        check(
            "https://api.example.com{{ more }}/x",
            "https://api.example.com{{ more }}",
        );
        check(
            "{{ base_url }}",
            "whatever each person fills in as base_url",
        );
        check(
            "{{ base_url }}/",
            "whatever each person fills in as base_url",
        );
        check("{{ a }}{{ b }}/x", "{{ a }}{{ b }}");
    }
}
