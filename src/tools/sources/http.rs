//! Tools of services with an HTTP API, as their cards describe them.

mod again;
mod answer;
mod pages;
mod preview;
mod refusal;
mod request;
mod shape;

use std::time::Duration;

use anyhow::anyhow;
use async_trait::async_trait;
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, Request, Response, StatusCode};
use secrecy::SecretString;
use serde_json::{Map, Value};

use self::pages::List;
use self::request::Inputs;
use crate::cards::template::Templates;
use crate::domain::card::{
    CardTool, HttpMethod, HttpRequest, HttpService, Keep, Pages, ToolAction,
};
use crate::domain::preview::Preview;
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};
use crate::net::{Body, GuardedClient, read_body};
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
        let built = request::build(&self.templates, service, &service.health, &inputs)?;
        let errand = Errand::new(target, service, &built, false);
        let trying = self.run(&errand, Wanted::all(&service.health, None), built);
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
        let mut built = request::build(&self.templates, service, request, &inputs)?;
        let key = tool.idempotency.as_ref().zip(target.key.as_ref());
        if let Some((header, key)) = key {
            request::put_key(&mut built, header, key)?;
        }
        let errand = Errand::new(target, service, &built, key.is_some());
        let keep = request::keep(&self.templates, request, &inputs)?;
        let wanted = Wanted {
            most: inputs.limit(),
            ..Wanted::all(request, keep.as_deref())
        };
        let outcome = self.run(&errand, wanted, built).await;
        let mut output = outcome.map_err(|error| after_a_write(request, error))?;
        output.text = answer::without_secrets(&output.text, &errand.secrets);
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

    /// Sends one request, and where the card says how, those for the rest of a list, until it has
    /// as many items as are wanted.
    async fn run(
        &self,
        errand: &Errand<'_>,
        wanted: Wanted<'_>,
        built: Request,
    ) -> Result<ToolOutput> {
        let title = &errand.target.card.title;
        let sent = built.try_clone();
        let (headers, body) = self.ask(errand, built, LARGEST_ANSWER).await?;
        let (Some(keep), Some(pages), Some(sent)) = (wanted.keep, wanted.pages, sent) else {
            let more = pages::has_next(&headers);
            return shape::shape(title, &body, wanted.keep, more);
        };
        let list = List::begin(title, keep, headers, &body)?;
        Ok(self.rest(errand, pages, sent, list, wanted.most).await)
    }

    async fn rest(
        &self,
        errand: &Errand<'_>,
        pages: &Pages,
        mut sent: Request,
        mut list: List<'_>,
        wanted: usize,
    ) -> ToolOutput {
        while let Some(next) = list.next(&pages.by, &sent) {
            let enough = list.len() >= wanted || list.pages() >= pages.most;
            let Some(request) = next.try_clone().filter(|_| !enough) else {
                return list.shown(wanted, true);
            };
            sent = next;
            let room = LARGEST_ANSWER.saturating_sub(list.bytes());
            let came = self.ask(errand, request, room).await;
            // What came before is worth having, whatever becomes of the rest.
            if came
                .and_then(|(headers, body)| list.take(headers, &body))
                .is_err()
            {
                return list.shown(wanted, true);
            }
        }
        list.shown(wanted, false)
    }

    /// Sends a request, again where that is wanted and harmless, and reads the answer.
    async fn ask(
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
        match refusal::in_an_answer(errand, &body) {
            Some(error) => Err(error),
            None => Ok((headers, body)),
        }
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

/// What of an answer is wanted.
struct Wanted<'a> {
    keep: Option<&'a Keep>,
    pages: Option<&'a Pages>,
    /// The most items of a list.
    most: usize,
}

impl<'a> Wanted<'a> {
    /// All of a list that the request comes by.
    fn all(request: &'a HttpRequest, keep: Option<&'a Keep>) -> Self {
        Self {
            keep,
            pages: request.pages.as_ref(),
            most: usize::MAX,
        }
    }
}

/// For whom requests are sent, and how often each may be sent again.
struct Errand<'a> {
    target: &'a Target,
    service: &'a HttpService,
    /// What the service may not repeat to us.
    secrets: Vec<SecretString>,
    retries: u8,
}

impl<'a> Errand<'a> {
    /// What only reads may be sent again, and what the service would know the second time.
    fn new(target: &'a Target, service: &'a HttpService, built: &Request, known: bool) -> Self {
        let harmless = known || built.method() == Method::GET;
        Self {
            target,
            service,
            secrets: answer::secrets_of(target, built),
            retries: if harmless { service.retries } else { 0 },
        }
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
        ToolAction::Redis(_) | ToolAction::Sql(_) => Err(misplaced(target)),
    }
}

fn misplaced(target: &Target) -> Error {
    Error::internal(anyhow!(
        "the card `{}` was given to the HTTP source with something that is not HTTP",
        target.card.name
    ))
}
