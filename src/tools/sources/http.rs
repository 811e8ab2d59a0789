//! Tools of services with an HTTP API, as their cards describe them.

mod again;
pub(super) mod answer;
mod pages;
pub(super) mod preview;
mod refusal;
pub(super) mod request;
pub(super) mod send;
pub(super) mod shape;

use async_trait::async_trait;
use reqwest::Request;
use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

use self::pages::List;
use self::request::Inputs;
use self::send::{Errand, Sender, told};
use super::given::misplaced;
use crate::cards::template::Templates;
use crate::domain::card::{CardTool, HttpRequest, HttpService, Keep, Pages, ToolAction};
use crate::domain::preview::Preview;
use crate::domain::tool::ToolOutput;
use crate::error::Result;
use crate::net::{Body, GuardedClient};
use crate::tools::{Target, ToolSource};

/// How much of an answer is read.
pub(super) const LARGEST_ANSWER: usize = 1024 * 1024;

/// Runs the tools of HTTP cards.
pub struct HttpSource {
    sender: Sender,
    templates: Templates,
}

#[async_trait]
impl ToolSource for HttpSource {
    async fn check(&self, target: &Target) -> Result<()> {
        let service = http_service(target)?;
        let inputs = Inputs::new(target, None, &Map::new())?;
        let built = request::build(&self.templates, service, &service.health, &inputs)?;
        let errand = Errand::new(
            target,
            &built,
            service.retries,
            service.health.method.reads(),
        );
        let trying = self.run(&errand, Wanted::all(&service.health, None), built);
        send::check(target, trying).await
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
        let harmless = request.method.reads() || key.is_some();
        let errand = Errand::new(target, &built, service.retries, harmless);
        let keep = inputs.keep(&self.templates, request.keep.as_ref())?;
        let wanted = Wanted {
            most: inputs.limit(),
            ..Wanted::all(request, keep.as_deref())
        };
        let outcome = self.run(&errand, wanted, built).await;
        let mut output = told(outcome, request.method.reads())?;
        output.text = errand.without_secrets(&output.text);
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
            sender: Sender::new(client),
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

    /// Sends a request and reads the answer, which may be a no although its status says yes.
    async fn ask(
        &self,
        errand: &Errand<'_>,
        request: Request,
        room: usize,
    ) -> Result<(HeaderMap, Body)> {
        let answered = self.sender.ask(errand, request, room).await?;
        match refusal::in_an_answer(errand, &answered.1) {
            Some(error) => Err(error),
            None => Ok(answered),
        }
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

fn http_service(target: &Target) -> Result<&HttpService> {
    let service = target.card.service.http.as_deref();
    service.ok_or_else(|| misplaced(target, "HTTP"))
}

fn http_request<'a>(target: &Target, tool: &'a CardTool) -> Result<&'a HttpRequest> {
    let ToolAction::Http(request) = &tool.run else {
        return Err(misplaced(target, "HTTP"));
    };
    Ok(request)
}
