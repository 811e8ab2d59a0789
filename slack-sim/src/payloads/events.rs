//! Events API payloads.

use serde_json::{Value, json};

use crate::clock::Time;
use crate::ids;
use crate::state::{Channel, ChannelKind, Post, Workspace};

/// The subscription in a manifest that covers an event.
pub(crate) fn subscription(event: &Value) -> String {
    let kind = event["type"].as_str().unwrap_or_default();
    match (kind, event["channel_type"].as_str()) {
        ("message", Some("channel")) => "message.channels".to_owned(),
        ("message", Some("group")) => "message.groups".to_owned(),
        ("message", Some(place)) => format!("message.{place}"),
        _ => kind.to_owned(),
    }
}

/// Wraps an event for delivery.
pub(crate) fn event_callback(ws: &mut Workspace, now: Time, event: Value) -> Value {
    let context = format!("4-{}-{}", ws.own.team, ids::random(8));
    let actor = [&event["user"], &event["message"]["user"]];
    let actor = actor.into_iter().find_map(Value::as_str);
    // Of what somebody from another company does, the outer team is theirs; whose app hears it, the authorizations say.
    let team = actor
        .map_or(ws.own.team.as_str(), |user| ws.team_of(user))
        .to_owned();
    let place = event["channel"].as_str().and_then(|id| ws.channel(id));
    let external = place.is_some_and(|channel| channel.external);
    let enterprise = ws.enterprise()["id"].clone();
    let mut callback = json!({
        "token": ids::VERIFICATION_TOKEN,
        "team_id": team,
        "context_team_id": ws.own.team,
        "context_enterprise_id": enterprise,
        "api_app_id": ids::APP,
        "event": event,
        "type": "event_callback",
        "event_id": ws.ids.next("Ev"),
        "event_time": now.seconds(),
        "authorizations": authorizations(ws),
        "is_ext_shared_channel": external,
        "event_context": context,
    });
    if !enterprise.is_null() {
        callback["enterprise_id"] = enterprise;
    }
    callback
}

/// Whose installation an event goes to.
pub(crate) fn authorizations(ws: &Workspace) -> Value {
    json!([{
        "enterprise_id": ws.enterprise()["id"],
        "team_id": if ws.org_install { Value::Null } else { json!(ws.own.team) },
        "user_id": ws.own.bot_user,
        "is_bot": true,
        "is_enterprise_install": ws.org_install,
    }])
}

/// A message that was posted.
pub(crate) fn message(ws: &Workspace, channel: &Channel, post: &Post) -> Value {
    let mut event = ws.message_json(channel, post);
    event["channel"] = json!(channel.id);
    event["channel_type"] = json!(channel.kind_name());
    event["event_ts"] = json!(post.ts);
    if let Some(metadata) = &post.metadata {
        event["metadata"] = metadata.clone();
    }
    event
}

/// The second event for a message that mentions the bot in a channel.
pub(crate) fn app_mention(ws: &Workspace, channel: &Channel, post: &Post) -> Value {
    let mut event = message(ws, channel, post);
    event["type"] = json!("app_mention");
    if let Some(fields) = event.as_object_mut() {
        fields.remove("channel_type");
        fields.remove("parent_user_id");
    }
    event
}

/// A message that was edited.
pub(crate) fn message_changed(
    ws: &Workspace,
    channel: &str,
    before: &Post,
    after: &Post,
    at: &str,
) -> Value {
    let mut event = hidden(ws, channel, "message_changed", at);
    if let Some(place) = ws.channel(channel) {
        event["message"] = ws.message_json(place, after);
        event["previous_message"] = ws.message_json(place, before);
    }
    event
}

/// A message that was deleted.
pub(crate) fn message_deleted(ws: &Workspace, channel: &str, gone: &Post, at: &str) -> Value {
    let mut event = hidden(ws, channel, "message_deleted", at);
    event["deleted_ts"] = json!(gone.ts);
    if let Some(place) = ws.channel(channel) {
        event["previous_message"] = ws.message_json(place, gone);
    }
    event
}

fn hidden(ws: &Workspace, channel: &str, subtype: &str, at: &str) -> Value {
    json!({
        "type": "message",
        "subtype": subtype,
        "channel": channel,
        "channel_type": ws.channel(channel).map(Channel::kind_name),
        "hidden": true,
        "ts": at,
        "event_ts": at,
    })
}

/// The message that somebody reacted to.
pub(crate) struct Reacted<'a> {
    pub(crate) channel: &'a str,
    pub(crate) ts: &'a str,
    pub(crate) author: &'a str,
}

/// A reaction that was given or taken back: `reaction_added` or `reaction_removed`.
pub(crate) fn reaction(
    kind: &str,
    target: &Reacted<'_>,
    name: &str,
    user: &str,
    at: &str,
) -> Value {
    json!({
        "type": kind,
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": target.channel, "ts": target.ts},
        "item_user": target.author,
        "event_ts": at,
    })
}

/// Something happened to a file: `file_created`, `file_shared` or `file_deleted`.
pub(crate) fn file_event(kind: &str, file: &str, user: &str, at: &str) -> Value {
    let mut event = json!({"type": kind, "file_id": file, "event_ts": at});
    if kind != "file_deleted" {
        event["user_id"] = json!(user);
        event["file"] = json!({"id": file});
    }
    event
}

/// Somebody joined a channel, by themselves or because somebody invited them.
pub(crate) fn member_joined(
    ws: &Workspace,
    channel: &str,
    kind: &ChannelKind,
    (user, inviter): (&str, Option<&str>),
    at: &str,
) -> Value {
    let mut event = membership(ws, "member_joined_channel", channel, kind, user, at);
    if let Some(inviter) = inviter {
        event["inviter"] = json!(inviter);
    }
    event
}

/// Somebody left a channel.
pub(crate) fn member_left(
    ws: &Workspace,
    channel: &str,
    kind: &ChannelKind,
    user: &str,
    at: &str,
) -> Value {
    membership(ws, "member_left_channel", channel, kind, user, at)
}

fn membership(
    ws: &Workspace,
    event: &str,
    channel: &str,
    kind: &ChannelKind,
    user: &str,
    at: &str,
) -> Value {
    let kind = match kind {
        ChannelKind::Private | ChannelKind::Mpim => "G",
        ChannelKind::Public | ChannelKind::Im(_) => "C",
    };
    json!({
        "type": event,
        "user": user,
        "channel": channel,
        "channel_type": kind,
        "team": ws.own.team,
        "event_ts": at,
    })
}

/// Something about a person is another now; `user` is as `users.info` shows it.
pub(crate) fn user_change(user: Value, at: &str) -> Value {
    json!({"type": "user_change", "user": user, "event_ts": at})
}

/// A channel is no longer there for the app, because it was `deleted` or because its bot has `left`.
pub(crate) fn channel_gone(how: &str, channel: &str, kind: &ChannelKind, at: &str) -> Value {
    let place = match kind {
        ChannelKind::Private | ChannelKind::Mpim => "group",
        ChannelKind::Public | ChannelKind::Im(_) => "channel",
    };
    json!({"type": format!("{place}_{how}"), "channel": channel, "event_ts": at})
}

/// A person opened the app's Home or its messages.
pub(crate) fn home_opened(ws: &Workspace, user: &str, channel: &str, tab: &str, at: &str) -> Value {
    let mut event = json!({
        "type": "app_home_opened",
        "user": user,
        "channel": channel,
        "tab": tab,
        "event_ts": at,
    });
    if tab == "home"
        && let Some(home) = ws.home(user)
    {
        event["view"] = home.clone();
    }
    event
}
