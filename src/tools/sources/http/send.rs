//! Sending a request to a service, and again where that is wanted and harmless.

use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, Request, Response, StatusCode};
use secrecy::SecretString;

use super::{again, answer};
use crate::domain::secret;
use crate::error::{Kind, Result};
use crate::net::{Body, GuardedClient, read_body};
use crate::text;
use crate::tools::Target;

pub(super) const BODY_DEADLINE: Duration = Duration::from_secs(30);
const CHECK_DEADLINE: Duration = Duration::from_secs(10);
/// A renamed thing is one hop away; more is a loop or a game.
const REDIRECTS: usize = 3;

/// Sends requests to what a person connected.
#[derive(Clone)]
pub(in crate::tools::sources) struct Sender {
    client: GuardedClient,
}

/// For whom requests are sent, and how often each may be sent again.
pub(in crate::tools::sources) struct Errand<'a> {
    pub target: &'a Target,
    /// What the service may not repeat to us.
    pub secrets: Vec<SecretString>,
    retries: u8,
}

impl<'a> Errand<'a> {
    /// An errand that sends requests like `built`, again up to `retries` times where that is harmless:
    /// what only reads, and what the service would know the second time.
    pub fn new(target: &'a Target, built: &Request, retries: u8, harmless: bool) -> Self {
        Self {
            target,
            secrets: answer::secrets_of(target, built),
            retries: if harmless { retries } else { 0 },
        }
    }

    /// Dots in place of secrets, should the service repeat them.
    pub fn without_secrets(&self, text: &str) -> String {
        secret::without(text, &self.secrets).into_owned()
    }
}

impl Sender {
    /// One that goes through this client.
    pub fn new(client: GuardedClient) -> Self {
        Self { client }
    }

    /// Sends a request and reads at most `room` bytes of the answer. What is no success is an error.
    pub async fn ask(
        &self,
        errand: &Errand<'_>,
        request: Request,
        room: usize,
    ) -> Result<(HeaderMap, Body)> {
        let title = &errand.target.card.title;
        let response = self.send_until_heard(errand, request).await?;
        if !response.status().is_success() {
            return Err(answer::refusal(errand, response).await);
        }
        let headers = response.headers().clone();
        let body = read_body(title, response, room, BODY_DEADLINE).await?;
        Ok((headers, body))
    }

    async fn send_until_heard(&self, errand: &Errand<'_>, request: Request) -> Result<Response> {
        let title = &errand.target.card.title;
        for tries in 0..errand.retries {
            let Some(again) = request.try_clone() else {
                break;
            };
            let sent = self.send(title, again).await;
            match again::pause(tries, &sent) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return sent,
            }
        }
        self.send(title, request).await
    }

    /// Sends a request. A GET that is sent on within the same server is followed: that is how
    /// services answer for what has been renamed.
    async fn send(&self, title: &str, mut request: Request) -> Result<Response> {
        for _ in 0..REDIRECTS {
            let again = (request.method() == Method::GET)
                .then(|| request.try_clone())
                .flatten();
            let response = self.client.send(title, request).await?;
            match again.and_then(|again| followed(&response, again)) {
                Some(next) => request = next,
                None => return Ok(response),
            }
        }
        self.client.send(title, request).await
    }
}

/// The request that a redirect asks for, if it stays with the same server.
fn followed(response: &Response, mut request: Request) -> Option<Request> {
    let moved = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let url = request.url().join(location).ok()?;
    let stays = moved && url.origin() == request.url().origin();
    *request.url_mut() = url;
    stays.then_some(request)
}

/// What came of a call; a write whose outcome is unknown must not be tried again unseen.
pub(in crate::tools::sources) fn told<T>(outcome: Result<T>, reads: bool) -> Result<T> {
    outcome.map_err(|error| {
        if reads || !matches!(error.kind(), Kind::Timeout | Kind::Upstream) {
            return error;
        }
        error.hint(text!(
            "It may have been done all the same: look before you try again."
        ))
    })
}

/// Whether a connection works, which shows soon or not at all.
pub(in crate::tools::sources) async fn check<T>(
    target: &Target,
    trying: impl Future<Output = Result<T>>,
) -> Result<()> {
    match tokio::time::timeout(CHECK_DEADLINE, trying).await {
        Ok(outcome) => outcome.map(|_| ()),
        Err(_) => Err(answer::too_slow(&target.card)),
    }
}
