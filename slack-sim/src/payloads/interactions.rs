//! Interactive payloads: clicks, submissions and closed modals.

use serde_json::{Value, json};

use crate::ids;
use crate::state::{Channel, Post, Workspace};

/// A click or choice; `place` says where it happened, `actions` what was done.
pub(crate) fn block_actions(
    ws: &Workspace,
    user: &str,
    trigger_id: &str,
    place: Place<'_>,
    action: Value,
) -> Value {
    let mut payload = base(ws, "block_actions", user);
    payload["trigger_id"] = json!(trigger_id);
    payload["actions"] = json!([action]);
    match place {
        Place::Message {
            channel,
            post,
            response_url,
            state,
        } => {
            payload["response_url"] = json!(response_url);
            payload["state"] = state;
            put_message(ws, &mut payload, channel, post);
        }
        Place::View(view) => put_view(&mut payload, view),
    }
    payload
}

/// What somebody typed into an external select.
pub(crate) struct Asked<'a> {
    pub(crate) user: &'a str,
    pub(crate) block_id: &'a str,
    pub(crate) action_id: &'a str,
    pub(crate) value: &'a str,
}

/// The question for options of a select in a message.
pub(crate) fn suggestion_in_message(
    ws: &Workspace,
    asked: &Asked<'_>,
    channel: &Channel,
    post: &Post,
) -> Value {
    let mut payload = suggestion(ws, asked);
    put_message(ws, &mut payload, channel, post);
    payload
}

/// The question for options of a select in a modal or a Home.
pub(crate) fn suggestion_in_view(ws: &Workspace, asked: &Asked<'_>, view: &Value) -> Value {
    let mut payload = suggestion(ws, asked);
    put_view(&mut payload, view);
    payload
}

fn suggestion(ws: &Workspace, asked: &Asked<'_>) -> Value {
    let mut payload = base(ws, "block_suggestion", asked.user);
    payload["block_id"] = json!(asked.block_id);
    payload["action_id"] = json!(asked.action_id);
    payload["value"] = json!(asked.value);
    payload
}

fn put_message(ws: &Workspace, payload: &mut Value, channel: &Channel, post: &Post) {
    let ephemeral = post.only_for.is_some();
    payload["container"] = json!({
        "type": "message",
        "message_ts": post.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    });
    if let Some(thread_ts) = &post.thread_ts {
        payload["container"]["thread_ts"] = json!(thread_ts);
    }
    payload["channel"] = json!({"id": channel.id, "name": channel.name});
    // Slack does not give an ephemeral message back to the app.
    if !ephemeral {
        payload["message"] = ws.message_json(channel, post);
        if let Some(metadata) = &post.metadata {
            payload["message"]["metadata"] = metadata.clone();
        }
    }
}

fn put_view(payload: &mut Value, view: &Value) {
    // A view of an app that the whole organisation has is in no team.
    if payload["is_enterprise_install"] == true {
        payload["team"] = Value::Null;
    }
    payload["container"] = json!({"type": "view", "view_id": view["id"]});
    payload["view"] = view.clone();
}

/// Where a person clicked.
pub(crate) enum Place<'a> {
    Message {
        channel: &'a Channel,
        post: &'a Post,
        response_url: &'a str,
        state: Value,
    },
    View(&'a Value),
}

/// A modal that was submitted, with its `state` filled in.
pub(crate) fn view_submission(
    ws: &Workspace,
    user: &str,
    trigger_id: &str,
    view: &Value,
    response_urls: &Value,
) -> Value {
    let mut payload = base(ws, "view_submission", user);
    payload["trigger_id"] = json!(trigger_id);
    put_view(&mut payload, view);
    without_container(&mut payload);
    payload["response_urls"] = response_urls.clone();
    payload
}

/// A modal that was closed by its cross or its close button.
pub(crate) fn view_closed(ws: &Workspace, user: &str, view: &Value, is_cleared: bool) -> Value {
    let mut payload = base(ws, "view_closed", user);
    put_view(&mut payload, view);
    without_container(&mut payload);
    payload["is_cleared"] = json!(is_cleared);
    payload
}

/// A global shortcut that was chosen.
pub(crate) fn shortcut(
    ws: &Workspace,
    user: &str,
    callback_id: &str,
    trigger_id: &str,
    at: &str,
) -> Value {
    let mut payload = base(ws, "shortcut", user);
    payload["callback_id"] = json!(callback_id);
    payload["trigger_id"] = json!(trigger_id);
    payload["action_ts"] = json!(at);
    payload
}

/// A shortcut that was chosen on a message: a `shortcut` with what it was chosen on.
pub(crate) fn message_action(
    ws: &Workspace,
    shortcut: Value,
    channel: &Channel,
    post: &Post,
    response_url: &str,
) -> Value {
    let mut payload = shortcut;
    payload["type"] = json!("message_action");
    payload["channel"] = json!({"id": channel.id, "name": channel.name});
    payload["message_ts"] = json!(post.ts);
    payload["message"] = ws.message_json(channel, post);
    payload["response_url"] = json!(response_url);
    payload
}

/// Submissions are about a view without being in one.
fn without_container(payload: &mut Value) {
    if let Some(fields) = payload.as_object_mut() {
        fields.remove("container");
    }
}

fn base(ws: &Workspace, kind: &str, user: &str) -> Value {
    let name = ws.user_name(user);
    let enterprise = ws.enterprise();
    let mut team = json!({"id": ws.own.team, "domain": ws.domain()});
    if enterprise.is_object() {
        team["enterprise_id"] = enterprise["id"].clone();
        team["enterprise_name"] = enterprise["name"].clone();
    }
    json!({
        "type": kind,
        "user": {"id": user, "username": name, "name": name, "team_id": ws.team_of(user)},
        "api_app_id": ids::APP,
        "token": ids::VERIFICATION_TOKEN,
        "team": team,
        "enterprise": enterprise,
        "is_enterprise_install": ws.org_install,
    })
}
