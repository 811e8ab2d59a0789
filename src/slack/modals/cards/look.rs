//! How cards look to an admin: all of them, one of them, and one that is not kept yet.

use serde_json::{Value, json};

use super::{Opened, author, carried, notice};
use crate::app::App;
use crate::cards::{Cards, Consent, Effect, Entry, Origin, Place, places};
use crate::domain::card::{Card, CardTool, HttpMethod, ToolAction, Trust};
use crate::domain::language::Language;
use crate::domain::text::Text;
use crate::domain::tool::Risk;
use crate::error::{Error, Kind, Result};
use crate::slack::actions::{
    CARD_ADD, CARD_HIDE, CARD_KEEP, CARD_LIST, CARD_LOOK, CARD_REMOVE, CARD_REPLACE, CARD_UNHIDE,
};
use crate::slack::blocks::{
    Style, actions, button, clipped, confirmed, context, section, section_with,
};
use crate::slack::commands::tools::summary;
use crate::slack::inbound::Caller;
use crate::slack::mrkdwn::{code, escape, moment};
use crate::store::CardUse;
use crate::{counted, text};

/// Cards in the list; Slack takes 100 blocks.
const MOST_LISTED: usize = 90;
/// What a paragraph holds, in characters; Slack takes a few more.
const PARAGRAPH: usize = 2_900;

/// Every card of the workspace, with where it comes from and how much it is used.
pub async fn list(app: &App, caller: &Caller) -> Result<Value> {
    let (language, team) = (caller.language, &caller.person.team);
    let cards = app.added_cards.now(team).await?;
    let used = app.added_cards.used(team).await?;
    let connections = app.store.connections_by_card(team).await?;
    let entries = cards.entries();
    let title = counted!(
        entries.len(),
        "*{count} card*: a service that people here can connect.",
        "*{count} cards*: the services that people here can connect."
    );
    let add = button(
        &text!("Add a card").to(language),
        CARD_ADD,
        "",
        Style::Primary,
    );
    let mut blocks = vec![section(&title.to(language)), actions(vec![add])];
    for entry in entries.iter().take(MOST_LISTED) {
        let connected = connections.iter().find(|(name, _)| *name == entry.name);
        let connected = connected.map_or(0, |(_, count)| *count);
        let line = line(language, entry, connected, used.get(&entry.name));
        let look = button(
            &text!("Look").to(language),
            CARD_LOOK,
            &entry.name,
            Style::Plain,
        );
        blocks.push(section_with(&line, look));
    }
    if entries.len() > MOST_LISTED {
        let more = text!("And {more} more.", more = entries.len() - MOST_LISTED);
        blocks.push(context(&more.to(language)));
    }
    Ok(form(caller, &text!("Cards"), blocks))
}

/// A form that knows who opened it.
fn form(caller: &Caller, title: &Text, blocks: Vec<Value>) -> Value {
    let mut view = notice(caller.language, title, blocks);
    view["private_metadata"] = json!(Opened::by(caller, None).metadata());
    view
}

fn line(language: Language, entry: &Entry, connections: i64, used: Option<&CardUse>) -> String {
    let (icon, title) = match &entry.card {
        Some(card) => (card.icon.as_str(), card.title.as_str()),
        None => ("⚠️", entry.name.as_str()),
    };
    let mut facts = vec![origin(language, entry)];
    if !entry.shown {
        facts.push(text!("hidden").to(language));
    }
    let connections = counted!(connections, "{count} connection", "{count} connections");
    facts.push(connections.to(language));
    facts.push(use_of(language, used));
    format!(
        "{icon} *{}*  {}\n{}",
        escape(title),
        code(&entry.name),
        facts.join(" · ")
    )
}

fn origin(language: Language, entry: &Entry) -> String {
    let from = match entry.origin {
        Origin::BuiltIn => text!("built in"),
        Origin::Folder => text!("from the operator's folder"),
        Origin::Workspace if entry.stands_before => {
            text!("of this workspace, in the place of one that comes with me")
        }
        Origin::Workspace => text!("of this workspace"),
    };
    from.to(language)
}

fn use_of(language: Language, used: Option<&CardUse>) -> String {
    let Some(used) = used else {
        return text!("not used in 30 days").to(language);
    };
    let people = counted!(used.people, "{count} person", "{count} people");
    let calls = counted!(
        used.calls,
        "{count} call by {people} in 30 days",
        "{count} calls by {people} in 30 days",
        people = people
    );
    calls.to(language)
}

