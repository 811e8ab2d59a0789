//! The tool browser: page by page what a connection can do, with a switch for each tool.

use serde_json::Value;

use crate::app::App;
use crate::domain::card::CardTool;
use crate::domain::connection::Connection;
use crate::domain::language::Language;
use crate::domain::principal::Principal;
use crate::domain::text::Text;
use crate::domain::tool::Risk;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::slack::actions::{TOOL_PAGE, TOOL_SWITCH};
use crate::slack::blocks::{Style, actions, button, context, section, section_with};
use crate::slack::commands::tools::summary;
use crate::slack::mrkdwn::{code, escape};
use crate::tools::BoundTool;
use crate::{counted, text};

/// Tools on a page: each takes two blocks.
const PER_PAGE: usize = 4;
/// Connections that get a button; as many as a person may have unless the operator says otherwise.
const MOST_CONNECTIONS: usize = 20;
/// Parameters that are spelled out.
const MOST_PARAMETERS: usize = 12;

/// Which page of which connection: `con_1 2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The connection.
    pub connection: String,
    /// The page, from 0.
    pub page: usize,
}

impl Place {
    /// The first page of a connection.
    pub fn first(connection: &Connection) -> Self {
        Self {
            connection: connection.id.as_str().to_owned(),
            page: 0,
        }
    }

    /// Reads what a button carries.
    pub fn read(value: &str) -> Self {
        let (connection, page) = value.split_once(' ').unwrap_or((value, "0"));
        Self {
            connection: connection.to_owned(),
            page: page.parse().unwrap_or(0),
        }
    }

    fn value(&self) -> String {
        format!("{} {}", self.connection, self.page)
    }

    fn at(&self, page: usize) -> Self {
        Self {
            connection: self.connection.clone(),
            page,
        }
    }
}

/// Switches the tool that a button names (`con_1 0 off list_tables`), and says which page it is on.
pub async fn switch(app: &App, person: &Principal, value: &str) -> Result<Place> {
    let parts: Vec<&str> = value.splitn(4, ' ').collect();
    let [connection, page, wanted, tool] = parts.as_slice() else {
        return Err(crate::slack::actions::gone(app));
    };
    let on = *wanted == "on";
    let id = ConnectionId::new(*connection);
    app.store
        .switch_tool(person, &id, tool, on, app.clock.now())
        .await?;
    Ok(Place::read(&format!("{connection} {page}")))
}

/// A page of this person's own connection; without one, the first page of their first.
pub async fn view(
    app: &App,
    language: Language,
    person: &Principal,
    place: Option<&Place>,
) -> Result<Value> {
    let connections = app.connections.list(person).await?;
    let Some(first) = connections.first() else {
        let nothing = crate::slack::screens::nothing_connected(language, &app.config.slack.command);
        return Ok(super::notice(language, &text!("Tools"), nothing.blocks));
    };
    let place = place.cloned().unwrap_or_else(|| Place::first(first));
    let connection = connections
        .iter()
        .find(|connection| connection.id.as_str() == place.connection)
        .ok_or_else(|| crate::slack::actions::gone(app))?;
    let tools = app.tools.all_of(person).await?;
    let of = |tool: &&BoundTool| tool.connection.id == connection.id;
    let tools: Vec<_> = tools.all().iter().filter(of).cloned().collect();
    let blocks = page(language, &connections, connection, &tools, &place);
    Ok(super::notice(language, &text!("Tools"), blocks))
}

fn page(
    language: Language,
    connections: &[Connection],
    connection: &Connection,
    tools: &[BoundTool],
    place: &Place,
) -> Vec<Value> {
    let pages = tools.len().div_ceil(PER_PAGE).max(1);
    let at = place.page.min(pages - 1);
    let on = tools.iter().filter(|tool| tool.on);
    let title = counted!(
        tools.len(),
        "*{connection}*  {count} tool, {on} on",
        "*{connection}*  {count} tools, {on} on",
        connection = code(connection.name.as_str()),
        on = on.count()
    );
    let mut blocks = vec![section(&title.to(language))];
    if connections.len() > 1 {
        let others = connections.iter().take(MOST_CONNECTIONS).enumerate();
        blocks.push(actions(
            others
                .map(|(index, other)| {
                    let style = if other.id == connection.id {
                        Style::Primary
                    } else {
                        Style::Plain
                    };
                    let id = format!("{TOOL_PAGE}_of_{index}");
                    button(
                        other.name.as_str(),
                        &id,
                        &Place::first(other).value(),
                        style,
                    )
                })
                .collect(),
        ));
    }
    for tool in tools.iter().skip(at * PER_PAGE).take(PER_PAGE) {
        blocks.extend(entry(language, &tool.tool, !tool.on, &place.at(at)));
    }
    blocks.extend(turning(language, place, at, pages));
    let signs = text!(
        "A tool that is off is never used. 👁 reads · ✏️ changes, asks first · 🔥 removes, asks first"
    );
    blocks.push(context(&signs.to(language)));
    blocks
}

/// One tool: what it does and its switch, then its parameters.
fn entry(language: Language, tool: &CardTool, is_off: bool, place: &Place) -> [Value; 2] {
    let risk = match tool.risk {
        Risk::Read => "👁",
        Risk::Write => "✏️",
        Risk::Destructive => "🔥",
    };
    let name = escape(&tool.name);
    let (label, then, title) = if is_off {
        (text!("Switch on"), "on", text!("*{name}* · _off_", name))
    } else {
        (text!("Switch off"), "off", format!("*{name}*").into())
    };
    let text = format!(
        "{risk} {}\n{}",
        title.to(language),
        escape(&summary(language, tool))
    );
    let value = format!("{} {then} {}", place.value(), tool.name);
    let switch = button(&label.to(language), TOOL_SWITCH, &value, Style::Plain);
    [
        section_with(&text, switch),
        context(&parameters(language, &tool.input)),
    ]
}

