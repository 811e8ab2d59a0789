//! Conversations with the demo model, and that no text upsets it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::plan::{Call, next};
use super::*;
use crate::domain::chat::ChatMessage;
use crate::domain::tool::ToolSpec;

mod shop;

use shop::shop;

const DATABASE: [&str; 3] = ["list_tables", "get_schema", "execute_sql"];
const GITHUB: [&str; 5] = [
    "search_repos",
    "get_issues",
    "create_issue",
    "get_pull_requests",
    "get_file_content",
];

fn tools(connection: &str, names: &[&str]) -> Vec<Arc<ToolSpec>> {
    let named = names.iter().map(|name| format!("{connection}__{name}"));
    let spec = |name| ToolSpec::new(name, String::new(), json!({"type": "object"}));
    named.map(spec).map(Arc::new).collect()
}

/// Lets the model work until it answers; gives back its calls and its answer.
fn converse(
    question: &str,
    tools: Vec<Arc<ToolSpec>>,
    result: impl Fn(&Call) -> String,
) -> (Vec<Call>, String) {
    let mut request = ChatRequest {
        system: String::new(),
        messages: vec![ChatMessage::User {
            heard: String::new(),
            text: question.to_owned(),
        }],
        tools,
        max_output_tokens: 1_000,
    };
    let mut made = Vec::new();
    for _ in 0..20 {
        let (text, calls) = match next(&request) {
            Move::Say(text) => return (made, text),
            Move::Call { text, calls } => (text, calls),
        };
        assert!(!calls.is_empty(), "{question}");
        let said = message(Move::Call {
            text,
            calls: calls.clone(),
        });
        let results: Vec<ChatMessage> = said
            .tool_calls
            .iter()
            .zip(&calls)
            .map(|(asked, call)| ChatMessage::Tool {
                call_id: asked.id.clone(),
                content: result(call),
            })
            .collect();
        request.messages.push(ChatMessage::Assistant(said));
        request.messages.extend(results);
        made.extend(calls);
    }
    panic!("no answer to {question:?}");
}

fn wrapped(value: &Value) -> String {
    format!("<tool_result connection=\"sales\" trust=\"untrusted\">\n{value}\n</tool_result>")
}

fn ask(question: &str) -> (Vec<Call>, String) {
    converse(question, tools("sales", &DATABASE), |call| {
        wrapped(&shop(call))
    })
}

/// The query that a question led to.
fn sql(question: &str) -> String {
    let (calls, answer) = ask(question);
    let query = calls
        .iter()
        .find_map(|call| call.arguments["query"].as_str());
    query.map_or(answer, str::to_owned)
}

