//! `chat.*`: posting, changing and deleting messages.

use serde_json::{Value, json};

use super::args::Args;
use crate::blocks;
use crate::error::ApiError;
use crate::state::{Author, Channel, Draft, Revision, Workspace};
use crate::team::Team;

/// What Slack cuts a posted text off at.
const TEXT: usize = 40_000;
/// What it refuses to change a text to.
const UPDATED_TEXT: usize = 4_000;
/// What the markdown of one message may hold.
const MARKDOWN: usize = 12_000;

pub(super) fn post_message(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let content = Content::read(args)?;
    team.act(|ws, now| {
        let channel = joined(ws, args)?.id.clone();
        ws.pace.take(now, &channel)?;
        let draft = content.draft(&channel, args);
        let ts = ws.post(now, draft)?;
        Ok(json!({"channel": channel, "ts": ts, "message": shown(ws, &channel, &ts)}))
    })
}

pub(super) fn post_ephemeral(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let content = Content::read(args)?;
    let user = args.required("user")?;
    team.act(|ws, now| {
        let place = joined(ws, args)?;
        if !place.members.contains(user) {
            return Err("user_not_in_channel".into());
        }
        let channel = place.id.clone();
        let draft = Draft {
            only_for: Some(user.to_owned()),
            ..content.draft(&channel, args)
        };
        // Slack takes one for a thread that nobody has replied in, and shows it to nobody.
        if let Some(root) = &draft.thread_ts
            && let Some(post) = ws.find_post(&channel, root)
            && !ws.has_replies(&channel, post)
        {
            return Ok(json!({"message_ts": ws.next_ts(now)}));
        }
        let ts = ws.post(now, draft)?;
        Ok(json!({"message_ts": ts}))
    })
}

pub(super) fn update(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let content = Content::read(args)?;
    let ts = args.required("ts")?;
    let text_was_given = args.text("text").is_some() || args.text("markdown_text").is_some();
    if content.text.chars().count() > UPDATED_TEXT {
        return Err("msg_too_long".into());
    }
    team.act(|ws, now| {
        let channel = ws.channel_for_app(args.required("channel")?)?.id.clone();
        let found = ws.find_post(&channel, ts);
        if found.is_none_or(|post| post.only_for.is_some()) {
            return Err("message_not_found".into());
        }
        let has_blocks = content.blocks.is_some();
        let revision = Revision {
            text: text_was_given.then_some(content.text),
            // A new text without blocks takes the old blocks away.
            blocks: content.blocks.or(text_was_given.then(Vec::new)),
            attachments: content
                .attachments
                .or((text_was_given || has_blocks).then(Vec::new)),
            metadata: content.metadata,
        };
        ws.revise(now, &channel, ts, revision)?;
        let message = shown(ws, &channel, ts);
        Ok(json!({"channel": channel, "ts": ts, "text": message["text"], "message": message}))
    })
}

pub(super) fn delete(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let ts = args.required("ts")?;
    team.act(|ws, now| {
        let channel = ws.channel_for_app(args.required("channel")?)?.id.clone();
        let found = ws.find_post(&channel, ts);
        if found.is_none_or(|post| post.only_for.is_some()) {
            return Err("message_not_found".into());
        }
        ws.remove(now, &channel, ts)?;
        Ok(json!({"channel": channel, "ts": ts}))
    })
}

pub(super) fn permalink(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let ts = args.required("message_ts")?;
    team.look(|ws| {
        let channel = ws.channel_for_app(args.required("channel")?)?;
        let post = ws
            .find_post(&channel.id, ts)
            .ok_or_else(|| ApiError::from("message_not_found"))?;
        let mut link = format!(
            "{}/archives/{}/p{}",
            ws.base_url,
            channel.id,
            ts.replace('.', "")
        );
        if post.is_reply()
            && let Some(root) = &post.thread_ts
        {
            link.push_str(&format!("?thread_ts={root}&cid={}", channel.id));
        }
        Ok(json!({"channel": channel.id, "permalink": link}))
    })
}

/// What a message says, checked.
struct Content {
    text: String,
    blocks: Option<Vec<Value>>,
    attachments: Option<Vec<Value>>,
    metadata: Option<Value>,
}

impl Content {
    fn read(args: &Args) -> Result<Self, ApiError> {
        let mut blocks = match args.value("blocks") {
            None => None,
            Some(_) => Some(
                args.list("blocks")
                    .ok_or_else(|| ApiError::from("invalid_blocks_format"))?,
            ),
        };
        let attachments = args.list("attachments");
        let mut text: String = args
            .text("text")
            .unwrap_or_default()
            .chars()
            .take(TEXT)
            .collect();
        if let Some(markdown) = args.text("markdown_text") {
            if blocks.is_some() || !text.is_empty() {
                return Err("markdown_text_conflict".into());
            }
            if markdown.chars().count() > MARKDOWN {
                return Err("msg_too_long".into());
            }
            markdown.clone_into(&mut text);
            blocks = Some(vec![json!({"type": "markdown", "text": markdown})]);
        }
        if text.is_empty()
            && blocks.as_ref().is_none_or(Vec::is_empty)
            && attachments.as_ref().is_none_or(Vec::is_empty)
        {
            return Err("no_text".into());
        }
        if let Some(blocks) = &mut blocks {
            blocks::check_message(blocks)?;
            blocks::name_parts(blocks);
        }
        Ok(Self {
            text,
            blocks,
            attachments,
            metadata: metadata(args)?,
        })
    }

    fn draft(self, channel: &str, args: &Args) -> Draft {
        Draft {
            blocks: self.blocks.unwrap_or_default(),
            attachments: self.attachments.unwrap_or_default(),
            thread_ts: args.text("thread_ts").map(str::to_owned),
            broadcast: args.flag("reply_broadcast"),
            metadata: self.metadata,
            ..Draft::new(channel, Author::Bot, &self.text)
        }
    }
}

pub(super) fn metadata(args: &Args) -> Result<Option<Value>, ApiError> {
    let Some(metadata) = args.value("metadata") else {
        return Ok(None);
    };
    if metadata["event_type"].is_string() && metadata["event_payload"].is_object() {
        return Ok(Some(metadata.clone()));
    }
    Err("invalid_metadata_format".into())
}

/// The channel to post in, which the bot must have joined.
pub(super) fn joined<'a>(ws: &'a Workspace, args: &Args) -> Result<&'a Channel, ApiError> {
    let which = args
        .text("channel")
        .ok_or_else(|| ApiError::from("channel_not_found"))?;
    let channel = ws.channel_for_app(which)?;
    if channel.has_bot() {
        Ok(channel)
    } else {
        Err("not_in_channel".into())
    }
}

/// A message as the answer to its posting shows it.
pub(super) fn shown(ws: &Workspace, channel: &str, ts: &str) -> Value {
    let found = ws.channel(channel).zip(ws.find_post(channel, ts));
    let Some((place, post)) = found else {
        return Value::Null;
    };
    let mut message = ws.message_json(place, post);
    if let Some(metadata) = &post.metadata {
        message["metadata"] = metadata.clone();
    }
    message
}
