//! Every other outbound call once; what came back, for the driver to judge.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use slack_morphism::prelude::*;

use crate::untyped::{metadata_of, post_with_metadata};
use crate::{BOT, Client, failure, post, words};

/// Calls what the verbs do not, and says what it saw.
pub async fn tour(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<Value> {
    let mut seen = json!({});
    let ts = write(client, event, &mut seen).await?;
    read(client, event, &ts, &mut seen).await?;
    let session = client.open_session(&BOT);
    let status = SlackApiAgentsSessionsSetStatusRequest::new(SlackAgentSessionStatus::Closed)
        .with_channel_id(event.channel_id.clone())
        .with_thread_ts(ts);
    session.agents_sessions_set_status(&status).await?;
    Ok(seen)
}

async fn write(
    client: &Client,
    event: &SlackCommandEvent,
    seen: &mut Value,
) -> anyhow::Result<SlackTs> {
    let session = client.open_session(&BOT);
    let channel = &event.channel_id;
    let payload = json!({ "n": 1, "deep": { "er": true } });
    let noted = post_with_metadata(client, channel, "tour: noted", "tour", payload).await?;
    seen["metadata"] = json!(metadata_of(client, channel, &noted).await?);
    let ts = post(client, channel, None, "tour: one").await?;
    let second = words("tour: two");
    let second = SlackApiChatUpdateRequest::new(channel.clone(), second, ts.clone());
    session.chat_update(&second).await?;
    let eyes = SlackApiReactionsAddRequest::new(channel.clone(), "eyes".into(), ts.clone());
    session.reactions_add(&eyes).await?;
    post(client, channel, Some(&ts), "tour: reply").await?;
    let gone = post(client, channel, None, "tour: gone").await?;
    let gone = SlackApiChatDeleteRequest::new(channel.clone(), gone);
    session.chat_delete(&gone).await?;
    let whisper = words("tour: for you");
    let whisper =
        SlackApiChatPostEphemeralRequest::new(channel.clone(), event.user_id.clone(), whisper);
    session.chat_post_ephemeral(&whisper).await?;
    let missing = words("x");
    let missing = SlackApiChatUpdateRequest::new(channel.clone(), missing, "1.000001".into());
    seen["missing"] = failure(session.chat_update(&missing).await).into();
    let nonsense = SlackBlock::Unknown(json!({ "type": "nonsense" }));
    let nonsense = words("x").with_blocks(vec![nonsense]);
    let nonsense = SlackApiChatPostMessageRequest::new(channel.clone(), nonsense);
    seen["blocks"] = failure(session.chat_post_message(&nonsense).await).into();
    Ok(ts)
}

async fn read(
    client: &Client,
    event: &SlackCommandEvent,
    ts: &SlackTs,
    seen: &mut Value,
) -> anyhow::Result<()> {
    let session = client.open_session(&BOT);
    let channel = &event.channel_id;
    let link = SlackApiChatGetPermalinkRequest::new(channel.clone(), ts.clone());
    seen["permalink"] = session
        .chat_get_permalink(&link)
        .await?
        .permalink
        .to_string()
        .into();
    let thread = SlackApiConversationsRepliesRequest::new(channel.clone(), ts.clone());
    let thread = session.conversations_replies(&thread).await?.messages;
    let texts = thread.iter().map(|message| message.content.text.clone());
    seen["replies"] = json!(texts.collect::<Vec<_>>());
    let history = SlackApiConversationsHistoryRequest::new()
        .with_channel(channel.clone())
        .with_limit(1);
    seen["history"] = session
        .conversations_history(&history)
        .await?
        .messages
        .len()
        .into();
    let info = SlackApiConversationsInfoRequest::new(channel.clone());
    let info = session.conversations_info(&info).await?.channel;
    seen["channel"] = json!(info.name);
    let list = SlackApiConversationsListRequest::new().with_limit(1);
    let scroller = list.scroller();
    let pages = scroller.collect_items_stream(&session, Duration::ZERO);
    seen["channels"] = pages.await?.len().into();
    let members = SlackApiConversationsMembersRequest::new().with_channel(channel.clone());
    seen["members"] = session
        .conversations_members(&members)
        .await?
        .members
        .len()
        .into();
    let open = SlackApiConversationsOpenRequest::new().with_users(vec![event.user_id.clone()]);
    seen["im"] = session
        .conversations_open(&open)
        .await?
        .channel
        .id
        .to_string()
        .into();
    let user = SlackApiUsersInfoRequest::new(event.user_id.clone());
    seen["name"] = session
        .users_info(&user)
        .await?
        .user
        .name
        .context("a nameless user")?
        .into();
    let users = SlackApiUsersListRequest::new();
    seen["users"] = session.users_list(&users).await?.members.len().into();
    seen["me"] = session
        .auth_test()
        .await?
        .user
        .context("a nameless bot")?
        .into();
    Ok(())
}