#[test]
fn questions_become_queries() {
    let check = |question: &str, expected: &str| assert_eq!(sql(question), expected, "{question}");
    check(
        "<@U0BOT0001> Show me all users from my database",
        r#"select "id", "name", "country" from "customers" order by "id" limit 20"#,
    );
    check(
        "how many orders are there?",
        r#"select count(*) as "count" from "orders""#,
    );
    check(
        "how many orders with status pending?",
        r#"select count(*) as "count" from "orders" where lower(cast("status" as text)) = 'pending'"#,
    );
    check(
        "top 5 products by price",
        r#"select "id", "name", "price" from "products" where "price" is not null order by "price" desc limit 5"#,
    );
    check(
        "the 3 cheapest products",
        r#"select "id", "name", "price" from "products" where "price" is not null order by "price" asc limit 3"#,
    );
    check(
        "latest orders",
        r#"select "id", "customer_id", "status", "total", "placed_at" from "orders" where "placed_at" is not null order by "placed_at" desc limit 10"#,
    );
    check(
        "average price of products",
        r#"select avg("price") as "average" from "products""#,
    );
    check(
        "what is the average order total",
        r#"select avg("total") as "average" from "orders""#,
    );
    check(
        "what is the highest price?",
        r#"select max("price") as "most" from "products""#,
    );
    check(
        "total revenue",
        r#"select sum("total") as "sum" from "orders""#,
    );
    check(
        "total orders",
        r#"select count(*) as "count" from "orders""#,
    );
    check(
        "count orders by status",
        r#"select "status", count(*) as "count" from "orders" group by "status" order by 2 desc limit 20"#,
    );
    check(
        "how many orders does each customer have",
        r#"select b."name", count(*) as "count" from "orders" as a join "customers" as b on a."customer_id" = b."id" group by b."name" order by 2 desc limit 20"#,
    );
    check(
        "total revenue per country",
        r#"select b."country", sum(a."total") as "sum" from "orders" as a join "customers" as b on a."customer_id" = b."id" group by b."country" order by 2 desc limit 20"#,
    );
    check(
        "top 3 customers by orders",
        r#"select b."name", count(*) as "count" from "orders" as a join "customers" as b on a."customer_id" = b."id" group by b."name" order by 2 desc limit 3"#,
    );
    check(
        "top 3 customers by revenue",
        r#"select b."name", sum(a."total") as "sum" from "orders" as a join "customers" as b on a."customer_id" = b."id" group by b."name" order by 2 desc limit 3"#,
    );
    check(
        "paid orders per month",
        r#"select substr(cast("placed_at" as text), 1, 7) as "month", count(*) as "count" from "orders" where (lower(cast("status" as text)) = 'paid') group by substr(cast("placed_at" as text), 1, 7) order by 1 desc limit 20"#,
    );
    check(
        "best selling products",
        r#"select b."name", sum(a."quantity") as "sum" from "order_items" as a join "products" as b on a."product_id" = b."id" group by b."name" order by 2 desc limit 20"#,
    );
    check(
        "top 3 users by name",
        r#"select "id", "name", "country" from "customers" where "name" is not null order by "name" asc limit 3"#,
    );
    check(
        "run `select 1 as x from orders;`",
        "select 1 as x from orders",
    );
}

#[test]
fn answers_tell_what_was_found_and_how() {
    let check = |question: &str, parts: &[&str]| {
        let (_, answer) = ask(question);
        for part in parts {
            assert!(
                answer.contains(part),
                "{question}: {part:?} is not in\n{answer}"
            );
        }
    };
    check(
        "which tables are there",
        &["`sales` has 4 tables", "| orders | table | 400 |"],
    );
    check("describe sales", &["`sales` has 4 tables"]);
    check(
        "schema of orders",
        &[
            "`orders` has 5 columns",
            "| customer_id | integer |",
            "customers.id",
        ],
    );
    check(
        "how many orders",
        &[
            "There are **7** rows in `orders`.",
            "on `sales`",
            "demo model",
        ],
    );
    check(
        "orders per colour",
        &["no fitting column for \"colour\"", "`status`"],
    );
    check(
        "show me the weather",
        &["No table sounds like your question", "customers"],
    );
    check(
        "users with colour red",
        &["did not understand the condition \"colour red\""],
    );
    check(
        "kindly show all customers",
        &["I did not use these words: kindly."],
    );
    check(
        "customers from Germany",
        &["I took \"germany\" for a value."],
    );
    check(
        "top customers",
        &["Say which column of `customers` to go by: `id`, `name`"],
    );
    check("hello", &["Hello.", "which tables are in `sales`"]);
    check("what can you do?", &["top 5 products"]);
    check("thanks!", &["You are welcome."]);
    check("???", &["I found no words in that."]);
    check(
        "sales__list_tables",
        &["`sales__list_tables` gave this back"],
    );
}

