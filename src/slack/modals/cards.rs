//! The forms in which admins see a workspace's cards, add one, put it in the place of another, hide
//! it and remove it.

mod look;

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Opened, busy, notice, refuse_foreign, refuse_other};
use crate::app::App;
use crate::cards::{Author, CardProblem, Consent, OPERATOR, check_names, read, sha256};
use crate::domain::card::Card;
use crate::domain::language::Language;
use crate::error::{Error, Kind, Result};
use crate::slack::actions::{
    CARD_ADD, CARD_HIDE, CARD_KEEP, CARD_LOOK, CARD_REMOVE, CARD_REPLACE, CARD_UNHIDE,
};
use crate::slack::blocks::{context, plain, section};
use crate::slack::home::only_admins;
use crate::slack::inbound::{Action, Caller, Submission};
use crate::slack::mrkdwn::{code, escape};
use crate::slack::router::Reply;
use crate::slack::screens;
use crate::text;

pub use look::list;

/// What submitting the form is known by.
pub const FORM: &str = "card";
/// Its two inputs: one of them is used.
const FILE: &str = "file";
const TEXT: &str = "text";
const INPUT: &str = "value";
/// What Slack lets one input hold.
const LONGEST_TEXT: usize = 3_000;
/// The largest file that is fetched, in bytes: larger cards are refused anyway.
const LARGEST_FILE: usize = 64 * 1024;
/// Mistakes that are shown at once.
const MOST_PROBLEMS: usize = 5;

/// Does what was clicked in one of these forms.
pub async fn act(app: &Arc<App>, action: &Action) -> Result<Reply> {
    let (caller, value) = (&action.caller, action.value.as_str());
    refuse_foreign(action)?;
    admins(app, caller).await?;
    let by = Author::from(&caller.person);
    let opener = super::opener(action);
    let view = match action.id.as_str() {
        CARD_ADD => form(&opener, None, &[]),
        CARD_REPLACE => form(&opener, Some(value), &[]),
        CARD_LOOK => look::one(app, &opener, value).await?,
        CARD_HIDE | CARD_UNHIDE => {
            let shown = action.id == CARD_UNHIDE;
            app.added_cards.show(&by, value, shown).await?;
            look::one(app, &opener, value).await?
        }
        CARD_REMOVE => {
            let (consent, name) = agreed(value);
            app.added_cards.remove(&by, name, consent).await?;
            let done = text!("✅ The card {name} is removed.", name = code(name));
            return Ok(Reply::Private(screens::note(&done.to(caller.language))));
        }
        CARD_KEEP => return keep(app, caller, value).await,
        _ => list(app, &opener).await?,
    };
    super::open(app, action, &view).await?;
    Ok(Reply::Shown)
}

/// Only admins come near any of this.
pub async fn admins(app: &App, caller: &Caller) -> Result<()> {
    only_admins(app, &caller.person, text!("Ask one of them.")).await
}

/// What a button carries that changes where secrets go, or does not: `elsewhere shop`.
fn carried(consent: Consent, what: &str) -> String {
    match consent {
        Consent::Change => format!("change {what}"),
        Consent::SecretsElsewhere => format!("elsewhere {what}"),
    }
}

fn agreed(value: &str) -> (Consent, &str) {
    match value.split_once(' ') {
        Some(("elsewhere", what)) => (Consent::SecretsElsewhere, what),
        Some((_, what)) => (Consent::Change, what),
        None => (Consent::Change, value),
    }
}

/// Keeps what the admin was shown, and nothing else.
async fn keep(app: &App, caller: &Caller, value: &str) -> Result<Reply> {
    let (consent, sha256) = agreed(value);
    let draft = app.store.draft(&caller.person, sha256).await?;
    let Some(draft) = draft else {
        return Err(Error::new(
            Kind::Conflict,
            text!("That is no longer the card that you looked at last."),
        )
        .hint(text!("Add it once more.")));
    };
    let by = Author::from(&caller.person);
    let effect = app.added_cards.keep(&by, &draft, consent).await?;
    app.store.forget_draft(&caller.person).await?;
    let name = effect.after.as_ref().map_or("", |card| &card.name);
    let command = &app.config.slack.command;
    let done = match effect.before {
        None => text!(
            "✅ The card is added. Everybody here can connect it with `{command} connect {name}`.",
            command,
            name
        ),
        Some(_) => text!(
            "✅ The card {name} is replaced. Connections go on with the new one.",
            name = code(name)
        ),
    };
    Ok(Reply::Private(screens::note(&done.to(caller.language))))
}

