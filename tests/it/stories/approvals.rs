//! What changes something waits for the one who asked: once, for exactly what was shown.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use slack_sim::{Fault, FaultKind, Message};

use super::{assert_screen, on_every_pairing};
use crate::fakes::github::{GitHub, TOKEN};
use crate::fakes::writer::Writer;
use crate::world::World;

const QUESTION: &str = "@patchbay create an issue in acme/shop titled \"The door sticks\"";

/// A question that wants to change something, up to the moment where it waits.
async fn asked(world: &World, github: &GitHub) -> (String, Message) {
    github.has_repo("acme/shop", 3, "A shop");
    let alice = world.alice();
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    let connected = alice.connects("github", fields).await.all_text();
    assert!(
        connected.contains("22 repository tools now available"),
        "{connected}"
    );
    let ts = alice.says(QUESTION).await;
    let card = alice.is_asked_to_decide(&ts).await;
    (ts, card)
}

/// Whether the message that asked neither asks any more nor says that it is at work.
fn is_over(card: &Message) -> impl Fn(&Message) -> bool {
    |message| message.ts == card.ts && !message.all_text().contains(['🔒', '⏳'])
}

fn issues_made(github: &GitHub) -> usize {
    let posts = |request: &crate::fakes::github::Request| request.method == Method::POST;
    github
        .requests()
        .iter()
        .filter(|request| posts(request))
        .count()
}

on_every_pairing!(a_change_is_made_once_when_its_asker_says_yes);

