//! The card for a server: what is secret becomes a field, and no secret gets into the card.

use serde_json::{Map, Value, json};
use url::Url;

use super::draft::{Draft, Sent};
use super::formats::{Found, Remote, known_as};
use super::value::Asked;
use super::words::{clean, name, shortened, words};
use crate::cards::read;
use crate::domain::card::Card;

/// How long the texts of a card may be.
const LONGEST_TITLE: usize = 24;
const LONGEST_DESCRIPTION: usize = 150;
/// A secret that is shorter may stand in a text by chance.
const SHORTEST_SECRET: usize = 6;

/// A card that can be written.
pub struct Drawn {
    pub card: Card,
    pub text: String,
    /// Whether values of headers were not copied.
    pub withheld: bool,
}

/// The card for a server, or why there is none: a sentence.
pub fn draw(found: &Found, remote: &Remote) -> Result<Drawn, String> {
    let mut draft = Draft::default();
    let (url, host) = draft.address(&remote.url)?;
    let mut headers = Vec::new();
    for header in &remote.headers {
        headers.extend(draft.header(header)?);
    }
    if headers.is_empty() && draft.fields.is_empty() {
        // Many want a token without saying so here.
        let token = Asked {
            name: "token".to_owned(),
            optional: true,
            ..Asked::default()
        };
        let help = "Sent as \"Authorization Bearer\". Leave it empty if the server asks for none.";
        let field = draft.field(&token, "Token", help, true)?;
        headers.push(Sent {
            name: "Authorization".to_owned(),
            template: format!("Bearer {{{{ {field} }}}}"),
            proves: true,
        });
    }
    let name = name(&found.name).or_else(|| name(&known_as(host.as_ref()?)?));
    let name =
        name.ok_or("No name for a card can be made of its name: use Latin letters or digits.")?;
    let title = found.title.as_deref().and_then(clean);
    let title = title.or_else(|| clean(&words(&found.name)));
    let title = shortened(&title.unwrap_or_else(|| name.clone()), LONGEST_TITLE);
    let description = found.description.as_deref().and_then(clean);
    let description = description.unwrap_or_else(|| match host.as_ref().and_then(Url::host_str) {
        Some(host) => format!("Use the tools of the MCP server at {host}."),
        None => format!("Use the tools of the MCP server {title}."),
    });
    let card = json!({
        "name": name,
        "title": title,
        "icon": "🧩",
        "description": shortened(&description, LONGEST_DESCRIPTION),
        "noun": title,
        "service": { "mcp": service(url, headers) },
        "fields": draft.fields,
    });
    let text = serde_saphyr::to_string(&card).map_err(|_| FAULT)?;
    let text = format!("# yaml-language-server: $schema=card.schema.json\n{text}");
    let long = draft
        .secrets
        .iter()
        .filter(|it| it.len() >= SHORTEST_SECRET);
    if long
        .into_iter()
        .any(|secret| text.contains(secret.as_str()))
    {
        return Err("One of its secrets also stands in its name, address or description: take it out there.".to_owned());
    }
    // Held to what a stranger's card is held to.
    let card = read(&text).map_err(|problems| match problems.first() {
        Some(problem) => format!("A card cannot say it: {}.", problem.reason),
        None => FAULT.to_owned(),
    })?;
    Ok(Drawn {
        card,
        text,
        withheld: draft.withheld,
    })
}

const FAULT: &str = "No card could be made of it, which is a fault of Patchbay: please report it.";

/// The server, with each header where a card has it.
fn service(url: String, mut headers: Vec<Sent>) -> Value {
    let is_authorization = |it: &Sent| it.name.eq_ignore_ascii_case("authorization");
    // Of several that prove something, that is the one beside which the others come.
    headers.sort_by_key(|it| !is_authorization(it));
    let mut auth = None;
    let mut others = Map::new();
    for sent in headers {
        if auth.is_some() || !sent.proves {
            others.insert(sent.name, sent.template.into());
            continue;
        }
        let bearer = sent.template.strip_prefix("Bearer ");
        auth = Some(match bearer.filter(|_| is_authorization(&sent)) {
            Some(bearer) => json!({ "bearer": bearer }),
            None => json!({ "header": { "name": sent.name, "value": sent.template } }),
        });
    }
    let mut service = Map::new();
    service.insert("url".to_owned(), url.into());
    service.extend(auth.map(|auth| ("auth".to_owned(), auth)));
    if !others.is_empty() {
        service.insert("headers".to_owned(), others.into());
    }
    service.into()
}
