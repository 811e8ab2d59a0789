//! External selects: the app is asked for options while a person types, and what it offers is checked.

use serde_json::{Value, json};
use slack_sim::{Click, Sim, Target};

use crate::app::{App, call, connected, modal, post, trigger};

fn select(kind: &str, least: Option<u64>) -> Value {
    let mut element = json!({"type": kind, "action_id": "project"});
    if let Some(least) = least {
        element["min_query_length"] = json!(least);
    }
    element
}

fn option(name: &str) -> Value {
    json!({"text": {"type": "plain_text", "text": name}, "value": name})
}

async fn message(sim: &Sim, app: &mut App) -> Target {
    let accessory = select("external_select", Some(0));
    let text = json!({"type": "plain_text", "text": "Which?"});
    let blocks =
        json!([{"type": "section", "block_id": "row", "text": text, "accessory": accessory}]);
    let ts = post(
        sim,
        json!({"channel": "general", "text": "?", "blocks": blocks}),
    )
    .await;
    app.take().await;
    Target::Message {
        channel: "general".to_owned(),
        ts,
    }
}

#[tokio::test]
async fn the_app_is_asked_in_a_message() {
    let (sim, mut app) = connected().await;
    let target = message(&sim, &mut app).await;
    let offered = json!({"options": [option("roadmap"), option("road works")]});
    let (found, envelope) = tokio::join!(
        sim.suggest("alice", target.clone(), "project", "road"),
        app.answer(offered)
    );
    assert_eq!(envelope["type"], "interactive");
    assert_eq!(envelope["accepts_response_payload"], true);
    let asked = &envelope["payload"];
    assert_eq!(asked["type"], "block_suggestion");
    assert_eq!(asked["action_id"], "project");
    assert_eq!(asked["block_id"], "row");
    assert_eq!(asked["value"], "road");
    assert_eq!(asked["container"]["type"], "message");
    assert_eq!(asked["user"]["id"], "U0ALICE01");
    assert_eq!(asked.get("trigger_id"), None);
    assert!(found.ok, "{found:?}");
    assert_eq!(found.options[1]["value"], "road works");

    let click = Click::on(target, "project").choosing(found.options[0].clone());
    let (clicked, envelope) = tokio::join!(sim.click("alice", click), app.take());
    assert!(clicked.ok);
    let chosen = &envelope["payload"]["actions"][0]["selected_option"];
    assert_eq!(*chosen, option("roadmap"));
}

#[tokio::test]
async fn groups_may_be_offered_and_several_chosen_in_a_modal() {
    let (sim, mut app) = connected().await;
    let mut view = modal("Projects");
    let label = json!({"type": "plain_text", "text": "Projects"});
    let element = select("multi_external_select", None);
    view["blocks"] =
        json!([{"type": "input", "block_id": "projects", "label": label, "element": element}]);
    let args = json!({"interactivity_pointer": trigger(&sim, &mut app).await, "view": view});
    let opened = call(&sim, "views.open", args).await;
    assert_eq!(opened["ok"], true, "{opened}");
    let view = sim.top_view("alice").unwrap().unwrap();
    let short = sim.suggest("alice", &view, "project", "ro").await;
    assert_eq!(short.error.unwrap(), "Type at least 3 characters.");
    let group = json!({"label": {"type": "plain_text", "text": "Open"}, "options": [option("one"), option("two")]});
    let (found, envelope) = tokio::join!(
        sim.suggest("alice", &view, "project", "any"),
        app.answer(json!({"option_groups": [group]}))
    );
    assert_eq!(envelope["payload"]["view"]["id"], view.id());
    let both = found.option_groups[0]["options"].clone();
    let (submitted, envelope) = tokio::join!(
        sim.submit("alice", view.id(), json!({"projects": both})),
        app.take()
    );
    assert!(submitted.ok, "{submitted:?}");
    let held = &envelope["payload"]["view"]["state"]["values"]["projects"]["project"];
    assert_eq!(held["selected_options"], both);
}

#[tokio::test]
async fn what_slack_does_not_take_is_not_shown() {
    let (sim, mut app) = connected().await;
    let target = message(&sim, &mut app).await;
    let long = option(&"x".repeat(76));
    let many: Vec<_> = (0..101).map(|n| option(&n.to_string())).collect();
    for answer in [
        json!({}),
        json!({"options": [long]}),
        json!({"options": many}),
    ] {
        let (found, _) = tokio::join!(
            sim.suggest("alice", target.clone(), "project", ""),
            app.answer(answer)
        );
        assert!(!found.ok && found.error.is_some(), "{found:?}");
    }
    let wrong = sim.suggest("alice", target, "other", "x").await;
    assert_eq!(wrong.error.unwrap(), "There is no external select `other`.");
}
