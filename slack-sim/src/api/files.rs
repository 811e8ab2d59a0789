//! `files.*`: uploads in three steps, looking at files, deleting them.

use serde_json::{Value, json};

use super::args::Args;
use crate::blocks;
use crate::error::ApiError;
use crate::state::{Announcement, Author, Draft, Workspace};
use crate::team::Team;

const ALT_TEXT: usize = 1_000;
const CHANNELS: usize = 100;
const PAGE: usize = 100;

pub(super) fn upload_url(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let name = args.required("filename")?.to_owned();
    let length = args.number("length").filter(|length| *length > 0);
    let length = length.ok_or_else(|| ApiError::from("missing_argument"))?;
    let alt_text = args.text("alt_txt").map(str::to_owned);
    if alt_text
        .as_ref()
        .is_some_and(|text| text.chars().count() > ALT_TEXT)
    {
        return Err("alt_txt_too_large".into());
    }
    let (id, ticket) = team.act(|ws, now| {
        let announcement = Announcement {
            name,
            length,
            alt_text,
            owner: ws.own.bot_user.clone(),
        };
        ws.announce_file(now, announcement)
    })?;
    let url = format!("{}/upload/v1/{ticket}", team.url);
    Ok(json!({"upload_url": url, "file_id": id}))
}

pub(super) fn complete(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let wanted = wanted(args)?;
    let ids: Vec<_> = wanted.iter().map(|(id, _)| id.clone()).collect();
    let (text, contents) = introduction(args)?;
    team.act(|ws, now| {
        let places = places(ws, args)?;
        if !ws.are_uploaded(&ids, &ws.own.bot_user) {
            return Err("file_not_found".into());
        }
        // A thread that is not there must not leave the files half shared.
        if let (Some(root), Some(place)) = (args.text("thread_ts"), places.first()) {
            ws.check_thread(place, root)?;
        }
        for (id, title) in &wanted {
            ws.complete_file(now, id, title.as_deref());
        }
        for place in &places {
            let draft = Draft {
                blocks: contents.clone(),
                thread_ts: args.text("thread_ts").map(str::to_owned),
                files: ids.clone(),
                ..Draft::new(place, Author::Bot, &text)
            };
            ws.post(now, draft)?;
        }
        let files: Vec<_> = ids
            .iter()
            .filter_map(|id| ws.file_for_app(id).ok())
            .map(|file| ws.file_json(file))
            .collect();
        Ok(json!({"files": files}))
    })
}

pub(super) fn info(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let id = args.required("file")?;
    team.look(|ws| {
        let file = ws.file_json(ws.file_for_app(id)?);
        let paging = json!({"count": PAGE, "total": 0, "page": 1, "pages": 0});
        Ok(json!({
            "file": file,
            "comments": [],
            "paging": paging,
            "response_metadata": {"next_cursor": ""},
        }))
    })
}

pub(super) fn list(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let count = args.number("count").unwrap_or(PAGE).clamp(1, PAGE);
    let page = args.number("page").unwrap_or(1).max(1);
    team.look(|ws| {
        let shown = |file: &Value| {
            let in_channel = |wanted| {
                let mut places = ["channels", "groups", "ims"]
                    .iter()
                    .filter_map(|name| file[name].as_array());
                places.any(|ids| ids.contains(&json!(wanted)))
            };
            args.text("channel").is_none_or(in_channel)
                && args.text("user").is_none_or(|user| file["user"] == user)
        };
        let all: Vec<_> = ws
            .files_for_app()
            .map(|file| ws.file_json(file))
            .filter(shown)
            .collect();
        let files: Vec<_> = all.iter().skip((page - 1) * count).take(count).collect();
        let paging = json!({
            "count": count,
            "total": all.len(),
            "page": page,
            "pages": all.len().div_ceil(count),
        });
        Ok(json!({"files": files, "paging": paging}))
    })
}

pub(super) fn delete(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let id = args.required("file")?;
    team.act(|ws, now| {
        let bot = ws.own.bot_user.clone();
        ws.delete_file(now, id, &bot)
    })?;
    Ok(json!({}))
}

/// The files that an upload is about, with their new titles.
fn wanted(args: &Args) -> Result<Vec<(String, Option<String>)>, ApiError> {
    let list = args.list("files").filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| {
        let message = "[ERROR] missing required field: files".to_owned();
        ApiError::with_messages("invalid_arguments", vec![message])
    })?;
    list.iter()
        .map(|file| {
            let id = file["id"].as_str().ok_or("file_not_found")?;
            let title = file["title"].as_str().filter(|title| !title.is_empty());
            Ok((id.to_owned(), title.map(str::to_owned)))
        })
        .collect()
}

/// What the message with the files says: a text, or blocks where there is none.
fn introduction(args: &Args) -> Result<(String, Vec<Value>), ApiError> {
    if let Some(text) = args.text("initial_comment") {
        return Ok((text.to_owned(), Vec::new()));
    }
    let mut contents = args.list("blocks").unwrap_or_default();
    blocks::check_message(&contents)?;
    blocks::name_parts(&mut contents);
    Ok((String::new(), contents))
}

/// The channels to share in, by their ids; none for a file that stays private.
fn places(ws: &Workspace, args: &Args) -> Result<Vec<String>, ApiError> {
    let listed = args
        .text("channels")
        .into_iter()
        .flat_map(|it| it.split(','));
    let named: Vec<_> = args.text("channel_id").into_iter().chain(listed).collect();
    if named.len() > CHANNELS {
        return Err("channels_limit_exceeded".into());
    }
    let mut places = Vec::new();
    for which in named.iter().map(|which| which.trim()) {
        let channel = ws.channel_for_app(which)?;
        // A name will not do here.
        if channel.name == which {
            return Err("channel_not_found".into());
        }
        if !channel.has_bot() {
            return Err("not_in_channel".into());
        }
        if !places.contains(&channel.id) {
            places.push(channel.id.clone());
        }
    }
    Ok(places)
}