/// One card: what it offers, where it speaks to, and what an admin may do with it.
pub async fn one(app: &App, caller: &Caller, name: &str) -> Result<Value> {
    let (language, team) = (caller.language, &caller.person.team);
    let cards = app.added_cards.now(team).await?;
    let entry = cards.entries().into_iter().find(|entry| entry.name == name);
    let Some(entry) = entry else {
        return Err(Error::new(
            Kind::NotFound,
            text!("There is no card `{name}` here any more.", name),
        )
        .hint(text!(
            "`{command} cards` lists those there are.",
            command = &app.config.slack.command
        )));
    };
    let used = app.added_cards.used(team).await?;
    let connections = app.store.connections_from(team, name).await?;
    let mut blocks = vec![section(&line(
        language,
        &entry,
        connections,
        used.get(name),
    ))];
    let own = entry
        .own
        .as_ref()
        .filter(|_| entry.origin == Origin::Workspace);
    if let Some(row) = own.map(|own| &own.row) {
        let by = author(language, &row.created_by);
        let when = row.changed_at.map(moment).unwrap_or_default();
        blocks.push(context(
            &text!("Written by {by}, {when}.", by, when).to(language),
        ));
    }
    match (&entry.card, own) {
        (Some(card), _) => blocks.extend(details(language, card)),
        (None, Some(own)) => blocks.push(section(&escape(&super::said(language, &own.problems)))),
        (None, None) => {}
    }
    blocks.push(actions(buttons(app, caller, &cards, &entry).await?));
    Ok(form(caller, &text!("Cards"), blocks))
}

async fn buttons(app: &App, caller: &Caller, cards: &Cards, entry: &Entry) -> Result<Vec<Value>> {
    let (language, name) = (caller.language, entry.name.as_str());
    let mut buttons = Vec::new();
    if entry.origin == Origin::Workspace {
        let replace = text!("Replace").to(language);
        buttons.push(button(&replace, CARD_REPLACE, name, Style::Plain));
    }
    // What nobody can read is shown or hidden by removing it.
    if cards.get(name).is_some() {
        let (label, id) = match entry.shown {
            true => (text!("Hide"), CARD_HIDE),
            false => (text!("Show"), CARD_UNHIDE),
        };
        buttons.push(button(&label.to(language), id, name, Style::Plain));
    }
    if entry.origin == Origin::Workspace {
        let removal = app
            .added_cards
            .look_at_removal(&caller.person.team, name)
            .await?;
        buttons.push(remove(language, name, &removal));
    }
    buttons.push(button(
        &text!("All cards").to(language),
        CARD_LIST,
        "",
        Style::Plain,
    ));
    Ok(buttons)
}

fn remove(language: Language, name: &str, effect: &Effect) -> Value {
    let (consent, question) = match (effect.sends_elsewhere(), effect.connections) {
        (true, count) => (
            Consent::SecretsElsewhere,
            counted!(
                count,
                "{count} connection would then use the card of the same name that comes with me, and send its credentials to {hosts}.",
                "{count} connections would then use the card of the same name that comes with me, and send their credentials to {hosts}.",
                hosts = listed(language, &effect.elsewhere(), str::to_owned)
            ),
        ),
        (false, 0) => (Consent::Change, text!("Nobody has connected it.")),
        (false, count) => (
            Consent::Change,
            counted!(
                count,
                "{count} connection uses it and stops working.",
                "{count} connections use it and stop working."
            ),
        ),
    };
    let label = text!("Remove").to(language);
    let button = button(&label, CARD_REMOVE, &carried(consent, name), Style::Danger);
    let title = text!("Remove this card?").to(language);
    confirmed(language, button, &title, &question.to(language), &label)
}

/// A card that is not kept yet: what it would offer, and what would change.
pub fn draft(caller: &Caller, effect: &Effect, sha256: &str) -> Value {
    let language = caller.language;
    let Some(card) = &effect.after else {
        return form(caller, &text!("Cards"), Vec::new());
    };
    let title = format!(
        "{} *{}*  {}\n{}",
        card.icon,
        escape(&card.title),
        code(&card.name),
        escape(&card.description)
    );
    let mut blocks = vec![section(&title)];
    if effect.before.is_some() {
        blocks.extend(changes(language, effect));
    }
    if effect.sends_elsewhere() {
        blocks.extend(elsewhere(language, effect));
    }
    blocks.extend(details(language, card));
    blocks.push(actions(vec![keep(language, effect, sha256)]));
    form(caller, &text!("Is this right?"), blocks)
}

