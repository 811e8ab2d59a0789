//! The form of one card: what to fill in, what is wrong with it, and the connection it makes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::cards::author;
use super::{Opened, busy, refuse_other};
use crate::app::App;
use crate::cards::{Fields, Place, places, validate_fields};
use crate::domain::card::{Card, Field};
use crate::domain::connection::ConnectionName;
use crate::domain::fingerprint::fingerprint;
use crate::domain::language::Language;
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result};
use crate::slack::actions::CONNECT_AGAIN;
use crate::slack::blocks::{Style, actions, button, clipped, context, plain, section};
use crate::slack::inbound::{Caller, Submission};
use crate::slack::mrkdwn::{code, escape};
use crate::slack::router::Reply;
use crate::slack::screens;
use crate::text;

/// The block that holds the connection's name; a card's field cannot be called that.
const NAME: &str = "connection-name";
const INPUT: &str = "value";
const TITLE: usize = 24;
/// What Slack lets a form remember.
const MOST_METADATA: usize = 3_000;

/// The form of this card, with a name that is still free.
pub async fn open(app: &App, caller: &Caller, card: &Card) -> Result<Value> {
    let name = app.connections.free_name(&caller.person, card).await?;
    Ok(view(app, card, &name, caller, &BTreeMap::new()))
}

/// The form once more, with what was typed before.
pub fn open_again(
    app: &App,
    caller: &Caller,
    card: &Card,
    typed: &BTreeMap<String, String>,
) -> Value {
    let name = typed.get(NAME).unwrap_or(&card.name);
    view(app, card, name, caller, typed)
}

/// Puts a way back into a form that says that the test failed: what was typed is kept there,
/// without what is secret.
pub fn offer_again(app: &App, submission: &Submission, view: &mut Value) {
    let opened = Opened::read(&submission.view.metadata).unwrap_or_default();
    let Some(card) = opened
        .card
        .as_ref()
        .and_then(|name| app.cards.of(&submission.caller.person.team).get(name))
    else {
        return;
    };
    let is_secret = |name: &str| {
        let field = card.fields.iter().find(|field| field.name == name);
        name != NAME && field.is_none_or(|field| field.secret)
    };
    let mut again = opened.clone();
    again.typed = submission.values.clone();
    again.typed.retain(|name, _| !is_secret(name));
    if again.metadata().chars().count() > MOST_METADATA {
        again.typed.clear();
    }
    let label = text!("Try again").to(submission.caller.language);
    let button = button(&label, CONNECT_AGAIN, "", Style::Primary);
    if let Some(blocks) = view["blocks"].as_array_mut() {
        blocks.push(actions(vec![button]));
    }
    view["private_metadata"] = json!(again.metadata());
}

fn view(
    app: &App,
    card: &Card,
    name: &str,
    caller: &Caller,
    typed: &BTreeMap<String, String>,
) -> Value {
    let language = caller.language;
    let about = format!(
        "{} *{}*  {}",
        card.icon,
        escape(&card.title),
        escape(&Text::of_card(&card.description).to(language))
    );
    let mut blocks = vec![section(&about)];
    blocks.extend(whose(app, caller, card));
    let inputs = card.fields.iter();
    blocks.extend(inputs.map(|field| input(language, field, typed.get(&field.name))));
    blocks.push(name_input(language, name));
    let promise = if card.fields.iter().any(|field| field.secret) {
        text!(
            "I test the connection before I keep it. What you enter is encrypted, is used for your questions only, and is never shown again."
        )
    } else {
        text!("I test the connection before I keep it. It is used for your questions only.")
    };
    blocks.push(context(&promise.to(language)));
    let title = text!("Connect {service}", service = &card.title).to(language);
    let opened = Opened {
        places: Some(fingerprint_of_places(card)),
        ..Opened::by(caller, Some(&card.name))
    };
    json!({
        "type": "modal",
        "callback_id": "connect",
        "title": plain(&clipped(&title, TITLE)),
        "submit": plain(&text!("Connect").to(language)),
        "close": plain(&text!("Cancel").to(language)),
        "private_metadata": opened.metadata(),
        "blocks": blocks,
    })
}

/// What tells whether a form is still sent where it said.
fn fingerprint_of_places(card: &Card) -> String {
    let places: Vec<String> = places(card).iter().map(Place::to_string).collect();
    fingerprint(json!(places))
}

/// Of a card that an admin of the workspace added: who that was, and where what is filled in goes.
fn whose(app: &App, caller: &Caller, card: &Card) -> Vec<Value> {
    let language = caller.language;
    let cards = app.cards.of(&caller.person.team);
    let Some(own) = cards.own_card(&card.name) else {
        return Vec::new();
    };
    let by = text!(
        "⚠️ This service does not come with me: {by} added it here. What you fill in goes to:",
        by = author(language, &own.row.created_by)
    );
    let places = places(card).into_iter();
    let places = places.map(|place| context(&format!("• {}", place.words(code).to(language))));
    std::iter::once(context(&by.to(language)))
        .chain(places)
        .collect()
}

