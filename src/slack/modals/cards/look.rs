//! How cards look to an admin: all of them, one of them, and one that is not kept yet.

use serde_json::{Value, json};

use super::{Opened, author, carried, notice};
use crate::app::App;
use crate::cards::{Cards, Consent, Effect, Entry, Host, Origin, hosts};
use crate::domain::card::{Card, CardTool, McpService, ToolAction, Trust};
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
/// Tools and names that are spelled out.
const MOST_NAMED: usize = 40;

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
                hosts = listed(language, &effect.hosts(), str::to_owned)
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
        blocks.push(section(&elsewhere(language, effect).to(language)));
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
    let hosts = listed(language, &effect.hosts(), str::to_owned);
    let question = counted!(
        effect.connections,
        "The credentials of {count} connection go to {hosts} from now on.",
        "The credentials of {count} connections go to {hosts} from now on.",
        hosts
    );
    confirmed(language, button, &title, &question.to(language), &label)
}

fn elsewhere(language: Language, effect: &Effect) -> Text {
    let before = effect.hosts_before();
    let before = match before.is_empty() {
        true => text!("nowhere that I know of").to(language),
        false => listed(language, &before, code),
    };
    counted!(
        effect.connections,
        "⚠️ {count} connection that somebody made would send its credentials somewhere else: to {hosts}. Before it was {before}.",
        "⚠️ {count} connections that people made would send their credentials somewhere else: to {hosts}. Before it was {before}.",
        hosts = listed(language, &effect.hosts(), code),
        before
    )
}

/// What another card changes for those who have connected the one before.
fn changes(language: Language, effect: &Effect) -> Option<Value> {
    let changed = effect.tools();
    let lines = [
        (text!("New tools"), changed.new),
        (text!("Tools that are gone"), changed.gone),
        (text!("Tools that change"), changed.changed),
    ];
    let lines = lines.into_iter().filter(|(_, names)| !names.is_empty());
    let mut lines: Vec<String> = lines
        .map(|(what, names)| format!("{}: {}", what.to(language), named(&names)))
        .collect();
    if lines.is_empty() {
        lines.push(text!("Its tools stay as they are.").to(language));
    }
    let connections = counted!(
        effect.connections,
        "*Takes the place of the card that is there, which {count} connection uses.*",
        "*Takes the place of the card that is there, which {count} connections use.*"
    );
    lines.insert(0, connections.to(language));
    Some(section(&lines.join("\n")))
}

fn named(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(MOST_NAMED)
        .map(|name| code(name))
        .collect();
    match names.len() > MOST_NAMED {
        true => format!("{} …", shown.join(", ")),
        false => shown.join(", "),
    }
}

/// What people fill in, where it goes, and what the tools do.
fn details(language: Language, card: &Card) -> Vec<Value> {
    let fields = card.fields.iter().map(|field| {
        let secret = match field.secret {
            true => format!("  🔒 {}", text!("secret").to(language)),
            false => String::new(),
        };
        format!("• {}  {}{secret}", code(&field.name), escape(&field.label))
    });
    let fields: Vec<String> = fields.collect();
    let tools = card.tools.iter().take(MOST_NAMED);
    let tools: Vec<String> = tools.map(|tool| tool_line(language, tool)).collect();
    let speaks = text!(
        "*Speaks to*  {hosts}",
        hosts = listed(language, &hosts(card), code)
    );
    let mut blocks = vec![section(&speaks.to(language))];
    if !fields.is_empty() {
        let title = text!("*What people fill in*").to(language);
        blocks.push(section(&format!("{title}\n{}", fields.join("\n"))));
    }
    if !tools.is_empty() {
        let title = counted!(card.tools.len(), "*{count} tool*", "*{count} tools*").to(language);
        blocks.push(section(&format!("{title}\n{}", tools.join("\n"))));
    }
    blocks.extend(told(card).map(|told| section(&told.to(language))));
    blocks
}

/// What is not in the card, but comes from its service.
fn told(card: &Card) -> Option<Text> {
    let trusted = |mcp: &McpService| mcp.trust == Trust::Annotations;
    match card.service.mcp.as_deref() {
        Some(mcp) if trusted(mcp) => Some(text!(
            "*The service tells of its tools itself*, and which of them only read: those do not ask first."
        )),
        Some(mcp) if !mcp.reads.is_empty() => {
            let reads: Vec<String> = mcp.reads.iter().cloned().collect();
            Some(text!(
                "*The service tells of its tools itself*, when somebody connects it. These do not ask first: {names}",
                names = named(&reads)
            ))
        }
        Some(_) | None => card
            .service
            .tells()
            .then(|| text!("*The service tells of its tools itself*, when somebody connects it.")),
    }
}

fn tool_line(language: Language, tool: &CardTool) -> String {
    let request = match &tool.run {
        ToolAction::Http(request) => Some(request),
        ToolAction::Graphql(_)
        | ToolAction::Mcp(_)
        | ToolAction::Openapi(_)
        | ToolAction::Redis(_)
        | ToolAction::Sql(_) => None,
    };
    let sends = request.filter(|request| !request.method.reads());
    let risk = match tool.risk {
        // What a card calls reading may be more than that.
        Risk::Read if sends.is_some() && !tool.asks_first() => {
            text!(
                "⚠️ sends {method}, and does not ask first",
                method = sends.map_or("", |it| it.method.as_str())
            )
        }
        Risk::Read if tool.asks_first() => text!("👁 reads; asks first"),
        Risk::Read => text!("👁 reads"),
        Risk::Write => text!("✏️ changes; asks first"),
        Risk::Destructive => text!("🔥 removes; asks first"),
    };
    format!(
        "• {}  {}  {}",
        code(&tool.name),
        risk.to(language),
        escape(&clipped(&summary(language, tool), 80))
    )
}

fn listed(language: Language, hosts: &[Host], code: impl Fn(&str) -> String) -> String {
    let hosts = hosts.iter().map(|host| host.words(&code).to(language));
    hosts.collect::<Vec<_>>().join(", ")
}
