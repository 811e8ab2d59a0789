//! The certification app on slack-morphism: its typed Web API methods, and two ways in.
//!
//! Usage: `morphism-peer typed|open socket|http API_URL PORT`. It prints `ready` once people may begin. `typed` takes
//! what its callbacks get, over its sockets and its routes for hyper; `open` has frames and bodies from what the
//! library leaves open: a listener of one's own on its sockets, and its layer for axum.

mod commands;
mod events;
mod files;
mod installs;
mod interactions;
mod open;
mod rest;
mod screens;
mod serve;
mod tour;
mod untyped;

use std::sync::{Arc, LazyLock};

use anyhow::Context as _;
use hyper_util::client::legacy::connect::HttpConnector;
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::*;

/// What every call goes through.
type Connector = SlackClientHyperConnector<HttpConnector>;
type Client = Arc<SlackClient<Connector>>;
type Environment = Arc<SlackClientEventsListenerEnvironment<Connector>>;
type Outcome<T> = UserCallbackResult<T>;

const SIGNING_SECRET: &str = "sim-signing-secret";

static BOT: LazyLock<SlackApiToken> = LazyLock::new(|| SlackApiToken::new("xoxb-sim".into()));
static APP: LazyLock<SlackApiToken> = LazyLock::new(|| SlackApiToken::new("xapp-sim".into()));

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || {
        arguments
            .next()
            .context("usage: typed|open socket|http API_URL PORT")
    };
    let (way, transport, api_url, port) = (next()?, next()?, next()?, next()?);
    let patience = SlackApiRateControlConfig::new().with_max_retries(3);
    let connector = Connector::with_connector(HttpConnector::new())
        .with_slack_api_url(api_url.trim_end_matches('/'))
        .with_rate_control(patience);
    let client = Arc::new(SlackClient::new(connector));
    let environment = Arc::new(
        SlackClientEventsListenerEnvironment::new(client).with_error_handler(|error, _, _| {
            eprintln!("app: {error}");
            HttpStatusCode::INTERNAL_SERVER_ERROR
        }),
    );
    match (way.as_str(), transport.as_str()) {
        ("open", "socket") => open::over_sockets(environment).await,
        ("open", _) => open::over_http(environment, port.parse()?).await,
        (_, "socket") => serve::over_sockets(environment).await,
        _ => serve::over_http(environment, port.parse()?).await,
    }
}

#[expect(clippy::print_stdout, reason = "the driver waits for this line")]
fn ready() {
    println!("ready");
}

/// Does something after the acknowledgement, which slack-morphism sends when a callback returns.
fn later(work: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
    tokio::spawn(async {
        if let Err(error) = work.await {
            eprintln!("app: {error:#}");
        }
    });
}

/// The content of a message that is only words.
fn words(text: impl Into<String>) -> SlackMessageContent {
    SlackMessageContent::new().with_text(text.into())
}

/// Posts words, in a thread if one is given; its timestamp.
async fn post(
    client: &Client,
    channel: &SlackChannelId,
    thread: Option<&SlackTs>,
    text: impl Into<String>,
) -> anyhow::Result<SlackTs> {
    let request = SlackApiChatPostMessageRequest::new(channel.clone(), words(text))
        .opt_thread_ts(thread.cloned());
    let posted = client
        .open_session(&BOT)
        .chat_post_message(&request)
        .await?;
    Ok(posted.ts)
}

/// Posts words to a person.
async fn tell(client: &Client, user: &SlackUserId, text: impl Into<String>) -> anyhow::Result<()> {
    let dm = SlackChannelId(user.to_string());
    post(client, &dm, None, text).await?;
    Ok(())
}

/// Slack's word for why a call failed, `worked` if it did not.
fn failure<T>(outcome: ClientResult<T>) -> String {
    match outcome {
        Ok(_) => "worked".to_owned(),
        Err(SlackClientError::ApiError(error)) => error.code,
        Err(error) => error.to_string(),
    }
}
