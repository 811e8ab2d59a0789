//! What people do to their messages afterwards: edits and deletions, as far as the bot minds them.

use serde_json::Value;

use super::messages::{is_addressed, key, question};
use super::overheard::{by_app, is_by_app, is_for_others};
use super::{Change, Inbound, Malformed, Question, Received, ignored, required, team, text};
use crate::domain::principal::Principal;
use crate::domain::run::Asked;
use crate::ids::{ChannelId, MessageTs, UserId};

/// A message has other words, or lost its place at the head of its thread.
pub(super) fn changed(payload: &Value, event: &Value) -> Result<Received, Malformed> {
    let message = event.get("message").ok_or(Malformed("event.message"))?;
    let before = event.get("previous_message").unwrap_or(&Value::Null);
    if is_by_app(message) {
        return by_app(payload, event, Some(message), before);
    }
    match text(message, "/subtype") {
        None | Some("file_share" | "thread_broadcast") => {}
        // What is left of a message that others answered in a thread.
        Some("tombstone") => return change(payload, event, None, before),
        Some(_) => return Ok(ignored("a change of a notice")),
    }
    match text(message, "/edited/user") {
        // Slack unfurls links and counts replies this way.
        None => return Ok(ignored("a change that nobody made")),
        Some(editor) if text(message, "/user") != Some(editor) => {
            return Ok(ignored("edited by somebody else"));
        }
        Some(_) => {}
    }
    change(payload, event, Some(message), before)
}

/// A message is gone.
pub(super) fn deleted(payload: &Value, event: &Value) -> Result<Received, Malformed> {
    let before = event.get("previous_message").unwrap_or(&Value::Null);
    if is_by_app(before) {
        return by_app(payload, event, None, before);
    }
    change(payload, event, None, before)
}

