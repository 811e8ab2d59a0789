//! What slack-morphism's own structs cannot say, by its generic calls with structs of the app's.

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use slack_morphism::prelude::*;

use crate::{BOT, Client};

/// An answer to a response address that everybody may read: `SlackApiPostWebhookMessageRequest` (src/api/webhook.rs)
/// has no `response_type`.
pub async fn tell_everybody(
    client: &Client,
    address: &SlackResponseUrl,
    text: &str,
) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Answer<'a> {
        text: &'a str,
        response_type: SlackMessageResponseType,
    }
    let answer = Answer {
        text,
        response_type: SlackMessageResponseType::InChannel,
    };
    let session = client.open_session(&BOT);
    let address = address.value().clone();
    let api = &session.http_session_api;
    api.http_post_uri::<_, Value>(address, &answer, None)
        .await?;
    Ok(())
}

/// A message with metadata that is no flat list of texts, as `SlackMessageMetadata` (src/models/messages/mod.rs) is, so
/// that the library can read no such message either; its timestamp.
pub async fn post_with_metadata(
    client: &Client,
    channel: &SlackChannelId,
    text: &str,
    event_type: &str,
    event_payload: Value,
) -> anyhow::Result<SlackTs> {
    #[derive(Serialize)]
    struct Post<'a> {
        channel: &'a SlackChannelId,
        text: &'a str,
        metadata: Value,
    }
    let post = Post {
        channel,
        text,
        metadata: json!({ "event_type": event_type, "event_payload": event_payload }),
    };
    let posted: Posted = post_to(client, &BOT, "chat.postMessage", &post).await?;
    Ok(posted.ts)
}

#[derive(Deserialize)]
struct Posted {
    ts: SlackTs,
}

/// The metadata of a thread's first message.
pub async fn metadata_of(
    client: &Client,
    channel: &SlackChannelId,
    ts: &SlackTs,
) -> anyhow::Result<Option<Value>> {
    #[derive(Deserialize)]
    struct Thread {
        messages: Vec<Message>,
    }
    #[derive(Deserialize)]
    struct Message {
        metadata: Option<Metadata>,
    }
    #[derive(Deserialize)]
    struct Metadata {
        event_payload: Value,
    }
    let (channel, ts) = (channel.to_string(), ts.to_string());
    let query = vec![
        ("channel", Some(channel.as_str())),
        ("ts", Some(&ts)),
        ("include_all_metadata", Some("true")),
    ];
    let session = client.open_session(&BOT);
    let thread = session
        .http_session_api
        .http_get::<Thread, _, _>("conversations.replies", &query, None)
        .await?;
    let first = thread.messages.into_iter().next();
    let first = first.context("a thread without a message")?;
    Ok(first.metadata.map(|metadata| metadata.event_payload))
}

/// Any method, with any arguments that have a JSON.
pub async fn post_to<T: DeserializeOwned + Send>(
    client: &Client,
    token: &SlackApiToken,
    method: &str,
    arguments: &(impl Serialize + Sync + Send),
) -> ClientResult<T> {
    let session = client.open_session(token);
    let api = &session.http_session_api;
    api.http_post(method, arguments, None).await
}
