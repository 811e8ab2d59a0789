//! What is forgotten when a workspace takes the app out, however often it is said and whatever
//! happens before it is settled.

use std::time::Duration;

use patchbay::app::App;
use patchbay::clock::Clock;
use patchbay::domain::channel::{Answers, ChannelSettings, Choice};
use patchbay::ids::{ChannelId, TeamId};
use patchbay::slack::Transport;
use serde_json::json;
use slack_sim::{Fault, FaultKind};

use crate::world::{Engine, PATIENCE, World, handmade};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_forgotten_after_an_uninstall_outlives_a_restart() {
    let world = World::start_on(Engine::Postgres, Transport::Socket).await;
    let (alice, channel) = (world.principal("alice"), ChannelId::new("C0GENERAL1"));
    let whole = Choice::Answers(Some(Answers::Final));
    let chosen = world.app.channels.choose(&alice, &channel, whole);
    chosen.await.unwrap();
    // Slack does not say whether it takes the token before the bot is gone.
    let silent = Fault::new("auth.test", FaultKind::Http500).times(1_000);
    world.sim.fault(silent);
    let gone = json!({ "team_id": "T0SIM0001", "event_id": "Ev1", "type": "event_callback",
        "event": { "type": "app_uninstalled" } });
    let acks = world.sim.deliver(handmade("events_api", gone)).await;
    assert!(acks[0].acked, "{acks:?}");
    world.app.stop().await;
    world.sim.clear_faults();
    world.sim.revoke_tokens();

    let app = App::build(world.app.config.clone(), Clock::shifted())
        .await
        .unwrap();
    app.start().await.unwrap();
    let deadline = tokio::time::Instant::now() + 3 * PATIENCE;
    loop {
        let chosen = app.store.channel_settings(&alice.team, &channel).await;
        if chosen.unwrap() == ChannelSettings::default() {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "it is still kept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    app.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uninstall_that_is_said_again_is_settled_again() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = World::start_on(engine, Transport::Socket).await;
        // Nobody is told, so nobody but this story settles it.
        let (store, now) = (&world.app.store, world.app.clock.now());
        let team = |number: usize| TeamId::new(format!("T{number}"));
        assert!(store.note_left(&team(0), now).await.unwrap());
        let before = store.left().await.unwrap();
        let [(left, first)] = &before[..] else {
            panic!("{before:?}");
        };
        assert_eq!(*left, team(0));
        assert!(store.note_left(&team(0), now).await.unwrap());
        store.settle_left(&team(0), first).await.unwrap();
        let after = store.left().await.unwrap();
        assert_eq!(after.len(), 1, "what was said later is lost");
        store.settle_left(&team(0), &after[0].1).await.unwrap();
        assert!(store.left().await.unwrap().is_empty());
        for number in 0..100 {
            assert!(store.note_left(&team(number), now).await.unwrap());
        }
        assert!(!store.note_left(&team(100), now).await.unwrap());
        // One that is among them may be said again.
        assert!(store.note_left(&team(7), now).await.unwrap());
        world.stop().await;
    }
}
