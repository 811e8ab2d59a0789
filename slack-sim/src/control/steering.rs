//! What a test steers: the clock, faults, deliveries by hand, channels and their members.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{At, Unserved};
use crate::config::{Delivery, PersonChange, WorkspaceConfig};
use crate::dispatch::Handmade;
use crate::error::Refused;
use crate::faults::Fault;

#[derive(Deserialize)]
pub(super) struct Clock {
    advance: Value,
}

#[derive(Deserialize)]
pub(super) struct Mode {
    mode: String,
    request_url: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct NewChannel {
    name: String,
    #[serde(default)]
    bot: bool,
    /// The people in a private channel.
    private: Option<Vec<String>>,
}

#[derive(Deserialize)]
pub(super) struct NewGroup {
    people: Vec<String>,
    #[serde(default)]
    bot: bool,
}

#[derive(Deserialize)]
pub(super) struct Deleted {
    channel: String,
}

#[derive(Deserialize)]
pub(super) struct Membership {
    channel: String,
    user: String,
    member: bool,
    inviter: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Changed {
    user: String,
    #[serde(flatten)]
    change: PersonChange,
}

#[derive(Deserialize)]
pub(super) struct Scopes {
    scopes: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Limited {
    tiers: bool,
}

/// What becomes of the app.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fate {
    Install,
    InstallInOrg,
    Uninstall,
    RevokeTokens,
    LimitEvents,
}

#[derive(Deserialize)]
pub(super) struct Oauth {
    token_rotation: bool,
}

#[derive(Deserialize)]
pub(super) struct Shared {
    channel: String,
    external: bool,
}

#[derive(Deserialize)]
pub(super) struct Fated {
    what: Fate,
}

pub(super) async fn clock(At(sim): At, Json(it): Json<Clock>) -> Result<Json<Value>, Unserved> {
    let by = duration(&it.advance).ok_or_else(|| {
        Refused(
            "Give `advance` in milliseconds, or as \"90s\", \"5m\", \"2h\" or \"1d\".".to_owned(),
        )
    })?;
    sim.advance(by);
    Ok(Json(json!({"clock": sim.team().clock.now().millis()})))
}

pub(super) async fn fault(At(sim): At, Json(fault): Json<Fault>) -> Json<Value> {
    sim.fault(fault);
    Json(json!({"ok": true}))
}

pub(super) async fn clear_faults(At(sim): At) -> Json<Value> {
    sim.clear_faults();
    Json(json!({"ok": true}))
}

pub(super) async fn deliver(At(sim): At, Json(it): Json<Handmade>) -> Json<Value> {
    Json(json!({"acks": sim.deliver(it).await}))
}

pub(super) async fn delivery(At(sim): At, Json(it): Json<Mode>) -> Result<Json<Value>, Unserved> {
    let delivery = match (it.mode.as_str(), it.request_url) {
        ("socket", _) => Delivery::Socket,
        ("http", Some(request_url)) => Delivery::Http { request_url },
        ("http", None) => {
            return Err(Refused("Give the app's base address as `request_url`.".to_owned()).into());
        }
        _ => return Err(Refused("The mode is `socket` or `http`.".to_owned()).into()),
    };
    sim.set_delivery(delivery)
        .await
        .map_err(|error| Unserved(StatusCode::BAD_GATEWAY, format!("{error:#}")))?;
    Ok(Json(json!({"ok": true})))
}

pub(super) async fn add_channel(
    At(sim): At,
    Json(it): Json<NewChannel>,
) -> Result<Json<Value>, Unserved> {
    let id = match &it.private {
        Some(people) => {
            let people: Vec<_> = people.iter().map(String::as_str).collect();
            sim.add_private_channel(&it.name, &people, it.bot)?
        }
        None => sim.add_channel(&it.name, it.bot)?,
    };
    Ok(Json(json!({"id": id})))
}

pub(super) async fn open_group(
    At(sim): At,
    Json(it): Json<NewGroup>,
) -> Result<Json<Value>, Unserved> {
    let people: Vec<_> = it.people.iter().map(String::as_str).collect();
    Ok(Json(json!({"id": sim.open_group(&people, it.bot)?})))
}

pub(super) async fn delete_channel(
    At(sim): At,
    Json(it): Json<Deleted>,
) -> Result<Json<Value>, Unserved> {
    sim.delete_channel(&it.channel)?;
    Ok(Json(json!({"ok": true})))
}

pub(super) async fn set_member(
    At(sim): At,
    Json(it): Json<Membership>,
) -> Result<Json<Value>, Unserved> {
    match (it.member, &it.inviter) {
        (true, Some(inviter)) => sim.invite_by(inviter, &it.channel, &it.user)?,
        (true, None) => sim.invite(&it.channel, &it.user)?,
        (false, _) => sim.kick(&it.channel, &it.user)?,
    }
    Ok(Json(json!({"ok": true})))
}

pub(super) async fn set_person(
    At(sim): At,
    Json(it): Json<Changed>,
) -> Result<Json<Value>, Unserved> {
    sim.set_person(&it.user, it.change)?;
    Ok(Json(json!({"ok": true})))
}

pub(super) async fn set_scopes(At(sim): At, Json(it): Json<Scopes>) -> Json<Value> {
    let scopes: Vec<_> = it.scopes.iter().map(String::as_str).collect();
    sim.set_scopes(&scopes);
    Json(json!({"ok": true}))
}

pub(super) async fn set_limits(At(sim): At, Json(it): Json<Limited>) -> Json<Value> {
    sim.set_tiers(it.tiers);
    Json(json!({"ok": true}))
}

pub(super) async fn oauth(At(sim): At, Json(it): Json<Oauth>) -> Json<Value> {
    sim.set_token_rotation(it.token_rotation);
    Json(json!({"ok": true}))
}

pub(super) async fn set_external(
    At(sim): At,
    Json(it): Json<Shared>,
) -> Result<Json<Value>, Unserved> {
    sim.set_external(&it.channel, it.external)?;
    Ok(Json(json!({"ok": true})))
}

pub(super) async fn app(At(sim): At, Json(it): Json<Fated>) -> Json<Value> {
    match it.what {
        Fate::Install => sim.install(),
        Fate::InstallInOrg => sim.install_in_org(),
        Fate::Uninstall => sim.uninstall(),
        Fate::RevokeTokens => sim.revoke_tokens(),
        Fate::LimitEvents => sim.limit_events(),
    }
    Json(json!({"ok": true}))
}

pub(super) async fn add_workspace(
    At(sim): At,
    Json(it): Json<WorkspaceConfig>,
) -> Result<Json<Value>, Unserved> {
    let added = sim.add_workspace(it)?;
    Ok(Json(
        json!({"id": added.team_id(), "bot_token": added.bot_token()}),
    ))
}

pub(super) async fn reset(At(sim): At) -> Json<Value> {
    sim.reset();
    Json(json!({"ok": true}))
}

/// A number of milliseconds, or digits with a unit.
fn duration(value: &Value) -> Option<Duration> {
    if let Some(millis) = value.as_u64() {
        return Some(Duration::from_millis(millis));
    }
    let text = value.as_str()?.trim();
    let (digits, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit())?);
    let number: u64 = digits.parse().ok()?;
    let millis = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(millis)?))
}
