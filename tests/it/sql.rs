//! Database tools: what is refused, what runs, and what a person reads when it does not.

mod changes;
mod failures;
mod gate;
mod limits;
mod oracle;
mod roles;
mod sample;
mod sqlite_changes;
mod writes;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use patchbay::domain::card::{
    Card, CardTool, Services, SqlEngine, SqlOperation, SqlService, ToolAction,
};
use patchbay::domain::tool::{Risk, ToolOutput};
use patchbay::error::{Error, Result};
use patchbay::net::AddressPolicy;
use patchbay::tools::sources::sql::{SqlSource, SqliteFiles};
use patchbay::tools::{Target, ToolSource};
use serde_json::{Map, Value, json};

/// A source and a connection to try it on.
struct Db {
    source: SqlSource,
    target: Target,
}

impl Db {
    fn postgres(url: &str) -> Self {
        Self {
            source: SqlSource::new(loopback(), BTreeMap::new()),
            target: target(SqlEngine::Postgres, &[], &[("url", url)]),
        }
    }

    fn sqlite(path: &Path) -> Self {
        let files = BTreeMap::from([("sample".to_owned(), path.to_owned())]);
        Self {
            source: SqlSource::new(loopback(), files),
            target: target(SqlEngine::Sqlite, &[("file", "sample")], &[]),
        }
    }

    /// The same file, for changes as well.
    fn sqlite_to_write(path: &Path) -> Self {
        let files = BTreeMap::from([("sample".to_owned(), path.to_owned())]);
        let files = SqliteFiles::from(files).writable(["sample".to_owned()]);
        Self {
            source: SqlSource::new(loopback(), files),
            ..Self::sqlite(path)
        }
    }

    async fn call(&self, operation: SqlOperation, arguments: Value) -> Result<ToolOutput> {
        let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
        self.source
            .call(&self.target, &tool(operation), &arguments)
            .await
    }

    async fn query(&self, sql: &str) -> Result<ToolOutput> {
        self.call(SqlOperation::ExecuteSql, json!({ "query": sql }))
            .await
    }

    /// The result of a query that works.
    async fn rows(&self, sql: &str) -> Value {
        let output = self.query(sql).await;
        let output = output.unwrap_or_else(|error| panic!("{sql}\n{}", told(&error)));
        serde_json::from_str(&output.text).expect("a result is JSON")
    }

    async fn tables(&self) -> Value {
        let output = self
            .call(SqlOperation::ListTables, json!({}))
            .await
            .expect("tables can be listed");
        serde_json::from_str(&output.text).expect("a result is JSON")
    }

    async fn schema(&self, table: &str) -> Result<Value> {
        let output = self
            .call(SqlOperation::GetSchema, json!({ "table": table }))
            .await?;
        Ok(serde_json::from_str(&output.text).expect("a result is JSON"))
    }

    /// What whoever is asked to allow a change reads of it.
    async fn preview(&self, operation: SqlOperation, arguments: Value) -> Result<String> {
        let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
        let preview = self
            .source
            .preview(&self.target, &tool(operation), &arguments)
            .await?;
        Ok(preview.expect("a change can be previewed").text())
    }

    /// What a person reads of a query that fails.
    async fn failure(&self, sql: &str) -> String {
        told(&self.query(sql).await.expect_err(sql))
    }
}

/// What is shown of an error.
fn told(error: &Error) -> String {
    error.sentence()
}

fn loopback() -> AddressPolicy {
    AddressPolicy::new(vec!["127.0.0.0/8:*".parse().unwrap()])
}

fn target(engine: SqlEngine, config: &[(&str, &str)], secrets: &[(&str, &str)]) -> Target {
    let card = Card {
        name: "database".to_owned(),
        title: "Database".to_owned(),
        icon: "🐘".to_owned(),
        description: "A database.".to_owned(),
        noun: "database".to_owned(),
        popularity: 0,
        service: Services {
            sql: Some(SqlService::new(engine)),
            ..Services::default()
        },
        fields: Vec::new(),
        tools: Vec::new(),
    };
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Target {
        card: Arc::new(card),
        config: config.iter().map(owned).collect(),
        secrets: secrets
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()))
            .collect(),
        key: None,
    }
}

fn tool(operation: SqlOperation) -> CardTool {
    let run = ToolAction::Sql(operation);
    CardTool::new("tool", "", Risk::Read, json!({}), run)
}

/// The statements of a corpus file: one a line, without headings.
fn statements(corpus: &'static str) -> impl Iterator<Item = &'static str> {
    corpus.lines().filter(|line| !line.starts_with("-- "))
}
