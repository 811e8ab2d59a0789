//! Socket Mode: tickets, hello, envelopes, acknowledgements, redelivery, disconnects.

use std::io::ErrorKind;
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::json;
use slack_sim::{Disconnect, Fault, FaultKind, Handmade, Sim, SimConfig};
use tokio_tungstenite::{connect_async, tungstenite};

use crate::app::{App, PATIENCE, call_as, connected, socket_url, start};

#[tokio::test]
async fn hello_counts_the_connections() {
    let (sim, app) = connected().await;
    assert_eq!(app.hello["type"], "hello");
    assert_eq!(app.hello["num_connections"], 1);
    assert_eq!(app.hello["connection_info"]["app_id"], "A0SIM0001");
    assert!(app.hello["debug_info"]["approximate_connection_time"].is_u64());
    let second = App::connect(&sim).await;
    assert_eq!(second.hello["num_connections"], 2);
    assert_eq!(sim.sockets(), 2);
}

#[tokio::test]
async fn a_ticket_opens_one_socket_within_thirty_seconds() {
    let sim = start().await;
    let url = socket_url(&sim).await;
    let (socket, _) = connect_async(&url).await.unwrap();
    connect_async(&url).await.unwrap_err();
    drop(socket);
    let late = socket_url(&sim).await;
    sim.advance(Duration::from_secs(31));
    connect_async(&late).await.unwrap_err();
}

#[tokio::test]
async fn the_eleventh_socket_is_turned_away() {
    let sim = start().await;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(App::connect(&sim).await);
    }
    let mut eleventh = App::connect(&sim).await;
    assert_eq!(eleventh.hello["type"], "disconnect");
    assert_eq!(eleventh.hello["reason"], "too_many_websockets");
    assert_eq!(eleventh.try_next().await, None);
}

#[tokio::test]
async fn a_mention_arrives_twice_under_different_event_ids() {
    let (sim, mut app) = connected().await;
    let ts = sim
        .say("alice", "general", "@patchbay hello <world>")
        .await
        .unwrap();
    let (first, second) = (app.take().await, app.take().await);
    let (mention, message) = (&first["payload"], &second["payload"]);
    assert_eq!(first["type"], "events_api");
    assert_eq!(first["accepts_response_payload"], false);
    assert_eq!(first["retry_attempt"], 0);
    assert_eq!(mention["event"]["type"], "app_mention");
    assert_eq!(message["event"]["type"], "message");
    assert_eq!(message["event"]["channel_type"], "channel");
    for payload in [mention, message] {
        assert_eq!(payload["type"], "event_callback");
        assert_eq!(payload["team_id"], "T0SIM0001");
        assert_eq!(payload["authorizations"][0]["user_id"], "U0BOT0001");
        assert_eq!(payload["event"]["ts"], ts.as_str());
        assert_eq!(payload["event"]["user"], "U0ALICE01");
        let text = "<@U0BOT0001> hello &lt;world&gt;";
        assert_eq!(payload["event"]["text"], text);
    }
    assert_ne!(mention["event_id"], message["event_id"]);
}

#[tokio::test]
async fn an_unacknowledged_event_comes_again_three_times() {
    let (sim, mut app) = connected().await;
    sim.say("alice", "dm", "hello").await.unwrap();
    let first = app.next().await;
    assert_eq!(first["payload"]["event"]["channel_type"], "im");
    for (attempt, wait) in [(1, 0), (2, 60), (3, 300)] {
        sim.advance(Duration::from_secs(3));
        // The next wait begins only once the missed acknowledgement has been noticed.
        missed(&sim, attempt).await;
        sim.advance(Duration::from_secs(wait));
        let again = app.next().await;
        assert_eq!(again["retry_attempt"], attempt);
        assert_eq!(again["retry_reason"], "timeout");
        assert_ne!(again["envelope_id"], first["envelope_id"]);
        assert_eq!(again["payload"]["event_id"], first["payload"]["event_id"]);
    }
    sim.advance(Duration::from_secs(3));
    missed(&sim, 4).await;
    sim.advance(Duration::from_secs(3_600));
    sim.say("alice", "dm", "next").await.unwrap();
    assert_eq!(app.take().await["payload"]["event"]["text"], "next");
}

/// Waits until this many deliveries have run out of time.
async fn missed(sim: &Sim, count: usize) {
    let noticed = sim
        .until(Duration::from_secs(5), |sim| {
            let late = |entry: &slack_sim::Entry| entry.status.as_deref() == Some("timeout");
            (sim.log(0).into_iter().filter(late).count() == count).then_some(())
        })
        .await;
    assert!(noticed.is_some(), "delivery {count} was never given up");
}

