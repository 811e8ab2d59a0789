//! Redis tools: what is found and read, what is refused, what is changed after a yes, and what a person
//! reads when it does not work.

mod failures;
mod hostile;
mod oracle;
mod story;
mod writes;

use patchbay::cards::Registry;
use patchbay::domain::card::CardTool;
use patchbay::domain::tool::ToolOutput;
use patchbay::error::Result;
use patchbay::net::{AddressPolicy, tls};
use patchbay::tools::sources::redis::RedisSource;
use patchbay::tools::{Target, ToolSource};
use redis::Value as Answer;
use serde_json::{Map, Value, json};

use crate::fakes::redis::{Database, Redis};

/// A source and a connection to try it on.
struct Db {
    source: RedisSource,
    target: Target,
}

impl Db {
    fn new(url: &str) -> Self {
        let policy = AddressPolicy::new(vec!["127.0.0.0/8:*".parse().unwrap()]);
        Self {
            source: RedisSource::new(policy, tls().unwrap()),
            target: Target {
                card: Registry::embedded().unwrap().get("redis").unwrap(),
                config: Default::default(),
                secrets: [("url".to_owned(), url.into())].into(),
                key: None,
            },
        }
    }

    fn tool(&self, name: &str) -> CardTool {
        self.target
            .card
            .tool(name)
            .expect("the card has it")
            .clone()
    }

    async fn call(&self, tool: &str, arguments: Value) -> Result<ToolOutput> {
        let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
        self.source
            .call(&self.target, &self.tool(tool), &arguments)
            .await
    }

    /// The result of a call that works.
    async fn gives(&self, tool: &str, arguments: Value) -> Value {
        let output = self.call(tool, arguments.clone()).await;
        let output = output.unwrap_or_else(|error| panic!("{arguments}\n{}", error.sentence()));
        serde_json::from_str(&output.text).expect("a result is JSON")
    }

    async fn key(&self, key: &str) -> Value {
        self.gives("read_key", json!({ "key": key })).await
    }

    /// What a model or a person reads of a call that does not work.
    async fn fails(&self, tool: &str, arguments: Value) -> String {
        let outcome = self.call(tool, arguments.clone()).await;
        outcome.expect_err(&arguments.to_string()).sentence()
    }

    async fn preview(&self, tool: &str, arguments: Value) -> Result<String> {
        let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
        let tool = self.tool(tool);
        let preview = self.source.preview(&self.target, &tool, &arguments).await?;
        Ok(preview.expect("a change can be previewed").text())
    }
}

/// A database with a key of each type.
async fn filled() -> (Database, Db) {
    let database = Redis::shared().database().await;
    for line in [
        "SET name Grüße",
        "SET visits 42 EX 5000",
        "RPUSH queue a b c d",
        "HSET user:1 name Ann city Bern",
        "SADD tags red green",
        "ZADD board 1 ann 2.5 bob inf eve",
        "XADD log 1-1 what in who ann",
        "XADD log 2-1 what out who ann",
        "PFADD seen a b c",
        "GEOADD places 7.44 46.94 bern",
        "SETBIT bits 3 1",
        "XGROUP CREATE log readers 0",
    ] {
        let answer = database.run(line).await;
        assert!(
            !matches!(answer, Answer::ServerError(_)),
            "{line}: {answer:?}"
        );
    }
    database
        .send(redis::cmd("SET").arg("photo").arg(&[0xff_u8; 100][..]))
        .await;
    let db = Db::new(&database.owner());
    (database, db)
}

#[tokio::test]
async fn keys_are_found_by_pattern_and_type_with_what_they_are() {
    let (_database, db) = filled().await;
    let found = db.gives("find_keys", json!({ "pattern": "*s*" })).await;
    assert_eq!(found["complete"], true);
    let names: Vec<_> = found["keys"].as_array().unwrap().iter().collect();
    let expected = json!([
        { "key": "bits", "type": "string" },
        { "key": "places", "type": "zset" },
        { "key": "seen", "type": "string" },
        { "key": "tags", "type": "set" },
        { "key": "user:1", "type": "hash" },
    ]);
    let lasting: Vec<_> = names.iter().filter(|key| key["key"] != "visits").collect();
    assert_eq!(json!(lasting), expected);
    let visits = names.iter().find(|key| key["key"] == "visits").unwrap();
    assert!(visits["expires_in_seconds"].as_i64().unwrap() > 4_900);
    let hashes = db.gives("find_keys", json!({ "type": "hash" })).await;
    assert_eq!(hashes["keys"], json!([{ "key": "user:1", "type": "hash" }]));
    let reader = Db::new(&_database.reader());
    assert_eq!(
        reader.gives("find_keys", json!({ "type": "hash" })).await,
        hashes
    );
}

