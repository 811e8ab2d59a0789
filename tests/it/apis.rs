//! The cards for any API, run against services that others wrote, and against hostile ones.

mod graphql;
mod mcp;
mod openapi;
mod rest;

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay::cards::Registry;
use patchbay::domain::card::{Card, CardTool};
use patchbay::domain::preview::Preview;
use patchbay::domain::tool::ToolOutput;
use patchbay::error::{Error, Kind};
use patchbay::net::{AddressPolicy, GuardedClient, guarded_client};
use patchbay::tools::sources::graphql::GraphqlSource;
use patchbay::tools::sources::http::HttpSource;
use patchbay::tools::sources::openapi::OpenapiSource;
use patchbay::tools::{Target, ToolSource};
use serde_json::{Value, json};

/// A connection to some API, and what it offers.
struct Connected {
    source: Arc<dyn ToolSource>,
    target: Target,
    tools: Vec<CardTool>,
}

impl Connected {
    /// Through a card with everything that it may reach; `fields` that are secret are sorted out.
    fn new(source: Arc<dyn ToolSource>, card: Arc<Card>, fields: &[(&str, &str)]) -> Self {
        let (mut config, mut secrets) = (BTreeMap::new(), BTreeMap::new());
        for (name, value) in fields {
            let field = card.fields.iter().find(|field| field.name == *name);
            match field.unwrap().secret {
                true => drop(secrets.insert((*name).to_owned(), (*value).into())),
                false => drop(config.insert((*name).to_owned(), (*value).to_owned())),
            }
        }
        let tools = card.tools.clone();
        let target = Target {
            card,
            config,
            secrets,
            key: None,
        };
        Self {
            source,
            target,
            tools,
        }
    }

    /// Through a built-in card.
    fn built_in(source: Arc<dyn ToolSource>, card: &str, fields: &[(&str, &str)]) -> Self {
        let card = Registry::embedded().unwrap().get(card).unwrap();
        Self::new(source, card, fields)
    }

    /// Reads what the service tells of itself.
    async fn discovers(&mut self) -> Result<(), Error> {
        self.source.check(&self.target).await?;
        self.tools = self.source.discover(&self.target).await?;
        Ok(())
    }

    fn tool(&self, name: &str) -> &CardTool {
        let tool = self.tools.iter().find(|tool| tool.name == name);
        tool.unwrap_or_else(|| panic!("no tool {name}"))
    }

    async fn call(&self, tool: &str, arguments: Value) -> Result<ToolOutput, Error> {
        let arguments = arguments.as_object().unwrap();
        let tool = self.tool(tool);
        self.source.call(&self.target, tool, arguments).await
    }

    /// Calls a tool that works, and returns what a model would read.
    async fn asks(&self, tool: &str, arguments: Value) -> Value {
        let output = self.call(tool, arguments).await.unwrap();
        serde_json::from_str(&output.text).unwrap_or(output.text.into())
    }

    /// Calls a tool that fails, and returns the kind and the sentence.
    async fn fails(&self, tool: &str, arguments: Value) -> (Kind, String) {
        let error = self.call(tool, arguments).await.unwrap_err();
        (error.kind().clone(), error.sentence())
    }

    async fn preview(&self, tool: &str, arguments: Value) -> Preview {
        let arguments = arguments.as_object().unwrap();
        let preview = self
            .source
            .preview(&self.target, self.tool(tool), arguments);
        preview.await.unwrap().unwrap()
    }
}

/// A client that reaches these addresses, and no others on this machine.
fn client(addresses: &[&str]) -> GuardedClient {
    let allowed = addresses.iter().map(|address| address.parse().unwrap());
    guarded_client(&AddressPolicy::new(allowed.collect())).unwrap()
}

fn http(addresses: &[&str]) -> Arc<dyn ToolSource> {
    Arc::new(HttpSource::new(client(addresses)))
}

fn openapi(addresses: &[&str]) -> Arc<dyn ToolSource> {
    Arc::new(OpenapiSource::new(client(addresses)))
}

fn graphql(addresses: &[&str]) -> Arc<dyn ToolSource> {
    Arc::new(GraphqlSource::new(client(addresses)))
}
