//! Payloads of an app that a whole organisation has, and of channels shared with another company.

use serde_json::{Value, json};
use slack_sim::{Click, PersonChange};

use crate::app::{App, button, call, connected, modal, post, trigger};

async fn next(app: &mut App) -> Value {
    app.take().await["payload"].clone()
}

#[tokio::test]
async fn an_organisation_has_the_app_and_no_team() {
    let (sim, mut app) = connected().await;
    sim.install_in_org();
    let me = call(&sim, "auth.test", json!({})).await;
    assert_eq!(me["is_enterprise_install"], true);
    assert_eq!(me["enterprise_id"], "E0SIM0001");

    sim.say("alice", "general", "hello").await.unwrap();
    let event = next(&mut app).await;
    assert_eq!(event["team_id"], "T0SIM0001");
    assert_eq!(event["enterprise_id"], "E0SIM0001");
    assert_eq!(
        event["authorizations"],
        json!([{
            "enterprise_id": "E0SIM0001", "team_id": null, "user_id": "U0BOT0001",
            "is_bot": true, "is_enterprise_install": true,
        }])
    );
    let listed = crate::app::call_as(
        &sim,
        "xapp-sim",
        "apps.event.authorizations.list",
        json!({"event_context": event["event_context"]}),
    )
    .await;
    assert_eq!(listed["authorizations"], event["authorizations"]);

    let (_, command) = tokio::join!(sim.command("alice", "general", "/mcp", "list"), app.take());
    assert_eq!(command["payload"]["enterprise_id"], "E0SIM0001");
    assert_eq!(command["payload"]["is_enterprise_install"], "true");

    let args = json!({"trigger_id": trigger(&sim, &mut app).await, "view": modal("Org")});
    let opened = call(&sim, "views.open", args).await;
    assert_eq!(opened["view"]["app_installed_team_id"], "E0SIM0001");
    let view = sim.top_view("alice").unwrap().unwrap();
    let (_, submitted) = tokio::join!(
        sim.submit("alice", view.id(), json!({"name": "x"})),
        app.take()
    );
    assert_eq!(submitted["payload"]["team"], Value::Null);
    assert_eq!(submitted["payload"]["enterprise"]["id"], "E0SIM0001");
    assert_eq!(submitted["payload"]["is_enterprise_install"], true);

    let body = json!({"channel": "general", "text": "?", "blocks": [button("go", "Go")]});
    post(&sim, body).await;
    app.take().await;
    let message = sim.messages("alice", "general").unwrap().pop().unwrap();
    let (_, click) = tokio::join!(sim.click("alice", Click::on(&message, "go")), app.take());
    assert_eq!(click["payload"]["team"]["enterprise_id"], "E0SIM0001");
}

#[tokio::test]
async fn somebody_of_another_company_is_told_apart() {
    let (sim, mut app) = connected().await;
    sim.set_external("general", true).unwrap();
    let change = PersonChange {
        team: Some("T0OTHER01".to_owned()),
        ..PersonChange::default()
    };
    sim.set_person("bob", change).unwrap();
    assert_eq!(next(&mut app).await["event"]["type"], "user_change");
    sim.say("bob", "general", "from outside").await.unwrap();
    let outside = next(&mut app).await;
    assert_eq!(outside["is_ext_shared_channel"], true);
    assert_eq!(outside["team_id"], "T0OTHER01");
    assert_eq!(outside["context_team_id"], "T0SIM0001");
    assert_eq!(outside["authorizations"][0]["team_id"], "T0SIM0001");
    let event = &outside["event"];
    assert_eq!(
        (&event["team"], &event["user_team"]),
        (&json!("T0OTHER01"), &json!("T0OTHER01"))
    );
    assert_eq!(event["user_profile"]["display_name"], "bob");

    sim.say("alice", "general", "from inside").await.unwrap();
    let inside = next(&mut app).await;
    assert_eq!(inside["is_ext_shared_channel"], true);
    assert_eq!(inside["team_id"], "T0SIM0001");
    assert_eq!(inside["event"].get("user_team"), None);
    let info = call(&sim, "conversations.info", json!({"channel": "C0GENERAL1"})).await;
    assert_eq!(info["channel"]["is_ext_shared"], true);
    sim.say("alice", "data", "elsewhere").await.unwrap();
    assert_eq!(next(&mut app).await["is_ext_shared_channel"], false);
}