fn keep(language: Language, effect: &Effect, sha256: &str) -> Value {
    let label = match effect.before {
        None => text!("Add the card"),
        Some(_) => text!("Replace the card"),
    };
    let label = label.to(language);
    if !effect.sends_elsewhere() {
        let value = carried(Consent::Change, sha256);
        return button(&label, CARD_KEEP, &value, Style::Primary);
    }
    let value = carried(Consent::SecretsElsewhere, sha256);
    let button = button(&label, CARD_KEEP, &value, Style::Danger);
    let title = text!("Send them there?").to(language);
    let hosts = listed(language, &effect.elsewhere(), str::to_owned);
    let question = counted!(
        effect.connections,
        "The credentials of {count} connection go to {hosts} from now on.",
        "The credentials of {count} connections go to {hosts} from now on.",
        hosts
    );
    confirmed(language, button, &title, &question.to(language), &label)
}

fn elsewhere(language: Language, effect: &Effect) -> Vec<Value> {
    let title = counted!(
        effect.connections,
        "⚠️ {count} connection that somebody made would send its credentials somewhere else:",
        "⚠️ {count} connections that people made would send their credentials somewhere else:"
    );
    let mut lines = vec![title.to(language)];
    lines.extend(place_lines(language, &effect.elsewhere()));
    lines.push(text!("Before it was:").to(language));
    match effect.places_before() {
        before if before.is_empty() => {
            let nowhere = text!("nowhere that I know of").to(language);
            lines.push(format!("• {nowhere}"));
        }
        before => lines.extend(place_lines(language, &before)),
    }
    paragraphs(lines, "\n")
}

/// What another card changes for those who have connected the one before.
fn changes(language: Language, effect: &Effect) -> Vec<Value> {
    let connections = counted!(
        effect.connections,
        "*Takes the place of the card that is there, which {count} connection uses.*",
        "*Takes the place of the card that is there, which {count} connections use.*"
    );
    let mut lines = vec![connections.to(language)];
    if effect.service_changes() {
        let service = text!(
            "Its service changes: how it is reached, what goes along with every request, or how it is tested."
        );
        lines.push(service.to(language));
    }
    if effect.fields_change() {
        lines.push(text!("What people fill in changes.").to(language));
    }
    let tools = effect.tools();
    let tools = [
        (text!("New tools"), tools.new),
        (text!("Tools that are gone"), tools.gone),
        (text!("Tools that change"), tools.changed),
    ];
    let tools = tools.into_iter().filter(|(_, names)| !names.is_empty());
    let tools: Vec<String> = tools
        .map(|(what, names)| format!("{}: {}", what.to(language), named(names.iter())))
        .collect();
    if tools.is_empty() {
        lines.push(text!("Its tools stay as they are.").to(language));
    }
    lines.extend(tools);
    paragraphs(lines, "\n")
}

fn named<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| code(name)).collect::<Vec<_>>().join(", ")
}

/// As few paragraphs as hold all of these, none of them cut.
fn paragraphs(parts: impl IntoIterator<Item = String>, between: &str) -> Vec<Value> {
    let mut texts: Vec<String> = Vec::new();
    for part in parts {
        match texts.last_mut() {
            Some(text) if text.chars().count() + part.chars().count() <= PARAGRAPH => {
                text.push_str(between);
                text.push_str(&part);
            }
            Some(_) | None => texts.push(part),
        }
    }
    texts.iter().map(|text| section(text)).collect()
}

/// What nobody is asked about, what people fill in, where it goes, and what the tools do. A card has
/// at most 100 tools and ten fields, and a workspace's at most 100 names in `reads`: all of them fit.
fn details(language: Language, card: &Card) -> Vec<Value> {
    let mut blocks = unasked(language, card);
    let mut places = place_lines(language, &places(card));
    places.insert(0, text!("*Speaks to*").to(language));
    blocks.extend(paragraphs(places, "\n"));
    let fields = card.fields.iter().map(|field| {
        let secret = match field.secret {
            true => format!("  🔒 {}", text!("secret").to(language)),
            false => String::new(),
        };
        format!("• {}  {}{secret}", code(&field.name), escape(&field.label))
    });
    if !card.fields.is_empty() {
        let title = text!("*What people fill in*").to(language);
        blocks.extend(paragraphs(std::iter::once(title).chain(fields), "\n"));
    }
    let (unasked, others): (Vec<_>, Vec<_>) = card.tools.iter().partition(|it| changes_unasked(it));
    if !card.tools.is_empty() {
        let title = counted!(card.tools.len(), "*{count} tool*", "*{count} tools*").to(language);
        let tools = unasked.into_iter().chain(others);
        let tools = tools.map(|tool| tool_line(language, tool));
        blocks.extend(paragraphs(std::iter::once(title).chain(tools), "\n"));
    }
    blocks
}

