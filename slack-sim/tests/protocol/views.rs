//! Modals and Homes: triggers, the stack, submissions, hashes.

use std::time::Duration;

use serde_json::{Value, json};
use slack_sim::{Click, Sim};

use crate::app::{App, button, call, connected, modal, trigger};

async fn open(sim: &Sim, app: &mut App, view: Value) -> String {
    let body = json!({"trigger_id": trigger(sim, app).await, "view": view});
    let opened = call(sim, "views.open", body).await;
    assert_eq!(opened["ok"], true, "{opened}");
    opened["view"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_trigger_is_good_once_and_for_three_seconds() {
    let (sim, mut app) = connected().await;
    let trigger_id = trigger(&sim, &mut app).await;
    let body = json!({"trigger_id": trigger_id, "view": modal("Connect")});
    assert_eq!(call(&sim, "views.open", body.clone()).await["ok"], true);
    let again = call(&sim, "views.open", body).await;
    assert_eq!(again["error"], "exchanged_trigger_id");
    let late = trigger(&sim, &mut app).await;
    sim.advance(Duration::from_millis(3_100));
    let body = json!({"trigger_id": late, "view": modal("Connect")});
    let answer = call(&sim, "views.open", body).await;
    assert_eq!(answer["error"], "expired_trigger_id");
    let body = json!({"trigger_id": "1.2.3", "view": modal("Connect")});
    let answer = call(&sim, "views.open", body).await;
    assert_eq!(answer["error"], "invalid_trigger_id");
}

#[tokio::test]
async fn a_wrong_view_does_not_spend_the_trigger() {
    let (sim, mut app) = connected().await;
    let trigger_id = trigger(&sim, &mut app).await;
    let body = json!({"trigger_id": trigger_id, "view": modal("A title of over 24 characters")});
    let refused = call(&sim, "views.open", body).await;
    assert_eq!(refused["error"], "invalid_arguments");
    let messages = refused["response_metadata"]["messages"].to_string();
    assert!(messages.contains("/view/title/text"), "{messages}");
    let body = json!({"trigger_id": trigger_id, "view": modal("Connect")});
    assert_eq!(call(&sim, "views.open", body).await["ok"], true);
}

#[tokio::test]
async fn a_submission_carries_the_values_and_closes_the_modal() {
    let (sim, mut app) = connected().await;
    let id = open(&sim, &mut app, modal("Connect")).await;
    let empty = sim.submit("alice", &id, json!({})).await;
    assert_eq!(empty.errors["name"], "Please complete this required field.");
    let (outcome, envelope) = tokio::join!(
        sim.submit("alice", &id, json!({"name": "github"})),
        app.take()
    );
    assert!(outcome.ok && outcome.closed);
    assert_eq!(envelope["accepts_response_payload"], true);
    let view = &envelope["payload"]["view"];
    assert_eq!(envelope["payload"]["type"], "view_submission");
    assert_eq!(view["id"], id.as_str());
    assert_eq!(view["callback_id"], "connect");
    assert_eq!(view["private_metadata"], "kept");
    assert_eq!(view["root_view_id"], id.as_str());
    let held = json!({"type": "plain_text_input", "value": "github"});
    assert_eq!(view["state"]["values"]["name"]["text"], held);
    assert!(sim.top_view("alice").unwrap().is_none());
}

#[tokio::test]
async fn a_submission_may_be_answered_with_errors_or_another_view() {
    let (sim, mut app) = connected().await;
    let id = open(&sim, &mut app, modal("Connect")).await;
    let values = || json!({"name": {"text": {"type": "plain_text_input", "value": "x"}}});
    let errors = json!({"response_action": "errors", "errors": {"name": "Too short"}});
    let (outcome, _) = tokio::join!(sim.submit("alice", &id, values()), app.answer(errors));
    assert_eq!(outcome.errors["name"], "Too short");
    assert!(!outcome.ok && !outcome.closed);

    let astray = json!({"response_action": "errors", "errors": {"nowhere": "?"}});
    let (outcome, _) = tokio::join!(sim.submit("alice", &id, values()), app.answer(astray));
    assert!(outcome.error.unwrap().contains("`nowhere`"));

    let update = json!({"response_action": "update", "view": modal("Step two")});
    let (outcome, _) = tokio::join!(sim.submit("alice", &id, values()), app.answer(update));
    assert!(outcome.ok && !outcome.closed);
    let top = sim.top_view("alice").unwrap().unwrap();
    assert_eq!((top.id(), top.title()), (id.as_str(), "Step two"));

    let push = json!({"response_action": "push", "view": modal("On top")});
    let (outcome, _) = tokio::join!(sim.submit("alice", &id, values()), app.answer(push));
    assert!(outcome.ok && !outcome.closed);
    let stack = sim.views("alice").unwrap();
    assert_eq!(stack.len(), 2);
    assert_eq!(stack[1].0["previous_view_id"], id.as_str());

    let top = stack[1].id();
    let clear = json!({"response_action": "clear"});
    let (outcome, _) = tokio::join!(sim.submit("alice", top, values()), app.answer(clear));
    assert!(outcome.ok && outcome.closed);
    assert!(sim.views("alice").unwrap().is_empty());
}

#[tokio::test]
async fn the_stack_holds_three() {
    let (sim, mut app) = connected().await;
    let mut view = modal("Level");
    view["blocks"]
        .as_array_mut()
        .unwrap()
        .push(button("deeper", "Deeper"));
    open(&sim, &mut app, view.clone()).await;
    for level in 2..=4 {
        let top = sim.top_view("alice").unwrap().unwrap();
        let (_, envelope) = tokio::join!(sim.click("alice", Click::on(&top, "deeper")), app.take());
        assert_eq!(envelope["payload"]["container"]["view_id"], top.id());
        let body = json!({"trigger_id": envelope["payload"]["trigger_id"], "view": view});
        let pushed = call(&sim, "views.push", body).await;
        if level == 4 {
            assert_eq!(pushed["error"], "push_limit_reached");
        } else {
            assert_eq!(pushed["ok"], true, "{pushed}");
        }
    }
}

#[tokio::test]
async fn a_view_may_close_all_below_it() {
    let (sim, mut app) = connected().await;
    let mut view = modal("Level");
    view["blocks"] = json!([button("deeper", "Deeper")]);
    open(&sim, &mut app, view.clone()).await;
    let root = sim.top_view("alice").unwrap().unwrap();
    let (_, envelope) = tokio::join!(sim.click("alice", Click::on(&root, "deeper")), app.take());
    view["clear_on_close"] = json!(true);
    let body = json!({"trigger_id": envelope["payload"]["trigger_id"], "view": view});
    let pushed = call(&sim, "views.push", body).await;
    let id = pushed["view"]["id"].as_str().unwrap();
    sim.close("alice", id).await.unwrap();
    assert!(sim.top_view("alice").unwrap().is_none());
}

#[tokio::test]
async fn an_update_needs_the_latest_hash_and_keeps_what_was_entered() {
    let (sim, mut app) = connected().await;
    let mut view = modal("Connect");
    view["blocks"].as_array_mut().unwrap().push(json!({
        "type": "section",
        "block_id": "pick",
        "text": {"type": "mrkdwn", "text": "Who may use it"},
        "accessory": {"type": "static_select", "action_id": "scope", "options": [
            {"text": {"type": "plain_text", "text": "Me"}, "value": "me"},
            {"text": {"type": "plain_text", "text": "All"}, "value": "all"},
        ]},
    }));
    let id = open(&sim, &mut app, view.clone()).await;
    let top = sim.top_view("alice").unwrap().unwrap();
    let choose = Click::on(&top, "scope").choosing("all");
    let (_, envelope) = tokio::join!(sim.click("alice", choose), app.take());
    let action = &envelope["payload"]["actions"][0];
    assert_eq!(action["selected_option"]["value"], "all");
    let stale = json!({"view_id": id, "hash": "0.0", "view": view});
    let answer = call(&sim, "views.update", stale).await;
    assert_eq!(answer["error"], "hash_conflict");
    let hash = &envelope["payload"]["view"]["hash"];
    let body = json!({"view_id": id, "hash": hash, "view": view});
    let updated = call(&sim, "views.update", body).await;
    assert_ne!(updated["view"]["hash"], *hash);
    let kept = &updated["view"]["state"]["values"]["pick"]["scope"];
    assert_eq!(kept["selected_option"]["value"], "all");
    let missing = json!({"view_id": "V0", "view": view});
    assert_eq!(
        call(&sim, "views.update", missing).await["error"],
        "not_found"
    );
}

#[tokio::test]
async fn closing_tells_the_app_if_it_asked() {
    let (sim, mut app) = connected().await;
    let mut view = modal("Connect");
    view["notify_on_close"] = json!(true);
    let id = open(&sim, &mut app, view).await;
    let (closed, envelope) = tokio::join!(sim.close("alice", &id), app.take());
    closed.unwrap();
    assert_eq!(envelope["payload"]["type"], "view_closed");
    assert_eq!(envelope["payload"]["is_cleared"], false);
    sim.close("alice", &id).await.unwrap_err();
}

#[tokio::test]
async fn each_person_has_their_own_home() {
    let (sim, mut app) = connected().await;
    sim.open_home("alice", "home").await.unwrap();
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["type"], "app_home_opened");
    assert_eq!(event["tab"], "home");
    assert!(event.get("view").is_none());
    let view = json!({"type": "home", "blocks": [button("start", "Start")]});
    let body = json!({"user_id": "U0ALICE01", "view": view});
    assert_eq!(call(&sim, "views.publish", body).await["ok"], true);
    let home = sim.home("alice").unwrap().unwrap();
    assert_eq!(home.buttons(), ["Start"]);
    assert!(sim.home("bob").unwrap().is_none());
    let (outcome, envelope) =
        tokio::join!(sim.click("alice", Click::on(&home, "start")), app.take());
    assert!(outcome.ok);
    assert_eq!(envelope["payload"]["view"]["type"], "home");
    sim.open_home("alice", "home").await.unwrap();
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["view"]["id"], home.id());
}
