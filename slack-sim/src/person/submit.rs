//! A person fills in a modal and submits it, or closes it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::blocks;
use crate::dispatch::{self, Answer, Attempt, Kind, Outgoing};
use crate::error::Refused;
use crate::payloads;
use crate::sim::Sim;
use crate::state::{Settled, Workspace};

/// What came of a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SubmitOutcome {
    /// Whether the app took it.
    pub ok: bool,
    /// What is wrong with which block: the app's complaints, or Slack's own about an empty field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, String>,
    /// Whether the modal has closed.
    pub closed: bool,
    /// Why nothing came of it: `operation_timeout`, `no_app`, `dispatch_failed`, an error code, or a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl SubmitOutcome {
    fn failed(error: &str) -> Self {
        Self {
            error: Some(error.to_owned()),
            ..Self::default()
        }
    }

    fn wrong(errors: BTreeMap<String, String>) -> Self {
        Self {
            errors,
            ..Self::default()
        }
    }
}

impl Sim {
    /// A person submits a modal. `values` is by block and action; a plain text, option or list will do for each,
    /// and a block with one input needs no action: `json!({"name": "github", "scope": {"choice": "me"}})`.
    pub async fn submit(&self, user: &str, view_id: &str, values: Value) -> SubmitOutcome {
        let team = self.team();
        let filled = team.act(|ws, _| {
            let user = ws.person(user)?.id.clone();
            let view = fill(ws, &user, view_id, &values)?;
            Ok::<_, Refused>((user, view))
        });
        let (user, view) = match filled {
            Ok(filled) => filled,
            Err(refused) => return SubmitOutcome::failed(&refused.to_string()),
        };
        let errors = unsent(&view);
        if !errors.is_empty() {
            return SubmitOutcome::wrong(errors);
        }
        let payload = team.act(|ws, now| {
            let trigger_id = ws.new_trigger(now, &user, Some(view_id));
            payloads::view_submission(ws, &user, &trigger_id, &view, &json!([]))
        });
        let outgoing = Outgoing {
            kind: Kind::Interaction,
            payload,
        };
        match dispatch::send(team, &outgoing, &Attempt::default()).await {
            Answer::Acked { payload, .. } => self.settle(&user, &view, payload.as_ref()),
            Answer::Silent => SubmitOutcome::failed("operation_timeout"),
            Answer::NoApp => SubmitOutcome::failed("no_app"),
            Answer::Refused { .. } => SubmitOutcome::failed("dispatch_failed"),
        }
    }

    /// A person closes a modal; what lay under it shows again, unless the modal has `clear_on_close`.
    pub async fn close(&self, user: &str, view_id: &str) -> Result<(), Refused> {
        let team = self.team();
        let payload = team.act(|ws, _| {
            let user = ws.person(user)?.id.clone();
            let closed = ws.close_view(&user, view_id);
            let view = closed
                .iter()
                .find(|view| view["id"] == view_id)
                .ok_or_else(|| Refused(format!("There is no open modal {view_id} to close.")))?;
            let wants_to_know = view["notify_on_close"] == true;
            let cleared = closed.len() > 1;
            Ok::<_, Refused>(wants_to_know.then(|| payloads::view_closed(ws, &user, view, cleared)))
        })?;
        if let Some(payload) = payload {
            let outgoing = Outgoing {
                kind: Kind::Interaction,
                payload,
            };
            // The modal is gone whatever the app makes of it.
            dispatch::send(team, &outgoing, &Attempt::default()).await;
        }
        Ok(())
    }

    fn settle(&self, user: &str, view: &Value, answer: Option<&Value>) -> SubmitOutcome {
        let id = view["id"].as_str().unwrap_or_default();
        let settled = self
            .team()
            .act(|ws, now| ws.settle_submission(now, user, id, answer));
        match settled {
            Ok(Settled::Errors(errors)) => reported(view, &errors),
            Ok(Settled::Open) => SubmitOutcome {
                ok: true,
                ..SubmitOutcome::default()
            },
            Ok(Settled::Closed) => SubmitOutcome {
                ok: true,
                closed: true,
                ..SubmitOutcome::default()
            },
            Err(error) => SubmitOutcome::failed(&Refused::from(error).to_string()),
        }
    }
}

/// The view with the person's values in its state.
fn fill(ws: &mut Workspace, user: &str, id: &str, values: &Value) -> Result<Value, Refused> {
    let mut view = ws
        .stack(user)
        .last()
        .filter(|view| view["id"] == id)
        .cloned()
        .ok_or_else(|| Refused(format!("The modal {id} is not on top.")))?;
    for (block_id, given) in values.as_object().into_iter().flatten() {
        let contents = view["blocks"].as_array().into_iter().flatten();
        let block = contents
            .clone()
            .find(|block| block["block_id"] == block_id.as_str())
            .ok_or_else(|| Refused(format!("The modal has no block `{block_id}`.")))?;
        let elements = blocks::entered(block, given);
        if elements.is_empty() {
            return Err(Refused(format!(
                "The block `{block_id}` has no such input."
            )));
        }
        let mut entered = Vec::new();
        for (element, given) in elements {
            let action = element["action_id"].as_str().unwrap_or_default().to_owned();
            let held = blocks::filled(element, given).map_err(Refused)?;
            entered.push((action, held));
        }
        for (action, mut held) in entered {
            if held["type"] == "file_input" {
                held["files"] = json!(ws.hand_over(user, &held["files"])?);
            }
            view["state"]["values"][block_id][action] = held;
        }
    }
    ws.set_view_state(user, id, view["state"].clone());
    Ok(view)
}

/// What Slack itself would not let a person send off.
fn unsent(view: &Value) -> BTreeMap<String, String> {
    let contents = view["blocks"].as_array().map_or(&[][..], Vec::as_slice);
    blocks::input_blocks(contents)
        .filter_map(|block| {
            let id = block["block_id"].as_str()?;
            let action = block["element"]["action_id"].as_str()?;
            let held = &view["state"]["values"][id][action];
            Some((id.to_owned(), blocks::problem_with(block, held)?))
        })
        .collect()
}

/// The app's complaints. Slack shows none at all if one of them is about something that is no input.
fn reported(view: &Value, errors: &Value) -> SubmitOutcome {
    let contents = view["blocks"].as_array().map_or(&[][..], Vec::as_slice);
    let mut shown = BTreeMap::new();
    for (block, message) in errors.as_object().into_iter().flatten() {
        let is_input = blocks::input_blocks(contents).any(|it| it["block_id"] == block.as_str());
        let Some(message) = message.as_str().filter(|_| is_input) else {
            return SubmitOutcome::failed(&format!(
                "The app reported an error for `{block}`, which is no input of this modal."
            ));
        };
        shown.insert(block.clone(), message.to_owned());
    }
    if shown.is_empty() {
        return SubmitOutcome::failed("The app reported errors but named none.");
    }
    SubmitOutcome::wrong(shown)
}
