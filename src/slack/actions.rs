//! Clicks: each button's name, and what it does for the person it was shown to.

use std::sync::Arc;

use super::inbound::{Action, Caller, Command};
use super::modals::browser::{self, Place};
use super::router::Reply;
use super::{commands, feedback, home, ledger, modals, places, screens};
use crate::app::App;
use crate::domain::connection::Connection;
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result};
use crate::ids::{ApprovalId, ChannelId, RunId};
use crate::store::{ApprovalState, Decision};
use crate::text;

/// Opens the list of services.
pub const CONNECT: &str = "connect";
/// Opens one service's form; the card's name follows: `connect_github`.
pub const CONNECT_CARD: &str = "connect_";
/// Opens the form of a failed connection once more.
pub const CONNECT_AGAIN: &str = "try_again";
/// Opens the menu.
pub const MENU: &str = "menu";
/// Does what a word after the command does; the word follows: `run_list`.
pub const RUN: &str = "run_";
/// Tests a connection.
pub const TEST: &str = "test_connection";
/// Browses a connection's tools.
pub const TOOLS: &str = "show_tools";
/// Turns to a page of tools, or to another connection's; a word follows: `tool_page_next`.
pub const TOOL_PAGE: &str = "tool_page";
/// Switches a tool on or off.
pub const TOOL_SWITCH: &str = "tool_switch";
/// Chooses the model that answers the one who clicks.
pub const CHOOSE_MODEL: &str = "choose_model";
/// Chooses the model that answers whoever chose none.
pub const CHOOSE_WORKSPACE_MODEL: &str = "choose_workspace_model";
/// Sends whoever clicks everything that they used.
pub const EXPORT: &str = "export";
/// Sends an admin everything that the workspace used.
pub const EXPORT_WORKSPACE: &str = "export_workspace";
/// Shows how the bot behaves in the channel that the button names.
pub const CHANNEL: &str = "show_channel";
/// Chooses which messages of a channel are questions.
pub const CHOOSE_LISTENS: &str = "choose_listens";
/// Chooses how answers are shown in a channel.
pub const CHOOSE_ANSWERS: &str = "choose_answers";
/// All that admins do with cards begins like this.
pub const CARDS: &str = "card_";
/// Shows an admin all cards.
pub const CARD_LIST: &str = "card_list";
/// Shows an admin one card.
pub const CARD_LOOK: &str = "card_look";
/// Opens the form that takes a new card.
pub const CARD_ADD: &str = "card_add";
/// Opens the form that takes a card in the place of another.
pub const CARD_REPLACE: &str = "card_replace";
/// Keeps the card that the admin was shown.
pub const CARD_KEEP: &str = "card_keep";
/// Offers a card no longer.
pub const CARD_HIDE: &str = "card_hide";
/// Offers a card again.
pub const CARD_UNHIDE: &str = "card_unhide";
/// Removes a card of the workspace.
pub const CARD_REMOVE: &str = "card_remove";
/// Says what somebody thinks of an answer.
pub const FEEDBACK: &str = "feedback";
/// Removes a connection.
pub const DISCONNECT: &str = "disconnect";
/// Leaves everything as it is.
pub const DISMISS: &str = "dismiss";
/// Lets a call run.
pub const APPROVE: &str = "approve";
/// Does not.
pub const DENY: &str = "deny";
/// Asks a question again.
pub const RETRY: &str = "retry";

