//! Messages that nobody addressed to the bot: in some channels they are questions all the same, and
//! in threads where it was asked it is told of them.

use serde_json::Value;

use super::messages::key;
use super::{Change, Inbound, Malformed, Question, Received, ignored, team, text};
use crate::domain::thread::{Author, Heard, Thread};
use crate::ids::{ChannelId, MessageTs, UserId};

/// The most characters that are taken from the parts of a message that is all parts and no text.
const MOST_OF_PARTS: usize = 2_000;

/// A message that does not mention the bot.
#[derive(Clone, Debug, PartialEq)]
pub struct Overheard {
    /// The thread that it continues, or begins.
    pub thread: Thread,
    /// What is said.
    pub heard: Heard,
    /// Slack's time of these words.
    pub version: MessageTs,
    /// What it asks, were it for the bot; nothing where it cannot be, whatever was chosen for the
    /// channel.
    pub question: Option<Question>,
}

impl Overheard {
    /// Whether it continues a thread.
    pub fn in_thread(&self) -> bool {
        self.thread.ts != self.heard.at
    }
}

impl Change {
    /// The message as it is now, as if nobody had addressed the bot in it.
    pub fn overheard(&self) -> Overheard {
        let question = &self.question;
        Overheard {
            thread: Thread {
                team: question.asker.team.clone(),
                channel: question.channel.clone(),
                ts: question.thread.clone(),
            },
            heard: Heard {
                at: question.asked.message.clone(),
                author: Author::Person(question.asker.user.clone()),
                words: if self.deleted {
                    String::new()
                } else {
                    self.words.clone()
                },
            },
            version: question.asked.wording.clone(),
            question: (!self.for_others).then(|| question.clone()),
        }
    }
}

/// What another app wrote, or did to it afterwards: never a question. The message as it is `now`,
/// `None` where it is gone, and as it was before, where it was.
pub(super) fn by_app(
    payload: &Value,
    event: &Value,
    now: Option<&Value>,
    before: &Value,
) -> Result<Received, Malformed> {
    let message = now.unwrap_or(before);
    let own = text(message, "/app_id").is_some_and(|app| Some(app) == text(payload, "/api_app_id"));
    let bot = UserId::new(text(payload, "/authorizations/0/user_id").unwrap_or_default());
    let heard = heard(message, &bot).filter(|_| !own);
    let (Some(mut heard), Some(channel)) = (heard, text(event, "/channel")) else {
        return Ok(ignored("written by this app"));
    };
    if now.is_none() {
        heard.words.clear();
    } else if !before.is_null() && words(before) == heard.words {
        return Ok(ignored("an edit that changes no words"));
    }
    let team = team(payload)?;
    let thread = text(message, "/thread_ts").map_or(heard.at.clone(), MessageTs::new);
    let version = text(event, "/event_ts").map_or(heard.at.clone(), MessageTs::new);
    Ok(Received {
        dedupe_key: key(&team, channel, heard.at.as_str()),
        inbound: Inbound::Overheard(Overheard {
            thread: Thread {
                team,
                channel: ChannelId::new(channel),
                ts: thread,
            },
            heard,
            version,
            question: None,
        }),
    })
}

/// A message as it is told of; nothing for the bot's own, and for Slack's notices.
pub fn heard(message: &Value, bot: &UserId) -> Option<Heard> {
    if !matches!(
        text(message, "/subtype"),
        None | Some("file_share" | "thread_broadcast" | "bot_message" | "me_message")
    ) {
        return None;
    }
    let user = text(message, "/user").filter(|user| *user != bot.as_str());
    let author = if is_by_app(message) {
        // The bot writes under its own user as well.
        if text(message, "/user") == Some(bot.as_str()) {
            return None;
        }
        let names = ["/bot_profile/name", "/username", "/bot_id"];
        let name = names.iter().find_map(|place| text(message, place));
        Author::App(name.unwrap_or_default().to_owned())
    } else {
        Author::Person(UserId::new(user?))
    };
    Some(Heard {
        at: MessageTs::new(text(message, "/ts")?),
        author,
        words: words(message),
    })
}

/// Whether Slack says that an app wrote it.
pub(super) fn is_by_app(message: &Value) -> bool {
    text(message, "/bot_id").is_some() || text(message, "/subtype") == Some("bot_message")
}

/// What a message says: its text, else that of its parts; and which files are with it.
fn words(message: &Value) -> String {
    let said = text(message, "/text").unwrap_or_default().trim();
    let mut parts = Vec::new();
    if said.is_empty() {
        texts(&message["blocks"], &mut parts);
        texts(&message["attachments"], &mut parts);
    } else {
        parts.push(said.to_owned());
    }
    let files = message["files"].as_array().map_or(&[][..], Vec::as_slice);
    let names = files.iter().filter_map(|file| text(file, "/name"));
    parts.extend(names.map(|name| format!("[file: {name}]")));
    let whole = parts.join("\n").replace('\0', "");
    whole.chars().take(MOST_OF_PARTS).collect()
}

