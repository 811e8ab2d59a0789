//! What `/mcp VERB` does: one verb for each kind of answer.

use std::sync::Mutex;

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::*;

use crate::events::NOTICED;
use crate::screens::{button, form, note, section};
use crate::untyped::{self, post_to};
use crate::{BOT, Client, Outcome, failure, files, installs, later, post, rest, tell, tour, words};

/// Slack-morphism's callback for slash commands.
pub async fn on_command(
    event: SlackCommandEvent,
    client: Client,
    _: SlackClientEventsUserState,
) -> Outcome<SlackCommandEventResponse> {
    let text = event.text.clone().unwrap_or_default();
    let (verb, rest) = text.split_once(' ').unwrap_or((&text, ""));
    let said = match verb {
        "ack" => "acked with words".to_owned(),
        "late" => late(&client, &event).await?,
        "scopes" => scopes(&client, &event).await?,
        "validate" => validate(&client).await?,
        "install" => installs::address(&client).await?,
        "noticed" => format!("noticed: {}", noticed()?),
        "respond" | "once" | "modal" | "update" | "buttons" | "select" | "stream" | "tasks"
        | "status" | "tour" | "rest" | "file" | "installed" | "callback" | "leave" => {
            let (verb, rest) = (verb.to_owned(), rest.to_owned());
            later(async move { run(&verb, &rest, &client, event).await });
            return Ok(SlackCommandEventResponse::new(SlackMessageContent::new()));
        }
        other => format!("unknown: {other}"),
    };
    Ok(SlackCommandEventResponse::new(words(said)))
}

async fn run(
    verb: &str,
    rest: &str,
    client: &Client,
    event: SlackCommandEvent,
) -> anyhow::Result<()> {
    let told = match verb {
        "respond" => return respond(client, &event).await,
        "once" => return once(client, &event).await,
        "modal" => return modal(client, &event).await,
        "update" => return update(client, &event).await,
        "buttons" => return buttons(client, &event).await,
        "select" => return select(client, &event).await,
        "stream" => return stream(client, &event).await,
        "tasks" => return tasks(client, &event).await,
        "status" => return status(client, &event).await,
        "file" => return files::file(client, &event).await,
        "leave" => return leave(client).await,
        "installed" => installs::installed(client, rest).await?,
        "callback" => installs::callback(client, rest).await?,
        "rest" => rest::rest(client, &event).await?.to_string(),
        _ => tour::tour(client, &event).await?.to_string(),
    };
    let told = SlackApiPostWebhookMessageRequest::new(words(told));
    client.respond_to_event(&event.response_url, &told).await?;
    Ok(())
}

