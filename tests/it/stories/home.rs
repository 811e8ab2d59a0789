//! The Home: a person's own things, the admins' part, and the words of welcome.

use std::time::Duration;

use serde_json::json;
use slack_sim::{Click, Fault, FaultKind, Message, Sim, View};

use super::on_every_pairing;
use super::surfaces::form_saying;
use crate::world::{Person, World, handmade};

const PATIENCE: Duration = Duration::from_secs(20);

/// A Home as a person sees it, once it is as wanted.
pub async fn home_when(world: &World, name: &str, wanted: impl Fn(&View) -> bool) -> View {
    let look = |sim: &Sim| sim.home(name).unwrap().filter(|view| wanted(view));
    let found = world.sim.until(PATIENCE, look).await;
    found.unwrap_or_else(|| panic!("no such Home; it is {:#?}", world.sim.home(name)))
}

/// Opens their Home and reads it.
pub async fn opens_home(world: &World, name: &str) -> View {
    world.sim.open_home(name, "home").await.unwrap();
    home_when(world, name, |_| true).await
}

/// What the bot says in a channel outside threads, once it says this.
async fn hears(world: &World, person: Person<'_>, words: &str) -> Message {
    let look = |sim: &Sim| {
        let messages = sim.messages(person.name, person.channel).unwrap();
        let mut ours = messages.into_iter().filter(Message::is_from_bot);
        ours.find(|message| message.all_text().contains(words))
    };
    let found = world.sim.until(PATIENCE, look).await;
    found.unwrap_or_else(|| panic!("{} never heard {words:?}", person.name))
}

on_every_pairing!(the_home_shows_a_person_their_own_things);

