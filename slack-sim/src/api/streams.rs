//! `chat.startStream`, `chat.appendStream` and `chat.stopStream`: messages that grow.

use serde_json::{Value, json};

use super::args::Args;
use super::chat::{joined, metadata, shown};
use crate::error::ApiError;
use crate::state::{Author, Draft, StreamEnd};
use crate::team::Team;

pub(super) fn start(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let chunks = chunks(args)?;
    let root = args.required("thread_ts")?;
    let as_plan = match args.text("task_display_mode") {
        None | Some("timeline" | "dense") => false,
        Some("plan") => true,
        Some(_) => return Err("invalid_arguments".into()),
    };
    team.act(|ws, now| {
        let place = joined(ws, args)?;
        if !place.is_im() {
            for (name, code) in [
                ("recipient_user_id", "missing_recipient_user_id"),
                ("recipient_team_id", "missing_recipient_team_id"),
            ] {
                args.text(name).ok_or(code)?;
            }
        }
        let channel = place.id.clone();
        let draft = Draft {
            thread_ts: Some(root.to_owned()),
            ..Draft::new(&channel, Author::Bot, "")
        };
        let ts = ws.start_stream(now, draft, as_plan, &chunks)?;
        Ok(json!({"channel": channel, "ts": ts}))
    })
}

pub(super) fn append(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let (chunks, ts) = (chunks(args)?, args.required("ts")?);
    if chunks.is_empty() {
        return Err("invalid_arguments".into());
    }
    team.act(|ws, now| {
        let channel = ws.channel_for_app(args.required("channel")?)?.id.clone();
        ws.append_stream(now, &channel, ts, &chunks)?;
        Ok(json!({"channel": channel, "ts": ts}))
    })
}

pub(super) fn stop(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let ts = args.required("ts")?;
    let status = args.text("session_status").unwrap_or("active");
    if !["active", "processing", "suspended", "closed"].contains(&status) {
        return Err("invalid_session_status".into());
    }
    let end = StreamEnd {
        chunks: chunks(args)?,
        blocks: args.list("blocks").unwrap_or_default(),
        metadata: metadata(args)?,
        session_status: status.to_owned(),
    };
    team.act(|ws, now| {
        let channel = ws.channel_for_app(args.required("channel")?)?.id.clone();
        ws.stop_stream(now, &channel, ts, end)?;
        Ok(json!({"channel": channel, "ts": ts, "message": shown(ws, &channel, ts)}))
    })
}

/// What is to be written: text, or chunks of several kinds.
fn chunks(args: &Args) -> Result<Vec<Value>, ApiError> {
    match (args.text("markdown_text"), args.value("chunks")) {
        (Some(_), Some(_)) => Err("markdown_text_conflict".into()),
        (Some(text), None) => Ok(vec![json!({"type": "markdown_text", "text": text})]),
        (None, Some(_)) => args.list("chunks").ok_or_else(|| "invalid_chunks".into()),
        (None, None) => Ok(Vec::new()),
    }
}
