//! The Supabase card, run against a project on loopback that Supabase's own libraries speak to as well.

use patchbay::cards::{Registry, argument_validator, validate_fields};
use patchbay::domain::tool::Risk;
use patchbay::error::Kind;
use patchbay::net::{AddressPolicy, guarded_client};
use patchbay::tools::ToolSource;
use serde_json::{Value, json};

use crate::connected::{Connected, seen_by};
use crate::fakes::supabase::{ANON_KEY, Kind as Column, SECRET_KEY, SERVICE_ROLE_KEY, Supabase};

impl Connected<Supabase> {
    async fn new(key: &str) -> Self {
        let supabase = Supabase::start().await;
        let columns = [
            ("id", Column::Bigint),
            ("state", Column::Text),
            ("total", Column::Numeric),
            ("note", Column::Text),
        ];
        supabase.has_table("orders", &columns);
        supabase.has_table(
            "customers",
            &[("id", Column::Bigint), ("vip", Column::Boolean)],
        );
        let card = Registry::embedded().unwrap().get("supabase").unwrap();
        let filled = [("url", supabase.url.as_str()), ("service_role_key", key)];
        let filled = filled.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let address = supabase.address().to_owned();
        Self::over(supabase, &address, card, filled)
    }

    /// Calls a tool that fails, and returns the sentence.
    async fn fails(&self, tool: &str, arguments: Value) -> String {
        self.call(tool, arguments).await.unwrap_err().sentence()
    }

