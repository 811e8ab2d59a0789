//! Forms: how they look, what is in them, and what submitting them does.

pub mod ask;
pub mod browser;
pub mod cards;
pub mod connect;
pub mod menu;
pub mod picker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::blocks::{Message, Style, actions, button, plain, section};
use super::client::CallError;
use super::inbound::{Action, Caller, Inbound, Submission};
use super::router::{self, Reply};
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result};
use crate::ids::{ChannelId, MessageTs, UserId};
use crate::text;

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
    /// Where the form said that what is filled in goes, as a fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<String>,
    /// Which thread the answer goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<MessageTs>,
    /// What it is about, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What was typed, without what is secret, for a second try.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub typed: BTreeMap<String, String>,
}

impl Opened {
    /// Remembers who opened a form, about which card.
    pub fn by(caller: &Caller, card: Option<&str>) -> Self {
        Self {
            by: Some(caller.person.user.clone()),
            channel: caller.channel.clone(),
            response_url: caller.response_url.clone(),
            thread: caller.thread.clone(),
            card: card.map(str::to_owned),
            ..Self::default()
        }
    }

    /// Reads back what a form remembered.
    pub fn read(metadata: &str) -> Option<Self> {
        serde_json::from_str(metadata).ok()
    }

    /// The same of the form that was clicked in, if it was one.
    pub fn of(action: &Action) -> Option<Self> {
        Self::read(&action.view.as_ref()?.metadata)
    }

    /// Somebody as they were when they opened the form: in a form they are nowhere.
    fn back_where_it_was_opened(self, caller: &Caller) -> Caller {
        Caller {
            channel: self.channel,
            thread: self.thread,
            response_url: self.response_url,
            ..caller.clone()
        }
    }

    /// The text that a form carries.
    pub fn metadata(&self) -> String {
        json!(self).to_string()
    }
}

/// What goes into the acknowledgement of a submission: decided without a database or a network.
pub fn answer_at_once(app: &App, inbound: &Inbound) -> Option<Value> {
    match inbound {
        Inbound::Submission(submission) => Some(match submission.callback.as_str() {
            cards::FORM => cards::answer_at_once(app, submission),
            _ => connect::answer_at_once(app, submission),
        }),
        Inbound::Command(_)
        | Inbound::Action(_)
        | Inbound::Shortcut(_)
        | Inbound::Notice(_)
        | Inbound::Question(_)
        | Inbound::Overheard(_)
        | Inbound::Stop(_)
        | Inbound::Change(_)
        | Inbound::Ignored(_) => None,
    }
}

/// Does what a submitted form asks for.
pub async fn submit(app: &Arc<App>, submission: &Submission) -> Result<Reply> {
    match submission.callback.as_str() {
        cards::FORM => cards::submit(app, submission).await,
        _ => connect::submit(app, submission).await,
    }
}

/// Shows what came of a submission: in the form, and where it was opened from.
pub async fn show(app: &App, submission: &Submission, message: &Message, failed: bool) {
    let language = submission.caller.language;
    let title = match failed {
        true => text!("Not connected"),
        false => text!("Connected"),
    };
    let mut view = notice(language, &title, message.blocks.clone());
    if failed {
        connect::offer_again(app, submission, &mut view);
    }
    if let Err(error) = bring_up_to_date(app, submission, &view).await {
        // Closed by now, most likely; the message below says the same.
        tracing::debug!("a form could not be brought up to date: {error}");
    }
    let opened = Opened::read(&submission.view.metadata).unwrap_or_default();
    let caller = opened.back_where_it_was_opened(&submission.caller);
    if let Err(error) = router::answer(app, &caller, message, false).await {
        tracing::error!(error.cause = ?error.cause(), "the outcome of a form could not be shown");
    }
}

/// Puts a view in the place of the one that the acknowledgement put there; Slack may still be at
/// that.
async fn bring_up_to_date(
    app: &App,
    submission: &Submission,
    view: &Value,
) -> std::result::Result<(), CallError> {
    tokio::time::sleep(HEAD_START).await;
    app.slack.update_view(&submission.view.id, view).await
}

/// Shows what came of a click in the form it was in, or in a new one above the Home; false when
/// Slack does not let us any more.
pub async fn show_click(app: &App, action: &Action, message: &Message) -> bool {
    let Some(view) = &action.view else {
        return false;
    };
    let mut blocks = message.blocks_without_charts();
    if !view.home {
        let label = text!("Menu").to(action.caller.language);
        let menu = button(&label, super::actions::MENU, "", Style::Plain);
        blocks.push(actions(vec![menu]));
    }
    let mut form = notice(action.caller.language, &"Patchbay".into(), blocks);
    if !view.home {
        // Where the menu was opened is still to be known when it is gone back to.
        form["private_metadata"] = json!(view.metadata);
    }
    match open(app, action, &form).await {
        Ok(()) => true,
        Err(error) => {
            tracing::debug!(error.cause = ?error.cause(), "a click's outcome is shown elsewhere");
            false
        }
    }
}

/// Opens a form: in the place of the one that was clicked in, for closing it then ends the matter,
/// else anew.
pub async fn open(app: &App, action: &Action, view: &Value) -> Result<()> {
    match &action.view {
        Some(clicked_in) if !clicked_in.home => {
            app.slack.update_view(&clicked_in.id, view).await?;
        }
        Some(_) | None => {
            let trigger = action.caller.trigger.as_deref().unwrap_or_default();
            app.slack.open_view(trigger, view).await?;
        }
    }
    Ok(())
}

/// A form that only says something.
pub fn notice(language: Language, title: &Text, blocks: Vec<Value>) -> Value {
    json!({ "type": "modal", "title": plain(&title.to(language)), "close": plain(&text!("Close").to(language)), "blocks": blocks })
}

/// A form that says that work is going on.
pub fn busy(language: Language, work: &Text) -> Value {
    let work = format!("⏳ {}", work.to(language));
    notice(language, &text!("Connect"), vec![section(&work)])
}

/// A button in somebody else's form is not for this person.
pub fn refuse_foreign(action: &Action) -> Result<()> {
    let opened_by = Opened::of(action).and_then(|opened| opened.by);
    refuse_other(opened_by, &action.caller)
}

/// The one who clicked, as of when the form was opened: where they were, and how to answer there.
pub fn opener(action: &Action) -> Caller {
    match Opened::of(action) {
        Some(opened) => opened.back_where_it_was_opened(&action.caller),
        None => action.caller.clone(),
    }
}

fn refuse_other(opened_by: Option<UserId>, caller: &Caller) -> Result<()> {
    match opened_by {
        Some(user) if user != caller.person.user => Err(Error::new(
            Kind::Forbidden,
            text!("That form was opened by somebody else."),
        )
        .hint(text!("Open your own with the slash command."))),
        Some(_) | None => Ok(()),
    }
}
