//! Running the tests that a card holds, against a service on loopback that answers as they say.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, Uri};
use axum::response::Json;
use serde_json::Value;
use tokio::net::TcpListener;

use super::diff::diff;
use crate::cards::argument_validator;
use crate::domain::card::{Card, CardTool, ServiceKind, ToolTest};
use crate::error::{Error, Result};
use crate::net::{AddressPolicy, guarded_client};
use crate::tools::sources::graphql::GraphqlSource;
use crate::tools::sources::http::HttpSource;
use crate::tools::{Target, ToolSource};

/// What came of one test.
pub struct Outcome {
    /// The tool, and which of its tests.
    pub name: String,
    /// What is not as expected.
    pub result: std::result::Result<(), String>,
}

/// Runs all tests of a card. An error means that nothing could be tried.
pub async fn run(card: &Card) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for tool in &card.tools {
        for (index, test) in tool.tests.iter().enumerate() {
            outcomes.push(Outcome {
                name: format!("{}, test {}", tool.name, index + 1),
                result: try_one(card, tool, test).await?,
            });
        }
    }
    Ok(outcomes)
}

/// The service: its one answer, and what it was asked first.
#[derive(Clone)]
struct Service {
    answer: Value,
    asked: Arc<Mutex<Option<(String, Bytes)>>>,
}

async fn try_one(
    card: &Card,
    tool: &CardTool,
    test: &ToolTest,
) -> Result<std::result::Result<(), String>> {
    let schema =
        argument_validator(&tool.input).map_err(|e| Error::internal(anyhow::anyhow!(e)))?;
    let arguments = Value::Object(test.arguments.clone());
    if let Err(error) = schema.validate(&arguments) {
        return Ok(Err(format!("the arguments do not fit `input`: {error}")));
    }
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .map_err(Error::internal)?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let service = Service {
        answer: test.answer.clone(),
        asked: Arc::default(),
    };
    let answering = axum::serve(
        listener,
        Router::new().fallback(answer).with_state(service.clone()),
    );
    let entry = address
        .to_string()
        .parse()
        .map_err(|e: String| Error::internal(anyhow::anyhow!(e)))?;
    let client = guarded_client(&AddressPolicy::new(vec![entry]))?;
    let source: Box<dyn ToolSource> = match tool.run.kind() {
        ServiceKind::Graphql => Box::new(GraphqlSource::new(client)),
        _ => Box::new(HttpSource::new(client)),
    };
    let target = target(card, &format!("http://{address}"));
    let called = tokio::select! {
        called = source.call(&target, tool, &test.arguments) => called,
        ended = answering.into_future() => return Err(Error::internal(anyhow::anyhow!("the service ended: {ended:?}"))),
    };
    let asked = service
        .asked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    Ok(compare(tool, test, asked, called.map(|output| output.text)))
}

async fn answer(
    State(service): State<Service>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Json<Value> {
    let mut asked = service.asked.lock().unwrap_or_else(PoisonError::into_inner);
    asked.get_or_insert((format!("{method} {uri}"), body));
    Json(service.answer)
}

/// The card with its service on loopback, and something in every field.
fn target(card: &Card, url: &str) -> Target {
    let mut card = card.clone();
    if let Some(service) = &mut card.service.graphql {
        service.endpoint = format!("{url}/graphql");
        service.retries = 0;
    }
    if let Some(service) = &mut card.service.http {
        service.base_url = url.to_owned();
        service.retries = 0;
    }
    let (mut config, mut secrets) = (
        std::collections::BTreeMap::new(),
        std::collections::BTreeMap::new(),
    );
    for field in &card.fields {
        let value = field.default.as_deref().unwrap_or("sample").to_owned();
        match field.secret {
            // A word that no answer has: what is secret is masked in results.
            true => drop(secrets.insert(field.name.clone(), "sample-secret".into())),
            false => drop(config.insert(field.name.clone(), value)),
        }
    }
    Target {
        card: Arc::new(card),
        config,
        secrets,
        key: None,
    }
}

fn compare(
    tool: &CardTool,
    test: &ToolTest,
    asked: Option<(String, Bytes)>,
    called: Result<String>,
) -> std::result::Result<(), String> {
    let (line, body) = match asked {
        Some((line, body)) => (line, sent(&body)),
        None => ("nothing was sent".to_owned(), None),
    };
    if line != test.request {
        return Err(diff(&test.request, &line));
    }
    if body != test.body {
        return Err(diff(&shown(test.body.as_ref()), &shown(body.as_ref())));
    }
    let text = called.map_err(|error| error.sentence())?;
    let result = json(text.as_bytes()).unwrap_or(Value::String(text));
    if result != test.result {
        return Err(diff(&shown(Some(&test.result)), &shown(Some(&result))));
    }
    let output = tool.output.as_ref().map(argument_validator).transpose()?;
    match output.map(|schema| schema.validate(&result).map_err(|error| error.to_string())) {
        Some(Err(error)) => Err(format!("the result does not fit `output`: {error}")),
        Some(Ok(())) | None => Ok(()),
    }
}

/// A body as JSON, or as the text that it is; nothing where there is none.
fn sent(body: &[u8]) -> Option<Value> {
    let text = (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned());
    json(body).or(text.map(Value::String))
}

fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

fn shown(value: Option<&Value>) -> String {
    let mut value = value.cloned().unwrap_or_default();
    value.sort_all_objects();
    serde_json::to_string_pretty(&value).unwrap_or_default()
}
