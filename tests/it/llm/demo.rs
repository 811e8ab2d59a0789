//! The demo model on a real SQLite database: its queries must run and its answers be right.

use std::str::FromStr;

use patchbay::domain::chat::{ChatMessage, ChatRequest};
use patchbay::domain::tool::{ToolCall, ToolSpec};
use patchbay::llm::ChatModel;
use patchbay::llm::demo::DemoModel;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column, Connection, Row, TypeInfo, ValueRef};
use tokio::sync::mpsc;

const SHOP: &str = "
    create table customers (id integer primary key, name text, country text, \"order\" text, password text);
    create table orders (id integer primary key, customer_id integer references customers(id), status text, total real, placed_at text);
    insert into customers values (1, 'Ada', 'DE', 'x', 'secret'), (2, 'Ben', 'FR', 'y', 'secret'), (3, 'O''Neil', 'DE', 'z', 'secret');
    insert into orders values (1, 1, 'paid', 10, '2026-01-05'), (2, 1, 'open', 20.5, '2026-02-05'),
        (3, 2, 'paid', 5, '2026-03-05'), (4, 3, 'paid', 40, '2026-04-05'), (5, 3, 'open', null, null);
";

#[tokio::test]
async fn questions_are_answered_from_the_rows() {
    let mut shop = shop().await;
    let questions: [(&str, &[&str]); 12] = [
        (
            "Show me all users from my database",
            &["3 rows of `customers`", "| 1 | Ada | DE | x |", "`country`"],
        ),
        (
            "how many orders are there?",
            &["There are **5** rows in `orders`"],
        ),
        (
            "how many orders with status open",
            &["There are **2** rows in `orders` that fit"],
        ),
        (
            "count orders by status",
            &["| paid | 3 |", "paid has the most: 3 of 5 (60 %)."],
        ),
        (
            "how many orders per customer",
            &["| Ada | 2 |", "| O'Neil | 2 |", "| Ben | 1 |"],
        ),
        (
            "total revenue per country",
            &["| DE | 70.50 |", "| FR | 5 |"],
        ),
        (
            "average order total",
            &["The average of `total` in `orders` is **18.88**"],
        ),
        (
            "top 2 orders by total",
            &["| 4 | 3 | paid | 40 | 2026-04-05 |\n| 2 | 1 | open | 20.50 | 2026-02-05 |\n\n"],
        ),
        (
            "top 2 customers by revenue",
            &["| O'Neil | 40 |", "| Ada | 30.50 |"],
        ),
        (
            "latest orders",
            &[
                "4 of 5 rows of `orders`",
                "| 4 | 3 | paid | 40 | 2026-04-05 |",
            ],
        ),
        (
            "schema of orders",
            &["| customer_id | integer |", "customers.id"],
        ),
        (
            "orders where total over 15.5",
            &["2 rows of `orders` that fit"],
        ),
    ];
    for (question, expected) in questions {
        let answer = converse(question, &mut shop).await;
        for part in expected {
            assert!(
                answer.contains(part),
                "{question}: {part:?} is not in\n{answer}"
            );
        }
        assert!(!answer.contains("secret"), "{answer}");
    }
}

async fn shop() -> SqliteConnection {
    let options = SqliteConnectOptions::from_str("sqlite::memory:").unwrap();
    let mut shop = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(SHOP).execute(&mut shop).await.unwrap();
    shop
}

async fn converse(question: &str, shop: &mut SqliteConnection) -> String {
    let mut messages = vec![ChatMessage::User {
        text: question.to_owned(),
    }];
    let tool = |name: &str| ToolSpec {
        name: format!("shop__{name}"),
        description: String::new(),
        parameters: json!({"type": "object"}),
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
            let content = format!("Result of {}:\n{}", call.name, run(&call, shop).await);
            messages.push(ChatMessage::Tool {
                call_id: call.id,
                content,
            });
        }
    }
    panic!("no answer to {question}");
}

/// The tools of a database, in short.
async fn run(call: &ToolCall, shop: &mut SqliteConnection) -> Value {
    match call.name.as_str() {
        "shop__list_tables" => json!({"tables": [
            {"name": "customers", "kind": "table", "rows": 3},
            {"name": "orders", "kind": "table", "rows": 5},
        ]}),
        "shop__get_schema" => {
            let table = call.arguments["table"].as_str().unwrap();
            let sql = format!("select name, type, pk from pragma_table_info('{table}')");
            let rows = rows(&sql, shop).await;
            let columns: Vec<Value> = rows
                .iter()
                .map(|row| {
                    let name: &str = row.get("name");
                    let references = (name == "customer_id").then_some("customers.id");
                    json!({"name": name, "type": row.get::<&str, _>("type"), "nullable": true,
                        "primary_key": row.get::<i64, _>("pk") > 0, "references": references})
                })
                .collect();
            json!({"table": table, "columns": columns})
        }
        _ => {
            let rows = rows(call.arguments["query"].as_str().unwrap(), shop).await;
            let columns = rows
                .first()
                .map(|row| row.columns().iter().map(Column::name).collect::<Vec<_>>());
            let cells: Vec<Vec<Value>> = rows.iter().map(cells).collect();
            json!({"columns": columns.unwrap_or_default(), "rows": cells, "row_count": rows.len(), "truncated": false})
        }
    }
}

async fn rows(sql: &str, shop: &mut SqliteConnection) -> Vec<SqliteRow> {
    let query = sqlx::query(AssertSqlSafe(sql.to_owned()));
    query
        .fetch_all(shop)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn cells(row: &SqliteRow) -> Vec<Value> {
    (0..row.len())
        .map(|at| {
            let value = row.try_get_raw(at).unwrap();
            match value.type_info().name() {
                _ if value.is_null() => Value::Null,
                "INTEGER" => json!(row.get::<i64, _>(at)),
                "REAL" => json!(row.get::<f64, _>(at)),
                _ => json!(row.get::<String, _>(at)),
            }
        })
        .collect()
}