fn input(language: Language, field: &Field, typed: Option<&String>) -> Value {
    let mut element =
        json!({ "type": "plain_text_input", "action_id": INPUT, "max_length": 2_000 });
    if let Some(placeholder) = &field.placeholder {
        element["placeholder"] = plain(&clipped(placeholder, 150));
    }
    let initial = typed.filter(|text| !text.is_empty());
    if let Some(default) = initial.or(field.default.as_ref()) {
        element["initial_value"] = json!(default);
    }
    let mut block = json!({
        "type": "input",
        "block_id": field.name,
        "label": plain(&Text::of_card(&field.label).to(language)),
        "optional": field.optional,
        "element": element,
    });
    if let Some(help) = &field.help {
        block["hint"] = plain(&Text::of_card(help).to(language));
    }
    block
}

fn name_input(language: Language, name: &str) -> Value {
    let hint = text!("What you and I call this connection.");
    json!({
        "type": "input",
        "block_id": NAME,
        "label": plain(&text!("Name").to(language)),
        "hint": plain(&hint.to(language)),
        "element": {
            "type": "plain_text_input",
            "action_id": INPUT,
            "initial_value": name,
            "max_length": 30,
        },
    })
}

/// Field errors, or a view that says that the test is running.
pub fn answer_at_once(app: &App, submission: &Submission) -> Value {
    let language = submission.caller.language;
    match read(app, submission) {
        Ok(form) => {
            let work = text!(
                "Testing the connection to {service}",
                service = escape(&form.card.title)
            );
            json!({ "response_action": "update", "view": busy(language, &work) })
        }
        Err(Problem::Fields(errors)) => {
            // Slack shows these as they are, backticks included.
            let plain: BTreeMap<_, _> = errors
                .into_iter()
                .map(|(field, error)| (field, error.to(language)))
                .map(|(field, error)| (field, error.replace('`', "")))
                .collect();
            json!({ "response_action": "errors", "errors": plain })
        }
        Err(Problem::Form(error)) => {
            let blocks = screens::failure(language, &error).blocks;
            json!({ "response_action": "update", "view": super::notice(language, &text!("Connect"), blocks) })
        }
    }
}

/// Makes the connection. What was wrong with the form itself is on the screen already.
pub async fn submit(app: &Arc<App>, submission: &Submission) -> Result<Reply> {
    let Ok(form) = read(app, submission) else {
        return Ok(Reply::Shown);
    };
    let owner = &submission.caller.person;
    let (connection, advice) = app
        .connections
        .connect(owner, &form.card, form.name, form.fields)
        .await?;
    Ok(Reply::Private(screens::connected(
        submission.caller.language,
        &connection,
        &form.card.noun,
        advice.as_ref(),
    )))
}

struct Form {
    card: Arc<Card>,
    name: ConnectionName,
    fields: Fields,
}

enum Problem {
    /// A sentence per field.
    Fields(BTreeMap<String, Text>),
    /// The form as a whole cannot be taken.
    Form(Error),
}

/// Reads a submitted form; pure, so the acknowledgement and the work agree.
fn read(app: &App, submission: &Submission) -> std::result::Result<Form, Problem> {
    let opened = Opened::read(&submission.view.metadata).unwrap_or_default();
    refuse_other(opened.by, &submission.caller).map_err(Problem::Form)?;
    let language = submission.caller.language;
    let card = match &opened.card {
        Some(name) => app.cards.of(&submission.caller.person.team).find(name),
        None => Err(Error::new(
            Kind::NotFound,
            text!("That form is from an older version of me."),
        )
        .hint(text!("Open it again."))),
    };
    let card = card.map_err(Problem::Form)?;
    if opened
        .places
        .is_some_and(|it| it != fingerprint_of_places(&card))
    {
        let changed = text!(
            "The card of this service was changed while the form was open: what you fill in would go somewhere else."
        );
        let hint = text!("Open the form again and look where it goes.");
        return Err(Problem::Form(
            Error::new(Kind::Conflict, changed).hint(hint),
        ));
    }
    let mut values = submission.values.clone();
    let name = values.remove(NAME).unwrap_or_else(|| card.name.clone());
    let fields = validate_fields(&card, &values);
    match (name.parse::<ConnectionName>(), fields) {
        (Ok(name), Ok(fields)) => Ok(Form { card, name, fields }),
        (name, fields) => {
            let mut errors = fields.err().unwrap_or_default();
            if let Err(error) = name {
                let sentence = error.sentence_in(language);
                errors.insert(NAME.to_owned(), sentence.into());
            }
            Err(Problem::Fields(errors))
        }
    }
}
