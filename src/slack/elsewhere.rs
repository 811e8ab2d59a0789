//! An outcome that Slack will not show where it was asked for goes to the one who asked, directly.

use super::blocks::Message;
use super::client::CallError;
use super::outbox::render;
use crate::app::App;
use crate::domain::post::Post;
use crate::error::Result;
use crate::ids::ChannelId;
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

/// Tells the asker in their conversation with the bot what the place they asked in cannot show;
/// false when there is nothing to tell yet, or nobody to tell it to.
pub(super) async fn tell(
    app: &App,
    outgoing: &Outgoing,
) -> Result<std::result::Result<bool, CallError>> {
    if matches!(outgoing.post.0, Post::Working { .. }) {
        return Ok(Ok(false));
    }
    let Some(asker) = app.store.asker_of(&outgoing.run).await? else {
        return Ok(Ok(false));
    };
    let Message { text, mut blocks } = render(&outgoing.post.0);
    let why = format!(
        "I cannot write in <#{}>, where you asked this. Invite me there if you want me to answer in it.",
        outgoing.channel
    );
    blocks.insert(0, super::blocks::context(&why));
    let message = Message { text, blocks };
    // A person's own identifier, as a channel, is their conversation with the bot.
    let direct = ChannelId::new(asker.as_str());
    let told = app.slack.post(&direct, None, &message, None).await;
    Ok(told.map(|_| true))
}
