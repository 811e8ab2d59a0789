//! Clicks: each button's name, and what it does for the person it was shown to.

use std::sync::Arc;

use super::inbound::{Action, Caller};
use super::router::Reply;
use super::{commands, modals, screens};
use crate::app::App;
use crate::domain::connection::Connection;
use crate::error::{Error, Kind, Result};
use crate::ids::{ApprovalId, RunId};
use crate::store::{ApprovalState, Decision};

/// Opens the list of services.
pub const CONNECT: &str = "connect";
/// Opens one service's form; the card's name follows: `connect_github`.
pub const CONNECT_CARD: &str = "connect_";
/// Tests a connection.
pub const TEST: &str = "test_connection";
/// Shows a connection's tools.
pub const TOOLS: &str = "show_tools";
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
            let view = modals::picker::view(&app.cards, caller);
            open(app, action, &view).await
        }
        TEST => test(app, action).await,
        TOOLS => {
            let connection = connection(app, action).await?;
            Ok(Reply::Private(commands::tools_screen(app, &[connection])))
        }
        DISCONNECT => {
            let connection = connection(app, action).await?;
            app.connections
                .disconnect(&caller.person, &connection)
                .await?;
            Ok(Reply::Replace(screens::disconnected(
                connection.name.as_str(),
            )))
        }
        DISMISS => Ok(Reply::Replace(screens::note("Nothing was changed."))),
        APPROVE => decide(app, caller, &action.value, ApprovalState::Approved).await,
        DENY => decide(app, caller, &action.value, ApprovalState::Denied).await,
        RETRY => retry(app, caller, &action.value).await,
        id => match id
            .strip_prefix(CONNECT_CARD)
            .and_then(|name| app.cards.get(name).cloned())
        {
            Some(card) => {
                modals::refuse_foreign(action)?;
                let view = modals::connect::open(app, &modals::opener(action), &card).await?;
                open(app, action, &view).await
            }
            None => Err(Error::new(
                Kind::NotFound,
                "That button is from an older version of me.",
            )
            .hint(format!(
                "Use `{} help` to start anew.",
                app.config.slack.command
            ))),
        },
    }
}

/// Opens a form, in the place of the one the click was in: closing it then ends the matter.
async fn open(app: &App, action: &Action, view: &serde_json::Value) -> Result<Reply> {
    match &action.view {
        Some(clicked_in) => app.slack.update_view(&clicked_in.id, view).await?,
        None => {
            let trigger = action.caller.trigger.as_deref().unwrap_or_default();
            app.slack.open_view(trigger, view).await?;
        }
    }
    Ok(Reply::Shown)
}

async fn test(app: &App, action: &Action) -> Result<Reply> {
    let connection = connection(app, action).await?;
    let report = app.connections.test(&connection).await?;
    Ok(Reply::Private(commands::test_screen(std::iter::once((
        &connection,
        &report,
    )))))
}

/// The clicker's own connection that a button carries; anybody else's is as good as none.
async fn connection(app: &App, action: &Action) -> Result<Connection> {
    let connections = app.connections.list(&action.caller.person).await?;
    let found = connections
        .into_iter()
        .find(|connection| connection.id.as_str() == action.value);
    found.ok_or_else(|| {
        Error::new(
            Kind::NotFound,
            "That connection is not one of yours, or is gone.",
        )
        .hint(format!("`{} list` shows yours.", app.config.slack.command))
    })
}

async fn decide(app: &App, caller: &Caller, id: &str, state: ApprovalState) -> Result<Reply> {
    match app
        .runs
        .decide(&caller.person, &ApprovalId::new(id), state)
        .await?
    {
        Decision::Made => Ok(Reply::Shown),
        Decision::TooLate => Ok(Reply::Private(screens::note(
            "That was decided already, or its time was up. Ask again if you still want it.",
        ))),
        Decision::NotYours => Err(Error::new(
            Kind::Forbidden,
            "Only the person who asked can decide that.",
        )
        .hint("Ask it yourself, and I will ask you.")),
    }
}

async fn retry(app: &App, caller: &Caller, id: &str) -> Result<Reply> {
    if app.runs.retry(&caller.person, &RunId::new(id)).await? {
        return Ok(Reply::Shown);
    }
    Err(Error::new(
        Kind::Forbidden,
        "That question is not yours to repeat, or was repeated already.",
    )
    .hint("Ask it yourself in a new message."))
}
