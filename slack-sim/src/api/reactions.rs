//! `reactions.*`.

use serde_json::{Value, json};

use super::args::Args;
use crate::error::ApiError;
use crate::team::Team;

pub(super) fn add(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let (ts, name) = target(args)?;
    team.act(|ws, now| {
        let channel = ws.channel_for_app(args.required("channel")?)?;
        if !channel.has_bot() {
            return Err("not_in_channel".into());
        }
        let id = channel.id.clone();
        let bot = ws.own.bot_user.clone();
        ws.react(now, &id, ts, name, &bot)?;
        Ok(json!({}))
    })
}

pub(super) fn remove(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let (ts, name) = target(args)?;
    team.act(|ws, now| {
        let id = ws.channel_for_app(args.required("channel")?)?.id.clone();
        let bot = ws.own.bot_user.clone();
        ws.unreact(now, &id, ts, name, &bot)?;
        Ok(json!({}))
    })
}

fn target(args: &Args) -> Result<(&str, &str), ApiError> {
    let name = args.text("name").map(|name| name.trim_matches(':'));
    let name = name.ok_or_else(|| ApiError::from("invalid_name"))?;
    Ok((args.required("timestamp")?, name))
}