async fn the_home_shows_a_person_their_own_things(world: World) {
    let (alice, bob) = (world.alice(), world.bob());
    let empty = opens_home(&world, "alice").await;
    assert!(empty.all_text().contains("You have none yet"));
    alice.connects("sqlite", json!({})).await;
    // Published again after the change, without being opened.
    home_when(&world, "alice", |view| {
        view.all_text().contains("You have 1.")
    })
    .await;
    alice.asks("@patchbay which tables are there?").await;

    let home = opens_home(&world, "alice").await;
    let home = match home.all_text().contains("which tables") {
        true => home,
        false => {
            home_when(&world, "alice", |view| {
                view.all_text().contains("which tables")
            })
            .await
        }
    };
    let text = home.all_text();
    assert!(
        text.contains("sqlite") && text.contains("answered"),
        "{text}"
    );
    assert!(
        text.contains("Today: 1 question") && text.contains("(100% worked)"),
        "{text}"
    );
    assert!(text.contains("/archives/"), "no link to the answer: {text}");
    assert!(!text.contains("Workspace"), "alice is no admin: {text}");

    let other = opens_home(&world, "bob").await.all_text();
    assert!(other.contains("You have none yet"), "{other}");
    assert!(
        !other.contains("which tables") && !other.contains("answered"),
        "{other}"
    );
    assert!(other.contains("Today: 0 questions"), "{other}");

    assert!(alice.clicks_in(&home, "Test").await.ok);
    form_saying(alice, "works: 3 tools").await;
    assert!(alice.clicks_in(&home, "Disconnect").await.ok);
    home_when(&world, "alice", |view| {
        view.all_text().contains("You have none yet")
    })
    .await;
    assert_eq!(bob.private_messages().len(), 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_was_made_earlier_never_stands_over_a_later_one() {
    let world = World::start().await;
    let alice = world.alice();
    opens_home(&world, "alice").await;
    alice.connects("sqlite", json!({})).await;
    let home = home_when(&world, "alice", |view| {
        view.all_text().contains("You have 1.")
    })
    .await;
    let published = async |times: usize| {
        let enough = |sim: &Sim| (sim.calls("views.publish").len() >= times).then_some(());
        let found = world.sim.until(PATIENCE, enough).await;
        found.unwrap_or_else(|| panic!("not published {times} times"));
    };
    // When opened, for the command, and for the form.
    published(3).await;
    world
        .sim
        .fault(Fault::new("views.publish", FaultKind::Slow).delay_ms(2000));
    assert!(alice.clicks_in(&home, "Test").await.ok);
    form_saying(alice, "works: 3 tools").await;
    assert!(alice.clicks_in(&home, "Disconnect").await.ok);
    published(5).await;
    let text = world.sim.home("alice").unwrap().unwrap().all_text();
    assert!(text.contains("You have none yet"), "{text}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_and_a_channel_are_welcomed_once() {
    let world = World::start().await;
    let alice = world.alice().in_channel("dm");
    for _ in 0..2 {
        world.sim.open_home("alice", "messages").await.unwrap();
        hears(&world, alice, "Hello, I am Patchbay").await;
    }
    world.sim.add_channel("sales", false).unwrap();
    let bob = world.bob().in_channel("sales");
    for _ in 0..2 {
        world.sim.invite("sales", "patchbay").unwrap();
        hears(&world, bob, "Thank you for having me").await;
        world.sim.kick("sales", "patchbay").unwrap();
    }
    opens_home(&world, "alice").await;
    // What a call did is seen a moment before the call is in the log.
    let posts = |sim: &Sim| sim.calls("chat.postMessage").len();
    let both = |sim: &Sim| (posts(sim) >= 2).then_some(());
    world.sim.until(PATIENCE, both).await.expect("two welcomes");
    assert_eq!(posts(&world.sim), 2);
    let prompts = world.sim.calls("assistant.threads.setSuggestedPrompts");
    assert_eq!(prompts.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_see_the_workspace_and_choose_its_model() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.connects("sqlite", json!({})).await;
    alice.asks("@patchbay which tables are there?").await;
    let plain = opens_home(&world, "bob").await;
    assert!(!plain.all_text().contains("Default model"), "{plain:?}");
    // Forged: bob's Home has no such menu, so its other menu sends another name.
    let forged = handmade(
        "interactive",
        json!({
            "type": "block_actions",
            "team": { "id": "T0SIM0001" },
            "user": { "id": world.principal("bob").user, "team_id": "T0SIM0001" },
            "trigger_id": "1.forged",
            "channel": { "id": "C0GENERAL1" },
            "actions": [{
                "action_id": "choose_workspace_model", "value": "demo/planner", "action_ts": "1.1",
            }],
        }),
    );
    world.sim.deliver(forged).await;
    let refused = bob.private_message_after(0).await.all_text();
    assert!(refused.contains("Only an admin"), "{refused}");

    world.sim.set_admin("bob", true).unwrap();
    world.sim.open_home("bob", "home").await.unwrap();
    let admin = home_when(&world, "bob", |view| {
        view.all_text().contains("Default model")
    })
    .await;
    let text = admin.all_text();
    assert!(
        text.contains("1 person asked today") && text.contains("demo/planner"),
        "{text}"
    );
    assert!(!text.contains("which tables are there"), "{text}");
    let choose = || Click::on(&admin, "choose_workspace_model").choosing("demo/planner");
    // While Slack does not say who he is, nobody is told that he is no admin.
    let silent = Fault::new("users.info", FaultKind::Http500).times(100);
    world.sim.fault(silent);
    let clicked = world.sim.click("bob", choose()).await;
    assert!(clicked.ok, "{clicked:?}");
    let told = form_saying(bob, "Slack did not answer me").await.all_text();
    assert!(told.contains("Try again."), "{told}");
    world.sim.clear_faults();
    let clicked = world.sim.click("bob", choose()).await;
    assert!(clicked.ok, "{clicked:?}");
    let team = world.principal("bob").team;
    let of = patchbay::store::SettingOf::Workspace(&team);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while world
        .app
        .store
        .setting(of, "model")
        .await
        .unwrap()
        .is_none()
    {
        assert!(tokio::time::Instant::now() < deadline, "nothing was chosen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.stop().await;
}
