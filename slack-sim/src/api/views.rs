//! `views.*`: modals and App Homes.

use serde_json::{Value, json};

use super::args::Args;
use crate::error::ApiError;
use crate::state::Which;
use crate::team::Team;

pub(super) fn open(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let view = view(args)?;
    let trigger = trigger(args)?;
    let view = team.act(|ws, now| ws.open_view(now, trigger, view))?;
    Ok(json!({"view": view}))
}

pub(super) fn push(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let view = view(args)?;
    let trigger = trigger(args)?;
    let view = team.act(|ws, now| ws.push_view(now, trigger, view))?;
    Ok(json!({"view": view}))
}

pub(super) fn update(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let view = view(args)?;
    let which = match args.text("view_id") {
        Some(id) => Which::Id(id.to_owned()),
        None => Which::External(args.required("external_id")?.to_owned()),
    };
    let view = team.act(|ws, now| ws.update_view(now, &which, args.text("hash"), view))?;
    Ok(json!({"view": view}))
}

pub(super) fn publish(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let view = view(args)?;
    let user = args.required("user_id")?;
    let view = team.act(|ws, now| ws.publish_home(now, user, args.text("hash"), view))?;
    Ok(json!({"view": view}))
}

/// The proof that somebody has just acted, under either of its names.
fn trigger(args: &Args) -> Result<&str, ApiError> {
    match args.text("interactivity_pointer") {
        Some(pointer) => Ok(pointer),
        None => args.required("trigger_id"),
    }
}

fn view(args: &Args) -> Result<Value, ApiError> {
    let view = args.value("view").filter(|view| view.is_object());
    view.cloned().ok_or_else(|| {
        let message = "[ERROR] missing required field: view".to_owned();
        ApiError::with_messages("invalid_arguments", vec![message])
    })
}