/// Every text within blocks or attachments, in order.
fn texts(part: &Value, found: &mut Vec<String>) {
    match part {
        Value::Array(parts) => parts.iter().for_each(|part| texts(part, found)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "text" || name == "fallback" => {
                        found.push(text.clone());
                    }
                    member => texts(member, found),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a message cannot be for the bot: a program wrote it, it says itself whom it is for, or
/// people of another organisation may be among those who hear the answer.
pub(super) fn is_for_others(payload: &Value, event: &Value) -> bool {
    let said = text(event, "/text").unwrap_or_default().trim_start();
    let to_somebody = ["<@", "<!"].iter().any(|mark| said.starts_with(mark));
    let external = payload["is_ext_shared_channel"] == true;
    to_somebody || external || is_by_program(event) || is_from_elsewhere(payload, event)
}

/// Slack's marks of messages that no person typed, `bot_id` aside.
fn is_by_program(event: &Value) -> bool {
    let marks = ["bot_profile", "app_id"];
    let marked = marks.iter().any(|mark| !event[*mark].is_null());
    marked || text(event, "/user") == Some("USLACKBOT")
}

/// Whether the author belongs to another workspace than the one that the bot serves here.
fn is_from_elsewhere(payload: &Value, event: &Value) -> bool {
    let ours = text(payload, "/authorizations/0/team_id");
    let theirs = text(event, "/user_team").or_else(|| text(event, "/source_team"));
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => ours != theirs,
        (Some(_) | None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_message_says_who_wrote_what() {
        let bot = UserId::new("UBOT");
        let check = |message: Value, expected: Option<(Author, &str)>| {
            let found = heard(&message, &bot).map(|heard| (heard.author, heard.words));
            let expected = expected.map(|(author, words)| (author, words.to_owned()));
            assert_eq!(found, expected, "{message}");
        };
        let bob = || Author::Person(UserId::new("U2"));
        let app = || Author::App("Deploys".to_owned());
        check(
            json!({ "ts": "1.1", "user": "U2", "text": " hi " }),
            Some((bob(), "hi")),
        );
        check(
            json!({ "ts": "1.1", "user": "U2", "text": "", "subtype": "file_share", "files": [{ "name": "a.csv" }] }),
            Some((bob(), "[file: a.csv]")),
        );
        check(
            json!({ "ts": "1.1", "bot_id": "B2", "subtype": "bot_message", "username": "Deploys", "text": "",
                "attachments": [{ "fallback": "done" }],
                "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": "*done*" } }] }),
            Some((app(), "*done*\ndone")),
        );
        check(
            json!({ "ts": "1.1", "user": "U9", "bot_id": "B2", "bot_profile": { "name": "Deploys" }, "text": "x" }),
            Some((app(), "x")),
        );
        check(
            json!({ "ts": "1.1", "user": "UBOT", "bot_id": "B1", "text": "an answer" }),
            None,
        );
        check(
            json!({ "ts": "1.1", "user": "U2", "subtype": "channel_join", "text": "joined" }),
            None,
        );
    }

    #[test]
    fn what_an_app_does_to_its_message_is_followed_where_it_changes_words() {
        use super::super::{Envelope, parse};

        let app = |text: &str| json!({ "ts": "1.2", "thread_ts": "1.1", "user": "U9", "bot_id": "B2", "text": text });
        let read = |change: Value| {
            let mut event =
                json!({ "type": "message", "channel": "C1", "ts": "1.9", "event_ts": "1.9" });
            for (name, value) in change.as_object().unwrap() {
                event[name] = value.clone();
            }
            let payload = json!({ "team_id": "T1", "event": event,
                "authorizations": [{ "team_id": "T1", "user_id": "UBOT" }] });
            match parse(Envelope::Event, &payload).unwrap().inbound {
                Inbound::Overheard(said) => {
                    assert!(said.question.is_none() && said.in_thread());
                    Some((said.heard.words, said.version))
                }
                Inbound::Ignored(_) => None,
                other => panic!("{other:?}"),
            }
        };
        let edit = |before, after| {
            read(
                json!({ "subtype": "message_changed", "message": app(after), "previous_message": app(before) }),
            )
        };
        let at = MessageTs::new("1.9");
        assert_eq!(edit("begun", "done"), Some(("done".to_owned(), at.clone())));
        assert_eq!(edit("done", "done"), None);
        let gone = json!({ "subtype": "message_deleted", "previous_message": app("done") });
        assert_eq!(read(gone), Some((String::new(), at)));
    }
}
