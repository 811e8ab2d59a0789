//! Whatever Slack's Web API does: one visible outcome, no later than Slack allows.

use std::time::Duration;

use serde_json::json;
use slack_sim::{Call, Click, Fault, FaultKind, Message, Sim};

use super::sockets::report_when;
use crate::fakes::writer::Writer;
use crate::world::{Person, World};

/// Faults that pass: the answer arrives all the same, once.
fn passing(method: &str) -> Vec<Fault> {
    let ok_false = |code: &str| Fault::new(method, FaultKind::OkFalse).error(code);
    vec![
        Fault::new(method, FaultKind::Http500),
        Fault::new(method, FaultKind::Html),
        Fault::new(method, FaultKind::LostReply),
        Fault::new(method, FaultKind::Slow).delay_ms(1_500),
        Fault::new(method, FaultKind::Timeout).delay_ms(300),
        Fault::new(method, FaultKind::RateLimited).retry_after(1),
        ok_false("internal_error"),
        ok_false("fatal_error"),
        ok_false("service_unavailable"),
        ok_false("request_timeout"),
        ok_false("ratelimited"),
        ok_false("invalid_blocks"),
        ok_false("msg_too_long"),
        ok_false("msg_blocks_too_long"),
    ]
}

/// One answer in the thread, and it is the whole one.
async fn one_answer(alice: Person<'_>, fault: &str, words: &str) {
    let ts = alice.says("@patchbay hello").await;
    let whole = |message: &Message| !message.is_growing() && message.all_text().contains(words);
    alice.reply_when(&ts, whole).await;
    let replies = alice.replies(&ts);
    assert_eq!(replies.len(), 1, "{fault}: {replies:#?}");
    assert!(
        alice.in_channel("dm").replies_anywhere().is_empty(),
        "{fault}"
    );
}

/// Each method in a world of its own: Slack's limits of one would hold up the next.
macro_rules! outlives_whatever_passes {
    ($($story:ident: $answers:ident, $method:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $story() {
            outlives(patchbay::slack::Answers::$answers, $method).await;
        }
    )*};
}

outlives_whatever_passes! {
    an_answer_outlives_what_passes_when_it_is_posted: Final, "chat.postMessage";
    an_answer_outlives_what_passes_when_it_is_brought_up_to_date: Final, "chat.update";
    an_answer_outlives_what_passes_when_it_begins_to_grow: Stream, "chat.startStream";
    an_answer_outlives_what_passes_while_it_grows: Stream, "chat.appendStream";
    an_answer_outlives_what_passes_when_it_has_grown: Stream, "chat.stopStream";
}

