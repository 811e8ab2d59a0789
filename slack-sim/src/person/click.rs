//! A person clicks a button or chooses from a menu, in a message or in a view.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::place;
use crate::blocks::{self, Element, Wanted};
use crate::clock::Time;
use crate::dispatch::{self, Answer, Attempt, Kind, Outgoing};
use crate::error::Refused;
use crate::ids;
use crate::payloads::{self, Place};
use crate::seen::{Message, View};
use crate::sim::Sim;
use crate::state::{Origin, Workspace};

/// Where a person clicks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// In a message.
    Message {
        /// The channel, by name or id.
        channel: String,
        /// The message's timestamp.
        ts: String,
    },
    /// In an open modal or a Home.
    View(String),
}

/// What a person clicks, and with what.
#[derive(Clone, Debug)]
pub struct Click {
    target: Target,
    block_id: Option<String>,
    wanted: Wanted,
    value: Option<String>,
    selected: Option<Value>,
}

/// What came of a click.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClickOutcome {
    /// Whether the app acknowledged it.
    pub ok: bool,
    /// Why not: `operation_timeout`, `no_app`, `dispatch_failed`, or a sentence about what was clicked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Where a link button leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl From<&Message> for Target {
    fn from(message: &Message) -> Self {
        Self::Message {
            channel: message.channel.clone(),
            ts: message.ts.clone(),
        }
    }
}

impl From<&View> for Target {
    fn from(view: &View) -> Self {
        Self::View(view.id().to_owned())
    }
}

impl Click {
    /// On the element with this action id: `Click::on(&message, "approve")`.
    pub fn on(target: impl Into<Target>, action_id: &str) -> Self {
        Self::wanting(target.into(), Wanted::Action(action_id.to_owned()))
    }

    /// On the button that says this: `Click::label(&message, "Approve")`.
    pub fn label(target: impl Into<Target>, words: &str) -> Self {
        Self::wanting(target.into(), Wanted::Label(words.to_owned()))
    }

    /// In the block with this id.
    #[must_use]
    pub fn in_block(mut self, block_id: &str) -> Self {
        self.block_id = Some(block_id.to_owned());
        self
    }

    /// Choosing this: an option's value or label, or a list of them.
    #[must_use]
    pub fn choosing(mut self, selected: impl Into<Value>) -> Self {
        self.selected = Some(selected.into());
        self
    }

    /// With another value than the button's own, as a forged click has.
    #[must_use]
    pub fn with_value(mut self, value: &str) -> Self {
        self.value = Some(value.to_owned());
        self
    }

    fn wanting(target: Target, wanted: Wanted) -> Self {
        Self {
            target,
            block_id: None,
            wanted,
            value: None,
            selected: None,
        }
    }
}

impl ClickOutcome {
    pub(super) fn failed(error: &str) -> Self {
        Self {
            error: Some(error.to_owned()),
            ..Self::default()
        }
    }
}

impl Sim {
    /// A person clicks: `sim.click("alice", Click::on(&message, "approve"))`.
    pub async fn click(&self, user: &str, click: Click) -> ClickOutcome {
        let team = self.team();
        let prepared = team.act(|ws, now| {
            let user = ws.person(user)?.id.clone();
            prepare(ws, now, &user, &click)
        });
        let (payload, url) = match prepared {
            Ok(prepared) => prepared,
            Err(refused) => return ClickOutcome::failed(&refused.to_string()),
        };
        let outcome = self.interact(payload).await;
        ClickOutcome { url, ..outcome }
    }

    /// Sends an interaction to the app and waits for its acknowledgement.
    pub(super) async fn interact(&self, payload: Value) -> ClickOutcome {
        let outgoing = Outgoing {
            kind: Kind::Interaction,
            payload,
        };
        match dispatch::send(self.team(), &outgoing, &Attempt::default()).await {
            Answer::Acked { .. } => ClickOutcome {
                ok: true,
                ..ClickOutcome::default()
            },
            Answer::Silent => ClickOutcome::failed("operation_timeout"),
            Answer::NoApp => ClickOutcome::failed("no_app"),
            Answer::Refused { .. } => ClickOutcome::failed("dispatch_failed"),
        }
    }
}

