//! `conversations.*`: channels and what was said in them.

use serde_json::{Value, json};

use super::args::Args;
use super::pages::page;
use crate::error::ApiError;
use crate::state::{Channel, ChannelKind, Post, Workspace};
use crate::team::Team;

pub(super) fn open(team: &Team, args: &Args) -> Result<Value, ApiError> {
    if let (None, Some(users)) = (args.text("channel"), args.text("users"))
        && users.contains(',')
    {
        return open_group(team, args, users);
    }
    team.look(|ws| {
        if let Some(which) = args.text("channel") {
            let channel = ws.channel_for_app(which)?;
            return Ok(json!({"channel": {"id": channel.id}}));
        }
        let users = args.required("users")?;
        let im = ws
            .channels
            .iter()
            .find(|channel| matches!(&channel.kind, ChannelKind::Im(owner) if owner == users));
        let im = im.ok_or_else(|| ApiError::from("user_not_found"))?;
        let mut channel = json!({"id": im.id});
        if args.flag("return_im") {
            channel = object(ws, im);
        }
        Ok(json!({"no_op": true, "already_open": true, "channel": channel}))
    })
}

/// With several people: the same conversation for the same people.
fn open_group(team: &Team, args: &Args, users: &str) -> Result<Value, ApiError> {
    let users: Vec<&str> = users.split(',').map(str::trim).collect();
    team.act(|ws, now| {
        let (id, there) = ws.open_group_for_app(now, &users)?;
        let mut answer = json!({"channel": {"id": id}});
        if args.flag("return_im") {
            answer["channel"] = object(ws, ws.channel_for_app(&id)?);
        }
        if there {
            answer["no_op"] = json!(true);
            answer["already_open"] = json!(true);
        }
        Ok(answer)
    })
}

pub(super) fn info(team: &Team, args: &Args) -> Result<Value, ApiError> {
    team.look(|ws| {
        let channel = ws.channel_for_app(args.required("channel")?)?;
        let mut object = object(ws, channel);
        if args.flag("include_num_members") {
            object["num_members"] = json!(channel.members.len());
        }
        Ok(json!({"channel": object}))
    })
}

pub(super) fn list(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let types = args.text("types").unwrap_or("public_channel");
    let wanted = |channel: &&Channel| match channel.kind {
        ChannelKind::Public => types.split(',').any(|kind| kind == "public_channel"),
        ChannelKind::Private => {
            channel.has_bot() && types.split(',').any(|kind| kind == "private_channel")
        }
        ChannelKind::Mpim => channel.has_bot() && types.split(',').any(|kind| kind == "mpim"),
        ChannelKind::Im(_) => types.split(',').any(|kind| kind == "im"),
    };
    let channels = team.look(|ws| {
        ws.channels
            .iter()
            .filter(wanted)
            .map(|one| object(ws, one))
            .collect()
    });
    page(args, "channels", channels)
}

pub(super) fn members(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let members = team.look(|ws| {
        let channel = ws.channel_for_app(args.required("channel")?)?;
        Ok::<_, ApiError>(channel.members.iter().map(|id| json!(id)).collect())
    })?;
    page(args, "members", members)
}

pub(super) fn history(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let messages = team.look(|ws| {
        let channel = readable(ws, args)?;
        let mut messages: Vec<_> = channel
            .history()
            .filter(|post| in_range(post, args))
            .map(|post| shown(ws, channel, post, args))
            .collect();
        messages.reverse();
        Ok::<_, ApiError>(messages)
    })?;
    page(args, "messages", messages)
}

pub(super) fn replies(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let ts = args.required("ts")?;
    let messages = team.look(|ws| {
        let channel = readable(ws, args)?;
        let post = ws.find_post(&channel.id, ts);
        let post = post
            .filter(|post| post.only_for.is_none())
            .ok_or_else(|| ApiError::from("thread_not_found"))?;
        let root = post.thread_ts.as_deref().unwrap_or(ts);
        let messages: Vec<_> = channel
            .thread(root)
            // The first message always comes along.
            .filter(|post| post.ts == root || in_range(post, args))
            .map(|post| shown(ws, channel, post, args))
            .collect();
        Ok::<_, ApiError>(messages)
    })?;
    page(args, "messages", messages)
}

/// A channel whose messages the bot may read.
fn readable<'a>(ws: &'a Workspace, args: &Args) -> Result<&'a Channel, ApiError> {
    let channel = ws.channel_for_app(args.required("channel")?)?;
    if channel.has_bot() {
        Ok(channel)
    } else {
        Err("not_in_channel".into())
    }
}

fn in_range(post: &Post, args: &Args) -> bool {
    let inclusive = args.flag("inclusive");
    let ts = post.ts.as_str();
    let after = |oldest: &str| ts > oldest || (inclusive && ts == oldest);
    let before = |latest: &str| ts < latest || (inclusive && ts == latest);
    args.text("oldest").is_none_or(after) && args.text("latest").is_none_or(before)
}

fn shown(ws: &Workspace, channel: &Channel, post: &Post, args: &Args) -> Value {
    let mut message = ws.message_json(channel, post);
    if let Some(metadata) = &post.metadata {
        message["metadata"] = if args.flag("include_all_metadata") {
            metadata.clone()
        } else {
            json!({"event_type": metadata["event_type"]})
        };
    }
    message
}

fn object(ws: &Workspace, channel: &Channel) -> Value {
    let mut object = json!({
        "id": channel.id,
        "created": channel.created.seconds(),
        "is_archived": false,
        "is_group": false,
        "is_mpim": false,
        "is_org_shared": false,
        "is_shared": channel.external,
        "is_ext_shared": channel.external,
        "context_team_id": ws.own.team,
    });
    let more = match &channel.kind {
        ChannelKind::Public | ChannelKind::Private => json!({
            "name": channel.name,
            "name_normalized": channel.name,
            "is_channel": true,
            "is_im": false,
            "is_private": channel.kind == ChannelKind::Private,
            "is_member": channel.has_bot(),
            "creator": channel.creator,
            "is_general": channel.name == "general",
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }),
        ChannelKind::Mpim => json!({
            "name": channel.name,
            "name_normalized": channel.name,
            "is_channel": false,
            "is_group": true,
            "is_im": false,
            "is_mpim": true,
            "is_private": true,
            "is_member": channel.has_bot(),
            "is_open": true,
            "creator": channel.creator,
            "topic": {"value": "Group messaging", "creator": channel.creator, "last_set": 0},
            "purpose": {"value": "Group messaging", "creator": channel.creator, "last_set": 0},
        }),
        ChannelKind::Im(user) => json!({
            "user": user,
            "is_channel": false,
            "is_im": true,
            "is_private": true,
            "is_open": true,
            "is_user_deleted": false,
        }),
    };
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}
