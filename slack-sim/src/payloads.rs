//! The JSON that Slack sends to an app, as full as Slack's own.

mod events;
mod interactions;

use serde_json::{Value, json};

use crate::ids;
use crate::state::{Channel, Workspace};

pub(crate) use events::{
    Reacted, app_mention, authorizations, channel_gone, event_callback, file_event, home_opened,
    member_joined, member_left, message, message_changed, message_deleted, reaction, subscription,
    user_change,
};
pub(crate) use interactions::{
    Asked, Place, block_actions, message_action, shortcut, suggestion_in_message,
    suggestion_in_view, view_closed, view_submission,
};

/// A slash command as the app gets it (as form fields over HTTP).
pub(crate) struct Command<'a> {
    pub(crate) user: &'a str,
    pub(crate) channel: &'a str,
    pub(crate) command: &'a str,
    pub(crate) text: &'a str,
    pub(crate) trigger_id: &'a str,
    pub(crate) response_url: &'a str,
}

/// The payload of a slash command.
pub(crate) fn slash_command(ws: &Workspace, command: &Command<'_>) -> Value {
    let mut payload = json!({
        "token": ids::VERIFICATION_TOKEN,
        "team_id": ws.own.team,
        "team_domain": ws.domain(),
        "channel_id": command.channel,
        "channel_name": ws.channel(command.channel).map(Channel::name_in_command),
        "user_id": command.user,
        "user_name": ws.user_name(command.user),
        "command": command.command,
        "text": command.text,
        "api_app_id": ids::APP,
        "is_enterprise_install": ws.org_install.to_string(),
        "response_url": command.response_url,
        "trigger_id": command.trigger_id,
    });
    let enterprise = ws.enterprise();
    if enterprise.is_object() {
        payload["enterprise_id"] = enterprise["id"].clone();
        payload["enterprise_name"] = enterprise["name"].clone();
    }
    payload
}
