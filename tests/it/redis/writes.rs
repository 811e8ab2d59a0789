//! Changes: what the person who is asked reads, and what is done after a yes.

use redis::Value as Answer;
use serde_json::json;

use super::{Db, filled};

fn text(words: &str) -> Answer {
    Answer::BulkString(words.into())
}

#[tokio::test]
async fn whoever_is_asked_sees_what_is_there_now() {
    let (database, db) = filled().await;
    database.run("SET visits 42 EX 5000").await;
    let preview = async |tool: &str, arguments| db.preview(tool, arguments).await.unwrap();
    insta::assert_snapshot!(preview("set_value", json!({ "key": "new", "value": "x" })).await, @"There is no such key yet.");
    insta::assert_snapshot!(preview("set_value", json!({ "key": "visits", "value": "43" })).await, @r"
    This is there now:
    key     type    size  expires
    visits  string  2 B   yes
    It begins so, and is replaced:
    42
    It still goes away when it would have.
    ");
    insta::assert_snapshot!(preview("set_expiry", json!({ "key": "queue", "seconds": 60 })).await, @r"
    This is there now:
    key    type  size  expires
    queue  list  4     no
    60 seconds after your yes it is gone, with all it holds.
    ");
    insta::assert_snapshot!(preview("set_expiry", json!({ "key": "visits" })).await, @r"
    This is there now:
    key     type    size  expires
    visits  string  2 B   yes
    It no longer goes away by itself.
    ");
    insta::assert_snapshot!(preview("delete_keys", json!({ "keys": ["user:1", "none", "queue"] })).await, @r"
    This is there now:
    key     type  size  expires
    queue   list  4     no
    user:1  hash  2     no
    1 key of these is not there.
    They are deleted with all they hold, which cannot be undone.
    ");
    let fails =
        async |tool: &str, arguments| db.preview(tool, arguments).await.unwrap_err().sentence();
    insta::assert_snapshot!(fails("set_value", json!({ "key": "queue", "value": "x" })).await, @"The key holds something else than a text. Choose another key, or delete this one first.");
    insta::assert_snapshot!(fails("delete_keys", json!({ "keys": ["none"] })).await, @"There is no such key. Find keys by a pattern first.");
    drop(database);
}

#[tokio::test]
async fn what_was_allowed_is_done() {
    let (database, db) = filled().await;
    db.gives("set_value", json!({ "key": "visits", "value": "43" }))
        .await;
    assert_eq!(database.run("GET visits").await, text("43"));
    assert!(matches!(
        database.run("TTL visits").await,
        Answer::Int(4_000..)
    ));
    db.gives(
        "set_value",
        json!({ "key": "new", "value": "a\r\nb", "expire_seconds": 100 }),
    )
    .await;
    assert_eq!(database.run("GET new").await, text("a\r\nb"));
    assert!(matches!(
        database.run("TTL new").await,
        Answer::Int(1..=100)
    ));
    db.fails("set_value", json!({ "key": "queue", "value": "x" }))
        .await;
    assert_eq!(database.run("LLEN queue").await, Answer::Int(4));

    let kept = db.gives("set_expiry", json!({ "key": "visits" })).await;
    assert_eq!(kept["changed"], true);
    assert_eq!(database.run("TTL visits").await, Answer::Int(-1));
    db.gives("set_expiry", json!({ "key": "queue", "seconds": 50 }))
        .await;
    assert!(matches!(
        database.run("TTL queue").await,
        Answer::Int(1..=50)
    ));

    let gone = db
        .gives(
            "delete_keys",
            json!({ "keys": ["name", "tags", "none", "name"] }),
        )
        .await;
    assert_eq!(gone["deleted"], 2);
    assert_eq!(database.run("EXISTS name tags").await, Answer::Int(0));
}

#[tokio::test]
async fn a_user_who_may_only_read_changes_nothing() {
    let (database, _) = filled().await;
    let db = Db::new(&database.reader());
    let before = database.state().await;
    for (tool, arguments) in [
        ("set_value", json!({ "key": "name", "value": "x" })),
        ("set_expiry", json!({ "key": "name", "seconds": 50 })),
        ("delete_keys", json!({ "keys": ["name"] })),
    ] {
        let told = db.fails(tool, arguments).await;
        assert!(
            told.ends_with("let this user run the command on that key."),
            "{told}"
        );
    }
    assert!(before == database.state().await);
}