async fn a_change_is_made_once_when_its_asker_says_yes(world: World) {
    let github = GitHub::start().await;
    let (ts, card) = asked(&world, &github).await;
    let (alice, bob) = (world.alice(), world.bob());
    assert!(card.all_text().contains("The door sticks"), "{card:?}");
    assert_eq!(issues_made(&github), 0);

    assert!(bob.clicks(&card, "Approve").await.ok);
    let told = bob.private_message_after(0).await;
    assert!(
        told.all_text().contains("Only the person who asked"),
        "{told:?}"
    );
    assert_eq!(
        told.thread_ts.as_ref(),
        Some(&ts),
        "not where the click was"
    );
    assert_eq!(issues_made(&github), 0);

    let (first, second) = tokio::join!(
        alice.clicks(&card, "Approve"),
        alice.clicks(&card, "Approve")
    );
    assert!(first.ok && second.ok);
    let answer = alice.reply_when(&ts, is_over(&card)).await.all_text();
    assert!(answer.contains("create_issue"), "{answer}");
    let decision = "✅ <@U0ALICE01> allowed `create_issue` on `github` with `{";
    let says_it = answer.contains(decision) && answer.contains("The door sticks");
    assert!(says_it, "who allowed what is gone: {answer}");
    assert_eq!(issues_made(&github), 1);
    let last = alice
        .replies(&ts)
        .into_iter()
        .rfind(|reply| !reply.ephemeral);
    assert_eq!(
        last.unwrap().ts,
        card.ts,
        "it is answered where it was asked"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_shows_exactly_what_would_run() {
    let world = World::start().await;
    let github = GitHub::start().await;
    let (_, card) = asked(&world, &github).await;
    assert_screen!("approval", card.blocks);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_final_and_said() {
    let world = World::start().await;
    let github = GitHub::start().await;
    let (ts, card) = asked(&world, &github).await;
    let alice = world.alice();
    assert!(alice.clicks(&card, "Deny").await.ok);
    let answer = alice.reply_when(&ts, is_over(&card)).await;
    let text = answer.all_text();
    assert!(text.contains("did not allow"), "{text}");
    assert!(
        text.contains("🚫 not allowed") && !text.contains("failed"),
        "{text}"
    );
    assert!(
        text.contains("did not allow `create_issue` on `github` with `{"),
        "{text}"
    );
    // The agent waits for nobody any more, however fast the run was over.
    let session = || world.sim.session("alice", "general", &ts).unwrap();
    let over = |_: &slack_sim::Sim| (session().as_deref() == Some("active")).then_some(());
    let over = world.sim.until(Duration::from_secs(20), over);
    over.await.expect("nothing says that it still waits");
    let before = alice.private_messages().len();
    assert!(
        alice.clicks(&card, "Approve").await.error.is_some() || {
            let told = alice.private_message_after(before).await.all_text();
            told.contains("decided already")
        }
    );
    assert_eq!(issues_made(&github), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_nobody_answers_in_time_is_a_no() {
    let world = World::start().await;
    let github = GitHub::start().await;
    let (ts, card) = asked(&world, &github).await;
    world.app.clock.advance(Duration::from_secs(31 * 60));
    let answer = world
        .alice()
        .reply_when(&ts, is_over(&card))
        .await
        .all_text();
    assert!(
        answer.contains("⌛ not allowed in time") && !answer.contains("failed"),
        "{answer}"
    );
    assert!(answer.contains("Nobody allowed"), "{answer}");
    assert!(!answer.contains("did not allow `"), "nobody did: {answer}");
    assert_eq!(issues_made(&github), 0);
    world.stop().await;
}

/// What becomes of a question that words stand above.
#[derive(Clone, Copy, PartialEq)]
enum Decided {
    Yes,
    No,
    TooLate,
}

/// What the model wrote, as the thread has it.
fn words(world: &World, ts: &str) -> String {
    super::long::texts(&world.alice().replies(ts)).concat()
}

async fn until_words(world: &World, ts: &str, wanted: &str) {
    let there = |_: &slack_sim::Sim| (words(world, ts).contains(wanted)).then_some(());
    let there = world.sim.until(crate::world::PATIENCE, there).await;
    there.unwrap_or_else(|| panic!("{wanted}: {:#?}", world.alice().replies(ts)));
}

/// Two questions in one run, each below words of the model's: they stand all the while.
async fn words_stand(grows: bool, decided: Decided) {
    let (writer, github) = (Writer::start().await, GitHub::start().await);
    github.has_repo("acme/shop", 3, "A shop");
    let world = World::written_by(&writer, |_| {}).await;
    if !grows {
        let refused = Fault::new("chat.startStream", FaultKind::OkFalse);
        world.sim.fault(refused.error("internal_error").times(100));
    }
    let alice = world.alice();
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    alice.connects("github", fields).await;
    let ts = alice.says("@patchbay tell them that the door sticks").await;
    let mut said = String::new();
    for title in ["The door sticks", "It is the front door"] {
        let sentence = format!("I tell them now. {title}.\n");
        writer.writes(&sentence);
        until_words(&world, &ts, &sentence).await;
        let arguments = json!({ "owner": "acme", "repo": "shop", "title": title });
        writer.calls("github__create_issue", arguments);
        writer.ends();
        said.push_str(&sentence);
        let asks = |message: &Message| {
            let text = message.all_text();
            !message.is_growing() && text.contains('🔒') && text.contains(title)
        };
        let card = alice.reply_when(&ts, asks).await;
        assert_eq!(words(&world, &ts), said);
        let last = alice.replies(&ts).pop().unwrap();
        assert_eq!(last.ts, card.ts, "it is asked below the words");
        let session = || world.sim.session("alice", "general", &ts).unwrap();
        let waits = |_: &slack_sim::Sim| (session().as_deref() == Some("suspended")).then_some(());
        let waits = world.sim.until(crate::world::PATIENCE, waits).await;
        waits.expect("the session says that it waits");
        match decided {
            Decided::Yes => assert!(alice.clicks(&card, "Approve").await.ok),
            Decided::No => assert!(alice.clicks(&card, "Deny").await.ok),
            Decided::TooLate => world.app.clock.advance(Duration::from_secs(31 * 60)),
        }
        let goes_on = |message: &Message| message.ts == card.ts && !asks(message);
        alice.reply_when(&ts, goes_on).await;
        assert_eq!(words(&world, &ts), said);
    }
    writer.writes("That is all, ");
    until_words(&world, &ts, "That is all,").await;
    writer.writes("for today.");
    writer.ends();
    said.push_str("That is all, for today.");
    alice.whole_answer_to(&ts).await;
    assert_eq!(words(&world, &ts), said);
    let made = if decided == Decided::Yes { 2 } else { 0 };
    assert_eq!(issues_made(&github), made);
    world.stop().await;
}

macro_rules! words_stand_above_a_question {
    ($($story:ident: $grows:literal, $decided:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $story() {
            words_stand($grows, Decided::$decided).await;
        }
    )*};
}

words_stand_above_a_question! {
    words_stand_above_what_is_allowed: true, Yes;
    words_stand_above_what_is_not_allowed: true, No;
    words_stand_above_what_nobody_decides: true, TooLate;
    words_stand_above_what_is_allowed_where_slack_gives_no_stream: false, Yes;
    words_stand_above_what_nobody_decides_where_slack_gives_no_stream: false, TooLate;
}
