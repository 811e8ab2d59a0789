//! The sockets to Slack, and what Slack, the network and other copies of the bot do to them.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use patchbay::slack::Transport;
use serde_json::{Value, json};
use slack_sim::{Disconnect, Fault, FaultKind, Sim};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::fakes::writer::Writer;
use crate::world::{Engine, World, answered_by, handmade};

/// A link that is dead without saying so is to be noticed within this.
const NOTICED: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(60);

/// Every greeting and every end of a socket from `after` on: how many sockets there were.
fn counts(sim: &Sim, after: u64) -> Vec<(String, u64)> {
    let entries = sim.log(after).into_iter();
    entries
        .filter(|entry| matches!(entry.what.as_str(), "hello" | "socket closed"))
        .map(|entry| {
            let count = entry.body["num_connections"].as_u64().unwrap();
            (entry.what, count)
        })
        .collect()
}

fn last_entry(sim: &Sim) -> u64 {
    sim.log(0).last().map_or(0, |entry| entry.n)
}

async fn seen(sim: &Sim, after: u64, what: &str, times: usize) {
    let enough = |sim: &Sim| {
        let counts = counts(sim, after);
        (counts.iter().filter(|(kind, _)| kind == what).count() >= times).then_some(())
    };
    let found = sim.until(PATIENCE, enough).await;
    found.unwrap_or_else(|| panic!("{what} {times} times: {:?}", counts(sim, after)));
}

/// What `/readyz` says.
async fn readiness(world: &World) -> (bool, Value) {
    let url = format!("http://{}/readyz", world.address);
    let answer = reqwest::get(url).await.unwrap();
    let ready = answer.status().is_success();
    let report: Value = answer.json().await.unwrap();
    assert_eq!(report["ready"], json!(ready), "{report}");
    (ready, report)
}

