//! What the app does about events, by slack-morphism's types of them.

use std::sync::Mutex;

use anyhow::anyhow;
use slack_morphism::prelude::*;

use crate::screens::home;
use crate::{BOT, Client, Outcome, files, later, post};

/// Slack-morphism's callback for what comes to the Events API's path.
pub async fn on_push(
    event: SlackPushEvent,
    client: Client,
    state: SlackClientEventsUserState,
) -> Outcome<()> {
    match event {
        SlackPushEvent::EventCallback(event) => on_event(event, client, state).await,
        SlackPushEvent::AppRateLimited(_) => Ok(notice("app_rate_limited")?),
        // The library itself answers the challenge.
        SlackPushEvent::UrlVerification(_) => Ok(()),
    }
}

/// Slack-morphism's callback for events over a socket.
pub async fn on_event(
    event: SlackPushEventCallback,
    client: Client,
    _: SlackClientEventsUserState,
) -> Outcome<()> {
    on_body(event.event, client, None);
    Ok(())
}

/// One event; over the open ways in also which `attempt` of Slack's this is.
pub fn on_body(event: SlackEventCallbackBody, client: Client, attempt: Option<u64>) {
    later(async move {
        match event {
            SlackEventCallbackBody::AppMention(mention) => {
                mentioned(&client, mention, attempt).await
            }
            SlackEventCallbackBody::Message(message) => heard(&client, message).await,
            SlackEventCallbackBody::AppHomeOpened(opened) => publish(&client, opened).await,
            SlackEventCallbackBody::AgentSessionStopped(stop) => stopped(&client, stop).await,
            SlackEventCallbackBody::ReactionAdded(reaction) => reacted(&client, reaction).await,
            other => {
                let other = serde_json::to_value(other)?;
                notice(other["type"].as_str().unwrap_or_default())
            }
        }
    });
}

/// The kinds of the events that the app does nothing else about, in the order they came.
pub static NOTICED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Remembers that one came.
pub fn notice(kind: &str) -> anyhow::Result<()> {
    let noticed = NOTICED.lock();
    noticed
        .map_err(|error| anyhow!("{error}"))?
        .push(kind.to_owned());
    Ok(())
}

/// Which attempt of Slack's this is, the typed callbacks are not told.
async fn mentioned(
    client: &Client,
    event: SlackAppMentionEvent,
    attempt: Option<u64>,
) -> anyhow::Result<()> {
    let text = event.content.text.unwrap_or_default();
    let said = match attempt {
        Some(attempt) => format!("mentioned: {text} (retry {attempt})"),
        None => format!("mentioned: {text}"),
    };
    let root = event.origin.thread_ts.unwrap_or(event.origin.ts);
    post(client, &event.channel, Some(&root), said).await?;
    Ok(())
}

async fn heard(client: &Client, event: SlackMessageEvent) -> anyhow::Result<()> {
    let Some(channel) = event.origin.channel else {
        return Ok(());
    };
    if event.subtype == Some(SlackMessageEventType::FileShare) && event.sender.bot_id.is_none() {
        return files::got(client, &channel, event.content).await;
    }
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
