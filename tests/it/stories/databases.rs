//! Rows that are changed in a database: asked about with what would change, and changed as shown.

use patchbay::slack::Transport;
use serde_json::json;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use super::assert_screen;
use crate::fakes::postgres::Postgres;
use crate::fakes::writer::Writer;
use crate::world::{Engine, World, answered_by};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_sqlite_file_is_shown_before_it_is_made() {
    let writer = Writer::start().await;
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |config| {
        answered_by(config, writer.provider());
        config.tools.sqlite_writable = vec!["sample".to_owned()];
    })
    .await;
    let file = &world.app.config.tools.sqlite_databases["sample"];
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut shop = options.connect().await.unwrap();
    let mut cities = async || {
        let sql = "select group_concat(coalesce(city, '-')) from customers where id in (1, 2)";
        let cities: String = sqlx::query_scalar(sql).fetch_one(&mut shop).await.unwrap();
        cities
    };
    let before = cities().await;
    let alice = world.alice();
    let told = alice.connects("sqlite", json!({})).await.all_text();
    assert!(told.contains("6 database tools"), "{told}");

    let update = json!({
        "table": "customers", "values": { "city": "Lyon" },
        "where": [{ "column": "id", "operator": "in", "value": [1, 2] }],
    });
    let ts = alice
        .says("@patchbay customers 1 and 2 moved to Lyon")
        .await;
    writer.calls("sqlite__update_data", update.clone());
    writer.ends();
    let card = alice.is_asked_to_decide(&ts).await;
    assert_screen!("approval_of_rows", card.blocks);
    assert_eq!(cities().await, before, "nothing was changed by showing it");
    assert!(alice.clicks(&card, "Approve").await.ok);
    writer.answers("They moved.");
    alice
        .reply_when(&ts, |message| message.all_text().contains("They moved."))
        .await;
    assert_eq!(cities().await, "Lyon,Lyon");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_may_do_more_than_read_is_told_of_when_it_is_connected() {
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |_| {}).await;
    let database = Postgres::shared().create_sample_database().await;
    let alice = world.alice();
    let fields = json!({ "url": database.owner, "connection-name": "own" });
    let told = alice.connects("postgres", fields).await;
    assert_screen!("connected_as_owner", told.blocks);
    let fields = json!({ "url": database.reader, "connection-name": "read" });
    let told = alice.connects("postgres", fields).await.all_text();
    assert!(
        told.contains("6 database tools") && !told.contains("This database user"),
        "{told}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_connects_the_database_that_the_bot_keeps_its_own_things_in() {
    let world = World::start_with(Engine::Postgres, Transport::Socket, |_| {}).await;
    let alice = world.alice();
    let own = world.app.config.database.url.clone();
    let by_another_name = own.replace("127.0.0.1", "localhost");
    assert_ne!(own, by_another_name);
    for url in [own, by_another_name] {
        let told = alice.connects("postgres", json!({ "url": url })).await;
        let told = told.all_text();
        assert!(told.contains("in which I keep my own things"), "{told}");
    }
    // Another database of the same server is anybody's.
    let other = Postgres::shared().create_sample_database().await.reader;
    let told = alice.connects("postgres", json!({ "url": other })).await;
    assert!(told.all_text().contains("Connected!"), "{told:?}");
    world.stop().await;
}