/// The message as it is `now`, `None` where it is gone, and as it was before.
fn change(
    payload: &Value,
    event: &Value,
    now: Option<&Value>,
    before: &Value,
) -> Result<Received, Malformed> {
    let message = now.unwrap_or(before);
    let bot = text(payload, "/authorizations/0/user_id").unwrap_or_default();
    // A deletion may come without what was deleted: then there is nothing to know it by.
    let Some(user) = text(message, "/user") else {
        return Ok(ignored("a change of something that nobody wrote"));
    };
    if user == bot || text(message, "/subtype") == Some("tombstone") {
        return Ok(ignored("a change of something that no person wrote"));
    }
    let channel = required(event, "/channel", "event.channel")?;
    let ts = required(message, "/ts", "event.message.ts")?;
    let at = text(event, "/event_ts").or_else(|| text(event, "/ts"));
    let at = at.ok_or(Malformed("event.event_ts"))?;
    let direct = text(event, "/channel_type") == Some("im");
    let words = |message: &Value| text(message, "/text").map(str::to_owned);
    let (said, said_before) = (words(message).unwrap_or_default(), words(before));
    let addressed = is_addressed(&said, bot, direct);
    let asks = question(&said, bot, direct || !addressed);
    let said_before = said_before.as_deref();
    let addressed_before = said_before.is_some_and(|said| is_addressed(said, bot, direct));
    let asked_before = said_before.map(|said| question(said, bot, direct || !addressed_before));
    let same = addressed == addressed_before && asked_before.as_ref() == Some(&asks);
    if now.is_some() && same {
        return Ok(ignored("an edit that changes no words"));
    }
    let team = team(payload)?;
    let thread = text(message, "/thread_ts").unwrap_or(ts);
    let what = now.map_or("deleted", |_| "edited");
    Ok(Received {
        dedupe_key: format!("{what}:{team}:{channel}:{ts}:{at}"),
        inbound: Inbound::Change(Change {
            original: key(&team, channel, ts),
            question: Question {
                asker: Principal::new(team, UserId::new(user)),
                channel: ChannelId::new(channel),
                thread: MessageTs::new(thread),
                asked: Asked {
                    message: MessageTs::new(ts),
                    wording: MessageTs::new(at),
                },
                text: asks,
            },
            words: said,
            deleted: now.is_none(),
            addressed_before,
            addressed,
            for_others: is_for_others(payload, message),
        }),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Envelope, parse};
    use super::*;

    fn edit(before: &str, after: &str) -> Value {
        json!({
            "team_id": "T1", "event_id": "Ev1", "authorizations": [{ "team_id": "T1", "user_id": "UBOT" }],
            "event": {
                "type": "message", "subtype": "message_changed", "hidden": true,
                "channel": "C1", "channel_type": "channel", "ts": "1.9", "event_ts": "1.9",
                "message": { "type": "message", "user": "U1", "ts": "1.2", "text": after,
                             "edited": { "user": "U1", "ts": "1.0" } },
                "previous_message": { "type": "message", "user": "U1", "ts": "1.2", "text": before },
            },
        })
    }

    fn read(payload: &Value) -> Change {
        match parse(Envelope::Event, payload).unwrap().inbound {
            Inbound::Change(change) => change,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_edit_says_what_is_asked_now() {
        let change = read(&edit("<@UBOT> how many?", "<@UBOT> how many users?"));
        assert_eq!(change.question.text.as_deref(), Ok("how many users?"));
        assert_eq!(change.question.asked.message, MessageTs::new("1.2"));
        assert_eq!(change.question.asked.wording, MessageTs::new("1.9"));
        assert_eq!(change.original, "message:T1:C1:1.2");
        assert!(change.addressed && change.addressed_before && !change.deleted);
        let taken_back = read(&edit("<@UBOT> how many?", "how many?"));
        assert!(!taken_back.addressed && taken_back.addressed_before);
    }

    #[test]
    fn a_deletion_is_one_however_slack_says_it() {
        let gone = |payload: &Value| {
            let change = read(payload);
            assert!(change.deleted && change.addressed_before);
            assert_eq!(change.question.asked.message, MessageTs::new("1.2"));
        };
        let mut deleted = edit("<@UBOT> how many?", "");
        deleted["event"]["subtype"] = json!("message_deleted");
        deleted["event"]["message"].take();
        gone(&deleted);
        // A message that was answered in its thread leaves something behind.
        let mut tombstone = edit("<@UBOT> how many?", "");
        tombstone["event"]["message"] = json!({
            "type": "message", "subtype": "tombstone", "user": "USLACKBOT", "hidden": true,
            "text": "This message was deleted.", "ts": "1.2", "thread_ts": "1.2",
        });
        gone(&tombstone);
    }

    #[test]
    fn changes_that_change_no_question_are_left_alone() {
        let check = |change: &dyn Fn(&mut Value)| {
            let mut payload = edit("<@UBOT> how many?", "<@UBOT> how many users?");
            change(&mut payload["event"]);
            assert!(
                matches!(
                    parse(Envelope::Event, &payload).unwrap().inbound,
                    Inbound::Ignored(_)
                ),
                "{payload}"
            );
        };
        // An unfurl, an edit of the spaces alone, somebody else's hand, the bot itself.
        check(&|event| event["message"]["edited"] = Value::Null);
        check(&|event| event["message"]["text"] = json!("<@UBOT>  how many? "));
        check(&|event| event["message"]["edited"]["user"] = json!("U2"));
        check(&|event| {
            event["message"]["user"] = json!("UBOT");
            event["message"]["edited"]["user"] = json!("UBOT");
        });
        check(&|event| event["message"]["subtype"] = json!("channel_topic"));
        check(&|event| {
            event["subtype"] = json!("message_deleted");
            event["previous_message"] = json!({
                "subtype": "tombstone", "user": "USLACKBOT", "ts": "1.2", "text": "This message was deleted.",
            });
        });
        check(&|event| {
            event["subtype"] = json!("message_deleted");
            event["previous_message"].take();
        });
    }
}