/// `table` string, required: the table's name.
fn parameters(language: Language, schema: &Value) -> String {
    let required = schema["required"].as_array();
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|required| required == name));
    let Some(properties) = schema["properties"]
        .as_object()
        .filter(|all| !all.is_empty())
    else {
        return text!("No parameters").to(language);
    };
    let mut lines: Vec<String> = properties
        .iter()
        .take(MOST_PARAMETERS)
        .map(|(name, property)| {
            let kind = match &property["type"] {
                Value::String(kind) => escape(kind).into(),
                Value::Array(kinds) => {
                    let kinds = kinds.iter().filter_map(Value::as_str);
                    let kinds = kinds.map(|kind| Text::from(escape(kind)));
                    kinds
                        .reduce(|first, other| text!("{first} or {other}", first, other))
                        .unwrap_or_else(|| text!("any"))
                }
                _ => text!("any"),
            };
            let kind = match is_required(name) {
                true => text!("{kind}, required", kind),
                false => kind,
            };
            let about = property["description"].as_str().unwrap_or_default().trim();
            let about = Text::of_card(about).to(language);
            let colon = if about.is_empty() { "" } else { ": " };
            let about = crate::slack::blocks::clipped(&about, 200);
            format!(
                "{} {}{colon}{}",
                code(name),
                kind.to(language),
                escape(&about)
            )
        })
        .collect();
    if properties.len() > MOST_PARAMETERS {
        let more = text!("and {more} more", more = properties.len() - MOST_PARAMETERS);
        lines.push(more.to(language));
    }
    lines.join("\n")
}

/// Previous, Next, and where one is.
fn turning(language: Language, place: &Place, at: usize, pages: usize) -> Vec<Value> {
    if pages == 1 {
        return Vec::new();
    }
    let to = |label: &Text, name: &str, page: usize| {
        let id = format!("{TOOL_PAGE}_{name}");
        button(
            &label.to(language),
            &id,
            &place.at(page).value(),
            Style::Plain,
        )
    };
    let mut buttons = Vec::new();
    if at > 0 {
        buttons.push(to(&text!("Previous"), "previous", at - 1));
    }
    if at + 1 < pages {
        buttons.push(to(&text!("Next"), "next", at + 1));
    }
    let shown = text!("Page {page} of {pages}", page = at + 1, pages);
    vec![actions(buttons), context(&shown.to(language))]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::cards::Registry;
    use crate::domain::connection::ConnectionStatus;

    fn connection(id: &str) -> Connection {
        Connection {
            id: ConnectionId::new(id),
            owner: Principal::new(crate::ids::TeamId::new("T1"), crate::ids::UserId::new("U1")),
            name: "code".parse().unwrap(),
            card: "github".to_owned(),
            config: std::collections::BTreeMap::new(),
            credential: None,
            secret_fields: BTreeSet::new(),
            status: ConnectionStatus::Active,
            tools: Vec::new(),
            created_at: chrono::DateTime::UNIX_EPOCH,
            last_used: None,
            usage_count: 0,
        }
    }

    #[test]
    fn every_tool_is_on_exactly_one_page_and_the_pages_lead_to_each_other() {
        let cards = Registry::embedded().unwrap();
        let card = cards.get("github").unwrap();
        let own = connection("con_1");
        let bound = |tool: &CardTool| BoundTool {
            connection: Arc::new(own.clone()),
            card: card.clone(),
            tool: Arc::new(tool.clone()),
            on: true,
        };
        let tools: Vec<_> = card.tools.iter().map(bound).collect();
        assert!(tools.len() > PER_PAGE, "one page shows them all");
        let (mut place, mut seen) = (Place::first(&own), Vec::new());
        loop {
            let blocks = page(
                Language::English,
                std::slice::from_ref(&own),
                &own,
                &tools,
                &place,
            );
            assert!(blocks.len() <= 100);
            let switches = blocks
                .iter()
                .filter_map(|block| block["accessory"]["value"].as_str());
            seen.extend(switches.map(|value| value.rsplit(' ').next().unwrap().to_owned()));
            let buttons = blocks.iter().flat_map(|block| block["elements"].as_array());
            let next = buttons
                .flatten()
                .find(|button| button["text"]["text"] == "Next")
                .map(|button| Place::read(button["value"].as_str().unwrap()));
            match next {
                Some(next) => place = next,
                None => break,
            }
        }
        let names: Vec<&str> = tools.iter().map(|tool| tool.tool.name.as_str()).collect();
        assert_eq!(seen, names);
    }

    #[test]
    fn parameters_say_what_they_are() {
        let schema = serde_json::json!({
            "properties": {
                "table": { "type": "string", "description": "Which <table>." },
                "limit": { "type": ["integer", "null"] },
            },
            "required": ["table"],
        });
        assert_eq!(
            parameters(Language::English, &schema),
            "`table` string, required: Which &lt;table&gt;.\n`limit` integer or null"
        );
        assert_eq!(
            parameters(Language::English, &serde_json::json!({})),
            "No parameters"
        );
    }
}
