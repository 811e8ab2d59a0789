//! An outcome that Slack will not show where it was asked for goes to the one who asked, directly.

use super::client::CallError;
use crate::app::App;
use crate::domain::post::Post;
use crate::error::Result;
use crate::store::Outgoing;

/// Slack's codes for a place that the bot cannot write to, now or later.
const CLOSED_TO_US: [&str; 9] = [
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "restricted_action_thread_locked",
    "thread_not_found",
    "messages_tab_disabled",
];

/// Whether Slack's "no" is about the place alone, so that another place may do.
pub(super) fn is_closed_to_us(error: &CallError) -> bool {
    matches!(error, CallError::Refused(code) if CLOSED_TO_US.contains(&code.as_str()))
}

/// Turns what the place they asked in cannot show to the asker's conversation with the bot, where it
/// is sent like anything else: whole, and once. False when there is nothing to tell yet, or when that
/// conversation is closed as well.
pub(super) async fn turn(
    app: &App,
    outgoing: &Outgoing,
) -> Result<std::result::Result<bool, CallError>> {
    if matches!(outgoing.post.0, Post::Working { .. }) || outgoing.instead_of.is_some() {
        return Ok(Ok(false));
    }
    let direct = match app.slack.open_direct(&outgoing.asker).await {
        Ok(direct) if direct != outgoing.channel => direct,
        Ok(_) => return Ok(Ok(false)),
        Err(error) => return Ok(Err(error)),
    };
    let now = app.clock.now();
    let turned = app.store.tell_directly(outgoing, &direct, now).await?;
    Ok(Ok(turned))
}
