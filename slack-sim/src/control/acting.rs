//! `POST`: what a person does.

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{At, Unserved};
use crate::error::Refused;
use crate::person::{Click, ClickOutcome, CommandOutcome, SubmitOutcome, Suggestions, Target};

#[derive(Deserialize)]
pub(super) struct Say {
    user: String,
    channel: String,
    text: String,
    thread_ts: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Command {
    user: String,
    channel: String,
    command: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
pub(super) struct Clicked {
    user: String,
    message: Option<InMessage>,
    view_id: Option<String>,
    block_id: Option<String>,
    action_id: Option<String>,
    /// The words on the button, instead of its action id.
    label: Option<String>,
    value: Option<String>,
    selected: Option<Value>,
}

#[derive(Deserialize)]
struct InMessage {
    channel: String,
    ts: String,
}

#[derive(Deserialize)]
pub(super) struct Submit {
    user: String,
    view_id: String,
    #[serde(default)]
    values: Value,
}

#[derive(Deserialize)]
pub(super) struct Close {
    user: String,
    view_id: String,
}

#[derive(Deserialize)]
pub(super) struct Home {
    user: String,
    tab: String,
}

#[derive(Deserialize)]
pub(super) struct React {
    user: String,
    channel: String,
    ts: String,
    name: String,
}

pub(super) async fn say(At(sim): At, Json(say): Json<Say>) -> Result<Json<Value>, Unserved> {
    let ts = match &say.thread_ts {
        Some(root) => sim.reply(&say.user, &say.channel, root, &say.text).await?,
        None => sim.say(&say.user, &say.channel, &say.text).await?,
    };
    Ok(Json(json!({"ts": ts})))
}

pub(super) async fn command(At(sim): At, Json(it): Json<Command>) -> Json<CommandOutcome> {
    let outcome = sim.command(&it.user, &it.channel, &it.command, &it.text);
    Json(outcome.await)
}

pub(super) async fn click(
    At(sim): At,
    Json(it): Json<Clicked>,
) -> Result<Json<ClickOutcome>, Unserved> {
    let user = it.user.clone();
    Ok(Json(sim.click(&user, it.into_click()?).await))
}

#[derive(Deserialize)]
pub(super) struct Renamed {
    user: String,
    channel: String,
    thread_ts: String,
    title: String,
}

pub(super) async fn rename(At(sim): At, Json(it): Json<Renamed>) -> Result<Json<Value>, Unserved> {
    sim.rename_session(&it.user, &it.channel, &it.thread_ts, &it.title)?;
    Ok(Json(json!({"ok": true})))
}

#[derive(Deserialize)]
pub(super) struct Consented {
    user: String,
    url: String,
    #[serde(default)]
    org: bool,
}

pub(super) async fn authorize(
    At(sim): At,
    Json(it): Json<Consented>,
) -> Result<Json<Value>, Unserved> {
    let redirect = sim.authorize(&it.user, &it.url, it.org)?;
    Ok(Json(json!({"redirect": redirect})))
}

#[derive(Deserialize)]
pub(super) struct Typed {
    user: String,
    message: Option<InMessage>,
    view_id: Option<String>,
    action_id: String,
    value: String,
}

pub(super) async fn suggest(
    At(sim): At,
    Json(it): Json<Typed>,
) -> Result<Json<Suggestions>, Unserved> {
    let target = target(it.message, it.view_id)?;
    let found = sim.suggest(&it.user, target, &it.action_id, &it.value);
    Ok(Json(found.await))
}

pub(super) async fn submit(At(sim): At, Json(it): Json<Submit>) -> Json<SubmitOutcome> {
    Json(sim.submit(&it.user, &it.view_id, it.values).await)
}

pub(super) async fn close(At(sim): At, Json(it): Json<Close>) -> Result<Json<Value>, Unserved> {
    sim.close(&it.user, &it.view_id).await?;
    Ok(Json(json!({"ok": true})))
}

pub(super) async fn open_home(At(sim): At, Json(it): Json<Home>) -> Result<Json<Value>, Unserved> {
    sim.open_home(&it.user, &it.tab).await?;
    Ok(Json(json!({"ok": true})))
}

#[derive(Deserialize)]
pub(super) struct Stop {
    user: String,
    channel: String,
    thread_ts: String,
}

pub(super) async fn stop(At(sim): At, Json(it): Json<Stop>) -> Result<Json<Value>, Unserved> {
    sim.stop_session(&it.user, &it.channel, &it.thread_ts)?;
    Ok(Json(json!({"ok": true})))
}

#[derive(Deserialize)]
pub(super) struct Edit {
    user: String,
    channel: String,
    ts: String,
    text: String,
}

#[derive(Deserialize)]
pub(super) struct Delete {
    user: String,
    channel: String,
    ts: String,
}

#[derive(Deserialize)]
pub(super) struct Shortcut {
    user: String,
    callback_id: String,
    /// What a message shortcut is chosen on.
    message: Option<InMessage>,
}

pub(super) async fn edit(At(sim): At, Json(it): Json<Edit>) -> Result<Json<Value>, Unserved> {
    sim.edit(&it.user, &it.channel, &it.ts, &it.text).await?;
    Ok(Json(json!({"ok": true})))
}

pub(super) async fn delete(At(sim): At, Json(it): Json<Delete>) -> Result<Json<Value>, Unserved> {
    sim.delete(&it.user, &it.channel, &it.ts).await?;
    Ok(Json(json!({"ok": true})))
}

pub(super) async fn shortcut(At(sim): At, Json(it): Json<Shortcut>) -> Json<ClickOutcome> {
    let on = it
        .message
        .map(|InMessage { channel, ts }| Target::Message { channel, ts });
    Json(sim.shortcut(&it.user, &it.callback_id, on).await)
}

pub(super) async fn react(At(sim): At, Json(it): Json<React>) -> Result<Json<Value>, Unserved> {
    sim.react(&it.user, &it.channel, &it.ts, &it.name).await?;
    Ok(Json(json!({"ok": true})))
}

/// Where somebody acts.
fn target(message: Option<InMessage>, view_id: Option<String>) -> Result<Target, Refused> {
    match (message, view_id) {
        (Some(InMessage { channel, ts }), _) => Ok(Target::Message { channel, ts }),
        (None, Some(id)) => Ok(Target::View(id)),
        (None, None) => Err(Refused(
            "Say where: give `message` or `view_id`.".to_owned(),
        )),
    }
}

impl Clicked {
    fn into_click(self) -> Result<Click, Refused> {
        let target = target(self.message, self.view_id)?;
        let mut click = match (&self.action_id, &self.label) {
            (Some(id), _) => Click::on(target, id),
            (None, Some(words)) => Click::label(target, words),
            (None, None) => {
                return Err(Refused("Say what: give `action_id` or `label`.".to_owned()));
            }
        };
        if let Some(id) = &self.block_id {
            click = click.in_block(id);
        }
        if let Some(value) = &self.value {
            click = click.with_value(value);
        }
        if let Some(selected) = self.selected {
            click = click.choosing(selected);
        }
        Ok(click)
    }
}