/// Opens with the trigger of the command before this one.
async fn late(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<String> {
    static EARLIER: Mutex<Option<SlackTriggerId>> = Mutex::new(None);
    let earlier = {
        let mut earlier = EARLIER.lock().map_err(|error| anyhow!("{error}"))?;
        earlier.replace(event.trigger_id.clone())
    };
    let earlier = earlier.unwrap_or_else(|| "none".into());
    let open = SlackApiViewsOpenRequest::new(earlier, note("late"));
    let opened = client.open_session(&BOT).views_open(&open).await;
    Ok(format!("late: {}", failure(opened)))
}

/// Nothing but the acknowledgement can say this: the token may do nothing else. Of the answer the library's error has
/// the code, and as text the rest.
async fn scopes(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<String> {
    let info = SlackApiUsersInfoRequest::new(event.user_id.clone());
    let Err(SlackClientError::ApiError(error)) = client.open_session(&BOT).users_info(&info).await
    else {
        return Ok("worked".to_owned());
    };
    let answer: Value = serde_json::from_str(&error.http_response_body.unwrap_or_default())?;
    let needed = answer["needed"].as_str().unwrap_or_default();
    Ok(format!("{}: {needed}", error.code))
}

async fn validate(client: &Client) -> anyhow::Result<String> {
    let session = client.open_session(&BOT);
    let good = SlackApiBlocksValidateRequest::new().with_blocks(vec![section("fine")]);
    let good = session.blocks_validate(&good).await?.ok;
    let bad = SlackMessageContent::new().with_blocks(vec![SlackSectionBlock::new().into()]);
    let bad = SlackApiBlocksValidateRequest::new().with_message(bad);
    let bad = session.blocks_validate(&bad).await?;
    let error = serde_json::to_value(bad.error)?;
    let errors = bad.errors.unwrap_or_default();
    let first = errors.first().context("no error in particular")?;
    let (error, pointer) = (error.as_str().unwrap_or_default(), &first.pointer);
    Ok(format!("{good}, {error} at {pointer}"))
}

fn noticed() -> anyhow::Result<String> {
    let kinds = NOTICED.lock().map_err(|error| anyhow!("{error}"))?;
    Ok(kinds.join(" "))
}

/// Takes the app away, as its owners may: there is no method for it in the library.
async fn leave(client: &Client) -> anyhow::Result<()> {
    let app = json!({ "client_id": "1234567890.0987654321", "client_secret": "sim-client-secret" });
    post_to::<Value>(client, &BOT, "apps.uninstall", &app).await?;
    Ok(())
}

async fn select(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<()> {
    let project = SlackBlockExternalSelectElement::new()
        .with_action_id("project".into())
        .with_min_query_length(2);
    let block = SlackSectionBlock::new()
        .with_text(SlackBlockMarkDownText::new("choose a project".to_owned()).into())
        .with_accessory(project.into());
    let content = words("choose a project").with_blocks(vec![block.into()]);
    let request = SlackApiChatPostMessageRequest::new(event.channel_id.clone(), content);
    let session = client.open_session(&BOT);
    session.chat_post_message(&request).await?;
    Ok(())
}

async fn respond(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<()> {
    let first = SlackApiPostWebhookMessageRequest::new(words("first answer"));
    client.respond_to_event(&event.response_url, &first).await?;
    let second =
        SlackApiPostWebhookMessageRequest::new(words("second answer")).with_replace_original(true);
    client
        .respond_to_event(&event.response_url, &second)
        .await?;
    Ok(())
}

async fn once(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<()> {
    let soon = SlackApiPostWebhookMessageRequest::new(words("soon gone"));
    client.respond_to_event(&event.response_url, &soon).await?;
    let gone = SlackApiPostWebhookMessageRequest::new(SlackMessageContent::new())
        .with_delete_original(true);
    client.respond_to_event(&event.response_url, &gone).await?;
    untyped::tell_everybody(client, &event.response_url, "everybody reads this").await
}

async fn modal(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<()> {
    let session = client.open_session(&BOT);
    let open = SlackApiViewsOpenRequest::new(event.trigger_id.clone(), form());
    let opened = session.views_open(&open).await?;
    let update = SlackApiViewsUpdateRequest::new(form())
        .with_view_id(opened.view.state_params.id)
        .with_hash("0.wrong".into());
    let stale = failure(session.views_update(&update).await);
    let spent = failure(session.views_open(&open).await);
    tell(client, &event.user_id, format!("views: {stale} {spent}")).await
}

async fn update(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<()> {
    let session = client.open_session(&BOT);
    let open = SlackApiViewsOpenRequest::new(event.trigger_id.clone(), note("looking"));
    let opened = session.views_open(&open).await?.view.state_params;
    let update = SlackApiViewsUpdateRequest::new(note("found it"))
        .with_view_id(opened.id)
        .with_hash(opened.hash);
    session.views_update(&update).await?;
    Ok(())
}

async fn buttons(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<()> {
    let content =
        words("with a button").with_blocks(vec![section("with a button"), button("ping", "Ping")]);
    let request = SlackApiChatPostMessageRequest::new(event.channel_id.clone(), content);
    client
        .open_session(&BOT)
        .chat_post_message(&request)
        .await?;
    Ok(())
}

fn start(event: &SlackCommandEvent, thread: SlackTs) -> SlackApiChatStartStreamRequest {
    SlackApiChatStartStreamRequest::new(event.channel_id.clone())
        .with_thread_ts(thread)
        .with_recipient_user_id(event.user_id.clone())
        .with_recipient_team_id(event.team_id.clone())
}

async fn stream(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<()> {
    let session = client.open_session(&BOT);
    let root = post(client, &event.channel_id, None, "a stream follows").await?;
    let begun = start(event, root).with_markdown_text("One, two, three. ".into());
    let ts = session.chat_start_stream(&begun).await?.ts;
    let more = SlackApiChatAppendStreamRequest::new(event.channel_id.clone(), ts.clone())
        .with_markdown_text("Four, five, six. ".into());
    session.chat_append_stream(&more).await?;
    let last = SlackMessageContent::new()
        .with_markdown_text("Seven.".into())
        .with_blocks(vec![section("the end")]);
    let stop = SlackApiChatStopStreamRequest::new(event.channel_id.clone(), ts, last);
    session.chat_stop_stream(&stop).await?;
    Ok(())
}

async fn tasks(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<()> {
    let session = client.open_session(&BOT);
    let root = post(client, &event.channel_id, None, "tasks follow").await?;
    let task = SlackStreamChunk::TaskUpdate {
        id: "t1".into(),
        title: "Look".into(),
        hide_title: None,
        icon: None,
        status: SlackTaskCardStatus::InProgress,
        details: None,
        output: None,
        sources: None,
    };
    let begun = start(event, root).with_chunks(vec![task]);
    let ts = session.chat_start_stream(&begun).await?.ts;
    let text = SlackStreamChunk::MarkdownText {
        text: "Working on it.".into(),
    };
    let more =
        SlackApiChatAppendStreamRequest::new(event.channel_id.clone(), ts).with_chunks(vec![text]);
    session.chat_append_stream(&more).await?;
    Ok(())
}

async fn status(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<()> {
    let root = post(client, &event.channel_id, None, "a status follows").await?;
    let status = SlackApiAssistantThreadsSetStatusRequest::new(
        event.channel_id.clone(),
        "is touring".into(),
        root,
    );
    let session = client.open_session(&BOT);
    session.assistant_threads_set_status(&status).await?;
    Ok(())
}