/// The form that takes a card, with what was wrong with the last one.
fn form(caller: &Caller, replaced: Option<&str>, problems: &[CardProblem]) -> Value {
    let language = caller.language;
    let title = match replaced {
        None => text!("Add a card"),
        Some(_) => text!("Replace a card"),
    };
    let about = text!(
        "A card describes a service as YAML: what people fill in, where it is, and its tools. You see what it would do before anything is kept."
    );
    let mut blocks = vec![section(&about.to(language))];
    if !problems.is_empty() {
        blocks.push(section(&escape(&said(language, problems))));
    }
    let file = text!("YAML file");
    let typed = text!("Or paste it here");
    let hint = text!(
        "At most 3,000 characters, which is what Slack takes here. A longer card goes into a file."
    );
    blocks.push(json!({
        "type": "input",
        "block_id": FILE,
        "optional": true,
        "label": plain(&file.to(language)),
        "element": {
            "type": "file_input",
            "action_id": INPUT,
            "filetypes": ["yaml", "yml", "txt"],
            "max_files": 1,
        },
    }));
    blocks.push(json!({
        "type": "input",
        "block_id": TEXT,
        "optional": true,
        "label": plain(&typed.to(language)),
        "hint": plain(&hint.to(language)),
        "element": {
            "type": "plain_text_input",
            "action_id": INPUT,
            "multiline": true,
            "max_length": LONGEST_TEXT,
        },
    }));
    let seen = text!("The card is seen in this workspace alone.");
    blocks.push(context(&seen.to(language)));
    json!({
        "type": "modal",
        "callback_id": FORM,
        "title": plain(&title.to(language)),
        "submit": plain(&text!("Look at it").to(language)),
        "close": plain(&text!("Cancel").to(language)),
        "private_metadata": Opened::by(caller, replaced).metadata(),
        "blocks": blocks,
    })
}

/// What is wrong with a card, a line each.
fn said(language: Language, problems: &[CardProblem]) -> String {
    let title = text!("⚠️ The card has mistakes:").to(language);
    let lines = problems.iter().take(MOST_PROBLEMS).map(|problem| {
        let line = problem.line;
        let line = text!("Line {line}", line).to(language);
        let reason: String = problem.reason.chars().take(400).collect();
        format!("{line}: {reason}")
    });
    std::iter::once(title)
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}

/// What was handed in.
enum Given<'a> {
    /// Slack's name for a file.
    File(&'a str),
    Text(&'a str),
}

/// What is wrong with an input, by its block.
type Wrong = (&'static str, String);

fn given<'a>(submission: &'a Submission) -> std::result::Result<Given<'a>, Wrong> {
    let language = submission.caller.language;
    let filled = |block: &str| {
        let value = submission.values.get(block).map(String::as_str);
        value.filter(|value| !value.trim().is_empty())
    };
    match (filled(FILE), filled(TEXT)) {
        (Some(file), None) => Ok(Given::File(file)),
        (None, Some(text)) => Ok(Given::Text(text)),
        (None, None) => {
            let none = text!("Choose a file here, or paste the card below.");
            Err((FILE, none.to(language)))
        }
        (Some(_), Some(_)) => {
            let both = text!("Leave this empty, or take the file away.");
            Err((TEXT, both.to(language)))
        }
    }
}

