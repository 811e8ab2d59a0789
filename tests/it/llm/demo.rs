//! The demo model with the real database tools on the bundled sample, on both engines: its
//! queries must pass the gate and run, and its answers be right.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay::domain::card::{
    Card, CardTool, Services, SqlEngine, SqlOperation, SqlService, ToolAction,
};
use patchbay::domain::chat::{ChatMessage, ChatRequest};
use patchbay::domain::tool::{Risk, ToolCall, ToolSpec};
use patchbay::llm::ChatModel;
use patchbay::llm::demo::DemoModel;
use patchbay::net::AddressPolicy;
use patchbay::tools::sources::sql::{SqlSource, ensure_sample};
use patchbay::tools::{Target, ToolSource};
use serde_json::json;
use tokio::sync::mpsc;

use crate::fakes::postgres::Postgres;

/// Questions, and what their answers must have in them.
const QUESTIONS: [(&str, &[&str]); 20] = [
    (
        "which tables are there?",
        &["`shop` has 7 tables", "| orders | table | 160 |"],
    ),
    (
        "schema of orders",
        &["| customer_id | integer |", "| customers.id |"],
    ),
    (
        "Show me all users from my database",
        &["20 of 60 rows of `users`", "`role` has"],
    ),
    ("list 3 customers", &["3 of 64 rows of `customers`"]),
    (
        "how many orders are there?",
        &["There are **160** rows in `orders`."],
    ),
    (
        "how many cancelled orders",
        &["There are **24** rows in `orders` that fit."],
    ),
    (
        "how many orders with status paid",
        &["There are **21** rows in `orders` that fit."],
    ),
    (
        "orders per status",
        &[
            "| delivered | 62 |",
            "delivered has the most: 62 of 160 (39 %).",
        ],
    ),
    ("top 3 products by price", &["134.48", "119.67", "110.69"]),
    ("the cheapest products", &["10 of 72 rows of `products`"]),
    (
        "latest orders",
        &[
            "10 of 160 rows of `orders`",
            "`placed_at` goes from 2026-10-30 to 2026-11-08.",
        ],
    ),
    (
        "average price by category",
        &["| home | 70.40 |", "| travel | 37.27 |"],
    ),
    (
        "total revenue",
        &["The sum of `total` in `order_totals` is **32724."],
    ),
    ("total revenue per country", &["| ie | 2746.68 |"]),
    (
        "top 3 customers by revenue",
        &["`order_totals` in 3 groups"],
    ),
    ("top 5 customers by orders", &["| Željko Čović | 7 |"]),
    ("best selling products", &["Tiny Fountain Pen", "| 24 |"]),
    ("number of orders per month", &["| 2026-10 | 43 |"]),
    ("vip customers", &["7 rows of `customers` that fit"]),
    (
        "products with stock under 5",
        &["9 rows of `products` that fit"],
    ),
];

#[tokio::test]
async fn questions_are_answered_on_sqlite() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("sample.db");
    ensure_sample(&path).await.unwrap();
    let files = BTreeMap::from([("sample".to_owned(), path)]);
    let shop = Shop {
        source: SqlSource::new(loopback(), files),
        target: target(SqlEngine::Sqlite, ("file", "sample")),
    };
    shop.is_asked().await;
}

#[tokio::test]
async fn questions_are_answered_on_postgres() {
    let database = Postgres::shared().create_sample_database().await;
    let shop = Shop {
        source: SqlSource::new(loopback(), BTreeMap::new()),
        target: target(SqlEngine::Postgres, ("url", &database.reader)),
    };
    shop.is_asked().await;
}

struct Shop {
    source: SqlSource,
    target: Target,
}

impl Shop {
    async fn is_asked(&self) {
        for (question, expected) in QUESTIONS {
            let answer = self.converse(question).await;
            for part in expected {
                assert!(
                    answer.contains(part),
                    "{question}: {part:?} is not in\n{answer}"
                );
            }
        }
    }

    async fn converse(&self, question: &str) -> String {
        let mut messages = vec![ChatMessage::User {
            heard: String::new(),
            text: question.to_owned(),
        }];
        let tool = |name: &str| {
            let name = format!("shop__{name}");
            Arc::new(ToolSpec::new(
                name,
                String::new(),
                json!({"type": "object"}),
            ))
        };
        for _ in 0..6 {
            let request = ChatRequest {
                system: String::new(),
                messages: messages.clone(),
                tools: ["list_tables", "get_schema", "execute_sql"]
                    .map(tool)
                    .to_vec(),
                max_output_tokens: 1_000,
            };
            let reply = DemoModel.reply(request, mpsc::channel(1).0).await.unwrap();
            if reply.message.tool_calls.is_empty() {
                return reply.message.text;
            }
            let calls = reply.message.tool_calls.clone();
            messages.push(ChatMessage::Assistant(reply.message));
            for call in calls {
                let content = self.run(&call).await;
                messages.push(ChatMessage::Tool {
                    call_id: call.id,
                    content,
                });
            }
        }
        panic!("no answer to {question}");
    }

    async fn run(&self, call: &ToolCall) -> String {
        let operation = match call.name.as_str() {
            "shop__list_tables" => SqlOperation::ListTables,
            "shop__get_schema" => SqlOperation::GetSchema,
            _ => SqlOperation::ExecuteSql,
        };
        let run = ToolAction::Sql(operation);
        let tool = CardTool::new(&call.name, "", Risk::Read, json!({}), run);
        let arguments = call.arguments.as_object().unwrap();
        match self.source.call(&self.target, &tool, arguments).await {
            Ok(output) => format!("Result of {}:\n{}", call.name, output.text),
            Err(error) => error.sentence(),
        }
    }
}

fn loopback() -> AddressPolicy {
    AddressPolicy::new(vec!["127.0.0.0/8:*".parse().unwrap()])
}

fn target(engine: SqlEngine, (field, value): (&str, &str)) -> Target {
    let card = Card {
        name: "shop".to_owned(),
        title: "Shop".to_owned(),
        icon: "🛒".to_owned(),
        description: "A shop.".to_owned(),
        noun: "database".to_owned(),
        popularity: 0,
        service: Services {
            sql: Some(SqlService::new(engine)),
            ..Services::default()
        },
        fields: Vec::new(),
        tools: Vec::new(),
    };
    let (mut config, mut secrets) = (BTreeMap::new(), BTreeMap::new());
    match engine {
        SqlEngine::Sqlite => {
            config.insert(field.to_owned(), value.to_owned());
        }
        SqlEngine::Postgres => {
            secrets.insert(field.to_owned(), value.into());
        }
    }
    Target {
        card: Arc::new(card),
        config,
        secrets,
        key: None,
    }
}