#[tokio::test]
async fn an_acknowledged_event_does_not_come_again() {
    let (sim, mut app) = connected().await;
    sim.say("alice", "dm", "one").await.unwrap();
    app.take().await;
    let acked = sim.until(Duration::from_secs(5), |sim| {
        let events = sim.log(0).into_iter();
        let mut acked = events.filter(|entry| entry.status.as_deref() == Some("ok"));
        acked.find(|entry| entry.what == "message")
    });
    assert!(acked.await.unwrap().ack_ms.is_some());
    sim.advance(Duration::from_secs(600));
    sim.say("alice", "dm", "two").await.unwrap();
    assert_eq!(app.take().await["payload"]["event"]["text"], "two");
}

#[tokio::test]
async fn an_event_waits_for_the_app_to_connect() {
    let sim = start().await;
    sim.say("alice", "dm", "anyone there?").await.unwrap();
    let mut app = App::connect(&sim).await;
    let event = app.take().await;
    assert_eq!(event["payload"]["event"]["text"], "anyone there?");
}

#[tokio::test]
async fn a_command_without_an_acknowledgement_times_out() {
    let (sim, mut app) = connected().await;
    let (outcome, envelope) =
        tokio::join!(sim.command("alice", "general", "/mcp", "list"), async {
            let envelope = app.next().await;
            sim.advance(Duration::from_secs(3));
            envelope
        });
    assert_eq!(envelope["type"], "slash_commands");
    assert_eq!(envelope["accepts_response_payload"], true);
    assert!(!outcome.ok);
    assert_eq!(outcome.error.as_deref(), Some("operation_timeout"));
    let told = sim.messages("alice", "general").unwrap();
    assert_eq!(told.len(), 1);
    assert!(told[0].ephemeral);
    assert!(told[0].text.contains("operation_timeout"));
}

#[tokio::test]
async fn a_command_without_an_app_fails_at_once() {
    let sim = start().await;
    let outcome = sim.command("alice", "general", "/mcp", "list").await;
    assert_eq!(outcome.error.as_deref(), Some("no_app"));
}

#[tokio::test]
async fn refresh_closes_the_socket_and_a_new_one_takes_over() {
    let (sim, mut app) = connected().await;
    assert_eq!(sim.disconnect(Disconnect::RefreshRequested), 1);
    let frame = app.next().await;
    assert_eq!(frame["type"], "disconnect");
    assert_eq!(frame["reason"], "refresh_requested");
    assert_eq!(app.try_next().await, None);
    let mut again = App::connect(&sim).await;
    sim.say("alice", "dm", "still there?").await.unwrap();
    let event = again.take().await;
    assert_eq!(event["payload"]["event"]["text"], "still there?");
}

#[tokio::test]
async fn a_warning_leaves_the_socket_open() {
    let (sim, mut app) = connected().await;
    sim.disconnect(Disconnect::Warning);
    assert_eq!(app.next().await["reason"], "warning");
    sim.say("alice", "dm", "hello").await.unwrap();
    assert_eq!(app.take().await["payload"]["event"]["text"], "hello");
    // The acknowledgement has to be there before the time it had is over.
    let acked = |sim: &Sim| {
        let log = sim.log(0);
        let mut events = log.iter().filter(|entry| entry.what == "message");
        events
            .any(|entry| entry.status.as_deref() == Some("ok"))
            .then_some(())
    };
    sim.until(Duration::from_secs(10), acked).await.unwrap();
    sim.advance(Duration::from_secs(10));
    assert_eq!(app.next().await["reason"], "refresh_requested");
    assert_eq!(app.try_next().await, None);
}

#[tokio::test]
async fn a_socket_that_must_go_may_still_acknowledge() {
    let (sim, mut app) = connected().await;
    let (outcome, ()) = tokio::join!(sim.command("alice", "general", "/mcp", "list"), async {
        let envelope = app.next().await;
        sim.disconnect(Disconnect::RefreshRequested);
        assert_eq!(app.next().await["type"], "disconnect");
        app.ack(&envelope).await;
    });
    assert!(outcome.ok, "{outcome:?}");
}

