//! A stream whose process died: what people read of it stays, and what came of it stands below.

use serde_json::{Value, json};

use super::{CallError, closing_chunk, end_stream, noted};
use crate::app::App;
use crate::domain::post::Post;
use crate::ids::MessageTs;
use crate::store::Outgoing;

/// Slack's types of blocks that hold nothing of what the model wrote; the bot's own words are sections.
const NO_WORDS: [&str; 6] = [
    "task_card",
    "plan",
    "section",
    "context",
    "actions",
    "context_actions",
];

/// Ends the stream. An answer takes the place of what is there, as does whatever else comes where
/// nothing was written yet; else the words stay and the next message is the run's.
pub(in crate::slack) async fn end_abandoned(
    app: &App,
    outgoing: &mut Outgoing,
    ts: &MessageTs,
) -> Result<(), CallError> {
    let is_answer = matches!(outgoing.post.0, Post::Answer { .. });
    let left = match is_answer {
        true => None,
        false => left(app, outgoing, ts).await?,
    };
    let Some(left) = left else {
        return end_stream(app, outgoing, ts, &[]).await;
    };
    end_stream(app, outgoing, ts, &closing(&left)).await?;
    outgoing.goes_on_below(0);
    noted(app.store.next_message(outgoing).await)
}

/// The message as Slack has it, where it holds words.
async fn left(app: &App, outgoing: &Outgoing, ts: &MessageTs) -> Result<Option<Value>, CallError> {
    let (channel, thread) = (&outgoing.channel, outgoing.thread());
    let is_it = |message: &Value| message["ts"] == ts.as_str();
    match app.slack.find_message(channel, thread, is_it).await {
        Ok(message) => Ok(message.filter(has_words)),
        Err(CallError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn blocks(message: &Value) -> &[Value] {
    message["blocks"].as_array().map_or(&[], Vec::as_slice)
}

fn has_words(message: &Value) -> bool {
    let says = |block: &Value| {
        let kind = block["type"].as_str().unwrap_or_default();
        !NO_WORDS.contains(&kind) && block["text"] != ""
    };
    blocks(message).iter().any(says)
}

/// What makes a stream look like one that nobody writes to: open code is closed, and no task goes on.
fn closing(message: &Value) -> Vec<Value> {
    let texts = blocks(message)
        .iter()
        .filter(|block| block["type"] == "markdown");
    let words: String = texts.filter_map(|block| block["text"].as_str()).collect();
    let cards = blocks(message)
        .iter()
        .flat_map(|block| match block["tasks"].as_array() {
            Some(tasks) => tasks.as_slice(),
            None => std::slice::from_ref(block),
        });
    let unfinished = cards.filter(|card| card["status"] == "in_progress");
    let failed = unfinished.map(|card| {
        json!({
            "type": "task_update", "id": card["task_id"], "title": card["title"], "status": "error",
        })
    });
    closing_chunk(&words).into_iter().chain(failed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(id: &str, status: &str) -> Value {
        json!({ "type": "task_card", "task_id": id, "title": format!("Task {id}"), "status": status })
    }

    #[test]
    fn words_are_what_the_model_wrote() {
        let check = |blocks: Value, expected: bool| {
            assert_eq!(
                has_words(&json!({ "blocks": blocks })),
                expected,
                "{blocks}"
            );
        };
        let words = json!({ "type": "markdown", "text": "Three things" });
        check(json!([]), false);
        check(json!([task("1", "in_progress")]), false);
        check(
            json!([{ "type": "plan", "tasks": [task("1", "pending")] }]),
            false,
        );
        check(
            json!([task("1", "complete"), { "type": "markdown", "text": "" }]),
            false,
        );
        check(json!([task("1", "complete"), words]), true);
        check(
            json!([{ "type": "section", "text": { "text": "May I?" } }]),
            false,
        );
        check(json!([{ "type": "rich_text", "elements": [] }]), true);
        assert!(!has_words(&Value::Null));
    }

    #[test]
    fn what_is_left_looks_as_if_it_were_over() {
        let message = json!({ "blocks": [
            task("1", "complete"),
            { "type": "markdown", "text": "See:\n\n```rust\nlet x" },
            task("2", "in_progress"),
        ] });
        let chunks = closing(&message);
        assert_eq!(chunks[0]["type"], "markdown_text");
        assert!(chunks[0]["text"].as_str().unwrap().contains("```"));
        let failed =
            json!({ "type": "task_update", "id": "2", "title": "Task 2", "status": "error" });
        assert_eq!(chunks[1..], [failed]);
        assert!(closing(&json!({ "blocks": [{ "type": "markdown", "text": "All." }] })).is_empty());
    }
}
