//! The addresses of messages lead into the page, at the message, in its workspace.

use serde_json::json;
use slack_sim::{Sim, WorkspaceConfig};

use crate::app::{call, post, start};

/// Where an address of the simulator leads, and with which status.
async fn leads_to(sim: &Sim, address: &str) -> (u16, String) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    let address = address.replace(&sim.url(), "");
    let response = client.get(format!("{}{address}", sim.url())).send();
    let response = response.await.unwrap();
    let to = response.headers().get("location");
    let to = to.map_or("", |to| to.to_str().unwrap()).to_owned();
    (response.status().as_u16(), to)
}

#[tokio::test]
async fn a_permalink_leads_to_its_message() {
    let sim = start().await;
    let root = sim.say("alice", "general", "hello").await.unwrap();
    let body = json!({"channel": "general", "thread_ts": root, "text": "an answer"});
    let reply = post(&sim, body).await;
    for (ts, within) in [(root.clone(), String::new()), (reply, format!("/t/{root}"))] {
        let asked = json!({"channel": "C0GENERAL1", "message_ts": ts});
        let link = call(&sim, "chat.getPermalink", asked).await;
        let link = link["permalink"].as_str().unwrap();
        let there = format!("/#/~T0SIM0001//C0GENERAL1{within}/m/{ts}");
        assert_eq!(leads_to(&sim, link).await, (303, there), "{link}");
    }
}

#[tokio::test]
async fn a_permalink_leads_to_the_workspace_of_its_channel() {
    let sim = start().await;
    sim.add_workspace(WorkspaceConfig::new("Zweites Büro"))
        .unwrap();
    let led = leads_to(&sim, "/archives/C0DATA002/p1795000000000100").await;
    let there = "/#/~T0SIM0002//C0DATA002/m/1795000000.000100";
    assert_eq!(led, (303, there.to_owned()));
}

#[tokio::test]
async fn what_is_no_permalink_leads_nowhere() {
    let sim = start().await;
    for wrong in [
        "/archives/C0DATA001/1795000000000100",
        "/archives/C0DATA001/p000100",
        "/archives/C0DATA001/p17950000x0000100",
        "/archives/C0%2f..%2fX/p1795000000000100",
    ] {
        assert_eq!(leads_to(&sim, wrong).await, (404, String::new()), "{wrong}");
    }
    let odd = "/archives/C0DATA001/p1795000000000100?thread_ts=x%0d%0ay";
    let there = "/#/~T0SIM0001//C0DATA001/m/1795000000.000100";
    assert_eq!(leads_to(&sim, odd).await, (303, there.to_owned()));
}
