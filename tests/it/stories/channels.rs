//! When the bot speaks in a channel, and who may choose that.

use std::time::Duration;

use serde_json::json;
use slack_sim::{Click, Sim};

use super::home::opens_home;
use super::surfaces::form_saying;
use super::{assert_screen, on_every_pairing};
use crate::world::{Person, World};

const PATIENCE: Duration = Duration::from_secs(20);

/// What a person is shown of `/mcp channel`, with a choice.
async fn chooses(person: Person<'_>, choice: &str) -> String {
    let command = format!("/mcp channel {choice}");
    person.asks_privately(command.trim_end()).await.all_text()
}

on_every_pairing!(only_whoever_made_a_channel_and_admins_choose_for_it);

async fn only_whoever_made_a_channel_and_admins_choose_for_it(world: World) {
    // The first person made all channels.
    let (alice, bob) = (world.alice(), world.bob());
    let plain = chooses(bob, "").await;
    assert!(plain.contains("I answer when I am mentioned."), "{plain}");
    assert!(plain.contains("can change that"), "{plain}");
    let refused = chooses(bob, "all").await;
    assert!(
        refused.contains("Only an admin") && refused.contains("Ask alice, who made it"),
        "{refused}"
    );
    let chosen = chooses(alice, "threads").await;
    assert!(chosen.contains("in a thread where I was asked"), "{chosen}");
    world.sim.set_admin("bob", true).unwrap();
    let chosen = chooses(bob, "final").await;
    assert!(
        chosen.contains("come whole") && chosen.contains("in a thread where I was asked"),
        "{chosen}"
    );
    let elsewhere = chooses(alice.in_channel("data"), "").await;
    assert!(
        elsewhere.contains("I answer when I am mentioned.") && elsewhere.contains("(the default)"),
        "{elsewhere}"
    );
    let back = chooses(alice, "default").await;
    assert!(
        back.contains("I answer when I am mentioned.") && back.contains("(the default)"),
        "{back}"
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn menus_choose_as_words_do_and_a_forged_choice_is_refused() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    let screen = alice.asks_privately("/mcp channel").await;
    assert_screen!("channel", screen.blocks);
    let all = r#"C0GENERAL1 {"listens":"all"}"#;
    let shown = alice.private_messages().len();
    let choose = Click::on(&screen, "choose_listens").choosing(all);
    assert!(world.sim.click("alice", choose).await.ok);
    let changed = |_: &Sim| {
        let texts = alice.private_messages().into_iter();
        let mut texts = texts.map(|message| message.all_text());
        texts.find(|text| text.contains("I answer every message of a person"))
    };
    assert!(world.sim.until(PATIENCE, changed).await.is_some());
    assert_eq!(alice.private_messages().len(), shown, "it was not replaced");

    let own = bob.in_channel("dm").asks_privately("/mcp channel").await;
    let shown = bob.in_channel("dm").private_messages().len();
    let mentions = r#"C0GENERAL1 {"listens":"mentions"}"#;
    let forged = Click::on(&own, "choose_answers").with_value(mentions);
    assert!(world.sim.click("bob", forged).await.ok);
    let refused = bob.in_channel("dm").private_message_after(shown).await;
    let refused = refused.all_text();
    assert!(refused.contains("Only an admin"), "{refused}");
    let listens = chooses(alice, "").await;
    assert!(listens.contains("every message of a person"), "{listens}");
    let odd = chooses(alice, "thraeds").await;
    assert!(odd.contains("/mcp channel threads"), "{odd}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_reached_by_mention_menu_and_home() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    let ts = alice.says("@patchbay channel final").await;
    let said = |sim: &Sim| {
        let thread = sim.thread("alice", "general", &ts).unwrap();
        let mut private = thread.into_iter().filter(|message| message.ephemeral);
        private.find(|message| message.all_text().contains("come whole"))
    };
    assert!(world.sim.until(PATIENCE, said).await.is_some());

    assert!(alice.types("/mcp").await.ok);
    let menu = form_saying(alice, "What would you like to do?").await;
    assert!(alice.clicks_in(&menu, "This channel").await.ok);
    let shown = form_saying(alice, "come whole").await;
    let all = r#"C0GENERAL1 {"listens":"threads"}"#;
    let choose = Click::on(&shown, "choose_listens").choosing(all);
    assert!(world.sim.click("alice", choose).await.ok);
    let shown = form_saying(alice, "in a thread where I was asked").await;
    assert!(alice.clicks_in(&shown, "Menu").await.ok);
    let menu = form_saying(alice, "What would you like to do?").await;
    assert!(menu.buttons().contains(&"This channel".to_owned()));

    world.sim.set_admin("bob", true).unwrap();
    let home = opens_home(&world, "bob").await;
    assert!(
        home.all_text().contains("threads where I was asked"),
        "{home:?}"
    );
    assert!(bob.clicks_in(&home, "Change").await.ok);
    form_saying(bob, "come whole").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_with_answers_of_its_own_and_no_stream() {
    let world = World::start().await;
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    chooses(alice, "final").await;
    alice.asks("@patchbay which tables are there?").await;
    assert!(world.sim.calls("chat.startStream").is_empty());
    alice
        .in_channel("data")
        .asks("@patchbay which tables are there?")
        .await;
    assert_eq!(world.sim.calls("chat.startStream").len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_others_may_listen_only_mentions_are_answered() {
    let world = World::start().await;
    let alice = world.alice();
    world.sim.set_external("general", true).unwrap();
    let refused = chooses(alice, "all").await;
    assert!(refused.contains("another organisation"), "{refused}");
    let shown = chooses(alice, "").await;
    assert!(shown.contains("and never else"), "{shown}");
    world.stop().await;
}