#[test]
fn rows_come_with_a_short_analysis() {
    let rows = json!({"columns": ["id", "name", "country"], "rows": [
        [1, "Ada", "DE"], [2, "Ben", "DE"], [3, "Cy", "FR"], [4, "Di", "DE"]], "row_count": 4, "truncated": false});
    let (_, answer) = converse("show all users", tools("sales", &DATABASE), |call| {
        let is_query = call.name.ends_with("execute_sql");
        wrapped(&if is_query { rows.clone() } else { shop(call) })
    });
    let expected = "4 of 120 rows of `customers`:\n\n\
        | id | name | country |\n\
        | --- | --- | --- |\n\
        | 1 | Ada | DE |\n\
        | 2 | Ben | DE |\n\
        | 3 | Cy | FR |\n\
        | 4 | Di | DE |\n\n\
        Among these 4:\n\n\
        - `country` has DE (3), FR (1).\n\n\
        I ran `select ";
    assert!(answer.starts_with(expected), "{answer}");
}

#[test]
fn tables_are_looked_into_at_once() {
    let mut request = ChatRequest {
        system: String::new(),
        messages: vec![ChatMessage::User {
            heard: String::new(),
            text: "total revenue".to_owned(),
        }],
        tools: tools("sales", &DATABASE),
        max_output_tokens: 1_000,
    };
    let said = message(next(&request));
    let list = Call {
        name: "sales__list_tables".to_owned(),
        arguments: json!({}),
    };
    let content = shop(&list).to_string();
    let call_id = said.tool_calls[0].id.clone();
    request.messages.push(ChatMessage::Assistant(said));
    request
        .messages
        .push(ChatMessage::Tool { call_id, content });
    let Move::Call { calls, .. } = next(&request) else {
        panic!("it needs the columns first");
    };
    assert_eq!(calls.len(), 4);
}

#[test]
fn a_failure_is_told_with_a_next_step() {
    for failing in DATABASE {
        let (_, answer) = converse(
            "top users by name",
            tools("sales", &DATABASE),
            |call| match call.name.ends_with(failing) {
                true => "The database did not answer in time.".to_owned(),
                false => wrapped(&shop(call)),
            },
        );
        let expected =
            format!("`{failing}` on `sales` did not work: The database did not answer in time.");
        assert!(answer.starts_with(&expected), "{answer}");
        assert!(answer.contains("/mcp test sales"), "{answer}");
    }
}

#[test]
fn the_connection_that_is_named_is_asked() {
    let all = || {
        let mut all = tools("hub", &GITHUB);
        all.extend(tools("sales", &DATABASE));
        all.extend(tools("archive", &DATABASE));
        all
    };
    let first = |question: &str| {
        converse(question, all(), |call| shop(call).to_string())
            .0
            .first()
            .map(|call| call.name.clone())
    };
    let check = |question: &str, expected: &str| {
        assert_eq!(first(question).as_deref(), Some(expected), "{question}");
    };
    check("users", "sales__list_tables");
    check("users in archive", "archive__list_tables");
    check("search repos for rust", "hub__search_repos");
    check("open issues of a/b", "hub__get_issues");
    check("issues in sales", "sales__list_tables");
    check(
        "create an issue in a/b titled Hello there",
        "hub__create_issue",
    );
}

#[test]
fn github_lists_become_tables() {
    let issues = json!([{"number": 7, "title": "It | breaks", "state": "open", "author": "ada", "labels": ["bug", "ui"]}]);
    let (calls, answer) = converse("open issues of a/b", tools("hub", &GITHUB), |_| {
        wrapped(&issues)
    });
    assert_eq!(
        calls[0].arguments,
        json!({"owner": "a", "repo": "b", "state": "open"})
    );
    assert!(
        answer.contains("| 7 | It \\| breaks | open | ada | bug, ui |"),
        "{answer}"
    );
    let opened = json!({"number": 8, "title": "Hi", "state": "open", "url": "https://github.com/a/b/issues/8"});
    let (_, answer) = converse(
        "create an issue in a/b titled Hi",
        tools("hub", &GITHUB),
        |_| wrapped(&opened),
    );
    assert!(answer.starts_with("I opened issue #8 \"Hi\"."), "{answer}");
    let (calls, answer) = converse(
        "create an issue in a/b titled Hi",
        tools("hub", &["search_repos"]),
        |_| String::new(),
    );
    assert!(
        calls.is_empty() && answer.contains("`hub` has no tool `create_issue`"),
        "{answer}"
    );
}

