//! `assistant.threads.*` and `agents.sessions.*`: what an agent shows while it works.

use serde_json::{Value, json};

use super::args::Args;
use crate::error::ApiError;
use crate::team::Team;

const MOST_PROMPTS: usize = 4;
/// What an app hears whose sessions nobody can stop.
const UNSTOPPABLE: &str = "missing_agent_session_stopped_event_subscription";

pub(super) fn set_status(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let channel = args.required("channel_id")?;
    let thread_ts = args.required("thread_ts")?;
    let status = args.text("status").unwrap_or_default();
    team.act(|ws, _| ws.set_status(channel, thread_ts, status))?;
    Ok(json!({}))
}

pub(super) fn set_session_status(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let channel = args.text("channel_id").or(args.text("channel"));
    let channel = channel.ok_or_else(|| ApiError::from("channel_not_found"))?;
    let thread_ts = args.required("thread_ts")?;
    let status = args.required("status")?;
    // One place on the screen serves both kinds of status; the last writer wins.
    team.act(|ws, _| {
        let channel = ws.channel_for_app(channel)?.id.clone();
        let is_new = ws.session(&channel, thread_ts).is_none();
        ws.set_session(&channel, thread_ts, status)?;
        // Only a new session takes its title from here.
        if let Some(title) = args.text("title").filter(|_| is_new) {
            ws.rename_session(&channel, thread_ts, title)?;
        }
        let mut answer = json!({"status": status, "agent_status": status});
        if let Some(title) = ws.session_title(&channel, thread_ts) {
            answer["title"] = json!(title);
        }
        if !ws.offers_stop() {
            answer["warning"] = json!(UNSTOPPABLE);
        }
        Ok(answer)
    })
}

pub(super) fn rename_session(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let (channel, title) = (args.required("channel_id")?, args.required("title")?);
    let thread_ts = args.required("thread_ts")?;
    team.act(|ws, _| {
        let channel = ws.channel_for_app(channel)?.id.clone();
        ws.rename_session(&channel, thread_ts, title)?;
        Ok(json!({"title": title}))
    })
}

pub(super) fn set_title(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let channel = args.required("channel_id")?;
    args.required("title")?;
    team.look(|ws| ws.channel_for_app(channel).map(|_| json!({})))
}

pub(super) fn set_prompts(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let channel = args.required("channel_id")?;
    let prompts = args
        .list("prompts")
        .ok_or_else(|| ApiError::from("invalid_arguments"))?;
    if prompts.len() > MOST_PROMPTS {
        return Err("too_many_prompts".into());
    }
    team.act(|ws, _| {
        let id = ws.channel_for_app(channel)?.id.clone();
        let shown = json!({"title": args.text("title"), "prompts": prompts});
        ws.set_prompts(&id, shown);
        Ok(json!({}))
    })
}
