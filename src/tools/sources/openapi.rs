//! Tools of services that describe themselves with an OpenAPI document.

mod document;
mod filter;
mod names;
mod operations;
mod request;
mod server;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Method, Request};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use url::Url;

use self::document::Document;
use self::filter::Filter;
use super::given::misplaced;
use super::http::request::Inputs;
use super::http::send::{Errand, Sender, told};
use super::http::{self, LARGEST_ANSWER};
use crate::cards::template::Templates;
use crate::domain::card::{CardTool, OpenapiService, Operation, ToolAction};
use crate::domain::preview::Preview;
use crate::domain::secret;
use crate::domain::text::Text;
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};
use crate::net::GuardedClient;
use crate::text;
use crate::tools::{Target, ToolSource};

/// The largest document that is read: GitHub's has 11 MB.
const LARGEST_DOCUMENT: usize = 16 * 1024 * 1024;
/// How many documents come at once.
const MOST_FETCHED: usize = 8;
/// How many tags are named to whoever has to choose.
const MOST_TAGS: usize = 12;

/// Runs the operations of OpenAPI documents.
pub struct OpenapiSource {
    sender: Sender,
    templates: Templates,
    /// A large document takes room while it comes, so there are a few at a time.
    fetching: Semaphore,
    /// It takes many times its size while it is read, so there is one.
    reading: Arc<Semaphore>,
}

#[async_trait]
impl ToolSource for OpenapiSource {
    /// What can be tried without knowing the API is reading its document, which [`Self::discover`]
    /// does: a test of the connection is both.
    async fn check(&self, target: &Target) -> Result<()> {
        let inputs = Inputs::new(target, None, &Map::new())?;
        self.places(service(target)?, &inputs).map(|_| ())
    }

