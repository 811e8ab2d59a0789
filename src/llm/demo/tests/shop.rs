//! A small shop's database, as its tools tell it.

use serde_json::{Value, json};

use crate::llm::demo::plan::Call;

fn column(name: &str, kind: &str, references: Option<&str>) -> Value {
    json!({"name": name, "type": kind, "nullable": true, "primary_key": name == "id", "references": references})
}

/// What a tool of the shop gives back.
pub fn shop(call: &Call) -> Value {
    match call.name.rsplit_once("__").map(|(_, tool)| tool) {
        Some("list_tables") => json!({"tables": [
            {"name": "customers", "kind": "table", "rows": 120},
            {"name": "order_items", "kind": "table", "rows": 900},
            {"name": "orders", "kind": "table", "rows": 400},
            {"name": "products", "kind": "table", "rows": 30},
        ]}),
        Some("get_schema") => {
            let columns = match call.arguments["table"].as_str() {
                Some("customers") => vec![
                    column("id", "INTEGER", None),
                    column("name", "TEXT", None),
                    column("country", "TEXT", None),
                    column("password_hash", "TEXT", None),
                ],
                Some("orders") => vec![
                    column("id", "INTEGER", None),
                    column("customer_id", "INTEGER", Some("customers.id")),
                    column("status", "TEXT", None),
                    column("total", "REAL", None),
                    column("placed_at", "TEXT", None),
                ],
                Some("products") => vec![
                    column("id", "INTEGER", None),
                    column("name", "TEXT", None),
                    column("price", "REAL", None),
                ],
                Some("order_items") => vec![
                    column("order_id", "INTEGER", Some("orders.id")),
                    column("product_id", "INTEGER", Some("products.id")),
                    column("quantity", "INTEGER", None),
                ],
                _ => return json!({"error": "no such table"}),
            };
            json!({"table": call.arguments["table"], "columns": columns})
        }
        _ => json!({"columns": ["count"], "rows": [[7]], "row_count": 1, "truncated": false}),
    }
}
