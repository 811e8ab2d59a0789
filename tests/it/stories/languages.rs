//! People read the bot in the language in which they use Slack.

use serde_json::json;
use slack_sim::{Fault, FaultKind};

use super::assert_screen;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn each_reads_their_own_language_in_the_same_channel() {
    let world = World::start().await;
    world.sim.set_locale("bob", "de-DE").unwrap();
    let (alice, bob) = (world.alice(), world.bob());
    alice.connects("sqlite", json!({})).await;
    bob.connects("sqlite", json!({})).await;
    let (english, german) = (
        alice.asks("@patchbay which tables are there?").await,
        bob.asks("@patchbay which tables are there?").await,
    );
    assert!(english.all_text().contains("7 rows"), "{english:?}");
    assert!(german.all_text().contains("7 Zeilen"), "{german:?}");
    assert_screen!("german_answer", german.blocks);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_slack_does_not_say_the_language_it_is_english() {
    let world = World::start().await;
    world.sim.set_locale("bob", "de-DE").unwrap();
    let bob = world.bob();
    let refused = Fault::new("users.info", FaultKind::OkFalse).error("internal_error");
    world.sim.fault(refused);
    let reply = bob.asks_privately("/mcp list").await;
    assert!(
        reply.all_text().contains("You have no connections yet"),
        "{reply:?}"
    );
    // It is asked again, and then it is known.
    let reply = bob.asks_privately("/mcp list").await;
    assert!(
        reply.all_text().contains("Du hast noch keine Verbindungen"),
        "{reply:?}"
    );
    world.stop().await;
}
