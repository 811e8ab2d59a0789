//! What `/mcp VERB` does: one verb for each kind of answer.

use slack_morphism::prelude::*;

use crate::screens::{button, form, note, section};
use crate::{BOT, Client, Outcome, failure, later, post, tell, tour, words};

/// Slack-morphism's callback for slash commands.
pub async fn on_command(
    event: SlackCommandEvent,
    client: Client,
    _: SlackClientEventsUserState,
) -> Outcome<SlackCommandEventResponse> {
    let verb = event.text.clone().unwrap_or_default();
    let said = match verb.as_str() {
        "ack" => "acked with words".to_owned(),
        "respond" | "once" | "modal" | "update" | "buttons" | "stream" | "tasks" | "status"
        | "tour" => {
            later(async move { run(&verb, &client, event).await });
            return Ok(SlackCommandEventResponse::new(SlackMessageContent::new()));
        }
        other => format!("unknown: {other}"),
    };
    Ok(SlackCommandEventResponse::new(words(said)))
}

async fn run(verb: &str, client: &Client, event: SlackCommandEvent) -> anyhow::Result<()> {
    match verb {
        "respond" => respond(client, &event).await,
        "once" => once(client, &event).await,
        "modal" => modal(client, &event).await,
        "update" => update(client, &event).await,
        "buttons" => buttons(client, &event).await,
        "stream" => stream(client, &event).await,
        "tasks" => tasks(client, &event).await,
        "status" => status(client, &event).await,
        _ => {
            let seen = tour::tour(client, &event).await?;
            let told = SlackApiPostWebhookMessageRequest::new(words(seen.to_string()));
            client.respond_to_event(&event.response_url, &told).await?;
            Ok(())
        }
    }
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

/// There is no `response_type` in the library's request to a response address, so the last answer
/// is a message.
async fn once(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<()> {
    let soon = SlackApiPostWebhookMessageRequest::new(words("soon gone"));
    client.respond_to_event(&event.response_url, &soon).await?;
    let gone = SlackApiPostWebhookMessageRequest::new(SlackMessageContent::new())
        .with_delete_original(true);
    client.respond_to_event(&event.response_url, &gone).await?;
    post(client, &event.channel_id, None, "everybody reads this").await?;
    Ok(())
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
