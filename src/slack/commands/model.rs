//! `/mcp model [name]` — which models there are, and which one answers you.

use serde_json::{Value, json};

use crate::agent::models::{Choice, DEFAULT};
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::principal::Principal;
use crate::error::Result;
use crate::slack::actions::CHOOSE_MODEL;
use crate::slack::blocks::{Message, actions, clipped, context, plain};
use crate::slack::inbound::Caller;
use crate::slack::mrkdwn::code;
use crate::slack::router::Reply;
use crate::text;

/// The most options that Slack takes in a menu.
const MOST_OPTIONS: usize = 100;
/// Names that are written out.
const MOST_LISTED: usize = 30;

pub async fn run(app: &App, caller: &Caller, name: Option<&str>) -> Result<Reply> {
    if let Some(name) = name {
        app.models.choose(&caller.person, name).await?;
    }
    let changed = name.is_some();
    let screen = screen(app, caller.language, &caller.person, changed).await?;
    Ok(Reply::Private(screen))
}

/// The models, with a menu; says first when the choice was just made.
pub async fn screen(
    app: &App,
    language: Language,
    person: &Principal,
    changed: bool,
) -> Result<Message> {
    let choice = app.models.choice(person).await?;
    Ok(page(app, language, &choice, changed))
}

fn page(app: &App, language: Language, choice: &Choice, changed: bool) -> Message {
    let (names, prices) = (app.models.names(), app.models.prices());
    let model = code(&choice.model);
    let mark = if changed { "✅ " } else { "" };
    let title = if choice.own {
        text!(
            "*Your questions are answered by {model}*, the one you chose.",
            model
        )
    } else {
        text!(
            "*Your questions are answered by {model}*, the default.",
            model
        )
    };
    let mut lines = vec![format!("{mark}{}", title.to(language))];
    lines.extend(names.iter().take(MOST_LISTED).map(|name| {
        let default = *name == choice.default;
        let model = code(name);
        let model = match (default, prices.knows(name)) {
            (true, true) => text!("{model} (the default)", model),
            (true, false) => text!("{model} (the default; no price known)", model),
            (false, true) => model.into(),
            (false, false) => text!("{model} (no price known)", model),
        };
        format!("• {}", model.to(language))
    }));
    let menu = menu(language, CHOOSE_MODEL, &names, &choice.model);
    let typed = text!(
        "`{command} model NAME` chooses as well, and `{command} model {default}` goes back. When a model does not answer, the default does.",
        command = &app.config.slack.command,
        default = DEFAULT
    );
    Message::new(lines.join("\n"))
        .block(actions(vec![menu]))
        .block(context(&typed.to(language)))
}

/// A menu of models, with the one in use chosen.
pub fn menu(language: Language, action: &str, names: &[String], current: &str) -> Value {
    let option = |name: &str| json!({ "text": plain(&clipped(name, 75)), "value": name });
    let options = names.iter().take(MOST_OPTIONS).map(|name| option(name));
    let options: Vec<Value> = options.collect();
    let mut menu = json!({
        "type": "static_select",
        "action_id": action,
        "placeholder": plain(&text!("Choose a model").to(language)),
        "options": options,
    });
    if names.iter().take(MOST_OPTIONS).any(|name| name == current) {
        menu["initial_option"] = option(current);
    }
    menu
}
