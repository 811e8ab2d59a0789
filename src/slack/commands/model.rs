//! `/mcp model [name]` — which models there are, and which one answers you.

use serde_json::{Value, json};

use crate::agent::models::{Choice, DEFAULT, is_priced};
use crate::app::App;
use crate::domain::principal::Principal;
use crate::error::Result;
use crate::slack::actions::CHOOSE_MODEL;
use crate::slack::blocks::{Message, actions, clipped, context, plain};
use crate::slack::inbound::Caller;
use crate::slack::mrkdwn::code;
use crate::slack::router::Reply;

/// The most options that Slack takes in a menu.
const MOST_OPTIONS: usize = 100;
/// Names that are written out.
const MOST_LISTED: usize = 30;

pub async fn run(app: &App, caller: &Caller, name: Option<&str>) -> Result<Reply> {
    if let Some(name) = name {
        app.models.choose(&caller.person, name).await?;
    }
    let changed = name.is_some();
    Ok(Reply::Private(screen(app, &caller.person, changed).await?))
}

/// The models, with a menu; says first when the choice was just made.
pub async fn screen(app: &App, person: &Principal, changed: bool) -> Result<Message> {
    let choice = app.models.choice(person).await?;
    Ok(page(
        &choice,
        &app.models.names(),
        changed,
        &app.config.slack.command,
    ))
}

fn page(choice: &Choice, names: &[String], changed: bool, command: &str) -> Message {
    let model = code(&choice.model);
    let mark = if changed { "✅ " } else { "" };
    let whose = if choice.own {
        "the one you chose"
    } else {
        "the default"
    };
    let mut lines = vec![format!(
        "{mark}*Your questions are answered by {model}*, {whose}."
    )];
    lines.extend(names.iter().take(MOST_LISTED).map(|name| {
        let default = *name == choice.default;
        let what = match (default, is_priced(name)) {
            (true, true) => " (the default)",
            (true, false) => " (the default; no price known)",
            (false, true) => "",
            (false, false) => " (no price known)",
        };
        format!("• {}{what}", code(name))
    }));
    Message::new(lines.join("\n"))
        .block(actions(vec![menu(CHOOSE_MODEL, names, &choice.model)]))
        .block(context(&format!(
            "`{command} model NAME` chooses as well, and `{command} model {DEFAULT}` goes back. When a model does not answer, the default does."
        )))
}

/// A menu of models, with the one in use chosen.
pub fn menu(action: &str, names: &[String], current: &str) -> Value {
    let option = |name: &str| json!({ "text": plain(&clipped(name, 75)), "value": name });
    let options = names.iter().take(MOST_OPTIONS).map(|name| option(name));
    let options: Vec<Value> = options.collect();
    let mut menu = json!({
        "type": "static_select",
        "action_id": action,
        "placeholder": plain("Choose a model"),
        "options": options,
    });
    if names.iter().take(MOST_OPTIONS).any(|name| name == current) {
        menu["initial_option"] = option(current);
    }
    menu
}
