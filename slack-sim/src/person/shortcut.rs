//! A person chooses one of the app's shortcuts, on a message or anywhere.

use serde_json::Value;

use super::click::{ClickOutcome, Target};
use super::place;
use crate::clock::Time;
use crate::config::ShortcutKind;
use crate::error::Refused;
use crate::ids;
use crate::payloads;
use crate::sim::Sim;
use crate::state::{Origin, Workspace};

impl Sim {
    /// A person chooses a shortcut by its callback id: on a message, as in
    /// `sim.shortcut("alice", "ask_about", Some((&message).into()))`, or with `None` a global one.
    pub async fn shortcut(
        &self,
        user: &str,
        callback_id: &str,
        on: Option<Target>,
    ) -> ClickOutcome {
        let prepared = self.team().act(|ws, now| {
            let user = ws.person(user)?.id.clone();
            let kind = if on.is_some() {
                ShortcutKind::Message
            } else {
                ShortcutKind::Global
            };
            let declared = ws.app.shortcuts.iter();
            let mut fitting = declared.filter(|one| one.kind == kind);
            if !fitting.any(|one| one.callback_id == callback_id) {
                return Err(Refused(format!(
                    "The app declares no shortcut `{callback_id}` for this place."
                )));
            }
            match &on {
                Some(Target::Message { channel, ts }) => {
                    on_message(ws, now, &user, callback_id, (channel, ts))
                }
                Some(Target::View(_)) => Err(Refused("Views have no shortcuts.".to_owned())),
                None => {
                    let trigger_id = ws.new_trigger(now, &user, None);
                    let at = ids::ts(now.micros());
                    Ok(payloads::shortcut(ws, &user, callback_id, &trigger_id, &at))
                }
            }
        });
        match prepared {
            Ok(payload) => self.interact(payload).await,
            Err(refused) => ClickOutcome::failed(&refused.to_string()),
        }
    }
}

fn on_message(
    ws: &mut Workspace,
    now: Time,
    user: &str,
    callback_id: &str,
    (channel, ts): (&str, &str),
) -> Result<Value, Refused> {
    let (user, channel) = place(ws, user, channel)?;
    // Slack offers no shortcuts on messages that only one person sees.
    let post = ws
        .find_post(&channel, ts)
        .filter(|post| post.only_for.is_none())
        .cloned()
        .ok_or_else(|| Refused(format!("There is no message {ts} with shortcuts.")))?;
    let trigger_id = ws.new_trigger(now, &user, None);
    let origin = Origin {
        channel: channel.clone(),
        user: user.clone(),
        message: Some(post.ts.clone()),
    };
    let response_url = ws.new_response_url(now, origin);
    let at = ids::ts(now.micros());
    let base = payloads::shortcut(ws, &user, callback_id, &trigger_id, &at);
    let channel = ws.channel_for(&user, &channel)?;
    Ok(payloads::message_action(
        ws,
        base,
        channel,
        &post,
        &response_url,
    ))
}
