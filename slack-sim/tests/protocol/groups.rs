//! Direct messages of a few people: opened by the app or by a person, heard and answered, closed to everybody else.

use serde_json::json;
use slack_sim::{Person, Sim, SimConfig};

use crate::app::{call, connected};

const ALICE_AND_BOB: &str = "U0ALICE01,U0BOB0001";

#[tokio::test]
async fn the_app_opens_one_and_the_same_people_have_the_same() {
    let (sim, mut app) = connected().await;
    let open = |users: &str| json!({"users": users, "return_im": true});
    let opened = call(&sim, "conversations.open", open(ALICE_AND_BOB)).await;
    let channel = &opened["channel"];
    assert_eq!(channel["is_mpim"], true, "{opened}");
    assert_eq!(channel["is_im"], false);
    assert_eq!(channel["name"], "mpdm-alice--bob--patchbay-1");
    let id = channel["id"].as_str().unwrap();
    let again = call(&sim, "conversations.open", open("U0BOB0001, U0ALICE01")).await;
    assert_eq!(again["already_open"], true, "{again}");
    assert_eq!(again["channel"]["id"], id);
    for (users, error) in [
        ("U0ALICE01,U0BOT0001", "not_enough_users"),
        ("U0ALICE01,U0NOBODY1", "user_not_found"),
    ] {
        let refused = call(&sim, "conversations.open", open(users)).await;
        assert_eq!(refused["error"], error, "{users}");
    }

    let ts = sim.say("alice", id, "<@U0BOT0001> hello").await.unwrap();
    for kind in ["app_mention", "message"] {
        let event = app.take().await["payload"]["event"].clone();
        assert_eq!(event["type"], kind);
        assert_eq!((&event["channel"], &event["ts"]), (&json!(id), &json!(ts)));
        if kind == "message" {
            assert_eq!(event["channel_type"], "mpim");
        }
    }
    let said = call(
        &sim,
        "chat.postMessage",
        json!({"channel": id, "text": "hi"}),
    )
    .await;
    assert_eq!(said["ok"], true, "{said}");
    assert_eq!(sim.messages("bob", id).unwrap().len(), 2);
    let members = call(&sim, "conversations.members", json!({"channel": id})).await;
    assert_eq!(members["members"].as_array().unwrap().len(), 3);
    for (types, count) in [("mpim", 1), ("im,private_channel", 2)] {
        let listed = call(&sim, "conversations.list", json!({"types": types})).await;
        assert_eq!(
            listed["channels"].as_array().unwrap().len(),
            count,
            "{types}"
        );
    }
}

#[tokio::test]
async fn nobody_else_sees_it_and_its_scopes_are_its_own() {
    let person = |name: &str| Person {
        name: name.to_owned(),
        real_name: name.to_owned(),
    };
    let people = vec![person("alice"), person("bob"), person("carol")];
    let config = SimConfig {
        people,
        ..SimConfig::default()
    };
    let sim = Sim::start(config).await.unwrap();
    let id = sim.open_group(&["alice", "bob"], true).unwrap();
    assert_eq!(sim.open_group(&["bob", "alice"], true).unwrap(), id);
    assert_ne!(sim.open_group(&["bob", "carol"], true).unwrap(), id);
    let without = sim.open_group(&["alice", "bob"], false).unwrap();
    assert_ne!(without, id);
    sim.open_group(&["alice"], true).unwrap_err();
    sim.invite(&id, "carol").unwrap_err();
    sim.say("alice", &id, "between us").await.unwrap();
    sim.messages("carol", &id).unwrap_err();
    let info = |id: &str| json!({"channel": id});
    let hidden = call(&sim, "conversations.info", info(&without)).await;
    assert_eq!(hidden["error"], "channel_not_found");
    sim.set_scopes(&["channels:read", "groups:read", "im:read"]);
    let refused = call(&sim, "conversations.info", info(&id)).await;
    assert_eq!(refused["error"], "missing_scope");
    sim.set_scopes(&["mpim:read"]);
    let told = call(&sim, "conversations.info", info(&id)).await;
    assert_eq!(told["channel"]["creator"], "U0ALICE01", "{told}");
    sim.stop().await;
}
