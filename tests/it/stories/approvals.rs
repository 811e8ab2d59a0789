//! What changes something waits for the one who asked: once, for exactly what was shown.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use slack_sim::Message;

use super::{assert_screen, on_every_pairing};
use crate::fakes::github::{GitHub, TOKEN};
use crate::world::World;

const QUESTION: &str = "@patchbay create an issue in acme/shop titled \"The door sticks\"";

/// A question that wants to change something, up to the moment where it waits.
async fn asked(world: &World, github: &GitHub) -> (String, Message) {
    github.has_repo("acme/shop", 3, "A shop");
    let alice = world.alice();
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    let connected = alice.connects("github", fields).await.all_text();
    assert!(
        connected.contains("6 repository tools now available"),
        "{connected}"
    );
    let ts = alice.says(QUESTION).await;
    let card = alice
        .reply_when(&ts, |message| {
            !message.is_growing() && message.all_text().contains('🔒')
        })
        .await;
    (ts, card)
}

/// Whether a message for all neither asks nor says that it is at work.
fn is_over(message: &Message) -> bool {
    !message.ephemeral && !message.is_growing() && !message.all_text().contains(['🔒', '⏳'])
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
    let answer = alice.reply_when(&ts, is_over).await.all_text();
    assert!(answer.contains("create_issue"), "{answer}");
    assert_eq!(issues_made(&github), 1);
    let replies = alice.replies(&ts).into_iter();
    assert_eq!(replies.filter(|message| !message.ephemeral).count(), 1);
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
    let answer = alice.reply_when(&ts, is_over).await;
    let text = answer.all_text();
    assert!(text.contains("did not allow"), "{text}");
    assert!(
        text.contains("🚫 not allowed") && !text.contains("failed"),
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
    let (ts, _) = asked(&world, &github).await;
    world.app.clock.advance(Duration::from_secs(31 * 60));
    let answer = world.alice().reply_when(&ts, is_over).await.all_text();
    assert!(
        answer.contains("⌛ not allowed in time") && !answer.contains("failed"),
        "{answer}"
    );
    assert!(answer.contains("Nobody allowed"), "{answer}");
    assert_eq!(issues_made(&github), 0);
    world.stop().await;
}