/// What was typed, read as a card that may be kept here. Pure, so the acknowledgement and the work
/// agree.
fn read_typed(app: &App, submission: &Submission, text: &str) -> std::result::Result<Card, Wrong> {
    let language = submission.caller.language;
    let card = read(text).map_err(|problems| (TEXT, said(language, &problems)))?;
    let fits = check_names(&app.cards.of(&submission.caller.person.team), &card)
        .and_then(|()| check_replaced(submission, &card));
    fits.map_err(|error| (TEXT, error.sentence_in(language)))?;
    Ok(card)
}

/// Whoever replaces a card means that one.
fn check_replaced(submission: &Submission, card: &Card) -> Result<()> {
    let opened = Opened::read(&submission.view.metadata).unwrap_or_default();
    match opened.card {
        Some(meant) if meant != card.name => Err(Error::new(
            Kind::Invalid,
            text!(
                "This card is called `{name}`, and the one to be replaced `{meant}`.",
                name = &card.name,
                meant
            ),
        )
        .hint(text!(
            "Give both the same `name`, or add it as another card."
        ))),
        Some(_) | None => Ok(()),
    }
}

/// Mistakes beside the input, or a view that says that the card is being looked at.
pub fn answer_at_once(app: &App, submission: &Submission) -> Value {
    let language = submission.caller.language;
    let wrong = match given(submission) {
        Ok(Given::Text(text)) => read_typed(app, submission, text).err(),
        Ok(Given::File(_)) => None,
        Err(wrong) => Some(wrong),
    };
    match wrong {
        // Slack shows these as they are, backticks included.
        Some((block, said)) => {
            let said = said.replace('`', "");
            json!({ "response_action": "errors", "errors": { block: said } })
        }
        None => {
            let work = text!("Looking at the card");
            json!({ "response_action": "update", "view": busy(language, &work) })
        }
    }
}

/// Shows what the card would do; keeps nothing but what the admin is looking at.
pub async fn submit(app: &Arc<App>, submission: &Submission) -> Result<Reply> {
    let caller = &submission.caller;
    let language = caller.language;
    let view = match given(submission) {
        Ok(Given::Text(text)) => match read_typed(app, submission, text) {
            Ok(_) => preview(app, submission, text.to_owned()).await,
            Err(_) => return Ok(Reply::Shown),
        },
        Ok(Given::File(file)) => file_preview(app, submission, file).await,
        Err(_) => return Ok(Reply::Shown),
    };
    let view = view.unwrap_or_else(|error| {
        let blocks = screens::failure(language, &error).blocks;
        notice(language, &text!("Add a card"), blocks)
    });
    super::bring_up_to_date(app, submission, &view).await?;
    Ok(Reply::Shown)
}

async fn file_preview(app: &App, submission: &Submission, file: &str) -> Result<Value> {
    admins(app, &submission.caller).await?;
    let text = app.slack.text_of(file, LARGEST_FILE).await?;
    match read(&text) {
        Ok(card) => {
            check_replaced(submission, &card)?;
            preview(app, submission, text).await
        }
        Err(problems) => {
            let opened = Opened::read(&submission.view.metadata).unwrap_or_default();
            let replaced = opened.card.clone();
            let caller = opened.back_where_it_was_opened(&submission.caller);
            Ok(form(&caller, replaced.as_deref(), &problems))
        }
    }
}

async fn preview(app: &App, submission: &Submission, text: String) -> Result<Value> {
    let caller = &submission.caller;
    let opened = Opened::read(&submission.view.metadata).unwrap_or_default();
    refuse_other(opened.by.clone(), caller)?;
    admins(app, caller).await?;
    let effect = app.added_cards.look(&caller.person.team, &text).await?;
    let sha256 = sha256(&text);
    app.store
        .keep_draft(&caller.person, &text, &sha256, app.clock.now())
        .await?;
    let caller = opened.back_where_it_was_opened(caller);
    Ok(look::draft(&caller, &effect, &sha256))
}

/// How a person is called who added a card; the operator has no name in Slack.
pub(super) fn author(language: Language, by: &str) -> String {
    match by {
        OPERATOR => text!("whoever runs me").to(language),
        user => format!("<@{user}>"),
    }
}
