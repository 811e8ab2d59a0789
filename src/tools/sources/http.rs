//! Tools of services with an HTTP API, as their cards describe them.

mod answer;
mod preview;
mod request;
mod shape;

use std::time::Duration;

use anyhow::anyhow;
use async_trait::async_trait;
use reqwest::header::LOCATION;
use reqwest::{Method, Request, Response, StatusCode};
use serde_json::{Map, Value};

use self::request::Inputs;
use crate::cards::template::Templates;
use crate::domain::card::{CardTool, HttpMethod, HttpRequest, HttpService, ToolAction};
use crate::domain::preview::Preview;
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};
use crate::net::{GuardedClient, read_body};
use crate::text;
use crate::tools::{Target, ToolSource};

/// How much of an answer is read.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// How much of a refusal is read: it is a sentence, or a page nobody needs.
const LARGEST_REFUSAL: usize = 16 * 1024;
const BODY_DEADLINE: Duration = Duration::from_secs(30);
const CHECK_DEADLINE: Duration = Duration::from_secs(10);
/// A renamed thing is one hop away; more is a loop or a game.
const REDIRECTS: usize = 3;

/// Runs the tools of HTTP cards.
pub struct HttpSource {
    client: GuardedClient,
    templates: Templates,
}

#[async_trait]
impl ToolSource for HttpSource {
    async fn check(&self, target: &Target) -> Result<()> {
        let service = http_service(target)?;
        let inputs = Inputs::new(target, None, &Map::new())?;
        let trying = self.run(target, service, &service.health, &inputs);
        match tokio::time::timeout(CHECK_DEADLINE, trying).await {
            Ok(outcome) => outcome.map(|_| ()),
            Err(_) => Err(answer::too_slow(&target.card)),
        }
    }

    async fn call(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<ToolOutput> {
        let service = http_service(target)?;
        let request = http_request(target, tool)?;
        let inputs = Inputs::new(target, Some(&tool.input), arguments)?;
        let outcome = self.run(target, service, request, &inputs).await;
        let mut output = outcome.map_err(|error| after_a_write(request, error))?;
        output.text = answer::without_secrets(&output.text, &target.secrets);
        Ok(output)
    }

    async fn preview(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<Option<Preview>> {
        let service = http_service(target)?;
        let request = http_request(target, tool)?;
        let inputs = Inputs::new(target, Some(&tool.input), arguments)?;
        let built = request::build(&self.templates, service, request, &inputs)?;
        Ok(Some(preview::of(&built)))
    }
}

impl HttpSource {
    /// A source that sends its requests through this client.
    pub fn new(client: GuardedClient) -> Self {
        Self {
            client,
            templates: Templates::new(),
        }
    }

    async fn run(
        &self,
        target: &Target,
        service: &HttpService,
        request: &HttpRequest,
        inputs: &Inputs,
    ) -> Result<ToolOutput> {
        let title = &target.card.title;
        let built = request::build(&self.templates, service, request, inputs)?;
        let response = self.send(title, built).await?;
        if !response.status().is_success() {
            return Err(answer::refusal(target, response).await);
        }
        let more = answer::has_next_page(&response);
        let body = read_body(title, response, LARGEST_ANSWER, BODY_DEADLINE).await?;
        let mut output = shape::shape(title, &body, request.keep.as_ref())?;
        output.truncated |= more;
        Ok(output)
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

/// A write whose outcome is unknown must not be tried again unseen.
fn after_a_write(request: &HttpRequest, error: Error) -> Error {
    let unknown = matches!(error.kind(), Kind::Timeout | Kind::Upstream);
    if request.method == HttpMethod::Get || !unknown {
        return error;
    }
    error.hint(text!(
        "It may have been done all the same: look before you try again."
    ))
}

fn http_service(target: &Target) -> Result<&HttpService> {
    let service = target.card.service.http.as_deref();
    service.ok_or_else(|| misplaced(target))
}

fn http_request<'a>(target: &Target, tool: &'a CardTool) -> Result<&'a HttpRequest> {
    match &tool.run {
        ToolAction::Http(request) => Ok(request),
        ToolAction::Sql(_) => Err(misplaced(target)),
    }
}

fn misplaced(target: &Target) -> Error {
    Error::internal(anyhow!(
        "the card `{}` was given to the HTTP source with something that is not HTTP",
        target.card.name
    ))
}
