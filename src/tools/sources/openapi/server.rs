//! Where the operations of a document are sent: never to where only the document says.

use serde_json::Value;
use url::Url;

use super::document::Document;
use crate::error::{Error, Kind, Result};
use crate::text;

/// What paths are below.
#[derive(Debug)]
pub(super) struct Base {
    /// Its URL.
    pub url: Url,
    /// Whether the person or the card gave it, and not the document.
    pub is_given: bool,
}

/// Where the API of a document is: as `given`, or on the server that the document came from. Whoever
/// writes the document must not choose to whom the person's key is sent.
pub(super) fn base(document: &Document, given: Option<Url>) -> Result<Base> {
    if let Some(url) = given {
        let is_given = true;
        return Ok(Base { url, is_given });
    }
    let servers = document.get("servers");
    let none = servers.as_array().is_none_or(Vec::is_empty);
    let found = match none {
        true => Some(document.url.join("/").map_err(Error::internal)?),
        false => among(document, servers),
    };
    match found {
        Some(url) => Ok(Base {
            url,
            is_given: false,
        }),
        None => {
            let named = url_of(document, &servers[0]);
            let named: String = named.map_or("?".to_owned(), |url| {
                url.as_str().chars().take(100).collect()
            });
            let host = document.url.host_str().unwrap_or_default();
            Err(Error::new(
                Kind::Denied("server"),
                text!(
                    "The OpenAPI document says that its API is at `{named}`, which is not where the document is (`{host}`).",
                    named,
                    host
                ),
            )
            .hint(text!(
                "If that is right, connect again and give it as the API's address: your key is sent there."
            )))
        }
    }
}

/// The first of some servers that is where the document is.
pub(super) fn among(document: &Document, servers: &Value) -> Option<Url> {
    let servers = servers.as_array()?.iter().take(20);
    let mut urls = servers.filter_map(|server| url_of(document, server));
    urls.find(|url| url.origin() == document.url.origin())
}

/// A server's URL with the usual values of its variables.
fn url_of(document: &Document, server: &Value) -> Option<Url> {
    let mut text = server["url"].as_str()?.to_owned();
    for (name, variable) in server["variables"]
        .as_object()
        .into_iter()
        .flatten()
        .take(20)
    {
        let usual = variable["default"].as_str().unwrap_or_default();
        text = text.replace(&format!("{{{name}}}"), usual);
    }
    let mut url = document.url.join(&text).ok()?;
    let is_plain = matches!(url.scheme(), "https" | "http")
        && url.username().is_empty()
        && url.password().is_none()
        && url.has_host();
    url.set_query(None);
    url.set_fragment(None);
    is_plain.then_some(url)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_is_where_the_document_is_or_where_the_person_says() {
        let check = |servers: Value, given: Option<&str>, expected: Option<&str>| {
            let text = json!({ "openapi": "3.1.0", "servers": servers }).to_string();
            let url = "https://api.example.com/docs/openapi.json".parse().unwrap();
            let document = Document::read(url, &text).unwrap();
            let given = given.map(|url| url.parse().unwrap());
            let base = base(&document, given).map(|base| base.url.to_string());
            assert_eq!(base.ok().as_deref(), expected, "{servers}");
        };
        let root = Some("https://api.example.com/");
        check(Value::Null, None, root);
        check(json!([]), None, root);
        check(json!([{ "url": "/" }]), None, root);
        check(
            json!([{ "url": "../v1?x=1#y" }]),
            None,
            Some("https://api.example.com/v1"),
        );
        check(
            json!([{ "url": "https://API.example.com:443/v2" }]),
            None,
            Some("https://api.example.com/v2"),
        );
        let variables =
            json!({ "host": { "default": "api.example.com" }, "v": { "default": "v3" } });
        check(
            json!([{ "url": "https://{host}/{v}", "variables": variables }]),
            None,
            Some("https://api.example.com/v3"),
        );
        let two = json!([{ "url": "https://evil.example" }, { "url": "/v1" }]);
        check(two, None, Some("https://api.example.com/v1"));
        for url in [
            "https://evil.example/",
            "//evil.example/",
            "http://api.example.com/",
            "https://api.example.com:8443/",
            "https://api.example.com@evil.example/",
            "https://me:pw@api.example.com/",
            "https://{host}/",
            "file:///etc/passwd",
            "https://api.example.com.evil.example/",
            "\\\\evil.example\\",
        ] {
            check(json!([{ "url": url }]), None, None);
            check(
                json!([{ "url": url }]),
                Some("https://other.example/v1"),
                Some("https://other.example/v1"),
            );
        }
        check(json!([7]), None, None);
    }
}