#[tokio::test]
async fn many_keys_come_in_pages_that_miss_none() {
    let database = Redis::shared().database().await;
    let mut fill = redis::pipe();
    for number in 0..5_000 {
        fill.cmd("SET")
            .arg(format!("key:{number}"))
            .arg(number)
            .ignore();
    }
    fill.cmd("SET").arg("needle").arg(1).ignore();
    database.send_all(&fill).await;
    let db = Db::new(&database.reader());
    let mut found = std::collections::BTreeSet::new();
    let mut ask = json!({ "pattern": "key:*", "limit": 700 });
    loop {
        let page = db.gives("find_keys", ask.clone()).await;
        let keys = page["keys"].as_array().unwrap();
        assert!(keys.len() < 2_000, "{}", keys.len());
        found.extend(
            keys.iter()
                .map(|key| key["key"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => ask["cursor"] = json!(next),
            None => break,
        }
    }
    assert_eq!(found.len(), 5_000);
    let needle = db.gives("find_keys", json!({ "pattern": "need*" })).await;
    assert_eq!(
        (&needle["keys"][0]["key"], &needle["complete"]),
        (&json!("needle"), &json!(true))
    );
}

#[tokio::test]
async fn each_type_of_key_is_shown_as_what_it_is() {
    let (database, db) = filled().await;
    let check = async |key: &str, expected: Value| assert_eq!(db.key(key).await, expected);
    check(
        "name",
        json!({ "key": "name", "type": "string", "value": "Grüße", "bytes": 7 }),
    )
    .await;
    let photo = json!({ "binary": "ff".repeat(64), "bytes": 100 });
    check(
        "photo",
        json!({ "key": "photo", "type": "string", "value": photo, "bytes": 100 }),
    )
    .await;
    check(
        "queue",
        json!({ "key": "queue", "type": "list", "value": ["a", "b", "c", "d"], "members": 4 }),
    )
    .await;
    let ann = json!({ "name": "Ann", "city": "Bern" });
    check(
        "user:1",
        json!({ "key": "user:1", "type": "hash", "value": ann, "members": 2 }),
    )
    .await;
    let board = json!([
        { "member": "ann", "score": 1.0 },
        { "member": "bob", "score": 2.5 },
        { "member": "eve", "score": "inf" },
    ]);
    check(
        "board",
        json!({ "key": "board", "type": "zset", "value": board, "members": 3 }),
    )
    .await;
    let log = json!([
        { "id": "2-1", "fields": { "what": "out", "who": "ann" } },
        { "id": "1-1", "fields": { "what": "in", "who": "ann" } },
    ]);
    check(
        "log",
        json!({ "key": "log", "type": "stream", "value": log, "members": 2 }),
    )
    .await;
    let tags = db.key("tags").await;
    assert_eq!(tags["value"].as_array().unwrap().len(), 2);
    assert!(
        db.key("visits").await["expires_in_seconds"]
            .as_i64()
            .unwrap()
            > 4_900
    );
    insta::assert_snapshot!(db.fails("read_key", json!({ "key": "none" })).await, @"There is no key `none`. Find keys by a pattern first.");
    drop(database);
}

#[tokio::test]
async fn what_is_long_comes_in_pages() {
    let database = Redis::shared().database().await;
    let long = "é".repeat(20_000);
    database
        .send(redis::cmd("SET").arg("long").arg(&long))
        .await;
    let members: Vec<String> = (0..2_500).map(|number| number.to_string()).collect();
    database
        .send(redis::cmd("RPUSH").arg("list").arg(&members))
        .await;
    database
        .send(redis::cmd("SADD").arg("set").arg(&members))
        .await;
    for number in 0..2_500 {
        let mut add = redis::cmd("ZADD");
        database.send(add.arg("zset").arg(number).arg(number)).await;
        let mut add = redis::cmd("XADD");
        database
            .send(
                add.arg("stream")
                    .arg(format!("{}-1", number + 1))
                    .arg("n")
                    .arg(number),
            )
            .await;
    }
    let db = Db::new(&database.reader());
    for (key, expected) in [
        ("list", 2_500),
        ("set", 2_500),
        ("zset", 2_500),
        ("stream", 2_500),
    ] {
        let mut ask = json!({ "key": key, "limit": 999 });
        let mut seen = std::collections::BTreeSet::new();
        let mut pages = 0;
        loop {
            let page = db.gives("read_key", ask.clone()).await;
            seen.extend(
                page["value"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(Value::to_string),
            );
            pages += 1;
            match page["next"].as_str() {
                Some(next) => ask["from"] = json!(next),
                None => break,
            }
        }
        assert!(
            seen.len() == expected && pages >= 3,
            "{key}: {} in {pages}",
            seen.len()
        );
    }
    let mut text = String::new();
    let mut ask = json!({ "key": "long" });
    loop {
        let page = db.gives("read_key", ask.clone()).await;
        text.push_str(page["value"].as_str().expect("a page of text is text"));
        match page["next"].as_str() {
            Some(next) => ask["from"] = json!(next),
            None => break,
        }
    }
    assert!(text == long);
    let odd = db
        .fails("read_key", json!({ "key": "list", "from": "x" }))
        .await;
    insta::assert_snapshot!(odd, @"That `from` is not one of this key. Send `next` of the answer before, or leave it out to begin.");
}

#[tokio::test]
async fn a_command_that_reads_is_run_and_another_is_not_sent() {
    let (database, db) = filled().await;
    let run = async |command: &str, arguments: Value| {
        db.gives(
            "run_command",
            json!({ "command": command, "arguments": arguments }),
        )
        .await
    };
    assert_eq!(
        run("zrange", json!(["board", "0", "0", "REV"])).await,
        json!(["eve"])
    );
    assert_eq!(
        run("OBJECT ENCODING", json!(["visits"])).await,
        json!("int")
    );
    assert_eq!(
        run("HGETALL", json!(["user:1"])).await,
        json!(["name", "Ann", "city", "Bern"])
    );
    assert_eq!(run("GET", json!(["none"])).await, Value::Null);
    assert_eq!(run("GET", json!(["photo"])).await["bytes"], 100);
    assert_eq!(
        run("ECHO", json!(["a\r\nFLUSHALL\r\n"])).await,
        json!("a\r\nFLUSHALL\r\n")
    );
    let fails = async |command: &str, arguments: Value| {
        db.fails(
            "run_command",
            json!({ "command": command, "arguments": arguments }),
        )
        .await
    };
    insta::assert_snapshot!(fails("KEYS", json!(["*"])).await, @"`KEYS` is not among the commands that only read. Use the tool that finds keys: it does not block the server.");
    insta::assert_snapshot!(fails("MEMORY", json!(["PURGE"])).await, @"Of `MEMORY` only some forms are let through. They are `MEMORY USAGE`.");
    insta::assert_snapshot!(fails("XREAD", json!(["BLOCK", "0", "STREAMS", "log", "$"])).await, @"`XREAD` with `BLOCK` is not let through: it waits. Leave that out.");
    insta::assert_snapshot!(fails("SRANDMEMBER", json!(["tags", "-99999999"])).await, @"`SRANDMEMBER` looks at 10000 at once at most. Ask for a count between 0 and that.");
    insta::assert_snapshot!(fails("LRANGE", json!(["name", "0", "1"])).await, @"Redis says: Operation against a key holding the wrong kind of value. Ask for the key's type first, then use a command for that type.");
    insta::assert_snapshot!(fails("GET", json!([])).await, @"Redis says: wrong number of arguments for 'get' command. Correct the command and send it again.");
    drop(database);
}

#[tokio::test]
async fn a_server_tells_of_itself_what_people_ask_for() {
    let (database, db) = filled().await;
    let info = db.gives("server_info", json!({})).await;
    assert_eq!(info["role"], "master");
    assert!(info["redis_version"].as_str().unwrap().contains('.'));
    let name = database.run("CLIENT INFO").await;
    assert!(
        info["databases"]
            .as_object()
            .unwrap()
            .keys()
            .all(|db| db.starts_with("db")),
        "{name:?}"
    );
    assert!(info.get("config_file").is_none());
}