/// Does what was clicked.
pub async fn run(app: &Arc<App>, action: &Action) -> Result<Reply> {
    let caller = &action.caller;
    match action.id.as_str() {
        CONNECT => {
            let view = modals::picker::view(&app.cards.of(&caller.person.team), caller);
            open(app, action, &view).await
        }
        TEST => test(app, action).await,
        CONNECT_AGAIN => try_again(app, action).await,
        MENU => {
            let view = modals::menu::view(&app.config.slack.command, &modals::opener(action));
            open(app, action, &view).await
        }
        TOOLS => {
            let place = (!action.value.is_empty()).then(|| Place::read(&action.value));
            let view = browser::view(app, caller.language, &caller.person, place.as_ref()).await?;
            open(app, action, &view).await
        }
        TOOL_SWITCH => {
            let place = browser::switch(app, &caller.person, &action.value).await?;
            let view = browser::view(app, caller.language, &caller.person, Some(&place)).await?;
            open(app, action, &view).await
        }
        CHOOSE_MODEL => {
            app.models.choose(&caller.person, &action.value).await?;
            let screen = commands::model_screen(app, caller.language, &caller.person, true).await?;
            Ok(match in_home(action) {
                true => Reply::Shown,
                false => Reply::Replace(screen),
            })
        }
        CHOOSE_WORKSPACE_MODEL => {
            let instead = text!("Ask one of them, or choose a model for yourself.");
            home::only_admins(app, &caller.person, instead).await?;
            app.models
                .choose_for(&caller.person.team, &action.value)
                .await?;
            Ok(Reply::Shown)
        }
        EXPORT => ledger::own(app, caller).await,
        EXPORT_WORKSPACE => ledger::workspace(app, caller).await,
        CHANNEL => {
            let channel = ChannelId::new(&action.value);
            let (language, person) = (caller.language, &caller.person);
            let screen = places::screen(app, language, person, &channel, false).await?;
            Ok(Reply::Private(screen))
        }
        CHOOSE_LISTENS | CHOOSE_ANSWERS => {
            let (channel, choice) = places::read(&action.value).ok_or_else(|| too_old(app))?;
            let (language, person) = (caller.language, &caller.person);
            places::choose(app, person, &channel, &[choice]).await?;
            let screen = places::screen(app, language, person, &channel, true).await?;
            Ok(Reply::Replace(screen))
        }
        FEEDBACK => feedback::keep(app, action).await,
        DISCONNECT => {
            let connection = connection(app, action).await?;
            app.connections
                .disconnect(&caller.person, &connection)
                .await?;
            Ok(Reply::Replace(screens::disconnected(
                action.caller.language,
                connection.name.as_str(),
            )))
        }
        DISMISS => {
            let nothing = text!("Nothing was changed.").to(caller.language);
            Ok(Reply::Replace(screens::note(&nothing)))
        }
        APPROVE => decide(app, caller, &action.value, ApprovalState::Approved).await,
        DENY => decide(app, caller, &action.value, ApprovalState::Denied).await,
        RETRY => retry(app, caller, &action.value).await,
        id if id.starts_with(CARDS) => modals::cards::act(app, action).await,
        id if id.starts_with(TOOL_PAGE) => {
            let place = Place::read(&action.value);
            let view = browser::view(app, caller.language, &caller.person, Some(&place)).await?;
            open(app, action, &view).await
        }
        id if let Some(verb) = id.strip_prefix(RUN) => {
            let mut caller = caller.clone();
            // A click in a form does not say where the form was opened.
            caller.channel = caller.channel.or(modals::opener(action).channel);
            let command = Command {
                caller,
                text: verb.to_owned(),
            };
            commands::run(app, &command).await
        }
        id => match id
            .strip_prefix(CONNECT_CARD)
            .and_then(|name| app.cards.of(&caller.person.team).find(name).ok())
        {
            Some(card) => {
                modals::refuse_foreign(action)?;
                let view = modals::connect::open(app, &modals::opener(action), &card).await?;
                open(app, action, &view).await
            }
            None => Err(too_old(app)),
        },
    }
}

fn too_old(app: &App) -> Error {
    Error::new(
        Kind::NotFound,
        text!("That button is from an older version of me."),
    )
    .hint(start_anew(app))
}

/// What to do where something of an older version is left.
pub fn start_anew(app: &App) -> Text {
    let command = &app.config.slack.command;
    text!("Use `{command} help` to start anew.", command)
}

async fn open(app: &App, action: &Action, view: &serde_json::Value) -> Result<Reply> {
    modals::open(app, action, view).await?;
    Ok(Reply::Shown)
}

fn in_home(action: &Action) -> bool {
    action.view.as_ref().is_some_and(|view| view.home)
}

/// The form of a connection that did not work, with what was typed.
async fn try_again(app: &App, action: &Action) -> Result<Reply> {
    modals::refuse_foreign(action)?;
    let opened = modals::Opened::of(action).unwrap_or_default();
    let card = app
        .cards
        .of(&action.caller.person.team)
        .find(opened.card.as_deref().unwrap_or_default())?;
    let form = modals::connect::open_again(app, &modals::opener(action), &card, &opened.typed);
    open(app, action, &form).await
}

async fn test(app: &App, action: &Action) -> Result<Reply> {
    let connection = connection(app, action).await?;
    let report = app.connections.test(&connection).await?;
    let tested = std::iter::once((&connection, &report));
    let screen = commands::test_screen(action.caller.language, tested);
    Ok(Reply::Private(screen))
}

/// The clicker's own connection that a button carries; anybody else's is as good as none.
async fn connection(app: &App, action: &Action) -> Result<Connection> {
    let connections = app.connections.list(&action.caller.person).await?;
    let found = connections
        .into_iter()
        .find(|connection| connection.id.as_str() == action.value);
    found.ok_or_else(|| gone(app))
}

/// A connection that is not there, or not for the one who asks.
pub fn gone(app: &App) -> Error {
    let command = &app.config.slack.command;
    Error::new(
        Kind::NotFound,
        text!("That connection is not one of yours, or is gone."),
    )
    .hint(text!("`{command} list` shows yours.", command))
}

async fn decide(app: &App, caller: &Caller, id: &str, state: ApprovalState) -> Result<Reply> {
    match app
        .runs
        .decide(&caller.person, &ApprovalId::new(id), state)
        .await?
    {
        Decision::Made => Ok(Reply::Shown),
        Decision::TooLate => {
            let late = text!(
                "That was decided already, or its time was up. Ask again if you still want it."
            );
            Ok(Reply::Private(screens::note(&late.to(caller.language))))
        }
        Decision::NotYours => Err(Error::new(
            Kind::Forbidden,
            text!("Only the person who asked can decide that."),
        )
        .hint(text!("Ask it yourself, and I will ask you."))),
    }
}

async fn retry(app: &App, caller: &Caller, id: &str) -> Result<Reply> {
    if app.runs.retry(&caller.person, &RunId::new(id)).await? {
        return Ok(Reply::Shown);
    }
    Err(Error::new(
        Kind::Forbidden,
        text!("That question is not yours to repeat, or was repeated already."),
    )
    .hint(text!("Ask it yourself in a new message.")))
}
