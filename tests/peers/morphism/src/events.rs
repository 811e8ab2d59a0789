//! What the app does about events, by slack-morphism's types of them.

use slack_morphism::prelude::*;

use crate::screens::home;
use crate::{BOT, Client, Outcome, later, post};

/// Slack-morphism's callback for what comes to the Events API's path.
pub async fn on_push(
    event: SlackPushEvent,
    client: Client,
    state: SlackClientEventsUserState,
) -> Outcome<()> {
    match event {
        SlackPushEvent::EventCallback(event) => on_event(event, client, state).await,
        // The library itself answers the challenge.
        SlackPushEvent::UrlVerification(_) | SlackPushEvent::AppRateLimited(_) => Ok(()),
    }
}

/// Slack-morphism's callback for events over a socket.
pub async fn on_event(
    event: SlackPushEventCallback,
    client: Client,
    _: SlackClientEventsUserState,
) -> Outcome<()> {
    later(async move {
        match event.event {
            SlackEventCallbackBody::AppMention(mention) => mentioned(&client, mention).await,
            SlackEventCallbackBody::Message(message) => heard(&client, message).await,
            SlackEventCallbackBody::AppHomeOpened(opened) => publish(&client, opened).await,
            SlackEventCallbackBody::AgentSessionStopped(stop) => stopped(&client, stop).await,
            SlackEventCallbackBody::ReactionAdded(reaction) => reacted(&client, reaction).await,
            _ => Ok(()),
        }
    });
    Ok(())
}

/// Which attempt of Slack's this is, the typed event does not say.
async fn mentioned(client: &Client, event: SlackAppMentionEvent) -> anyhow::Result<()> {
    let text = event.content.text.unwrap_or_default();
    let root = event.origin.thread_ts.unwrap_or(event.origin.ts);
    post(
        client,
        &event.channel,
        Some(&root),
        format!("mentioned: {text}"),
    )
    .await?;
    Ok(())
}

async fn heard(client: &Client, event: SlackMessageEvent) -> anyhow::Result<()> {
    let Some(channel) = event.origin.channel else {
        return Ok(());
    };
    if event.origin.channel_type != Some(SlackChannelType("im".into())) {
        return Ok(());
    }
    let was = event.previous_message.filter(is_a_persons).map(text_of);
    let is = event.message.filter(is_a_persons).map(text_of);
    let said = match event.subtype {
        None if event.sender.bot_id.is_none() => {
            let text = event.content.and_then(|content| content.text);
            Some(format!("heard: {}", text.unwrap_or_default()))
        }
        Some(SlackMessageEventType::MessageChanged) => was
            .zip(is)
            .map(|(was, is)| format!("edited: {was} to {is}")),
        Some(SlackMessageEventType::MessageDeleted) => was.map(|was| format!("taken back: {was}")),
        _ => None,
    };
    if let Some(said) = said {
        post(client, &channel, None, said).await?;
    }
    Ok(())
}

fn is_a_persons(message: &SlackMessageEventEdited) -> bool {
    message.sender.bot_id.is_none()
}

fn text_of(message: SlackMessageEventEdited) -> String {
    let text = message.content.and_then(|content| content.text);
    text.unwrap_or_default()
}

async fn publish(client: &Client, event: SlackAppHomeOpenedEvent) -> anyhow::Result<()> {
    if event.tab.as_deref() == Some("home") {
        let request = SlackApiViewsPublishRequest::new(event.user, home("welcome home"));
        client.open_session(&BOT).views_publish(&request).await?;
    }
    Ok(())
}

async fn stopped(client: &Client, event: SlackAgentSessionStoppedEvent) -> anyhow::Result<()> {
    let status = SlackApiAgentsSessionsSetStatusRequest::new(SlackAgentSessionStatus::Active)
        .with_channel_id(event.channel.clone())
        .opt_thread_ts(event.thread_ts.clone());
    let session = client.open_session(&BOT);
    session.agents_sessions_set_status(&status).await?;
    let streams = event.streaming_message_ts.unwrap_or_default().len();
    let thread = event.thread_ts.as_ref();
    post(
        client,
        &event.channel,
        thread,
        format!("stopped {streams} stream"),
    )
    .await?;
    Ok(())
}

async fn reacted(client: &Client, event: SlackReactionAddedEvent) -> anyhow::Result<()> {
    let SlackReactionsItem::Message(message) = event.item else {
        return Ok(());
    };
    if let (Some(channel), "tada") = (&message.origin.channel, event.reaction.0.as_str()) {
        post(client, channel, Some(&message.origin.ts), "saw a reaction").await?;
    }
    Ok(())
}
