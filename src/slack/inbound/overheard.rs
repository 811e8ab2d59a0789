//! Messages that nobody addressed to the bot: in some channels they are questions all the same.

use serde_json::Value;

use super::{Question, text};

/// A message that does not mention the bot.
#[derive(Clone, Debug, PartialEq)]
pub struct Overheard {
    /// What it asks, were it for the bot.
    pub question: Question,
    /// Whether it continues a thread.
    pub in_thread: bool,
    /// Whether it cannot be for the bot, whatever was chosen for the channel.
    pub for_others: bool,
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
