//! Shortcuts: from a message's menu or from anywhere, each opens a form.

use std::sync::Arc;

use tokio::time::Instant;

use super::client::CallError;
use super::inbound::Shortcut;
use super::router::Reply;
use super::{actions, modals, people};
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::ids::UserId;
use crate::text;

/// "Ask Patchbay about this", in the menu of a message.
pub const ASK_ABOUT: &str = "ask_about";
/// "Connect a service", from anywhere.
pub const CONNECT_SERVICE: &str = "connect_service";
/// Slack's codes for a conversation that the bot cannot answer in.
const NOT_THERE: [&str; 3] = ["not_in_channel", "channel_not_found", "missing_scope"];

/// What people call a user, as far as that is known at once: a form may be opened for seconds only.
fn name(app: &App, shortcut: &Shortcut, own: Option<&UserId>, user: &str) -> String {
    let user = UserId::new(user);
    if own == Some(&user) {
        return "Patchbay".to_owned();
    }
    let known = app.people.recall(&user, people::A_DAY, Instant::now());
    let known = known
        .map(|profile| profile.name)
        .filter(|name| !name.is_empty());
    known.unwrap_or_else(|| text!("somebody").to(shortcut.caller.language))
}

/// Opens the form of a shortcut.
pub async fn run(app: &Arc<App>, shortcut: &Shortcut) -> Result<Reply> {
    let view = match (shortcut.callback.as_str(), &shortcut.message) {
        (ASK_ABOUT, Some(message)) => {
            let channel = shortcut.caller.channel.as_ref();
            let readable = match channel {
                Some(channel) => app.slack.can_answer_in(channel, &message.thread).await,
                None => Ok(()),
            };
            match readable {
                Err(CallError::Refused(code)) if NOT_THERE.contains(&code.as_str()) => {
                    return Err(not_there());
                }
                // Whatever else it is, the answer may still get through.
                Ok(()) | Err(_) => {
                    let own = app.slack.own_user().await.ok();
                    modals::ask::view(shortcut, message, |user| {
                        name(app, shortcut, own.as_ref(), user)
                    })
                }
            }
        }
        (CONNECT_SERVICE, _) => {
            let cards = app.cards.of(&shortcut.caller.person.team);
            modals::picker::view(&cards, &shortcut.caller)
        }
        _ => {
            return Err(Error::new(
                Kind::NotFound,
                text!("That shortcut is from an older version of me."),
            )
            .hint(actions::start_anew(app)));
        }
    };
    let trigger = shortcut.caller.trigger.as_deref().unwrap_or_default();
    app.slack.open_view(trigger, &view).await?;
    Ok(Reply::Shown)
}

fn not_there() -> Error {
    Error::new(
        Kind::Forbidden,
        text!("I am not in that conversation, so I could not answer there."),
    )
    .hint(text!(
        "Invite me with `/invite` first, or ask me in a direct message."
    ))
}