/// The first report that is as wanted.
pub async fn report_when(world: &World, wanted: impl Fn(bool, &Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (ready, report) = readiness(world).await;
        if wanted(ready, &report) {
            return report;
        }
        assert!(Instant::now() < deadline, "still {report}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_replaced_before_it_goes_and_nothing_is_missed_meanwhile() {
    let world = World::start().await;
    seen(&world.sim, 0, "hello", 2).await;
    let start = last_entry(&world.sim);
    world.sim.disconnect(Disconnect::Warning);
    // Commands are never sent again: one that no socket takes fails before the person's eyes.
    let commands = async || {
        for _ in 0..20 {
            let outcome = world.alice().types("/mcp help").await;
            assert!(outcome.ok, "{outcome:?}");
        }
    };
    tokio::join!(commands(), seen(&world.sim, start, "hello", 2));
    // Between two commands: one that was under way would have taken these seconds as well.
    world.sim.advance(Duration::from_secs(10));
    tokio::join!(commands(), seen(&world.sim, start, "socket closed", 2));
    let counts = counts(&world.sim, start);
    assert!(
        counts.iter().all(|(_, open)| *open >= 2),
        "fewer than two sockets for a while: {counts:?}"
    );
    assert_eq!(world.sim.sockets(), 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_dead_without_a_word_is_noticed_in_time() {
    let world = World::start().await;
    let start = last_entry(&world.sim);
    let frozen = Instant::now();
    world.sim.disconnect(Disconnect::Frozen);
    seen(&world.sim, start, "hello", 2).await;
    let noticed = frozen.elapsed();
    assert!(noticed <= NOTICED, "noticed after {noticed:?}");
    // Slack still counts the dead ones, and sends to them; then it notices as well.
    let ts = world.alice().says("@patchbay help me").await;
    world.sim.advance(Duration::from_secs(5 * 60));
    let answer = world.alice().answer_to(&ts).await;
    assert!(!answer.all_text().is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_megabytes_takes_no_socket_away() {
    let world = World::start().await;
    seen(&world.sim, 0, "hello", 2).await;
    let start = last_entry(&world.sim);
    let event = json!({
        "team_id": "T0SIM0001", "type": "event_callback", "event_id": "EvHuge",
        "authorizations": [{ "team_id": "T0SIM0001", "user_id": "U0BOT0001" }],
        "event": { "type": "message", "subtype": "message_changed", "channel": "C0GENERAL",
                   "channel_type": "channel", "ts": "1.9", "event_ts": "1.9",
                   "message": { "user": "U0ALICE01", "ts": "1.2", "text": "ж".repeat(2_000_000) } },
    });
    world.sim.deliver(handmade("events_api", event)).await;
    let ts = world.alice().says("@patchbay help me").await;
    world.alice().answer_to(&ts).await;
    assert_eq!(counts(&world.sim, start), []);
    world.stop().await;
}

/// Seconds since 1970, by the machine's clock.
fn now() -> i64 {
    patchbay::clock::Clock::System.now().timestamp()
}

/// The head of a request that looks like Slack's; its signature is none.
fn head(lines: &[&str], timestamp: i64) -> String {
    format!(
        "POST /slack/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-slack-signature: v0=00\r\nx-slack-request-timestamp: {timestamp}\r\n{}\r\n\r\n",
        lines.join("\r\n")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_send_nothing_keep_no_delivery_away() {
    let world = World::start_on(Engine::Sqlite, Transport::Http).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        let mut caller = TcpStream::connect(world.address).await.unwrap();
        let head = head(
            &["transfer-encoding: chunked", "expect: 100-continue"],
            now(),
        );
        caller.write_all(head.as_bytes()).await.unwrap();
        // Its body is waited for from now on.
        let mut told = [0; 25];
        caller.read_exact(&mut told).await.unwrap();
        assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
        silent.push(caller);
    }
    let event = json!({
        "team_id": "T0SIM0001", "type": "event_callback", "event_id": "EvLarge",
        "authorizations": [{ "team_id": "T0SIM0001", "user_id": "U0BOT0001" }],
        "event": { "type": "message", "subtype": "message_changed", "channel": "C0GENERAL1",
                   "channel_type": "channel", "ts": "1.9", "event_ts": "1.9",
                   "message": { "user": "U0ALICE01", "ts": "1.2", "text": "x".repeat(2 * 1024 * 1024) } },
    });
    let acks = world.sim.deliver(handmade("events_api", event)).await;
    assert!(acks[0].acked, "{acks:?}");
    drop(silent);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_slack_cannot_have_signed_is_refused_unread() {
    let world = World::start_on(Engine::Sqlite, Transport::Http).await;
    let unsigned = "POST /slack/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100\r\n\r\n";
    let old = head(&["content-length: 100"], now() - 301);
    for head in [unsigned, &old] {
        let mut caller = TcpStream::connect(world.address).await.unwrap();
        caller.write_all(head.as_bytes()).await.unwrap();
        let mut told = String::new();
        caller.read_to_string(&mut told).await.unwrap();
        assert!(told.starts_with("HTTP/1.1 401"), "{head} {told}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_in_take_the_same_and_refuse_more_with_a_reason() {
    let megabytes = |count: usize| {
        let event = json!({
            "team_id": "T0SIM0001", "type": "event_callback", "event_id": "EvHuge",
            "authorizations": [{ "team_id": "T0SIM0001", "user_id": "U0BOT0001" }],
            "event": { "type": "message", "subtype": "message_changed", "channel": "C0GENERAL1",
                       "channel_type": "channel", "ts": "1.9", "event_ts": "1.9",
                       "message": { "user": "U0ALICE01", "ts": "1.2", "text": "x".repeat(count * 1024 * 1024) } },
        });
        handmade("events_api", event)
    };
    for transport in [Transport::Socket, Transport::Http] {
        let world = World::start_on(Engine::Sqlite, transport).await;
        let acks = world.sim.deliver(megabytes(5)).await;
        assert!(acks[0].acked, "{transport:?}: {acks:?}");
        let acks = world.sim.deliver(megabytes(17)).await;
        assert!(!acks[0].acked, "{transport:?}: {acks:?}");
        // Whoever knows the address may send that much: said beforehand, and not.
        let mut caller = TcpStream::connect(world.address).await.unwrap();
        let head = head(&["content-length: 16777217"], now());
        caller.write_all(head.as_bytes()).await.unwrap();
        let mut told = String::new();
        caller.read_to_string(&mut told).await.unwrap();
        let refused = |told: &str| told.contains("more than 16 MiB");
        assert!(told.starts_with("HTTP/1.1 413") && refused(&told), "{told}");
        let body = Ok::<_, std::io::Error>("x".repeat(16 * 1024 * 1024 + 1));
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter([body]));
        let url = format!("http://{}/slack/events", world.address);
        let post = patchbay::net::plain_client().unwrap().post(&url).body(body);
        let post = post
            .header("x-slack-signature", "v0=00")
            .header("x-slack-request-timestamp", now());
        let answer = post.send().await.unwrap();
        assert_eq!(answer.status(), 413);
        let told = answer.text().await.unwrap();
        assert!(refused(&told), "{told}");
        let answer = world.alice().asks("@patchbay help me").await;
        assert!(!answer.all_text().is_empty());
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_tried_again_however_slack_refuses_it() {
    let world = World::start().await;
    let open = "apps.connections.open";
    let refusals = [
        Fault::new(open, FaultKind::RateLimited).retry_after(2),
        Fault::new(open, FaultKind::Http500),
        Fault::new(open, FaultKind::Html),
        Fault::new(open, FaultKind::OkFalse).error("internal_error"),
        Fault::new("hello", FaultKind::OkFalse).error("too_many_websockets"),
        Fault::new("hello", FaultKind::Timeout),
    ];
    for refusal in refusals {
        world.sim.fault(refusal);
    }
    let start = last_entry(&world.sim);
    let before = Instant::now();
    world.sim.disconnect(Disconnect::Abrupt);
    seen(&world.sim, start, "hello", 2).await;
    assert!(
        before.elapsed() >= Duration::from_secs(2),
        "Slack asked for a wait"
    );
    let refused = world
        .sim
        .calls(open)
        .iter()
        .filter(|call| call.response["ok"] != json!(true))
        .count();
    assert_eq!(refused, 4, "{:?}", world.sim.calls(open));
    let answer = world.alice().asks("@patchbay help me").await;
    assert!(!answer.all_text().is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_why_nothing_can_arrive_and_when_it_can_again() {
    let world = World::start().await;
    let report = report_when(&world, |ready, report| {
        ready && report["slack"]["sockets"]["open"] == json!(2)
    })
    .await;
    assert_eq!(report["slack"]["sockets"]["wanted"], json!(2));
    world.sim.disconnect(Disconnect::LinkDisabled);
    report_when(&world, |ready, report| {
        let told = report["slack"]["problem"].as_str().unwrap_or_default();
        !ready && told.contains("Socket Mode is on")
    })
    .await;
    world.sim.clear_faults();
    let report = report_when(&world, |ready, _| ready).await;
    assert_eq!(report["slack"]["problem"], json!(null));
    let answer = world.alice().asks("@patchbay help me").await;
    assert!(!answer.all_text().is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_copies_and_frames_of_no_known_kind_make_one_answer() {
    let world = World::start().await;
    let garbage = [
        "",
        "[",
        "null",
        "{\"type\":\"hello\"}",
        "{\"type\":7}",
        "{\"type\":\"events_api\"}",
    ];
    for text in garbage {
        let mut frame = handmade("garbage", json!({}));
        frame.text = Some(text.to_owned());
        world.sim.deliver(frame).await;
    }
    let mut tomorrow = handmade("garbage", json!({}));
    tomorrow.text = Some(json!({ "type": "tomorrow", "envelope_id": "e1" }).to_string());
    world.sim.deliver(tomorrow).await;
    let acked = |sim: &Sim| {
        let mut entries = sim.log(0).into_iter();
        entries.find(|entry| entry.what == "ack" && entry.body["envelope_id"] == json!("e1"))
    };
    let acked = world.sim.until(PATIENCE, acked).await;
    acked.expect("what is unknown today is acknowledged");
    let ts = world.alice().says("nobody is asked").await;
    let event = json!({
        "team_id": "T0SIM0001", "event_id": "Ev1", "authorizations": [{ "team_id": "T0SIM0001", "user_id": "U0BOT0001" }],
        "event": { "type": "app_mention", "user": "U0ALICE01", "channel": "C0GENERAL1", "ts": ts, "text": "help me" },
    });
    let mut copies = handmade("events_api", event);
    copies.times = Some(1_000);
    copies.concurrent = true;
    let acks = world.sim.deliver(copies).await;
    assert!(
        acks.iter().all(|ack| ack.acked),
        "a copy was not acknowledged"
    );
    world.alice().answer_to(&ts).await;
    assert_eq!(world.alice().replies(&ts).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_stops_leaves_no_ghosts() {
    let world = World::start().await;
    seen(&world.sim, 0, "hello", 2).await;
    world.app.stop().await;
    assert_eq!(world.sim.sockets(), 0);
    let counts = counts(&world.sim, 0);
    assert_eq!(
        counts.last(),
        Some(&("socket closed".to_owned(), 0)),
        "{counts:?}"
    );
    world.stop().await;
}

/// Questions that arrive, in bursts of so many. Each comes as two events: a mention, and a message.
const QUESTIONS: usize = 5_000;
const BURST: usize = 250;
/// After this time on Slack's clock it has sent again all it sends again.
const SENT_AGAIN: Duration = Duration::from_secs(5 * 60);

async fn asked(world: &World) -> usize {
    let since = chrono::DateTime::UNIX_EPOCH;
    let alice = world.principal("alice");
    world.app.store.asked_at(&alice, since).await.unwrap().len()
}

async fn none_is_lost_and_none_is_double(engine: Engine) {
    // Nobody reads the answers: that each question is there once is what counts.
    let writer = Writer::start().await;
    let world = World::start_with(engine, Transport::Socket, |config| {
        answered_by(config, writer.provider());
        config.runs.parallel = 1;
    })
    .await;
    seen(&world.sim, 0, "hello", 2).await;
    let (sim, alice) = (&world.sim, world.principal("alice"));
    for burst in 0..QUESTIONS / BURST {
        sim.fault(Fault::new("ack", FaultKind::LostReply).times(20));
        sim.fault(Fault::new("ack", FaultKind::Slow).delay_ms(500).times(20));
        let said = (0..BURST).map(|number| async move {
            let text = format!("@patchbay {burst} {number}");
            sim.say("alice", "general", &text).await.unwrap();
        });
        let ends = async {
            match burst % 5 {
                1 => _ = sim.disconnect(Disconnect::Warning),
                2 => _ = sim.disconnect(Disconnect::Abrupt),
                3 => _ = sim.disconnect(Disconnect::RefreshRequested),
                4 => _ = sim.disconnect(Disconnect::Reset),
                _ => {}
            }
        };
        tokio::join!(futures_util::future::join_all(said), ends);
        let all = (burst + 1) * BURST;
        let mut waited = 0;
        while asked(&world).await < all {
            waited += 1;
            assert!(
                waited < 40,
                "{} of {all} after burst {burst}",
                asked(&world).await
            );
            tokio::time::sleep(Duration::from_millis(500)).await;
            if waited % 10 == 0 {
                // What was lost twice comes again after a minute.
                sim.advance(Duration::from_secs(60));
            }
        }
    }
    sim.advance(SENT_AGAIN);
    sim.deliver(handmade(
        "events_api",
        json!({ "event": { "type": "ping" } }),
    ))
    .await;
    let most = i64::try_from(QUESTIONS).unwrap() * 2;
    let asked = world.app.store.past_runs(&alice, most).await.unwrap();
    let distinct: HashSet<&str> = asked.iter().map(|run| run.question.as_str()).collect();
    assert_eq!((asked.len(), distinct.len()), (QUESTIONS, QUESTIONS));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_events_none_is_lost_and_none_is_double_on_sqlite() {
    none_is_lost_and_none_is_double(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_events_none_is_lost_and_none_is_double_on_postgres() {
    none_is_lost_and_none_is_double(Engine::Postgres).await;
}