#[tokio::test]
async fn a_greeting_may_be_kept_back_or_replaced_by_a_reason() {
    let sim = start().await;
    let away = Fault::new("hello", FaultKind::OkFalse).error("too_many_websockets");
    sim.fault(away);
    let mut app = App::dial(&sim).await;
    assert_eq!(app.next().await["reason"], "too_many_websockets");
    assert_eq!(app.try_next().await, None);
    sim.fault(Fault::new("hello", FaultKind::Timeout));
    let mut app = App::dial(&sim).await;
    sim.say("alice", "dm", "hello").await.unwrap();
    assert_eq!(
        app.next().await["type"],
        "events_api",
        "greeted all the same"
    );
}

#[tokio::test]
async fn a_disabled_link_gives_out_no_sockets_until_enabled() {
    let (sim, mut app) = connected().await;
    sim.disconnect(Disconnect::LinkDisabled);
    assert_eq!(app.next().await["reason"], "link_disabled");
    let refused = call_as(&sim, "xapp-sim", "apps.connections.open", json!({})).await;
    assert_eq!(refused["ok"], false);
    sim.clear_faults();
    App::connect(&sim).await;
}

#[tokio::test]
async fn a_reset_is_one_of_tcp() {
    let reset = |end: tungstenite::Error| match end {
        tungstenite::Error::Io(error) => error.kind() == ErrorKind::ConnectionReset,
        _ => false,
    };
    for (why, is_reset) in [(Disconnect::Abrupt, false), (Disconnect::Reset, true)] {
        let sim = Sim::start(SimConfig::default()).await.unwrap();
        let (mut socket, _) = connect_async(socket_url(&sim).await).await.unwrap();
        socket.next().await.unwrap().unwrap();
        sim.disconnect(why);
        let end = async {
            loop {
                match socket.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(end)) => return end,
                    None => panic!("{why:?} is no clean end"),
                }
            }
        };
        let end = tokio::time::timeout(PATIENCE, end).await.unwrap();
        assert_eq!(reset(end), is_reset, "{why:?}");
    }
}

#[tokio::test]
async fn an_event_lost_with_its_socket_goes_to_another() {
    let (sim, mut app) = connected().await;
    sim.say("alice", "dm", "hello").await.unwrap();
    let first = app.next().await;
    drop(app);
    let mut other = App::connect(&sim).await;
    let again = other.take().await;
    assert_eq!(again["retry_attempt"], 1);
    assert_eq!(again["payload"]["event_id"], first["payload"]["event_id"]);
}

#[tokio::test]
async fn hand_made_envelopes_report_their_acknowledgements() {
    let (sim, mut app) = connected().await;
    let handmade = Handmade {
        kind: "interactive".to_owned(),
        payload: json!({"type": "block_actions", "team": null}),
        text: None,
        times: Some(2),
        concurrent: true,
    };
    let (acks, _) = tokio::join!(sim.deliver(handmade), async {
        assert_eq!(app.take().await["payload"]["team"], json!(null));
        app.take().await;
    });
    assert_eq!(acks.len(), 2);
    assert!(acks.iter().all(|ack| ack.acked));
}

#[tokio::test]
async fn unsubscribed_events_stay_away() {
    let mut config = SimConfig::default();
    config.app.events = vec!["message.im".to_owned()];
    let sim = Sim::start(config).await.unwrap();
    let mut app = App::connect(&sim).await;
    sim.say("alice", "general", "@patchbay hello")
        .await
        .unwrap();
    sim.say("alice", "dm", "hello").await.unwrap();
    let event = app.take().await;
    assert_eq!(event["payload"]["event"]["channel"], "D0ALICE01");
}

#[tokio::test]
async fn a_frozen_socket_swallows_events_until_slack_notices() {
    let (sim, mut app) = connected().await;
    sim.fault(Fault::new("socket", FaultKind::Timeout));
    sim.say("alice", "dm", "hello").await.unwrap();
    sim.advance(Duration::from_secs(3));
    missed(&sim, 1).await;
    let resent = sim.until(Duration::from_secs(5), |sim| {
        let sent = sim
            .log(0)
            .into_iter()
            .filter(|entry| entry.what == "message");
        (sent.count() == 2).then_some(())
    });
    assert!(resent.await.is_some());
    assert_eq!(sim.sockets(), 1);
    sim.advance(Duration::from_secs(300));
    assert_eq!(app.try_next().await, None);
    let mut again = App::connect(&sim).await;
    // The second attempt went to the frozen socket as well.
    missed(&sim, 2).await;
    sim.advance(Duration::from_secs(60));
    let event = again.take().await;
    assert_eq!(event["retry_attempt"], 2);
    assert_eq!(event["payload"]["event"]["text"], "hello");
}
