//! What people say: which messages are questions to the agent.

use serde_json::Value;

use super::overheard::{Overheard, by_app, heard, is_by_app, is_for_others};
use super::{Inbound, Malformed, Question, Received, Unanswerable, changes, ignored, team, text};
use crate::domain::principal::Principal;
use crate::domain::run::Asked;
use crate::domain::thread::Thread;
use crate::ids::{ChannelId, MessageTs, TeamId, UserId};
use crate::slack::mrkdwn;

/// The longest question that is taken.
const LONGEST_QUESTION: usize = 12_000;

/// A message that people wrote: a question, if it is for the bot.
pub(super) fn said(payload: &Value, event: &Value, kind: &str) -> Result<Received, Malformed> {
    match text(event, "/subtype") {
        None | Some("file_share" | "thread_broadcast" | "bot_message") => {}
        Some("message_changed") => return changes::changed(payload, event),
        Some("message_deleted") => return changes::deleted(payload, event),
        Some(_) => return Ok(ignored("a notice")),
    }
    // An edit brings the mention again; `message_changed` says it with all it needs.
    if event.get("edited").is_some_and(|edited| !edited.is_null()) {
        return Ok(ignored("an edit that comes as a change as well"));
    }
    let bot = text(payload, "/authorizations/0/user_id").unwrap_or_default();
    if is_by_app(event) {
        return by_app(payload, event, Some(event), &Value::Null);
    }
    let (Some(user), Some(channel), Some(ts)) = (
        text(event, "/user"),
        text(event, "/channel"),
        text(event, "/ts"),
    ) else {
        return Err(Malformed("event.user, event.channel or event.ts"));
    };
    if user == bot {
        return Ok(ignored("written by this bot"));
    }
    let said = text(event, "/text").unwrap_or_default();
    let direct = text(event, "/channel_type") == Some("im");
    let addressed = kind == "app_mention" || is_addressed(said, bot, direct);
    let team = team(payload)?;
    let thread = text(event, "/thread_ts").unwrap_or(ts);
    let dedupe_key = key(&team, channel, ts);
    let question = Question {
        asker: Principal::new(team, UserId::new(user)),
        channel: ChannelId::new(channel),
        thread: MessageTs::new(thread),
        asked: Asked::first(&MessageTs::new(ts)),
        text: question(said, bot, direct || !addressed),
    };
    let inbound = if addressed {
        Inbound::Question(question)
    } else {
        let Some(heard) = heard(event, &UserId::new(bot)) else {
            return Ok(ignored("said by nobody"));
        };
        Inbound::Overheard(Overheard {
            thread: Thread {
                team: question.asker.team.clone(),
                channel: question.channel.clone(),
                ts: question.thread.clone(),
            },
            heard,
            version: MessageTs::new(ts),
            question: (!is_for_others(payload, event)).then_some(question),
        })
    };
    Ok(Received {
        dedupe_key,
        inbound,
    })
}

/// The key of a message. A mention arrives twice, as `app_mention` and as `message`: one post, one
/// key.
pub(super) fn key(team: &TeamId, channel: &str, ts: &str) -> String {
    format!("message:{team}:{channel}:{ts}")
}

/// Whether these words are for the bot by themselves.
pub(super) fn is_addressed(said: &str, bot: &str, direct: bool) -> bool {
    direct || (!bot.is_empty() && said.contains(&format!("<@{bot}>")))
}

/// What is asked, without the mention.
pub(super) fn question(said: &str, bot: &str, direct: bool) -> Result<String, Unanswerable> {
    asked(&without_mention(said, &format!("<@{bot}>"), direct))
}

/// A mention addresses the bot; only in a direct message does it need none.
fn without_mention(said: &str, mention: &str, direct: bool) -> String {
    if mention != "<@>" {
        return said.replacen(mention, "", 1);
    }
    // Without an authorization we do not know our own name: the first mention is ours.
    match said
        .split_once("<@")
        .and_then(|(before, rest)| Some((before, rest.split_once('>')?.1)))
    {
        Some((before, after)) if !direct => format!("{before}{after}"),
        Some(_) | None => said.to_owned(),
    }
}

