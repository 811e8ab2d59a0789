//! Forms: how they look, what is in them, and what submitting them does.

pub mod connect;
pub mod picker;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::blocks::{Message, plain, section};
use super::inbound::{Action, Caller, Inbound, Submission};
use super::router::{self, Reply};
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::ids::{ChannelId, UserId};

/// How long Slack gets to show what came with an acknowledgement.
const HEAD_START: Duration = Duration::from_millis(300);

/// What a form remembers of how it was opened. Nothing secret: Slack keeps it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Who opened it, and so who may submit it.
    pub by: Option<UserId>,
    /// Where they were.
    pub channel: Option<ChannelId>,
    /// How to answer them there.
    pub response_url: Option<String>,
    /// Which card it is about.
    pub card: Option<String>,
}

impl Opened {
    /// Remembers who opened a form, about which card.
    pub fn by(caller: &Caller, card: Option<&str>) -> Self {
        Self {
            by: Some(caller.person.user.clone()),
            channel: caller.channel.clone(),
            response_url: caller.response_url.clone(),
            card: card.map(str::to_owned),
        }
    }

    /// Reads back what a form remembered.
    pub fn read(metadata: &str) -> Option<Self> {
        serde_json::from_str(metadata).ok()
    }

    /// The text that a form carries.
    pub fn metadata(&self) -> String {
        json!(self).to_string()
    }
}

/// What goes into the acknowledgement of a submission: decided without a database or a network.
pub fn answer_at_once(app: &App, inbound: &Inbound) -> Option<Value> {
    match inbound {
        Inbound::Submission(submission) => Some(connect::answer_at_once(app, submission)),
        Inbound::Command(_)
        | Inbound::Action(_)
        | Inbound::Question(_)
        | Inbound::Stop(_)
        | Inbound::Ignored(_) => None,
    }
}

/// Does what a submitted form asks for.
pub async fn submit(app: &Arc<App>, submission: &Submission) -> Result<Reply> {
    connect::submit(app, submission).await
}

/// Shows what came of a submission: in the form, and where it was opened from.
pub async fn show(app: &App, submission: &Submission, message: &Message) {
    let view = notice("Connect", message.blocks.clone());
    // The acknowledgement put "Testing" there; Slack may still be at it.
    tokio::time::sleep(HEAD_START).await;
    if let Err(error) = app.slack.update_view(&submission.view.id, &view).await {
        // Closed by now, most likely; the message below says the same.
        tracing::debug!("a form could not be brought up to date: {error}");
    }
    let opened = Opened::read(&submission.view.metadata).unwrap_or_default();
    let caller = Caller {
        channel: opened.channel,
        response_url: opened.response_url,
        ..submission.caller.clone()
    };
    if let Err(error) = router::answer(app, &caller, message, false).await {
        tracing::error!(error.cause = ?error.cause(), "the outcome of a form could not be shown");
    }
}

/// A form that only says something.
pub fn notice(title: &str, blocks: Vec<Value>) -> Value {
    json!({ "type": "modal", "title": plain(title), "close": plain("Close"), "blocks": blocks })
}

/// A form that says that work is going on.
pub fn busy(text: &str) -> Value {
    notice("Connect", vec![section(&format!("⏳ {text}"))])
}

/// A button in somebody else's form is not for this person.
pub fn refuse_foreign(action: &Action) -> Result<()> {
    let opened = action
        .view
        .as_ref()
        .and_then(|view| Opened::read(&view.metadata));
    refuse_other(opened.and_then(|opened| opened.by), &action.caller)
}

/// The one who clicked, as of when the form was opened: where they were, and how to answer there.
pub fn opener(action: &Action) -> Caller {
    let opened = action
        .view
        .as_ref()
        .and_then(|view| Opened::read(&view.metadata));
    let Some(opened) = opened else {
        return action.caller.clone();
    };
    Caller {
        channel: opened.channel,
        response_url: opened.response_url,
        ..action.caller.clone()
    }
}

fn refuse_other(opened_by: Option<UserId>, caller: &Caller) -> Result<()> {
    match opened_by {
        Some(user) if user != caller.person.user => Err(Error::new(
            Kind::Forbidden,
            "That form was opened by somebody else.",
        )
        .hint("Open your own with the slash command.")),
        Some(_) | None => Ok(()),
    }
}
