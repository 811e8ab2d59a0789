//! Files: sent to Slack, read, deleted, and those that people share.

use anyhow::{Context as _, ensure};
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::AUTHORIZATION;
use hyper_util::client::legacy::Client as Http;
use hyper_util::rt::TokioExecutor;
use slack_morphism::prelude::*;

use crate::{BOT, Client, failure, post, tell};

const LINES: &str = "Zeile eins\nLine two ✓\n";

/// `/mcp file`: uploads one, reads it, deletes it, and says what came of each.
pub async fn file(client: &Client, event: &SlackCommandEvent) -> anyhow::Result<()> {
    let session = client.open_session(&BOT);
    let ask = SlackApiFilesGetUploadUrlExternalRequest::new("lines.txt".into(), LINES.len());
    let place = session.get_upload_url_external(&ask).await?;
    let upload = SlackApiFilesUploadViaUrlRequest::new(
        place.upload_url,
        LINES.as_bytes().to_vec(),
        "text/plain".into(),
    );
    session.files_upload_via_url(&upload).await?;
    let named = SlackApiFilesComplete::new(place.file_id.clone()).with_title("Two lines".into());
    let complete = SlackApiFilesCompleteUploadExternalRequest::new(vec![named])
        .with_channel_id(event.channel_id.clone())
        .with_initial_comment("a file follows".into());
    session.files_complete_upload_external(&complete).await?;
    let info = SlackApiFilesInfoRequest::new(place.file_id.clone());
    let file = session.files_info(&info).await?.file;
    let (title, content) = (
        file.title.clone().unwrap_or_default(),
        content_of(&file).await?,
    );
    let listed = SlackApiFilesListRequest::new().with_channel(event.channel_id.clone());
    let listed = session.files_list(&listed).await?.files;
    ensure!(
        listed.iter().any(|one| one.id == file.id),
        "files.list does not have it"
    );
    tell(
        client,
        &event.user_id,
        format!("uploaded {title}: {content}"),
    )
    .await?;
    let delete = SlackApiFilesDeleteRequest::new(place.file_id);
    session.files_delete(&delete).await?;
    let then = failure(session.files_info(&info).await);
    tell(client, &event.user_id, format!("then {then}")).await
}

/// Says what is in the files that a person shared.
pub async fn got(
    client: &Client,
    channel: &SlackChannelId,
    content: Option<SlackMessageContent>,
) -> anyhow::Result<()> {
    let content = content.context("files without a message")?;
    let files = content.files.unwrap_or_default();
    let mut texts = Vec::new();
    for file in &files {
        texts.push(content_of(file).await?);
    }
    let (number, said) = (files.len(), content.text.unwrap_or_default());
    let told = format!("got {number} with “{said}”: {}", texts.join("|"));
    post(client, channel, None, told).await?;
    Ok(())
}

/// What is in a file, by hyper itself: of an answer that is not JSON the library gives nothing
/// (`send_http_request` in src/hyper_tokio/connector.rs).
async fn content_of(file: &SlackFile) -> anyhow::Result<String> {
    let address = file
        .url_private
        .as_ref()
        .context("a file without an address")?;
    let request = Request::get(address.as_str())
        .header(AUTHORIZATION, format!("Bearer {}", BOT.token_value.value()))
        .body(Empty::<Bytes>::new())?;
    let answer = Http::builder(TokioExecutor::new())
        .build_http()
        .request(request)
        .await?;
    ensure!(
        answer.status().is_success(),
        "{address}: {}",
        answer.status()
    );
    let bytes = answer.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(bytes.to_vec())?)
}