/// The payload of a click, and where its button leads if it is a link.
fn prepare(
    ws: &mut Workspace,
    now: Time,
    user: &str,
    click: &Click,
) -> Result<(Value, Option<String>), Refused> {
    match &click.target {
        Target::Message { channel, ts } => in_message(ws, now, user, click, (channel, ts)),
        Target::View(id) => in_view(ws, now, user, click, id),
    }
}

fn in_message(
    ws: &mut Workspace,
    now: Time,
    user: &str,
    click: &Click,
    (channel, ts): (&str, &str),
) -> Result<(Value, Option<String>), Refused> {
    let (user, channel) = place(ws, user, channel)?;
    let post = ws
        .find_post(&channel, ts)
        .filter(|post| post.is_visible_to(&user))
        .cloned()
        .ok_or_else(|| Refused(format!("There is no message {ts} to click in.")))?;
    let (action, url) = action(&post.blocks, click, &ids::ts(now.micros()))?;
    let mut state = blocks::state_of(&json!(post.blocks), &Value::Null);
    remember(&mut state, &action);
    let trigger_id = ws.new_trigger(now, &user, None);
    let origin = Origin {
        channel: channel.clone(),
        user: user.clone(),
        message: Some(post.ts.clone()),
    };
    let response_url = ws.new_response_url(now, origin);
    let channel = ws.channel_for(&user, &channel)?;
    let place = Place::Message {
        channel,
        post: &post,
        response_url: &response_url,
        state,
    };
    let payload = payloads::block_actions(ws, &user, &trigger_id, place, action);
    Ok((payload, url))
}

fn in_view(
    ws: &mut Workspace,
    now: Time,
    user: &str,
    click: &Click,
    id: &str,
) -> Result<(Value, Option<String>), Refused> {
    let mut view = ws
        .view_of(user, id)
        .cloned()
        .ok_or_else(|| Refused(format!("There is no open view {id} to click in.")))?;
    let contents = view["blocks"].as_array().cloned().unwrap_or_default();
    let (action, url) = action(&contents, click, &ids::ts(now.micros()))?;
    remember(&mut view["state"], &action);
    ws.set_view_state(user, id, view["state"].clone());
    let in_modal = (view["type"] == "modal").then_some(id);
    let trigger_id = ws.new_trigger(now, user, in_modal);
    let payload = payloads::block_actions(ws, user, &trigger_id, Place::View(&view), action);
    Ok((payload, url))
}

/// The `actions` entry of a click.
fn action(contents: &[Value], click: &Click, at: &str) -> Result<(Value, Option<String>), Refused> {
    let Some(Element { block_id, element }) =
        blocks::find(contents, click.block_id.as_deref(), &click.wanted)
    else {
        let wanted = match &click.wanted {
            Wanted::Action(id) => format!("nothing with the action id `{id}`"),
            Wanted::Label(words) => format!("no button that says `{words}`"),
        };
        return Err(Refused(format!("There is {wanted} to click.")));
    };
    let mut action = json!({
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block_id,
        "action_ts": at,
    });
    for field in ["text", "value", "style", "placeholder"] {
        if !element[field].is_null() {
            action[field] = element[field].clone();
        }
    }
    if let Some(value) = &click.value {
        action["value"] = json!(value);
    }
    if let Some(selected) = &click.selected {
        let filled = blocks::filled(element, selected).map_err(Refused)?;
        for (field, value) in filled.as_object().into_iter().flatten() {
            action[field] = value.clone();
        }
    }
    let url = element["url"].as_str().map(str::to_owned);
    Ok((action, url))
}

/// Puts what was chosen into the state that goes along.
fn remember(state: &mut Value, action: &Value) {
    let block = action["block_id"].as_str().unwrap_or_default();
    let id = action["action_id"].as_str().unwrap_or_default();
    // Not by index: that would leave a null behind for a block that holds nothing, such as one of buttons.
    let held = state
        .get_mut("values")
        .and_then(|values| values.get_mut(block)?.get_mut(id));
    let Some(held) = held else { return };
    for (field, value) in held.as_object_mut().into_iter().flatten() {
        if let Some(chosen) = action.get(field) {
            *value = chosen.clone();
        }
    }
}
