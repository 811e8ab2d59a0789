//! Whose connection, whose button: nobody acts with what belongs to another.

use serde_json::json;

use super::on_every_pairing;
use crate::fakes::postgres::Postgres;
use crate::world::{World, handmade};

on_every_pairing!(two_people_in_one_channel_get_answers_from_their_own_data);

async fn two_people_in_one_channel_get_answers_from_their_own_data(world: World) {
    let (alice, bob) = (world.alice(), world.bob());
    for (person, marker) in [(alice, "alices_secret_plan"), (bob, "bobs_birthday_list")] {
        let database = Postgres::shared().create_database().await;
        database
            .run(&format!("create table {marker} (id int)"))
            .await;
        person
            .connects(
                "postgres",
                json!({ "url": database.owner, "connection-name": "mine" }),
            )
            .await;
    }
    let (of_alice, of_bob) = tokio::join!(
        alice.asks("@patchbay which tables are there?"),
        bob.asks("@patchbay which tables are there?"),
    );
    assert!(
        of_alice.all_text().contains("alices_secret_plan")
            && !of_alice.all_text().contains("bobs_birthday_list")
    );
    assert!(
        of_bob.all_text().contains("bobs_birthday_list")
            && !of_bob.all_text().contains("alices_secret_plan")
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_click_on_someone_elses_connection_changes_nothing() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.connects("sqlite", json!({})).await;
    let list = alice.asks_privately("/mcp list").await;
    let of_alice = list
        .blocks
        .iter()
        .find_map(|block| block["elements"][2]["value"].as_str())
        .unwrap();
    let forged = json!({
        "type": "block_actions", "team": { "id": "T0SIM0001" }, "user": { "id": "U0BOB0001" },
        "channel": { "id": list.channel }, "container": { "message_ts": list.ts, "channel_id": list.channel },
        "trigger_id": "1.2.forged",
        "actions": [{ "action_id": "disconnect", "value": of_alice, "action_ts": "1.5" }],
    });
    assert!(world.sim.deliver(handmade("interactive", forged)).await[0].acked);
    let told = bob.private_message_after(0).await.all_text();
    assert!(told.contains("not one of yours"), "{told}");
    let listed = alice.asks_privately("/mcp list").await.all_text();
    assert!(listed.contains("sqlite"), "{listed}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_submitted_by_another_is_refused() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.types("/mcp connect sqlite").await;
    let form = alice
        .form_when(|view| view.callback_id() == "connect")
        .await;
    let mut view = form.0.clone();
    view["state"] = json!({ "values": { "file": { "value": { "type": "plain_text_input", "value": "sample" } } } });
    let forged = json!({
        "type": "view_submission", "team": { "id": "T0SIM0001" }, "user": { "id": "U0BOB0001" },
        "trigger_id": "1.2.forged", "view": view,
    });
    let acks = world.sim.deliver(handmade("interactive", forged)).await;
    let told = acks[0].payload.clone().unwrap_or_default().to_string();
    assert!(told.contains("opened by somebody else"), "{told}");
    for person in [alice, bob] {
        let listed = person.asks_privately("/mcp list").await.all_text();
        assert!(listed.contains("no connections yet"), "{listed}");
    }
    world.stop().await;
}
