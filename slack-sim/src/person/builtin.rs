//! The workspace's own commands, which no app hears of: `/invite` and `/remove`.

use serde_json::{Value, json};

use super::{CommandOutcome, place};
use crate::clock::Time;
use crate::error::Refused;
use crate::state::{Author, Draft, Step, Workspace};

const INVITE: &str = "/invite";
const REMOVE: &str = "/remove";

/// The commands as the control API lists them, in the shape of the app's.
pub(crate) fn list() -> Value {
    json!([
        {
            "command": INVITE,
            "description": "Invite somebody to a channel",
            "usage_hint": "@someone [#channel]",
        },
        {
            "command": REMOVE,
            "description": "Remove somebody from this channel",
            "usage_hint": "@someone",
        },
    ])
}

/// Runs a command of the workspace, which tells the person what came of it; `None` for any other command.
pub(super) fn run(
    ws: &mut Workspace,
    now: Time,
    user: &str,
    channel: &str,
    command: &str,
    text: &str,
) -> Option<CommandOutcome> {
    let done = match command {
        INVITE => invite(ws, now, user, channel, text),
        REMOVE => remove(ws, now, user, channel, text),
        _ => return None,
    };
    let (text, error) = match done {
        Ok(text) => (text, None),
        Err(Refused(why)) => (why.clone(), Some(why)),
    };
    let told = place(ws, user, channel).ok().and_then(|(user, channel)| {
        let draft = Draft {
            only_for: Some(user),
            ..Draft::new(&channel, Author::Slackbot, &text)
        };
        ws.post(now, draft).ok()
    });
    Some(CommandOutcome {
        ok: error.is_none(),
        error,
        ts: told,
        ..CommandOutcome::default()
    })
}

fn invite(
    ws: &mut Workspace,
    now: Time,
    user: &str,
    channel: &str,
    text: &str,
) -> Result<String, Refused> {
    let (user, here) = place(ws, user, channel)?;
    let named = text.split_whitespace().find(|word| word.starts_with('#'));
    let to = match named {
        Some(name) => ws.channel_for(&user, name)?.id.clone(),
        None => here,
    };
    let by = Step::Invited { by: &user };
    change(ws, now, &to, text, by)
}

fn remove(
    ws: &mut Workspace,
    now: Time,
    user: &str,
    channel: &str,
    text: &str,
) -> Result<String, Refused> {
    let (_, here) = place(ws, user, channel)?;
    change(ws, now, &here, text, Step::Leaves)
}

/// Lets everyone whom the text names come or go; gives what to tell about it.
fn change(
    ws: &mut Workspace,
    now: Time,
    channel: &str,
    text: &str,
    step: Step<'_>,
) -> Result<String, Refused> {
    let place = ws.channel(channel).filter(|place| !place.is_im());
    let Some(place) = place else {
        let why = "You can invite people to channels and remove them there, not in a conversation.";
        return Err(Refused(why.to_owned()));
    };
    let name = place.name.clone();
    let comes = !matches!(step, Step::Leaves);
    let who: Vec<_> = text
        .split_whitespace()
        .filter(|word| word.starts_with('@'))
        .map(|word| word.trim_end_matches([',', '.', ';']))
        .collect();
    if who.is_empty() {
        let why = "Say whom, as in `/invite @patchbay`.".replace("patchbay", &ws.app.name);
        return Err(Refused(if comes {
            why
        } else {
            why.replace(INVITE, REMOVE)
        }));
    }
    let mut told = Vec::new();
    for who in who {
        let changed = ws.set_member(now, channel, who, step)?;
        told.push(match (comes, changed) {
            (true, true) => format!("You added {who} to #{name}."),
            (true, false) => format!("{who} is already in #{name}."),
            (false, true) => format!("You removed {who} from #{name}."),
            (false, false) => format!("{who} is not in #{name}."),
        });
    }
    Ok(told.join("\n"))
}
