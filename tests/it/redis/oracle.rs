//! Whatever the tools that read let through leaves everything as it was.

use redis::Value as Answer;
use serde_json::json;

use super::{Db, filled};

/// Arguments that make one command or another do something to these keys.
const ARGUMENTS: [&str; 44] = [
    "",
    "name",
    "name x",
    "name 0",
    "name 0 1",
    "name 1 x",
    "name x EX 5",
    "name EX 5",
    "name PERSIST",
    "queue",
    "queue 1",
    "queue 0 1",
    "queue x",
    "queue 0 x",
    "queue 0 1 2",
    "queue other LEFT RIGHT",
    "queue other",
    "queue STORE other",
    "queue ALPHA STORE other",
    "queue BY nosort GET # STORE other",
    "user:1",
    "user:1 name",
    "user:1 name x",
    "user:1 count 1",
    "user:1 5 FIELDS 1 name",
    "tags",
    "tags red",
    "tags other red",
    "other tags tags",
    "other 2 tags tags",
    "board",
    "board 1",
    "board 0 5",
    "board 1 ann",
    "board -inf +inf",
    "other board 0 5",
    "log * a b",
    "log 1-1",
    "log MAXLEN 0",
    "GROUP readers me COUNT 2 STREAMS log >",
    "log readers me 0 0",
    "places 7 46 100 km STORE other",
    "places other FROMMEMBER bern BYRADIUS 5 km",
    "bits SET u8 0 1",
];

/// First words of commands that have several forms.
const FORMS: [&str; 30] = [
    "SET maxmemory 1mb",
    "RESETSTAT",
    "REWRITE",
    "SETUSER x on",
    "DELUSER reader",
    "SAVE",
    "LOG RESET",
    "SETNAME x",
    "KILL TYPE normal",
    "PAUSE 1",
    "NO-EVICT on",
    "FLUSH",
    "LOAD return",
    "PURGE",
    "DOCTOR",
    "RESET",
    "DELETE x",
    "HELP",
    "CREATE log other 0",
    "DESTROY log readers",
    "SETID log readers 0",
    "ENCODING name",
    "FREQ name",
    "USAGE name",
    "STREAM log",
    "GROUPS log",
    "CONSUMERS log readers",
    "SLEEP 0",
    "OBJECT name",
    "0 0 SET a b",
];

#[tokio::test]
async fn what_is_let_through_changes_nothing() {
    let (database, db) = filled().await;
    let Answer::Array(commands) = database.run("COMMAND LIST").await else {
        panic!("commands are a list");
    };
    let names: Vec<String> = commands
        .iter()
        .map(|name| redis::from_redis_value_ref::<String>(name).unwrap())
        .filter(|name| !name.contains('|'))
        .collect();
    assert!(names.len() > 200, "{}", names.len());
    let before = database.state().await;
    let (mut ran, mut refused) = (std::collections::BTreeSet::new(), 0);
    for name in &names {
        for arguments in ARGUMENTS.iter().chain(&FORMS) {
            let words: Vec<&str> = arguments.split_whitespace().collect();
            let call = db.call(
                "run_command",
                json!({ "command": name, "arguments": words }),
            );
            match call.await {
                Ok(_) => drop(ran.insert(name.as_str())),
                Err(error) if error.sentence().starts_with("Redis says") => {}
                Err(_) => refused += 1,
            }
        }
    }
    for key in [
        "name", "visits", "queue", "user:1", "tags", "board", "log", "seen", "photo",
    ] {
        db.key(key).await;
    }
    db.gives("find_keys", json!({})).await;
    db.gives("server_info", json!({})).await;
    for (was, is) in before.iter().zip(database.state().await) {
        assert!(*was == is, "{was:?}\n{is:?}");
    }
    assert!(ran.len() > 60, "{ran:?}");
    assert!(refused > 10_000, "{refused}");
}

#[tokio::test]
async fn a_preview_changes_nothing() {
    let (database, db) = filled().await;
    let before = database.state().await;
    for (tool, arguments) in [
        (
            "set_value",
            json!({ "key": "name", "value": "x", "expire_seconds": 1 }),
        ),
        ("set_value", json!({ "key": "new", "value": "x" })),
        ("set_expiry", json!({ "key": "name", "seconds": 1 })),
        ("set_expiry", json!({ "key": "visits" })),
        ("delete_keys", json!({ "keys": ["name", "queue", "none"] })),
    ] {
        db.preview(tool, arguments).await.unwrap();
    }
    assert!(before == database.state().await);
    drop(Db::new(&database.owner()));
}
