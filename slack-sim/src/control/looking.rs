//! `GET`: what a person sees, and what passed between Slack and the app.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::at::Only;
use super::{At, Unserved};
use crate::error::Refused;
use crate::person::builtins;
use crate::shared::Shared;
use crate::sim::Sim;
use crate::state::{Channel, User, Workspace};

#[derive(Deserialize)]
pub(super) struct Who {
    user: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Where {
    user: String,
    channel: String,
    thread_ts: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
}

#[derive(Deserialize)]
pub(super) struct Which {
    method: Option<String>,
}

pub(super) async fn state(At(sim): At, Query(who): Query<Who>) -> Result<Json<Value>, Unserved> {
    let team = sim.team();
    let now = team.clock.now();
    let delivery = team.delivery();
    let workspaces = all_workspaces(team);
    let state = team.look(|ws| {
        let me = match &who.user {
            Some(name) => Some(ws.person(name)?),
            None => ws.people.first(),
        };
        Ok::<_, Refused>(json!({
            "team": {"id": ws.own.team, "name": ws.team_name},
            "installed": ws.is_installed(now),
            "me": me.map(|me| {
                let mut who = person(me);
                who["locale"] = json!(me.profile.locale);
                who
            }),
            "people": ws.people.iter().map(person).collect::<Vec<_>>(),
            "bot": {"id": ws.own.bot, "name": ws.app.name, "user_id": ws.own.bot_user},
            "channels": me.map(|me| channels(ws, me)).unwrap_or_default(),
            "command": ws.app.command,
            "commands": [{
                "command": ws.app.command,
                "description": ws.app.command_description,
                "usage_hint": ws.app.command_usage,
            }],
            "builtins": builtins(),
            "shortcuts": ws.app.shortcuts,
            "authorize_url": format!("{}/oauth/v2/authorize", ws.base_url),
            "delivery": delivery.name(),
            "workspaces": workspaces,
            "clock": now.millis(),
            "sockets": sim.sockets(),
        }))
    })?;
    Ok(Json(state))
}

pub(super) async fn messages(
    At(sim): At,
    Query(place): Query<Where>,
) -> Result<Json<Value>, Unserved> {
    let Where {
        user,
        channel,
        thread_ts,
    } = place;
    let messages = match &thread_ts {
        Some(root) => sim.thread(&user, &channel, root)?,
        None => sim.messages(&user, &channel)?,
    };
    let (statuses, prompts, stoppable) = sim.team().act(|ws, _| {
        let user = ws.person(&user)?.id.clone();
        let id = ws.channel_for(&user, &channel)?.id.clone();
        ws.mark_read(&id, &user);
        let stoppable = if ws.offers_stop() {
            ws.processing(&id)
        } else {
            Vec::new()
        };
        Ok::<_, Refused>((ws.statuses(&id), ws.prompts(&id).cloned(), stoppable))
    })?;
    Ok(Json(json!({
        "messages": messages,
        "statuses": statuses,
        "prompts": prompts,
        "stoppable": stoppable,
    })))
}

pub(super) async fn views(At(sim): At, Query(who): Query<Who>) -> Result<Json<Value>, Unserved> {
    let stack = sim.views(&named(who)?)?;
    Ok(Json(json!({"stack": stack})))
}

pub(super) async fn home(At(sim): At, Query(who): Query<Who>) -> Result<Json<Value>, Unserved> {
    let view = sim.home(&named(who)?)?;
    Ok(Json(json!({"view": view})))
}

pub(super) async fn log(
    State(sim): State<Sim>,
    Only(team): Only,
    Query(from): Query<After>,
) -> Json<Value> {
    let entries = sim.log(from.after).into_iter();
    let entries = entries.filter(|entry| team.is_none() || entry.team == team);
    let entries = entries.map(|entry| {
        let references = entry.references();
        let mut line = json!(entry);
        if !references.is_empty() {
            line["references"] = json!(references);
        }
        line
    });
    Json(json!({"entries": entries.collect::<Vec<_>>()}))
}

pub(super) async fn calls(
    State(sim): State<Sim>,
    Only(team): Only,
    Query(which): Query<Which>,
) -> Json<Value> {
    let mut calls = match &which.method {
        Some(method) => sim.calls(method),
        None => sim.all_calls(),
    };
    calls.retain(|call| team.is_none() || call.team == team);
    Json(json!({"calls": calls}))
}

fn named(who: Who) -> Result<String, Refused> {
    who.user
        .ok_or_else(|| Refused("Say for whom: add ?user=NAME.".to_owned()))
}

fn person(user: &User) -> Value {
    json!({"id": user.id, "name": user.name, "real_name": user.real_name})
}

/// Every workspace, with how much each person in it has not looked at.
fn all_workspaces(shared: &Shared) -> Vec<Value> {
    let now = shared.clock.now();
    let people = |ws: &Workspace| -> Vec<Value> {
        let unread = |me: &User| -> usize {
            let mine = ws.channels.iter().filter(|it| it.members.contains(&me.id));
            mine.map(|channel| channel.unread(&me.id)).sum()
        };
        ws.people
            .iter()
            .map(|me| json!({"id": me.id, "name": me.name, "unread": unread(me)}))
            .collect()
    };
    let workspaces = shared.workspaces();
    workspaces
        .iter()
        .map(|ws| {
            json!({
                "id": ws.own.team,
                "name": ws.team_name,
                "domain": ws.domain(),
                "installed": ws.is_installed(now),
                "people": people(ws),
            })
        })
        .collect()
}

/// The channels a person can see: the public ones and their own conversation with the bot.
fn channels(ws: &Workspace, me: &User) -> Vec<Value> {
    let visible = |channel: &&Channel| ws.channel_for(&me.id, &channel.id).is_ok();
    ws.channels
        .iter()
        .filter(visible)
        .map(|channel| {
            let kind = channel.kind_name();
            let name = match kind {
                "im" => ws.app.name.clone(),
                "mpim" => others(ws, channel, me),
                _ => channel.name.clone(),
            };
            json!({
                "id": channel.id,
                "name": name,
                "kind": kind,
                "member": channel.members.contains(&me.id),
                "members": channel.members,
                "unread": channel.unread(&me.id),
            })
        })
        .collect()
}

/// What a direct message of a few people is called for one of them.
fn others(ws: &Workspace, channel: &Channel, me: &User) -> String {
    let others = channel.members.iter().filter(|id| **id != me.id);
    let names: Vec<&str> = others.map(|id| ws.user_name(id)).collect();
    names.join(", ")
}