fn asked(said: &str) -> Result<String, Unanswerable> {
    // PostgreSQL keeps no NUL, and no question needs a bell.
    let said = said.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\t'), "");
    let said = mrkdwn::unescape(said.trim());
    if said.is_empty() {
        Err(Unanswerable::Empty)
    } else if said.chars().count() > LONGEST_QUESTION {
        Err(Unanswerable::TooLong)
    } else {
        Ok(said)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Envelope, parse};
    use super::*;

    fn said(kind: &str, text: &str) -> Value {
        json!({
            "team_id": "T1", "event_id": "Ev1", "authorizations": [{ "team_id": "T1", "user_id": "UBOT" }],
            "event": { "type": kind, "user": "U1", "channel": "C1", "channel_type": "channel", "ts": "1.2", "text": text },
        })
    }

    #[test]
    fn a_mention_is_the_same_question_whichever_event_brings_it() {
        let mention = parse(
            Envelope::Event,
            &said("app_mention", "<@UBOT> how &lt;many&gt;?"),
        )
        .unwrap();
        let message = parse(
            Envelope::Event,
            &said("message", "<@UBOT> how &lt;many&gt;?"),
        )
        .unwrap();
        assert_eq!(mention, message);
        let Inbound::Question(question) = mention.inbound else {
            panic!()
        };
        assert_eq!(question.text.unwrap(), "how <many>?");
        assert_eq!(question.thread, MessageTs::new("1.2"));
    }

    #[test]
    fn what_is_not_for_the_bot_is_left_alone() {
        let check = |change: &dyn Fn(&mut Value)| {
            let mut payload = said("message", "<@UBOT> hi");
            change(&mut payload["event"]);
            assert!(
                matches!(
                    parse(Envelope::Event, &payload).unwrap().inbound,
                    Inbound::Ignored(_)
                ),
                "{payload}"
            );
        };
        check(&|event| event["user"] = json!("UBOT"));
        check(&|event| event["subtype"] = json!("channel_topic"));
        check(&|event| event["edited"] = json!({ "user": "U1", "ts": "1.3" }));
        check(&|event| event["type"] = json!("team_join"));
        check(&|event| event["type"] = json!("something_slack_invents_tomorrow"));
    }

    #[test]
    fn what_is_said_to_others_is_told_from_what_may_be_for_the_bot() {
        let check = |for_others: bool, place: &str, value: Value| {
            let mut payload = said("message", "how many orders?");
            payload["event"]["thread_ts"] = json!("1.2");
            payload["is_ext_shared_channel"] = json!(false);
            payload["event"]["app_id"] = json!(null);
            payload["event"]["user_team"] = json!("T1");
            *payload.pointer_mut(place).unwrap() = value;
            let Inbound::Overheard(overheard) = parse(Envelope::Event, &payload).unwrap().inbound
            else {
                panic!("{payload}")
            };
            assert_eq!(overheard.question.is_none(), for_others, "{payload}");
            let root = payload["event"]["thread_ts"] == payload["event"]["ts"];
            assert_eq!(overheard.in_thread(), !root, "{payload}");
        };
        check(false, "/event/text", json!("how many?"));
        check(false, "/event/thread_ts", json!("1.1"));
        check(false, "/event/text", json!("ask <@U2> as well"));
        check(true, "/event/text", json!(" <@U2> what now?"));
        check(true, "/event/text", json!("<!here> lunch?"));
        check(true, "/event/app_id", json!("A9"));
        check(true, "/event/user", json!("USLACKBOT"));
        check(true, "/event/user_team", json!("T2"));
        check(true, "/is_ext_shared_channel", json!(true));
    }

    #[test]
    fn empty_and_huge_questions_are_told_apart() {
        let check = |text: &str, expected| {
            let Inbound::Question(question) = parse(Envelope::Event, &said("app_mention", text))
                .unwrap()
                .inbound
            else {
                panic!()
            };
            assert_eq!(question.text.unwrap_err(), expected);
        };
        check("<@UBOT>  ", Unanswerable::Empty);
        check(
            &format!("<@UBOT> {}", "x".repeat(20_000)),
            Unanswerable::TooLong,
        );
    }
}
