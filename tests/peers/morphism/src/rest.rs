//! `/mcp rest`: the methods that no other verb calls; what came back, for the driver to judge.

use anyhow::Context as _;
use serde_json::{Value, json};
use slack_morphism::prelude::*;

use crate::untyped::post_to;
use crate::{APP, BOT, Client, post};

/// Calls them, and says what it saw. Three of them have no method in the library.
pub async fn rest(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<Value> {
    let session = client.open_session(&BOT);
    let mut seen = json!({});
    let echo = SlackApiTestRequest::new().with_foo("bar".into());
    let echo = session.api_test(&echo).await?;
    seen["echo"] = serde_json::to_value(echo)?["args"]["foo"].clone();
    let bot = SlackApiBotsInfoRequest::new();
    seen["bot"] = session.bots_info(&bot).await?.bot.name.into();
    let ts = post(client, &event.channel_id, None, "rest: root").await?;
    react(client, &event.channel_id, &ts).await?;
    seen["title"] = rename(client, &event.channel_id, &ts).await?.into();
    suggest(client, event, &ts).await?;
    let asked = json!({ "event_context": "of an event" });
    let whose: Value = post_to(client, &APP, "apps.event.authorizations.list", &asked).await?;
    seen["whose"] = whose["authorizations"][0]["user_id"].clone();
    let team = SlackApiTeamInfoRequest::new();
    seen["team"] = json!(session.team_info(&team).await?.team.domain);
    let in_play = json!({ "test": true });
    let revoked: Value = post_to(client, &BOT, "auth.revoke", &in_play).await?;
    seen["revoked"] = revoked["revoked"].clone();
    Ok(seen)
}

async fn react(client: &Client, channel: &SlackChannelId, ts: &SlackTs) -> anyhow::Result<()> {
    let session = client.open_session(&BOT);
    for name in ["eyes", "tada"] {
        let add = SlackApiReactionsAddRequest::new(channel.clone(), name.into(), ts.clone());
        session.reactions_add(&add).await?;
    }
    let remove = SlackApiReactionsRemoveRequest::new("eyes".into())
        .with_channel(channel.clone())
        .with_timestamp(ts.clone());
    session.reactions_remove(&remove).await?;
    Ok(())
}

async fn rename(client: &Client, channel: &SlackChannelId, ts: &SlackTs) -> anyhow::Result<String> {
    let session = client.open_session(&BOT);
    let begin = SlackApiAgentsSessionsSetStatusRequest::new(SlackAgentSessionStatus::Active)
        .with_channel_id(channel.clone())
        .with_thread_ts(ts.clone());
    session.agents_sessions_set_status(&begin).await?;
    let rename = SlackApiAgentsSessionsRenameRequest::new("The rest".into())
        .with_channel_id(channel.clone())
        .with_thread_ts(ts.clone());
    let renamed = session.agents_sessions_rename(&rename).await?;
    renamed.title.context("no title")
}

async fn suggest(client: &Client, event: &SlackCommandEvent, ts: &SlackTs) -> anyhow::Result<()> {
    let session = client.open_session(&BOT);
    let open = SlackApiConversationsOpenRequest::new().with_users(vec![event.user_id.clone()]);
    let dm = session.conversations_open(&open).await?.channel.id;
    let prompt = SlackAssistantPrompt::new("Ask".into(), "What is left?".into());
    // Slack needs no thread for prompts; the library's struct does.
    let prompts = SlackApiAssistantThreadsSetSuggestedPromptsRequest::new(
        dm.clone(),
        ts.clone(),
        vec![prompt],
    );
    session
        .assistant_threads_set_suggested_prompts(&prompts)
        .await?;
    let title = SlackApiAssistantThreadSetTitleRequest::new(dm, ts.clone(), "The rest".into());
    session.assistant_threads_set_title(&title).await?;
    Ok(())
}