    async fn call(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<ToolOutput> {
        let operation = operation(target, tool)?;
        let built = self.build(target, operation, arguments)?;
        let reads = operation.method.reads();
        let errand = Errand::new(target, &built, service(target)?.retries, reads);
        let asked = self.sender.ask(&errand, built, LARGEST_ANSWER).await;
        let (_, body) = told(asked, reads)?;
        let mut output = http::shape::shape(&target.card.title, &body, None, false)?;
        output.text = errand.without_secrets(&output.text);
        Ok(output)
    }

    async fn preview(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<Option<Preview>> {
        let built = self.build(target, operation(target, tool)?, arguments)?;
        Ok(Some(http::preview::of(&built)))
    }

    async fn discover(&self, target: &Target) -> Result<Vec<CardTool>> {
        let service = service(target)?;
        let inputs = Inputs::new(target, None, &Map::new())?;
        let text = |source: &str| inputs.text(&self.templates, source);
        let filter = Filter::new(&text(&service.tags)?, &text(&service.paths)?);
        let places = self.places(service, &inputs)?;
        let document = self.fetch(target, &inputs, &places).await?;
        let turn = self.reading.clone().acquire_owned().await;
        let turn = turn.map_err(Error::internal)?;
        let most = service.most;
        let filled = service.auth.header();
        let reading = tokio::task::spawn_blocking(move || {
            // Whoever gave up waiting does not make room for the next.
            let _turn = turn;
            let document = Document::read(places.document, &document)?;
            let base = server::base(&document, places.base)?;
            let found = operations::wanted(&document, &filter);
            if found.is_empty() || found.len() > most {
                return Err(unfit(&document, &filter, found.len(), most));
            }
            Ok(operations::tools(
                &document,
                &found,
                &base,
                filled.as_deref(),
            ))
        });
        reading.await.map_err(Error::internal)?
    }
}

/// Where a connection's document is, and its API where the person or the card says so.
struct Places {
    document: Url,
    base: Option<Url>,
}

impl OpenapiSource {
    /// A source that sends its requests through this client.
    pub fn new(client: GuardedClient) -> Self {
        Self {
            sender: Sender::new(client),
            templates: Templates::new(),
            fetching: Semaphore::new(MOST_FETCHED),
            reading: Arc::new(Semaphore::new(1)),
        }
    }

    fn places(&self, service: &OpenapiService, inputs: &Inputs) -> Result<Places> {
        let url = |source: &str| inputs.url(&self.templates, source);
        let base = inputs.text(&self.templates, &service.base_url)?;
        Ok(Places {
            document: url(&service.document)?,
            base: match base.is_empty() {
                true => None,
                false => Some(url(&service.base_url)?),
            },
        })
    }

    /// The headers that show whose a request is.
    fn headers(&self, service: &OpenapiService, inputs: &Inputs) -> Result<HeaderMap> {
        inputs.headers(
            &self.templates,
            &service.auth,
            &service.headers,
            &BTreeMap::new(),
        )
    }

    /// The text of the document. The key goes along only where it would go with a call as well.
    async fn fetch(&self, target: &Target, inputs: &Inputs, places: &Places) -> Result<String> {
        let service = service(target)?;
        let mut request = Request::new(Method::GET, places.document.clone());
        let api = places.base.as_ref().unwrap_or(&places.document);
        if api.origin() == places.document.origin() {
            *request.headers_mut() = self.headers(service, inputs)?;
        }
        let accepted = HeaderValue::from_static("application/json, application/yaml, */*;q=0.5");
        request.headers_mut().insert(ACCEPT, accepted);
        let _room = self.fetching.acquire().await.map_err(Error::internal)?;
        let errand = Errand::new(target, &request, service.retries, true);
        let (_, body) = self.sender.ask(&errand, request, LARGEST_DOCUMENT).await?;
        if body.truncated {
            return Err(Error::new(
                Kind::Invalid,
                text!("The OpenAPI document is larger than 16 MB, which is more than I read."),
            )
            .hint(text!(
                "Look whether the service has one for a part of its API."
            )));
        }
        let secrets = target.secrets.values().filter(|it| secret::is_long(it));
        let text = String::from_utf8_lossy(&body.bytes);
        Ok(secret::without(&text, secrets).into_owned())
    }

    /// One request of an operation that was found earlier: its server is looked at again.
    fn build(
        &self,
        target: &Target,
        operation: &Operation,
        arguments: &Map<String, Value>,
    ) -> Result<Request> {
        let service = service(target)?;
        let inputs = Inputs::new(target, None, &Map::new())?;
        let places = self.places(service, &inputs)?;
        let server: Url = operation.server.parse().map_err(Error::internal)?;
        let api = places.base.as_ref().unwrap_or(&places.document);
        if server.origin() != api.origin() {
            return Err(Error::new(
                Kind::Denied("server"),
                text!("This operation is on another server than the connection."),
            )
            .hint(text!("Read the document again with `/mcp test`.")));
        }
        request::build(operation, arguments, self.headers(service, &inputs)?)
    }
}

/// Why no tools come of a document: there are none that are wanted, or too many.
fn unfit(document: &Document, filter: &Filter, found: usize, most: usize) -> Error {
    let tags = operations::tags(document);
    let named: Vec<String> = tags
        .iter()
        .take(MOST_TAGS)
        .map(|t| format!("`{t}`"))
        .collect();
    let tags: Text = match named.is_empty() {
        true => text!("The document has no tags, so choose by paths."),
        false => text!("Tags that there are: {tags}.", tags = named.join(", ")),
    };
    let happened = match found {
        0 if filter.is_empty() => text!("The OpenAPI document has no operations."),
        0 => text!("The OpenAPI document has no operations with these tags and paths."),
        found => text!(
            "The OpenAPI document has {found} operations, and I take {most} at most.",
            found,
            most
        ),
    };
    let next = match found {
        0 if filter.is_empty() => text!("Check the address of the document."),
        0 => text!("Connect again with others. {tags}", tags),
        _ => text!("Connect again and choose by tags or paths. {tags}", tags),
    };
    Error::new(Kind::Invalid, happened).hint(next)
}

fn service(target: &Target) -> Result<&OpenapiService> {
    let service = target.card.service.openapi.as_deref();
    service.ok_or_else(|| misplaced(target, "OpenAPI"))
}

fn operation<'a>(target: &Target, tool: &'a CardTool) -> Result<&'a Operation> {
    let ToolAction::Openapi(operation) = &tool.run else {
        return Err(misplaced(target, "OpenAPI"));
    };
    Ok(operation)
}
