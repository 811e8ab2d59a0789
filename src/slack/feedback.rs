//! Thumbs below an answer: what people thought of it is kept, one opinion each.

use serde_json::{Value, json};

use super::actions::FEEDBACK;
use super::blocks::{Message, plain};
use super::inbound::Action;
use super::router::Reply;
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::post::Post;
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result};
use crate::ids::RunId;
use crate::store::Outgoing;
use crate::text;

const GOOD: &str = "good";
const BAD: &str = "bad";

/// The message of a run, with the buttons when it is an answer.
pub fn below(language: Language, mut message: Message, outgoing: &Outgoing) -> Message {
    let buttons = buttons(language, &outgoing.post.0, &outgoing.run);
    message.blocks.extend(buttons);
    message
}

/// The buttons of an answer; nothing else is judged.
pub fn buttons(language: Language, post: &Post, run: &RunId) -> Option<Value> {
    let is_answer = matches!(post, Post::Answer { .. });
    let button = |label: &Text, opinion: &str| {
        let label = label.to(language);
        json!({ "text": plain(&label), "value": format!("{opinion} {run}"), "accessibility_label": label })
    };
    is_answer.then(|| {
        json!({
            "type": "context_actions",
            "elements": [{
                "type": "feedback_buttons",
                "action_id": FEEDBACK,
                "positive_button": button(&text!("Good answer"), GOOD),
                "negative_button": button(&text!("Bad answer"), BAD),
            }],
        })
    })
}

/// Keeps what was clicked.
pub async fn keep(app: &App, action: &Action) -> Result<Reply> {
    let (opinion, run) = action.value.split_once(' ').unwrap_or_default();
    let kept = match opinion {
        GOOD | BAD => {
            let run = RunId::new(run);
            let (person, now) = (&action.caller.person, app.clock.now());
            app.store
                .give_feedback(person, &run, opinion == GOOD, now)
                .await?
        }
        _ => false,
    };
    if kept {
        return Ok(Reply::Shown);
    }
    Err(Error::new(
        Kind::NotFound,
        text!("I no longer have that answer, so your opinion of it was not kept."),
    )
    .hint(text!("Newer answers can be judged.")))
}
