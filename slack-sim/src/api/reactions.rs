//! `reactions.*`.

use serde_json::{Value, json};

use super::args::Args;
use crate::error::ApiError;
use crate::ids;
use crate::shared::Shared;

pub(super) fn add(shared: &Shared, args: &Args) -> Result<Value, ApiError> {
    let (ts, name) = target(args)?;
    shared.act(|ws, now| {
        let channel = ws.channel_for_app(args.required("channel")?)?;
        if !channel.has_bot() {
            return Err("not_in_channel".into());
        }
        let id = channel.id.clone();
        ws.react(now, &id, ts, name, ids::BOT_USER)?;
        Ok(json!({}))
    })
}

pub(super) fn remove(shared: &Shared, args: &Args) -> Result<Value, ApiError> {
    let (ts, name) = target(args)?;
    shared.act(|ws, now| {
        let id = ws.channel_for_app(args.required("channel")?)?.id.clone();
        ws.unreact(now, &id, ts, name, ids::BOT_USER)?;
        Ok(json!({}))
    })
}

fn target(args: &Args) -> Result<(&str, &str), ApiError> {
    let name = args.text("name").map(|name| name.trim_matches(':'));
    let name = name.ok_or_else(|| ApiError::from("invalid_name"))?;
    Ok((args.required("timestamp")?, name))
}
