//! A person types a slash command and waits for what comes of it.

use serde::Serialize;
use serde_json::Value;

use super::{builtin, place, typed};
use crate::blocks;
use crate::clock::Time;
use crate::dispatch::{self, Answer, Attempt, Kind, Outgoing};
use crate::error::Refused;
use crate::payloads::{self, Command};
use crate::sim::Sim;
use crate::state::{Author, Draft, Origin, Workspace};

/// What came of a slash command.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CommandOutcome {
    /// Whether the app acknowledged it.
    pub ok: bool,
    /// Why not: `operation_timeout`, `no_app`, `dispatch_failed`, or a sentence about what was typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the app said in its acknowledgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
    /// The message that this became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<String>,
}

/// A command on its way.
struct Sent {
    user: String,
    channel: String,
    response_url: String,
    payload: Value,
}

impl CommandOutcome {
    /// Everything a person reads in the answer.
    pub fn all_text(&self) -> String {
        let Some(response) = &self.response else {
            return String::new();
        };
        let shown = blocks::all_texts(&response["blocks"]);
        if shown.is_empty() {
            return response["text"].as_str().unwrap_or_default().to_owned();
        }
        shown
    }

    fn failed(error: &str) -> Self {
        Self {
            error: Some(error.to_owned()),
            ..Self::default()
        }
    }
}

impl Sim {
    /// A person types a slash command: `sim.command("alice", "general", "/mcp", "list")`, or the workspace's own
    /// `/invite` and `/remove`.
    pub async fn command(
        &self,
        user: &str,
        channel: &str,
        command: &str,
        text: &str,
    ) -> CommandOutcome {
        let team = self.team();
        let own = team.act(|ws, now| builtin::run(ws, now, user, channel, command, text));
        if let Some(outcome) = own {
            return outcome;
        }
        let sent = match team.act(|ws, now| prepare(ws, now, user, channel, command, text)) {
            Ok(sent) => sent,
            Err(refused) => return CommandOutcome::failed(&refused.to_string()),
        };
        let outgoing = Outgoing {
            kind: Kind::Command,
            payload: sent.payload.clone(),
        };
        match dispatch::send(team, &outgoing, &Attempt::default()).await {
            Answer::Acked { payload, .. } => {
                team.act(|ws, now| show_answer(ws, now, &sent, payload))
            }
            Answer::Silent => self.tell_failure(&sent, command, "operation_timeout"),
            Answer::NoApp => self.tell_failure(&sent, command, "no_app"),
            Answer::Refused { .. } => self.tell_failure(&sent, command, "dispatch_failed"),
        }
    }

    /// Slack itself tells the person that a command failed.
    fn tell_failure(&self, sent: &Sent, command: &str, error: &str) -> CommandOutcome {
        let text = match error {
            "no_app" => format!("{command} failed because the app did not respond."),
            _ => format!("{command} failed with the error \"{error}\""),
        };
        let draft = Draft {
            only_for: Some(sent.user.clone()),
            ..Draft::new(&sent.channel, Author::Slackbot, &text)
        };
        let posted = self.team().act(|ws, now| ws.post(now, draft));
        CommandOutcome {
            ts: posted.ok(),
            ..CommandOutcome::failed(error)
        }
    }
}

fn prepare(
    ws: &mut Workspace,
    now: Time,
    user: &str,
    channel: &str,
    command: &str,
    text: &str,
) -> Result<Sent, Refused> {
    let (user, channel) = place(ws, user, channel)?;
    if command != ws.app.command || !ws.is_installed(now) {
        return Err(Refused(format!("{command} is not a valid command.")));
    }
    let trigger_id = ws.new_trigger(now, &user, None);
    let origin = Origin {
        channel: channel.clone(),
        user: user.clone(),
        message: None,
    };
    let response_url = ws.new_response_url(now, origin);
    let payload = payloads::slash_command(
        ws,
        &Command {
            user: &user,
            channel: &channel,
            command,
            text: &typed::command(ws, text.trim()),
            trigger_id: &trigger_id,
            response_url: &response_url,
        },
    );
    Ok(Sent {
        user,
        channel,
        response_url,
        payload,
    })
}

/// Shows what came with the acknowledgement, if anything did.
fn show_answer(
    ws: &mut Workspace,
    now: Time,
    sent: &Sent,
    payload: Option<Value>,
) -> CommandOutcome {
    let Some(response) = payload.filter(|it| it["text"].is_string() || it["blocks"].is_array())
    else {
        return CommandOutcome {
            ok: true,
            ..CommandOutcome::default()
        };
    };
    let mut contents = response["blocks"].as_array().cloned().unwrap_or_default();
    if let Err(error) = blocks::check_message(&contents) {
        return CommandOutcome {
            response: Some(response),
            ..CommandOutcome::failed(&Refused::from(error).to_string())
        };
    }
    blocks::name_parts(&mut contents);
    let in_channel = response["response_type"] == "in_channel";
    let text = response["text"].as_str().unwrap_or_default();
    let draft = Draft {
        blocks: contents,
        only_for: (!in_channel).then(|| sent.user.clone()),
        ..Draft::new(&sent.channel, Author::Bot, text)
    };
    let ts = match ws.post(now, draft) {
        Ok(ts) => ts,
        Err(error) => return CommandOutcome::failed(&error.code),
    };
    ws.set_original(&sent.response_url, &ts);
    CommandOutcome {
        ok: true,
        error: None,
        response: Some(response),
        ts: Some(ts),
    }
}