async fn outlives(answers: patchbay::slack::Answers, method: &str) {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |config| config.slack.answers = answers).await;
    for (case, fault) in passing(method).into_iter().enumerate() {
        let name = format!("{fault:?}");
        world.sim.fault(fault);
        let words = format!("The answer {case}.");
        writer.writes(&words);
        writer.ends();
        one_answer(world.alice(), &name, &words).await;
        world.sim.clear_faults();
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_calls_before_slack_said_and_other_channels_do_not_wait() {
    let world = World::answering_at_once().await;
    let (alice, bob) = (world.alice(), world.bob());
    world.sim.add_channel("sales", true).unwrap();
    let bob = bob.in_channel("sales");
    let limited = Fault::new("chat.postMessage", FaultKind::RateLimited).retry_after(4);
    world.sim.fault(limited);
    let first = alice.says("@patchbay help me").await;
    let refused = |sim: &Sim| sim.calls("chat.postMessage").into_iter().next();
    let refused = world
        .sim
        .until(crate::world::PATIENCE, refused)
        .await
        .unwrap();
    // Another channel is not meant by it.
    bob.asks("@patchbay help me").await;
    let answered: Vec<Call> = world.sim.calls("chat.postMessage");
    assert!(
        answered.last().unwrap().at < refused.at + 4_000,
        "sales waited for general: {answered:?}"
    );
    alice.answer_to(&first).await;
    let here = |call: &&Call| call.body["channel"] == refused.body["channel"];
    let calls = world.sim.calls("chat.postMessage");
    let calls: Vec<&Call> = calls.iter().filter(here).collect();
    assert_eq!(calls[0].at, refused.at);
    assert!(
        calls[1..].iter().all(|call| call.at >= refused.at + 4_000),
        "called too early: {calls:?}"
    );
    assert_eq!(alice.replies(&first).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_in_a_thread_is_answered_once_whatever_passes() {
    let world = World::answering_at_once().await;
    let alice = world.alice();
    for (person, method) in [
        (alice, "chat.postEphemeral"),
        (alice.in_channel("dm"), "chat.postMessage"),
    ] {
        let answer = person.asks("@patchbay help me").await;
        let gone = || Click::on(&answer, "feedback").with_value("good run_gone");
        let answers = || {
            let top = world.sim.messages("alice", person.channel).unwrap();
            let below = person.replies(answer.thread_ts.as_deref().unwrap());
            let all = top
                .into_iter()
                .filter(|message| message.thread_ts.is_none());
            let all = all.chain(below);
            all.filter(|message| message.all_text().contains("no longer have that answer"))
                .count()
        };
        // The last one is a pause that outlives the story.
        for (told, fault) in [
            Fault::new(method, FaultKind::OkFalse).error("internal_error"),
            Fault::new(method, FaultKind::OkFalse).error("restricted_action"),
            Fault::new(method, FaultKind::Http500),
            Fault::new(method, FaultKind::RateLimited).retry_after(60),
        ]
        .into_iter()
        .enumerate()
        {
            world.sim.fault(fault.clone());
            assert!(world.sim.click("alice", gone()).await.ok);
            let answered = |_: &Sim| (answers() > told).then_some(());
            let answered = world.sim.until(crate::world::PATIENCE, answered).await;
            assert!(answered.is_some(), "{fault:?}: answered with nothing");
            assert_eq!(answers(), told + 1, "{fault:?}");
            world.sim.clear_faults();
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_closed_for_good_is_answered_directly_once() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |config| {
        config.slack.answers = patchbay::slack::Answers::Final;
    })
    .await;
    let alice = world.alice();
    let codes = [
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "thread_not_found",
    ];
    for (told, code) in codes.into_iter().enumerate() {
        let ts = alice.says("@patchbay hello").await;
        alice
            .reply_when(&ts, |message| message.all_text().contains('⏳'))
            .await;
        let closed = Fault::new("chat.update", FaultKind::OkFalse).error(code);
        world.sim.fault(closed.times(50));
        let words = format!("Said in spite of {code}.");
        writer.writes(&words);
        writer.ends();
        let dm = alice.in_channel("dm");
        let there = |_: &Sim| {
            let direct = dm.replies_anywhere();
            (direct.len() > told).then_some(direct)
        };
        let direct = world.sim.until(crate::world::PATIENCE, there).await;
        let direct = direct.unwrap_or_else(|| panic!("{code}: told nobody"));
        let text = direct[told].all_text();
        assert!(
            text.contains(&words) && text.contains("I cannot write in"),
            "{text}"
        );
        assert_eq!(direct.len(), told + 1, "{code}: {direct:#?}");
        world.sim.clear_faults();
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_taken_no_more_holds_messages_back_until_it_is_again() {
    for code in ["token_revoked", "account_inactive", "invalid_auth"] {
        let world = World::answering_at_once().await;
        let alice = world.alice();
        let revoked = || Fault::new("*", FaultKind::OkFalse).error(code).times(1_000);
        world.sim.fault(revoked());
        let ts = alice.says("@patchbay help me").await;
        let report = report_when(&world, |ready, _| !ready).await;
        let told = report["slack"]["problem"].as_str().unwrap_or_default();
        assert!(
            told.contains(code) && told.contains("slack.bot_token"),
            "{report}"
        );
        let before = world.sim.calls("chat.postMessage").len();
        alice.says("@patchbay and again").await;
        // The second question is answered by the model meanwhile; nothing of it is sent.
        let done = |_: &Sim| world.app.runs.is_idle().then_some(());
        world.sim.until(crate::world::PATIENCE, done).await.unwrap();
        assert_eq!(world.sim.calls("chat.postMessage").len(), before, "{code}");
        world.sim.clear_faults();
        world.app.slack.identity().await.unwrap();
        world.app.clock.advance(Duration::from_secs(60));
        alice.answer_to(&ts).await;
        assert_eq!(alice.replies(&ts).len(), 1, "{code}");
        report_when(&world, |ready, _| ready).await;
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_the_app_is_gone_is_believed_only_when_slack_refuses_the_token() {
    use crate::world::handmade;

    let gone = json!({ "type": "app_uninstalled" });
    let revoked =
        |bot: &str| json!({ "type": "tokens_revoked", "tokens": { "oauth": [], "bot": [bot] } });
    let people =
        json!({ "type": "tokens_revoked", "tokens": { "oauth": ["U0ALICE01"], "bot": [] } });
    let world = World::start().await;
    report_when(&world, |ready, _| ready).await;
    let asked = || world.sim.calls("auth.test").len();
    for (team, event, asks) in [
        ("T0OTHER01", gone.clone(), true),
        ("T0OTHER01", revoked("U0OTHERB1"), true),
        ("T0SIM0001", revoked("U0OTHERB1"), true),
        ("T0SIM0001", revoked("U0BOT0001"), true),
        ("T0SIM0001", gone, true),
        ("T0SIM0001", people, false),
    ] {
        let before = asked();
        let payload =
            json!({ "team_id": team, "event_id": "Ev1", "type": "event_callback", "event": event });
        let acks = world.sim.deliver(handmade("events_api", payload)).await;
        assert!(acks[0].acked);
        if asks {
            let look = |_: &Sim| (asked() > before).then_some(());
            let found = world.sim.until(crate::world::PATIENCE, look).await;
            found.unwrap_or_else(|| panic!("Slack was not asked after {event} of {team}"));
        }
        // The bot answers all the while: nothing is held back.
        world.alice().asks("@patchbay help me").await;
        report_when(&world, |ready, _| ready).await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_such_events_ask_slack_no_more_than_once_at_a_time() {
    use crate::world::handmade;

    let world = World::start().await;
    let before = world.sim.calls("auth.test").len();
    let slow = Fault::new("auth.test", FaultKind::Slow).delay_ms(2_000);
    world.sim.fault(slow);
    for number in 0..50 {
        let payload = json!({ "team_id": format!("T{number}"), "event_id": format!("Ev{number}"), "type": "event_callback", "event": { "type": "app_uninstalled" } });
        assert!(world.sim.deliver(handmade("events_api", payload)).await[0].acked);
    }
    world.alice().asks("@patchbay help me").await;
    let asked = |sim: &Sim| sim.calls("auth.test").len() - before;
    assert!(asked(&world.sim) <= 2, "asked {} times", asked(&world.sim));
    let answered = |sim: &Sim| (asked(sim) > 0).then_some(());
    let answered = world.sim.until(crate::world::PATIENCE, answered).await;
    assert!(answered.is_some());
    report_when(&world, |ready, _| ready).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_slack_says_of_the_app_as_a_whole_is_heeded() {
    for (leave, code) in [
        (Sim::uninstall as fn(&Sim), "account_inactive"),
        (Sim::revoke_tokens, "token_revoked"),
    ] {
        let world = World::start().await;
        report_when(&world, |ready, _| ready).await;
        leave(&world.sim);
        let report = report_when(&world, |ready, _| !ready).await;
        let told = report["slack"]["problem"].as_str().unwrap_or_default();
        assert!(told.contains(code), "{report}");
        world.stop().await;
    }
    let world = World::start().await;
    let limited = json!({ "type": "app_rate_limited", "team_id": "T0SIM0001", "minute_rate_limited": 1, "api_app_id": "A0SIM0001" });
    let limited = crate::world::handmade("events_api", limited);
    let acks = world.sim.deliver(limited).await;
    assert!(acks[0].acked);
    let report = report_when(&world, |_, report| {
        report["slack"]["events_held_back_at"].is_string()
    })
    .await;
    assert_eq!(report["ready"], json!(true), "{report}");
    world.stop().await;
}