/// What may change something and asks nobody, as far as the card tells: before all else.
fn unasked(language: Language, card: &Card) -> Vec<Value> {
    let mut blocks = Vec::new();
    let tools = card.tools.iter().filter(|tool| changes_unasked(tool));
    let names: Vec<&String> = tools.map(|tool| &tool.name).collect();
    if !names.is_empty() {
        let title = counted!(
            names.len(),
            "⚠️ *{count} tool sends more than a `GET` and does not ask first:*",
            "⚠️ *{count} tools send more than a `GET` and do not ask first:*"
        );
        let names = names.into_iter().map(|name| code(name));
        blocks.extend(paragraphs(
            std::iter::once(title.to(language)).chain(names),
            " ",
        ));
    }
    match card.service.mcp.as_deref() {
        Some(mcp) if mcp.trust == Trust::Annotations => {
            let told = text!(
                "*The service tells of its tools itself*, and which of them only read: those do not ask first."
            );
            blocks.push(section(&format!("⚠️ {}", told.to(language))));
        }
        Some(_) | None if card.service.tells() => {
            let told = text!("*The service tells of its tools itself*, when somebody connects it.");
            blocks.push(section(&told.to(language)));
        }
        Some(_) | None => {}
    }
    let reads = card.service.mcp.as_deref().map(|mcp| &mcp.reads);
    if let Some(reads) = reads.filter(|reads| !reads.is_empty()) {
        let title = counted!(
            reads.len(),
            "⚠️ *{count} tool of its MCP server does not ask first, whatever it does there:*",
            "⚠️ *{count} tools of its MCP server do not ask first, whatever they do there:*"
        );
        let names = reads.iter().map(|name| code(name));
        blocks.extend(paragraphs(
            std::iter::once(title.to(language)).chain(names),
            " ",
        ));
    }
    blocks
}

/// Whether a tool is called reading, asks nobody, and sends more than that.
fn changes_unasked(tool: &CardTool) -> bool {
    sends_more(tool).is_some() && !tool.asks_first()
}

/// What a tool sends that does more than read, as far as HTTP has it. Of all other kinds a card's
/// risk is held to what the tool does.
fn sends_more(tool: &CardTool) -> Option<HttpMethod> {
    match &tool.run {
        ToolAction::Http(request) => Some(request.method).filter(|method| !method.reads()),
        ToolAction::Graphql(_)
        | ToolAction::Mcp(_)
        | ToolAction::Openapi(_)
        | ToolAction::Redis(_)
        | ToolAction::Sql(_) => None,
    }
}

fn tool_line(language: Language, tool: &CardTool) -> String {
    let risk = match (tool.risk, sends_more(tool)) {
        // What a card calls reading may be more than that.
        (Risk::Read, Some(method)) if !tool.asks_first() => {
            text!(
                "⚠️ sends {method}, and does not ask first",
                method = method.as_str()
            )
        }
        (Risk::Read, _) if tool.asks_first() => text!("👁 reads; asks first"),
        (Risk::Read, _) => text!("👁 reads"),
        (Risk::Write, _) => text!("✏️ changes; asks first"),
        (Risk::Destructive, _) => text!("🔥 removes; asks first"),
    };
    format!(
        "• {}  {}  {}",
        code(&tool.name),
        risk.to(language),
        escape(&clipped(&summary(language, tool), 80))
    )
}

fn place_lines(language: Language, places: &[Place]) -> Vec<String> {
    let lines = places.iter().map(|place| place.words(code).to(language));
    lines.map(|line| format!("• {line}")).collect()
}

fn listed(language: Language, places: &[Place], code: impl Fn(&str) -> String) -> String {
    let places = places.iter().map(|place| place.words(&code).to(language));
    places.collect::<Vec<_>>().join(", ")
}
