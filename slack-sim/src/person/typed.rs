//! What Slack makes of what a person types: names become ids, markup characters are escaped, addresses become links.

use serde_json::{Value, json};

use crate::ids;
use crate::state::{ChannelKind, Workspace};

/// A message's text as apps get it.
pub(super) fn message(ws: &Workspace, text: &str) -> String {
    words(text, |word| {
        if let Some(mention) = mention(ws, word, false) {
            mention
        } else if is_markup(word) {
            word.to_owned()
        } else if word.starts_with("https://") || word.starts_with("http://") {
            format!("<{}>", word.replace('&', "&amp;"))
        } else {
            escaped(word)
        }
    })
}

/// A slash command's text as apps get it that ask for escaped names.
pub(super) fn command(ws: &Workspace, text: &str) -> String {
    words(text, |word| {
        mention(ws, word, true).unwrap_or_else(|| word.to_owned())
    })
}

/// The block that a typed message carries, with its mentions told apart.
pub(super) fn rich_text(text: &str) -> Value {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, user, after)) = next_mention(rest) {
        if !before.is_empty() {
            parts.push(json!({"type": "text", "text": plain(before)}));
        }
        parts.push(json!({"type": "user", "user_id": user}));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(json!({"type": "text", "text": plain(rest)}));
    }
    json!({
        "type": "rich_text",
        "block_id": ids::random(3),
        "elements": [{"type": "rich_text_section", "elements": parts}],
    })
}

/// Changes every word and keeps the space between them.
fn words(text: &str, change: impl Fn(&str) -> String) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(|piece| {
            let word = piece.trim_end();
            format!("{}{}", change(word), &piece[word.len()..])
        })
        .collect()
}

/// `@alice` or `#data` as Slack writes it, with whatever punctuation follows; `named` adds the name.
fn mention(ws: &Workspace, word: &str, named: bool) -> Option<String> {
    let (sign, rest) = word.split_at_checked(1)?;
    let is_name = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    let end = rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
    let name = rest[..end].trim_end_matches('.');
    let after = escaped(&rest[name.len()..]);
    let (id, shown) = match sign {
        "@" if name == ws.app.name => (ws.own.bot_user.clone(), name),
        "@" => (ws.person(name).ok()?.id.clone(), name),
        "#" => {
            let channel = ws
                .channels
                .iter()
                .find(|channel| channel.kind == ChannelKind::Public && channel.name == name)?;
            (channel.id.clone(), name)
        }
        _ => return None,
    };
    let suffix = if named || sign == "#" {
        format!("|{shown}")
    } else {
        String::new()
    };
    Some(format!("<{sign}{id}{suffix}>{after}"))
}

/// Whether a word is already in Slack's own notation, as tests like to write it.
fn is_markup(word: &str) -> bool {
    ["<@", "<#", "<!", "<http"]
        .iter()
        .any(|start| word.starts_with(start))
        && word.contains('>')
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

fn next_mention(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("<@")?;
    let (user, after) = rest.split_once('>')?;
    Some((before, user, after))
}