    /// The rows of a table that meet some conditions, by their key.
    async fn finds(&self, conditions: Value) -> Vec<i64> {
        let asked = json!({ "table": "orders", "where": conditions, "order": "id.asc" });
        let rows = self.asks("select_data", asked).await;
        let rows = rows.as_array().unwrap();
        rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_libraries_of_supabase_and_the_card_see_the_same_project() {
    for key in [SECRET_KEY, SERVICE_ROLE_KEY] {
        let connected = Connected::new(key).await;
        let url = connected.service.url.clone();
        let seen = tokio::task::spawn_blocking(move || seen_by("supabase.mjs", &[&url, key]));
        let seen = seen.await.unwrap();
        let asked = json!({ "table": "orders", "order": "id.asc" });
        assert_eq!(connected.asks("select_data", asked).await, seen);
        assert_eq!(seen, json!(connected.service.rows("orders")));
        assert_eq!(seen.as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn tables_are_listed_and_described() {
    let connected = Connected::new(SECRET_KEY).await;
    let tables = connected.asks("list_tables", json!({})).await;
    assert_eq!(
        tables,
        json!([{ "table": "customers" }, { "table": "orders" }])
    );
    let orders = connected
        .asks("get_schema", json!({ "table": "orders" }))
        .await;
    assert_eq!(orders["must_have"], json!(["id"]));
    assert_eq!(
        orders["columns"]["total"],
        json!({ "format": "numeric", "type": "number" })
    );
    let nothing = connected
        .call("get_schema", json!({ "table": "a/b~c" }))
        .await;
    let error = nothing.unwrap_err();
    assert_eq!(error.kind(), &Kind::NotFound);
    let other = json!({ "schema": "secret" });
    let sentence = connected.fails("list_tables", other).await;
    assert!(
        sentence.contains("The schema must be one of the following: public"),
        "{sentence}"
    );
}

#[tokio::test]
async fn rows_are_added_found_changed_and_deleted() {
    let connected = Connected::new(SERVICE_ROLE_KEY).await;
    let hostile = r#"on "hold"),id.gt.0,note.eq."\"#;
    let rows = json!([
        { "state": "paid", "total": 12.5, "note": "a,b" },
        { "state": hostile, "total": 3, "note": null },
        { "state": "paid", "total": 7, "note": "c" },
    ]);
    let added = connected
        .asks("insert_data", json!({ "table": "orders", "rows": rows }))
        .await;
    assert_eq!(
        added[1],
        json!({ "id": 2, "state": hostile, "total": 3, "note": null })
    );
    for (conditions, expected) in [
        (
            json!([{ "column": "state", "operator": "=", "value": "paid" }]),
            vec![1, 3],
        ),
        (
            json!([{ "column": "state", "operator": "=", "value": hostile }]),
            vec![2],
        ),
        (
            json!([{ "column": "total", "operator": ">=", "value": 7 }]),
            vec![1, 3],
        ),
        (
            json!([{ "column": "note", "operator": "in", "value": ["a,b", "x"] }]),
            vec![1],
        ),
        (
            json!([{ "column": "note", "operator": "is_null" }]),
            vec![2],
        ),
        (
            json!([{ "column": "note", "operator": "is_not_null" }]),
            vec![1, 3],
        ),
        (
            json!([{ "column": "state", "operator": "like", "value": "on%" }]),
            vec![2],
        ),
        (
            json!([
                { "column": "state", "operator": "ilike", "value": "PAID" },
                { "column": "total", "operator": "<", "value": 10 },
            ]),
            vec![3],
        ),
    ] {
        assert_eq!(
            connected.finds(conditions.clone()).await,
            expected,
            "{conditions}"
        );
    }
    let which = json!([{ "column": "state", "operator": "=", "value": hostile }]);
    let change =
        json!({ "table": "orders", "values": { "note": null, "total": 4 }, "where": which });
    let changed = connected.asks("update_data", change).await;
    assert_eq!(
        changed,
        json!([{ "id": 2, "state": hostile, "total": 4, "note": null }])
    );
    let delete = json!({ "table": "orders", "where": which });
    assert_eq!(connected.asks("delete_data", delete).await, changed);
    let left = connected.service.rows("orders");
    assert_eq!(
        left.iter().map(|row| row["id"].clone()).collect::<Vec<_>>(),
        [1, 3]
    );
}

#[tokio::test]
async fn no_change_is_sent_without_a_condition() {
    let connected = Connected::new(SECRET_KEY).await;
    let rows = json!([{ "state": "paid" }, { "state": "paid" }]);
    connected
        .asks("insert_data", json!({ "table": "orders", "rows": rows }))
        .await;
    for tool in ["update_data", "delete_data"] {
        let tool = connected.target.card.tool(tool).unwrap();
        let validator = argument_validator(&tool.input).unwrap();
        let arguments = |conditions: Value| {
            let mut all =
                json!({ "table": "orders", "values": { "state": "x" }, "where": conditions });
            if tool.risk == Risk::Destructive {
                all.as_object_mut().unwrap().remove("values");
            }
            all
        };
        for conditions in [
            json!([]),
            json!(null),
            json!("id=1"),
            json!([{ "operator": "=", "value": 1 }]),
            json!([{ "column": "id", "operator": "or", "value": 1 }]),
        ] {
            let arguments = arguments(conditions);
            assert!(!validator.is_valid(&arguments), "{arguments}");
            // Should they get past that, the service still gets brackets with nothing in them.
            let conditions = arguments["where"].as_array();
            if conditions.is_none_or(|all| all.is_empty()) {
                let sent =
                    connected
                        .source
                        .call(&connected.target, tool, arguments.as_object().unwrap());
                sent.await.unwrap_err();
            }
        }
        // A condition without its value, or with one of the wrong kind, is not sent at all.
        let asked = connected.service.requests().len();
        for condition in [
            json!({ "column": "id", "operator": "=" }),
            json!({ "column": "id", "operator": "=", "value": [1, 2] }),
            json!({ "column": "id", "operator": "in", "value": "12" }),
        ] {
            let arguments = arguments(json!([condition]));
            let sent =
                connected
                    .source
                    .call(&connected.target, tool, arguments.as_object().unwrap());
            let sentence = sent.await.unwrap_err().sentence();
            assert!(
                sentence.starts_with("That call cannot be made: "),
                "{sentence}"
            );
        }
        assert_eq!(connected.service.requests().len(), asked);
    }
    let rows = connected.service.rows("orders");
    assert!(rows.iter().all(|row| row["state"] == "paid") && rows.len() == 2);
    let rows: Vec<Value> = (0..100).map(|_| json!({ "state": "open" })).collect();
    for _ in 0..10 {
        connected
            .asks("insert_data", json!({ "table": "orders", "rows": rows }))
            .await;
    }
    let most = json!([{ "column": "id", "operator": ">", "value": 0 }]);
    let sentence = connected
        .fails("delete_data", json!({ "table": "orders", "where": most }))
        .await;
    assert!(sentence.contains("exceeds max-affected"), "{sentence}");
    assert_eq!(connected.service.rows("orders").len(), 1_002);
}

#[tokio::test]
async fn files_are_stored_listed_linked_and_deleted() {
    let connected = Connected::new(SECRET_KEY).await;
    connected
        .asks("create_bucket", json!({ "bucket": "reports" }))
        .await;
    let upload = json!({ "bucket": "reports", "path": "2026/may 1.csv", "content": "id,total", "type": "text/csv" });
    let stored = connected.asks("upload_text", upload.clone()).await;
    assert_eq!(stored, json!({ "file": "reports/2026/may 1.csv" }));
    let sentence = connected.fails("upload_text", upload).await;
    assert!(
        sentence.contains("The resource already exists"),
        "{sentence}"
    );
    let top = connected
        .asks("list_objects", json!({ "bucket": "reports" }))
        .await;
    assert_eq!(top, json!([{ "name": "2026" }]));
    let folder = json!({ "bucket": "reports", "folder": "2026" });
    let files = connected.asks("list_objects", folder).await;
    assert_eq!(
        (&files[0]["name"], &files[0]["type"]),
        (&json!("may 1.csv"), &json!("text/csv;charset=UTF-8"))
    );
    let file = json!({ "bucket": "reports", "path": "2026/may 1.csv" });
    let link = connected.asks("create_signed_link", file).await;
    let link = link["link"].as_str().unwrap();
    let read = patchbay_reads(&connected, link).await;
    assert_eq!(read, "id,total");
    let bucket = || json!({ "bucket": "reports" });
    let sentence = connected.fails("delete_bucket", bucket()).await;
    assert!(sentence.contains("not empty"), "{sentence}");
    let gone = json!({ "bucket": "reports", "paths": ["2026/may 1.csv"] });
    assert_eq!(
        connected.asks("delete_objects", gone).await,
        json!([{ "name": "2026/may 1.csv" }])
    );
    connected.asks("delete_bucket", bucket()).await;
    assert_eq!(connected.asks("list_buckets", json!({})).await, json!([]));
}

/// What anybody reads who has this address.
async fn patchbay_reads(connected: &Connected<Supabase>, address: &str) -> String {
    let policy = AddressPolicy::new(vec![connected.service.address().parse().unwrap()]);
    let client = guarded_client(&policy).unwrap();
    let request = reqwest::Request::new(reqwest::Method::GET, address.parse().unwrap());
    client
        .send("Supabase", request)
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
}

#[tokio::test]
async fn users_are_added_changed_and_deleted() {
    let connected = Connected::new(SERVICE_ROLE_KEY).await;
    let ann = json!({ "email": "ann@example.com", "about": { "name": "Ann" } });
    let user = connected.asks("create_user", ann.clone()).await;
    let sentence = connected.fails("create_user", ann).await;
    assert!(sentence.contains("already been registered"), "{sentence}");
    let id = || json!({ "id": user["id"] });
    assert_eq!(connected.asks("get_user", id()).await, user);
    assert_eq!(connected.asks("list_users", json!({})).await, json!([user]));
    let ban = json!({ "id": user["id"], "ban": "24h" });
    let banned = connected.asks("update_user", ban).await;
    assert_eq!(
        (&banned["email"], banned["banned_until"].is_string()),
        (&json!("ann@example.com"), true)
    );
    connected.asks("delete_user", id()).await;
    let error = connected.call("get_user", id()).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::NotFound);
}

#[tokio::test]
async fn only_a_key_that_may_do_everything_connects() {
    for key in [SECRET_KEY, SERVICE_ROLE_KEY] {
        let connected = Connected::new(key).await;
        connected.source.check(&connected.target).await.unwrap();
    }
    let connected = Connected::new(ANON_KEY).await;
    let error = connected.source.check(&connected.target).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Forbidden);
    let connected = Connected::new("sb_secret_wrong").await;
    let error = connected.source.check(&connected.target).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Unauthenticated);
    let card = &connected.target.card;
    let given = [
        ("url", "https://x.supabase.co"),
        ("service_role_key", "sb_publishable_x"),
    ];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let wrong = validate_fields(card, &given.into()).unwrap_err();
    let said = wrong["service_role_key"].to_string();
    assert_eq!(
        said,
        "Secret key begins with `sb_secret_` or `eyJ`. Copy it again, whole."
    );
}

#[tokio::test]
async fn what_is_asked_first_shows_the_request_without_the_key() {
    let connected = Connected::new(SERVICE_ROLE_KEY).await;
    let tool = connected.target.card.tool("update_data").unwrap();
    let arguments = json!({
        "table": "orders", "values": { "state": "paid" },
        "where": [{ "column": "id", "operator": "=", "value": 7 }],
    });
    let arguments = arguments.as_object().unwrap();
    let preview = connected
        .source
        .preview(&connected.target, tool, arguments)
        .await;
    let shown = preview.unwrap().unwrap().text();
    let shown = shown.replace(&connected.service.url, "https://x.supabase.co");
    insta::assert_snapshot!(shown, @r#"
    This is sent:
    PATCH https://x.supabase.co/rest/v1/orders
    ?and=("id".eq."7")
    apikey: •••
    content-profile: public
    prefer: return=representation,handling=strict,max-affected=1000
    authorization: •••
    content-type: application/json

    {
      "state": "paid"
    }
    "#);
    assert!(connected.service.requests().is_empty());
}
