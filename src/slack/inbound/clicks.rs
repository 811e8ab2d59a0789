//! What people do with what they are shown: clicks, forms and shortcuts.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Action, Caller, Inbound, Malformed, Received, Submission, View, around, ignored, required,
    team, text,
};
use crate::domain::language::Language;
use crate::domain::principal::Principal;
use crate::ids::{ChannelId, MessageTs, UserId};

/// A click, a submitted form or a shortcut.
pub(super) fn interactive(payload: &Value) -> Result<Received, Malformed> {
    let user = required(payload, "/user/id", "user.id")?;
    let caller = Caller {
        person: Principal::new(team(payload)?, UserId::new(user)),
        language: Language::default(),
        channel: text(payload, "/channel/id")
            .or_else(|| text(payload, "/container/channel_id"))
            .map(ChannelId::new),
        thread: thread(payload),
        trigger: text(payload, "/trigger_id").map(str::to_owned),
        response_url: text(payload, "/response_url").map(str::to_owned),
    };
    match text(payload, "/type") {
        Some("block_actions") => action(payload, caller),
        Some("view_submission") => submission(payload, caller),
        Some("message_action" | "shortcut") => around::shortcut(payload, caller),
        _ => Ok(ignored("an interaction of another kind")),
    }
}

/// The thread that a click was in; nothing on the message that begins one, which is read outside too.
fn thread(payload: &Value) -> Option<MessageTs> {
    let part = |name: &str| {
        let places = [format!("/container/{name}"), format!("/message/{name}")];
        places.iter().find_map(|place| text(payload, place))
    };
    let message = part("message_ts").or_else(|| part("ts"));
    let thread = part("thread_ts").filter(|thread| Some(*thread) != message);
    thread.map(MessageTs::new)
}

fn action(payload: &Value, caller: Caller) -> Result<Received, Malformed> {
    let click = payload.pointer("/actions/0").ok_or(Malformed("actions"))?;
    let id = required(click, "/action_id", "actions.action_id")?;
    let view = view(payload).ok();
    let place = text(payload, "/container/message_ts")
        .or(view.as_ref().map(|view| view.id.as_str()))
        .unwrap_or_default();
    let at = text(click, "/action_ts")
        .or(caller.trigger.as_deref())
        .unwrap_or_default();
    let value = text(click, "/value").or_else(|| text(click, "/selected_option/value"));
    Ok(Received {
        dedupe_key: format!("action:{}:{place}:{id}:{at}", caller.person.user),
        inbound: Inbound::Action(Action {
            id: id.to_owned(),
            value: value.unwrap_or_default().to_owned(),
            view,
            caller,
        }),
    })
}

fn submission(payload: &Value, caller: Caller) -> Result<Received, Malformed> {
    let view = view(payload)?;
    // The view and its hash stay the same when a form is corrected; the trigger is new each time.
    let hash = text(payload, "/view/hash").unwrap_or_default();
    let once = caller.trigger.as_deref().unwrap_or(hash);
    Ok(Received {
        dedupe_key: format!("submission:{}:{once}", view.id),
        inbound: Inbound::Submission(Submission {
            callback: text(payload, "/view/callback_id")
                .unwrap_or_default()
                .to_owned(),
            values: values(payload),
            view,
            caller,
        }),
    })
}

fn view(payload: &Value) -> Result<View, Malformed> {
    Ok(View {
        id: required(payload, "/view/id", "view.id")?.to_owned(),
        metadata: text(payload, "/view/private_metadata")
            .unwrap_or_default()
            .to_owned(),
        home: text(payload, "/view/type") == Some("home"),
    })
}

/// The text, the chosen option or the file of every input, by block.
fn values(payload: &Value) -> BTreeMap<String, String> {
    let Some(Value::Object(blocks)) = payload.pointer("/view/state/values") else {
        return BTreeMap::new();
    };
    let filled = blocks.iter().filter_map(|(block, inputs)| {
        let input = inputs.as_object()?.values().next()?;
        let value = text(input, "/value")
            .or_else(|| text(input, "/selected_option/value"))
            .or_else(|| text(input, "/files/0/id"));
        Some((block.clone(), value.unwrap_or_default().to_owned()))
    });
    filled.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_click_says_in_which_thread_it_was_made() {
        let check = |payload: Value, expected: Option<&str>| {
            assert_eq!(thread(&payload), expected.map(MessageTs::new), "{payload}");
        };
        check(
            json!({ "container": { "message_ts": "1.2", "thread_ts": "1.1" } }),
            Some("1.1"),
        );
        check(
            json!({ "message": { "ts": "1.2", "thread_ts": "1.1" } }),
            Some("1.1"),
        );
        check(
            json!({ "container": { "message_ts": "1.1" }, "message": { "ts": "1.1", "thread_ts": "1.1" } }),
            None,
        );
        check(json!({ "container": { "message_ts": "1.1" } }), None);
        check(json!({ "container": { "type": "view" } }), None);
    }
}