#[test]
fn without_tools_it_says_how_to_get_some() {
    let answer = |question| converse(question, Vec::new(), |_| String::new()).1;
    for question in [
        "show all users",
        "hi",
        "help",
        "",
        "открытые вопросы",
        "数据库里有什么",
    ] {
        let answer = answer(question);
        assert!(answer.contains("/mcp connect"), "{question}: {answer}");
        assert!(
            answer.contains("not a language model"),
            "{question}: {answer}"
        );
    }
}

#[test]
fn a_tool_that_no_rule_knows_is_run_when_it_is_named() {
    let library = || tools("library", &["search_books", "lend_book"]);
    let (calls, answer) = converse("who has the books?", library(), |_| String::new());
    assert!(
        calls.is_empty() && answer.contains("`library__search_books {…}`"),
        "{answer}"
    );
    let found = |_: &Call| wrapped(&json!([{ "title": "Bees" }]));
    let question = r#"library__search_books {"query": "bees"}"#;
    let (calls, answer) = converse(question, library(), found);
    assert_eq!(calls[0].arguments, json!({ "query": "bees" }));
    assert!(answer.contains("\"title\": \"Bees\""), "{answer}");
}

#[test]
fn no_text_upsets_it() {
    let scraps = [
        "show",
        "users",
        "by",
        "where",
        "top",
        "`",
        "\"",
        "'",
        "select",
        "from",
        "|",
        "<@",
        "<",
        ">",
        "{",
        "[",
        "\\",
        "é",
        "😀",
        "ا",
        "\u{0}",
        "\n",
        "a/b",
        "issue",
        "titled",
        "create",
        "5",
        "0",
        "-1",
        "99999999999999999999",
        "average",
        "of",
        "per",
        "sales",
        "__",
        "sales__execute_sql",
        "İ",
        "…",
        "''",
        ".",
        "/",
        "status is",
        "body",
    ];
    // A small generator of its own keeps the run the same every time.
    let mut seed: u32 = 7;
    let mut roll = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for _ in 0..1_500 {
        let words: Vec<&str> = (0..roll(8)).map(|_| scraps[roll(scraps.len())]).collect();
        let question = words.join(if roll(2) == 0 { " " } else { "" });
        let noise: String = (0..roll(12)).map(|_| scraps[roll(scraps.len())]).collect();
        let odd = roll(3);
        let mut all = tools("sales", &DATABASE);
        all.extend(tools("hub", &GITHUB));
        let (_, answer) = converse(&question, all, |call| {
            match odd {
            0 => noise.clone(),
            1 => format!("{noise}{}{noise}", shop(call)),
            _ => json!({"columns": [noise.as_str(), 3], "rows": [[null], noise.as_str(), [1, 2, 3]], "tables": [noise.as_str()]}).to_string(),
        }
        });
        assert!(!answer.is_empty());
    }
}

#[tokio::test]
async fn text_is_written_in_pieces_that_make_up_the_reply() {
    let (sender, mut receiver) = mpsc::channel(1_000);
    let request = ChatRequest {
        system: String::new(),
        messages: vec![ChatMessage::User {
            heard: String::new(),
            text: "help".to_owned(),
        }],
        tools: tools("sales", &DATABASE),
        max_output_tokens: 1_000,
    };
    let reply = DemoModel.reply(request, sender).await.unwrap();
    let mut written = String::new();
    let mut count = 0;
    while let Some(Delta::Text(piece)) = receiver.recv().await {
        written.push_str(&piece);
        count += 1;
    }
    assert_eq!(written, reply.message.text);
    assert!(count > 5, "{count}");
    assert_eq!(reply.model, "demo/planner");
}
