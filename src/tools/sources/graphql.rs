//! Tools of services with a GraphQL API.

mod answer;
mod introspection;

use std::collections::BTreeMap;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request};
use serde_json::{Map, Value, json};

use self::answer::Answer;
use super::given::misplaced;
use super::http::request::Inputs;
use super::http::send::{self, Errand, Sender, told};
use super::http::{self, LARGEST_ANSWER};
use crate::cards::template::Templates;
use crate::domain::card::{CardTool, GraphqlAction, GraphqlDocument, GraphqlService, ToolAction};
use crate::domain::preview::Preview;
use crate::domain::secret;
use crate::domain::tool::ToolOutput;
use crate::error::Result;
use crate::executor::graphql::{self, Kind as Operation};
use crate::net::{Body, GuardedClient};
use crate::tools::{Target, ToolSource};

const ACCEPTED: &str = "application/graphql-response+json, application/json;q=0.9";

/// Runs the tools of GraphQL cards.
pub struct GraphqlSource {
    sender: Sender,
    templates: Templates,
}

/// What is sent, and what it does.
struct Wanted {
    document: String,
    variables: Map<String, Value>,
    operation: Option<String>,
    kind: Operation,
}

impl Wanted {
    fn query(document: &str) -> Self {
        Self {
            document: document.to_owned(),
            variables: Map::new(),
            operation: None,
            kind: Operation::Query,
        }
    }
}

#[async_trait]
impl ToolSource for GraphqlSource {
    async fn check(&self, target: &Target) -> Result<()> {
        let inputs = Inputs::new(target, None, &Map::new())?;
        let wanted = Wanted::query("{ __typename }");
        let trying = self.ask(target, &inputs, &wanted);
        send::check(target, trying).await
    }

