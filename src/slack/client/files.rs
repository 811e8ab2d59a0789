//! Files: announced, brought to the address that Slack names, and shared in a thread; and read where
//! somebody hands one to the bot.

use serde_json::{Value, json};
use slack_morphism::errors::SlackClientError;
use url::Url;

use super::calling::classify;
use super::{CallError, SlackClient, UNANSWERED};
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result};
use crate::ids::{ChannelId, MessageTs};
use crate::{net, text};

/// Where Slack takes the content of files.
const UPLOADS: &str = "files.slack.com";

impl SlackClient {
    /// Brings a text to Slack and returns its name for it; nobody sees it until it is shared.
    pub async fn upload(
        &self,
        name: &str,
        content: &[u8],
    ) -> std::result::Result<String, CallError> {
        let length = content.len().to_string();
        let query = [("filename", Some(name)), ("length", Some(length.as_str()))];
        let place = self.get("files.getUploadURLExternal", &query).await?;
        let url = place["upload_url"].as_str();
        let url = url.and_then(|url| Url::parse(url).ok());
        // Only Slack gets what people asked for.
        let url = url
            .filter(|url| self.is_for_files(url))
            .ok_or_else(|| CallError::Refused("upload_url_is_not_slack".to_owned()))?;
        let id = place["file_id"].as_str();
        let id = id.ok_or(CallError::Unheard("no file_id"))?;
        self.send_content(url, kind_of(name), content).await?;
        Ok(id.to_owned())
    }

    /// Shows an uploaded file in a conversation, in a thread of it where one is named.
    pub async fn share_file(
        &self,
        channel: &ChannelId,
        thread: Option<&MessageTs>,
        file: &str,
        title: &str,
    ) -> std::result::Result<(), CallError> {
        let mut body = json!({
            "files": [{ "id": file, "title": title }],
            "channel_id": channel,
        });
        if let Some(thread) = thread {
            body["thread_ts"] = json!(thread);
        }
        self.call("files.completeUploadExternal", &body)
            .await
            .map(drop)
    }

    /// What is in a file that somebody handed to the bot, if it is text of at most so many bytes.
    pub async fn text_of(&self, file: &str, most: usize) -> Result<String> {
        let answer = match self.get("files.info", &[("file", Some(file))]).await {
            Err(CallError::Refused(code)) if code == "missing_scope" => {
                return Err(unread(text!("Slack did not give me the file.")));
            }
            answer => answer?,
        };
        let url = answer["file"]["url_private_download"].as_str();
        let url = url.or_else(|| answer["file"]["url_private"].as_str());
        let url = url.and_then(|url| Url::parse(url).ok());
        // Nobody but Slack gets the token.
        let url = url.filter(|url| self.is_for_files(url));
        let url = url.ok_or_else(|| unread(text!("Slack did not say where the file is.")))?;
        let token = &self.token.token_value.0;
        let asked = self.http.get(url).bearer_auth(token).timeout(self.timeout);
        let answer = asked.send().await.map_err(|e| net::failure("Slack", e))?;
        // Without the scope it sends people to a page where they sign in.
        if !answer.status().is_success() {
            return Err(unread(text!("Slack did not give me the file.")));
        }
        let body = net::read_body("Slack", answer, most, self.timeout).await?;
        if body.truncated {
            return Err(Error::new(
                Kind::Invalid,
                text!("The file has more than {most} bytes.", most),
            )
            .hint(text!("Make it shorter.")));
        }
        String::from_utf8(body.bytes).map_err(|_| {
            Error::new(Kind::Invalid, text!("The file is not text in UTF-8."))
                .hint(text!("Save it as UTF-8 and choose it again."))
        })
    }

    /// The address takes no part in the Web API: it answers with a status and a line of text.
    async fn send_content(
        &self,
        url: Url,
        kind: &str,
        content: &[u8],
    ) -> std::result::Result<(), CallError> {
        let session = self.client.open_session(&self.token);
        let kind = format!("{kind}; charset=utf-8");
        let sending = session
            .http_session_api
            .http_post_uri_binary::<Value>(url, kind, content, None);
        match tokio::time::timeout(self.timeout, sending).await {
            Err(_) => Err(CallError::Unheard(UNANSWERED)),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(SlackClientError::HttpError(error))) if error.status_code.is_client_error() => {
                Err(CallError::Refused("upload_refused".to_owned()))
            }
            Ok(Err(error)) => Err(classify(error)),
        }
    }

    /// Slack's host for files, or the origin of the configured API.
    fn is_for_files(&self, url: &Url) -> bool {
        let slack = url.scheme() == "https"
            && url.host_str() == Some(UPLOADS)
            && url.port_or_known_default() == Some(443);
        slack || url.origin() == self.api_url.origin()
    }
}

fn unread(message: Text) -> Error {
    Error::new(Kind::Upstream, message).hint(text!(
        "Paste the text instead, or ask your admin whether the app has the scope `files:read`."
    ))
}

/// What a file of that name has in it.
fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "csv")) => "text/csv",
        Some(_) | None => "text/markdown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slack_and_the_configured_api_take_uploads() {
        let config: crate::config::Config =
            crate::config::Config::load(None, &crate::config::Environment::default()).unwrap();
        let mut slack = config.slack;
        slack.api_url = "http://127.0.0.1:3000/api/".to_owned();
        let client = SlackClient::new(&slack).unwrap();
        let takes = |url: &str| client.is_for_files(&Url::parse(url).unwrap());
        for good in [
            "https://files.slack.com/upload/v1/abc",
            "http://127.0.0.1:3000/upload/v1/abc",
        ] {
            assert!(takes(good), "{good}");
        }
        for bad in [
            "http://files.slack.com/upload/v1/abc",
            "https://files.slack.com:8443/upload/v1/abc",
            "https://files.slack.com.example.org/upload/v1/abc",
            "https://files.slack.com@example.org/upload/v1/abc",
            "https://example.org/files.slack.com",
            "http://127.0.0.1:3001/upload/v1/abc",
            "http://169.254.169.254/latest",
            "file:///etc/passwd",
        ] {
            assert!(!takes(bad), "{bad}");
        }
    }
}