    async fn call(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<ToolOutput> {
        let inputs = Inputs::new(target, Some(&tool.input), arguments)?;
        let action = action(target, tool)?;
        if let GraphqlAction::Schema = action {
            return self.schema(target, &inputs, arguments).await;
        }
        let wanted = self.wanted(action, &inputs, arguments)?;
        let answer = self.ask(target, &inputs, &wanted).await;
        let answer = told(answer, wanted.kind == Operation::Query)?;
        let keep = match action {
            GraphqlAction::Send(sent) => inputs.keep(&self.templates, sent.keep.as_ref())?,
            GraphqlAction::Schema | GraphqlAction::Query | GraphqlAction::Mutate => None,
        };
        let mut output = answer.output(&target.card.title, keep.as_deref())?;
        output.text = secret::without(&output.text, &answer.secrets).into_owned();
        Ok(output)
    }

    async fn preview(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<Option<Preview>> {
        let inputs = Inputs::new(target, Some(&tool.input), arguments)?;
        let action = action(target, tool)?;
        if let GraphqlAction::Schema = action {
            return Ok(None);
        }
        let wanted = self.wanted(action, &inputs, arguments)?;
        let built = self.build(target, &inputs, &wanted)?;
        // Line breaks of a document are for whoever reads it.
        let mut body = wanted.document.trim().to_owned();
        if !wanted.variables.is_empty() {
            let variables = Value::from(wanted.variables);
            body = format!("{body}\n\nvariables: {variables:#}");
        }
        if let Some(name) = wanted.operation {
            body = format!("{body}\n\noperation: {name}");
        }
        Ok(Some(http::preview::with_body(&built, Some(&body))))
    }
}

impl GraphqlSource {
    /// A source that sends its requests through this client.
    pub fn new(client: GuardedClient) -> Self {
        Self {
            sender: Sender::new(client),
            templates: Templates::new(),
        }
    }

    /// What a call comes to. What a model sends is read here, and refused if it is anything else than
    /// the tool is for.
    fn wanted(
        &self,
        action: &GraphqlAction,
        inputs: &Inputs,
        arguments: &Map<String, Value>,
    ) -> Result<Wanted> {
        let kind = match action {
            GraphqlAction::Send(sent) => return self.fixed(sent, inputs),
            GraphqlAction::Mutate => Operation::Mutation,
            GraphqlAction::Query | GraphqlAction::Schema => Operation::Query,
        };
        let text = |name: &str| arguments.get(name).and_then(Value::as_str);
        let document = text("document").unwrap_or_default();
        let operation = text("operation").filter(|name| !name.is_empty());
        graphql::operation(document, kind, operation)?;
        let variables = arguments.get("variables").and_then(Value::as_object);
        Ok(Wanted {
            document: document.to_owned(),
            variables: variables.cloned().unwrap_or_default(),
            operation: operation.map(str::to_owned),
            kind,
        })
    }

    /// A document of the card's, which was checked when the card was read.
    fn fixed(&self, sent: &GraphqlDocument, inputs: &Inputs) -> Result<Wanted> {
        let operations = graphql::read(&sent.document)?;
        let kind = operations
            .first()
            .map_or(Operation::Query, |first| first.kind);
        let variables = inputs.json(&self.templates, &sent.variables.clone().into())?;
        Ok(Wanted {
            document: sent.document.clone(),
            variables: match variables {
                Some(Value::Object(variables)) => variables,
                _ => Map::new(),
            },
            operation: None,
            kind,
        })
    }

    /// What can be asked, in the words of the schema.
    async fn schema(
        &self,
        target: &Target,
        inputs: &Inputs,
        arguments: &Map<String, Value>,
    ) -> Result<ToolOutput> {
        let text = |name: &str| {
            let text = arguments.get(name).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty())
        };
        let one = text("type");
        let mut wanted = Wanted::query(match one {
            Some(_) => introspection::TYPE,
            None => introspection::ROOTS,
        });
        if let Some(name) = one {
            wanted.variables.insert("name".to_owned(), name.into());
        }
        let answer = self.ask(target, inputs, &wanted).await;
        let answer = answer.map_err(|error| introspection::why_not(&target.card, error))?;
        let shown = match one {
            Some(name) => introspection::of_type(&answer.data, name)?,
            None => introspection::overview(&answer.data, text("search")),
        };
        let output = ToolOutput {
            text: secret::without(&shown, &answer.secrets).into_owned(),
            ..ToolOutput::default()
        };
        Ok(output.out_of(answer.bytes))
    }

    fn build(&self, target: &Target, inputs: &Inputs, wanted: &Wanted) -> Result<Request> {
        let service = service(target)?;
        let endpoint = inputs.url(&self.templates, &service.endpoint)?;
        let mut request = Request::new(Method::POST, endpoint);
        let mut headers = inputs.headers(
            &self.templates,
            &service.auth,
            &service.headers,
            &BTreeMap::new(),
        )?;
        headers
            .entry(ACCEPT)
            .or_insert(HeaderValue::from_static(ACCEPTED));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.headers_mut() = headers;
        let mut body = json!({ "query": wanted.document });
        if !wanted.variables.is_empty() {
            body["variables"] = wanted.variables.clone().into();
        }
        if let Some(name) = &wanted.operation {
            body["operationName"] = name.as_str().into();
        }
        *request.body_mut() = Some(body.to_string().into());
        Ok(request)
    }

    async fn ask(&self, target: &Target, inputs: &Inputs, wanted: &Wanted) -> Result<Answer> {
        let built = self.build(target, inputs, wanted)?;
        let harmless = wanted.kind == Operation::Query;
        let errand = Errand::new(target, &built, service(target)?.retries, harmless);
        let (_, body): (_, Body) = self.sender.ask(&errand, built, LARGEST_ANSWER).await?;
        Answer::read(&target.card, &body, errand.secrets)
    }
}

fn service(target: &Target) -> Result<&GraphqlService> {
    let service = target.card.service.graphql.as_deref();
    service.ok_or_else(|| misplaced(target, "GraphQL"))
}

fn action<'a>(target: &Target, tool: &'a CardTool) -> Result<&'a GraphqlAction> {
    let ToolAction::Graphql(action) = &tool.run else {
        return Err(misplaced(target, "GraphQL"));
    };
    Ok(action)
}
