//! When the bot speaks in a channel, and who may choose that.

use std::time::Duration;

use patchbay::ids::{ChannelId, MessageTs};
use patchbay::slack::Transport;
use serde_json::{Value, json};
use slack_sim::{Click, Fault, FaultKind, Handmade, PersonChange, Sim, SimConfig, View};

use super::home::{home_when, opens_home};
use super::surfaces::form_saying;
use super::{assert_screen, on_every_pairing};
use crate::world::{Engine, Person, World, handmade};

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
        texts.find(|text| text.contains("I answer every message that people write"))
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
    assert!(
        listens.contains("every message that people write"),
        "{listens}"
    );
    let odd = chooses(alice, "thraeds").await;
    assert!(odd.contains("/mcp channel threads"), "{odd}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_reached_by_mention_menu_and_home() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.says("@patchbay channel final").await;
    let said = alice.private_message_after(0).await.all_text();
    assert!(said.contains("come whole"), "{said}");

    assert!(alice.types("/mcp").await.ok);
    let menu = form_saying(alice, "What would you like to do?").await;
    assert!(alice.clicks_in(&menu, "This channel").await.ok);
    let shown = form_saying(alice, "come whole").await;
    let all = r#"C0GENERAL1 {"listens":"threads"}"#;
    let choose = Click::on(&shown, "choose_listens").choosing(all);
    assert!(world.sim.click("alice", choose).await.ok);
    let shown = form_saying(alice, "in a thread where I was asked").await;
    let told = |sim: &Sim| {
        let mut all = sim.messages("bob", "general").unwrap().into_iter();
        all.find(|message| message.all_text().contains("chose when I answer here"))
    };
    let told = world.sim.until(PATIENCE, told).await;
    assert_screen!(
        "channel_chosen_for_all",
        told.expect("everybody is told").blocks
    );
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

#[tokio::test(flavor = "multi_thread")]
async fn people_of_another_workspace_choose_nothing_in_a_shared_channel() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    world.sim.set_external("general", true).unwrap();
    let elsewhere = || PersonChange {
        team: Some("T0OTHER01".to_owned()),
        ..PersonChange::default()
    };
    world.sim.set_admin("bob", true).unwrap();
    let screen = bob.asks_privately("/mcp channel").await;
    let runs_the_workspace = |home: &View| home.all_text().lines().any(|line| line == "Workspace");
    opens_home(&world, "bob").await;
    home_when(&world, "bob", runs_the_workspace).await;
    // The one who made the channel, and an admin, but of another workspace.
    for (name, person) in [("alice", alice), ("bob", bob)] {
        world.sim.set_person(name, elsewhere()).unwrap();
        let refused = chooses(person, "final").await;
        assert!(
            refused.contains("Only people of the workspace that I am installed in"),
            "{name}: {refused}"
        );
        let shown = chooses(person, "").await;
        assert!(shown.contains("can change that"), "{name}: {shown}");
        assert!(!shown.contains("@U0ALICE01"), "{name}: {shown}");
    }
    let forged = Click::on(&screen, "choose_answers").choosing(r#"C0GENERAL1 {"answers":"final"}"#);
    let before = bob.private_messages().len();
    assert!(world.sim.click("bob", forged).await.ok);
    let told = bob.private_message_after(before).await.all_text();
    assert!(told.contains("Only people of the workspace"), "{told}");
    world.sim.open_home("bob", "home").await.unwrap();
    home_when(&world, "bob", |home| !runs_the_workspace(home)).await;
    // Somebody of the own workspace who made it may still choose what is safe there.
    let back = PersonChange {
        team: Some("T0SIM0001".to_owned()),
        ..PersonChange::default()
    };
    world.sim.set_person("alice", back).unwrap();
    let chosen = chooses(alice, "final").await;
    assert!(chosen.contains("come whole"), "{chosen}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_in_a_conversation_of_a_few_chooses_for_it() {
    let person = |name: &str| slack_sim::Person {
        name: name.to_owned(),
        real_name: name.to_owned(),
    };
    let workspace = SimConfig {
        people: vec![person("alice"), person("bob"), person("carol")],
        ..SimConfig::default()
    };
    let world = World::start_among(workspace, Engine::Sqlite, Transport::Socket, |_| {}).await;
    let group = world.sim.open_group(&["alice", "bob"], true).unwrap();
    let bob = world.person("bob").in_channel(&group);
    let chosen = chooses(bob, "final").await;
    assert!(chosen.contains("come whole"), "{chosen}");
    let carol = world.person("carol").in_channel("dm");
    let own = carol.asks_privately("/mcp channel").await;
    let before = carol.private_messages().len();
    let stream = format!(r#"{group} {{"answers":"stream"}}"#);
    let forged = Click::on(&own, "choose_answers").with_value(&stream);
    assert!(world.sim.click("carol", forged).await.ok);
    let refused = carol.private_message_after(before).await.all_text();
    assert!(refused.contains("Only an admin"), "{refused}");
    let still = chooses(bob, "").await;
    assert!(still.contains("come whole"), "{still}");
    // And it is answered in, by mention.
    let answer = bob.asks("@patchbay help me").await;
    assert!(!answer.all_text().is_empty());
    world.stop().await;
}

/// Waits until every event about a message is acknowledged. Whether it is a question is decided
/// before that.
pub async fn heard(world: &World, ts: &str) {
    let about = |body: &Value| {
        let payload = body.get("payload").unwrap_or(body);
        payload["event"]["ts"] == json!(ts)
    };
    let acked = |sim: &Sim| {
        let entries = sim.log(0).into_iter().filter(|entry| about(&entry.body));
        let entries: Vec<_> = entries.collect();
        let all = entries.iter().all(|entry| entry.ack_ms.is_some());
        (!entries.is_empty() && all).then_some(())
    };
    let acked = world.sim.until(PATIENCE, acked).await;
    assert!(acked.is_some(), "a message was not acknowledged");
}

/// What a person asked so far, oldest first.
async fn questions(world: &World, name: &str) -> Vec<String> {
    let person = world.principal(name);
    let runs = world.app.store.past_runs(&person, 50).await.unwrap();
    let questions = runs.into_iter().map(|run| run.question);
    questions.rev().collect()
}

async fn replies(world: &World, name: &str, thread: &str, text: &str) {
    let ts = world.sim.reply(name, "general", thread, text).await;
    heard(world, &ts.unwrap()).await;
}

on_every_pairing!(
    only_mentions_are_answered_unless_somebody_chose_otherwise,
    in_a_thread_where_it_was_asked_no_mention_is_needed,
    every_message_of_a_person_is_answered_once_where_that_was_chosen,
);

async fn only_mentions_are_answered_unless_somebody_chose_otherwise(world: World) {
    let alice = world.alice();
    heard(&world, &alice.says("help me").await).await;
    let ts = alice.says("@patchbay help me now").await;
    alice.answer_to(&ts).await;
    replies(&world, "bob", &ts, "help me too").await;
    replies(&world, "alice", &ts, "and help me again").await;
    assert_eq!(questions(&world, "alice").await, ["help me now"]);
    assert!(questions(&world, "bob").await.is_empty());
    world.stop().await;
}

async fn in_a_thread_where_it_was_asked_no_mention_is_needed(world: World) {
    let (alice, bob) = (world.alice(), world.bob());
    chooses(alice, "threads").await;
    let elsewhere = bob.says("help me").await;
    heard(&world, &elsewhere).await;
    replies(&world, "bob", &elsewhere, "help me please").await;

    let ts = alice.says("@patchbay help me").await;
    alice.answer_to(&ts).await;
    replies(&world, "bob", &ts, "@alice is that right?").await;
    replies(&world, "bob", &ts, "help me too").await;
    let both = |_: &Sim| (alice.replies(&ts).len() >= 2).then_some(());
    assert!(world.sim.until(PATIENCE, both).await.is_some());
    assert_eq!(questions(&world, "bob").await, ["help me too"]);
    world.stop().await;
}

async fn every_message_of_a_person_is_answered_once_where_that_was_chosen(world: World) {
    let (alice, bob) = (world.alice(), world.bob());
    chooses(alice, "all").await;
    let ts = bob.says("help me").await;
    bob.answer_to(&ts).await;
    let mention = bob.says("so @patchbay, help me as well").await;
    bob.answer_to(&mention).await;
    heard(&world, &bob.says("@alice did you see this?").await).await;
    let programs = [
        json!({ "bot_id": "B9" }),
        json!({ "app_id": "A9" }),
        json!({ "subtype": "bot_message" }),
        json!({ "user": "USLACKBOT" }),
    ];
    for (number, mark) in programs.into_iter().enumerate() {
        let mut event = json!({
            "type": "message", "channel": "C0GENERAL1", "channel_type": "channel",
            "user": "U0BOB0001", "text": "beep", "ts": format!("1.{number}"),
        });
        for (name, value) in mark.as_object().unwrap() {
            event[name] = value.clone();
        }
        let payload = json!({
            "type": "event_callback", "team_id": "T0SIM0001", "event": event,
            "authorizations": [{ "team_id": "T0SIM0001", "user_id": "U0BOT0001" }],
        });
        let acks = world.sim.deliver(handmade("events_api", payload)).await;
        assert!(acks[0].acked, "{event}");
    }
    assert_eq!(
        questions(&world, "bob").await,
        ["help me", "so , help me as well"]
    );
    assert_eq!(bob.replies(&ts).len(), 1);
    assert_eq!(bob.replies(&mention).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_on_in_anothers_thread_is_answered_with_their_own_tools() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.connects("sqlite", json!({})).await;
    chooses(alice, "threads").await;
    let ts = alice.says("@patchbay which tables are there?").await;
    let first = alice.answer_to(&ts).await.all_text();
    assert!(first.contains("orders"), "{first}");
    replies(&world, "bob", &ts, "which tables are there?").await;
    let theirs = |message: &slack_sim::Message| message.all_text().contains("/mcp connect");
    let second = bob.reply_when(&ts, theirs).await.all_text();
    assert!(!second.contains("orders"), "{second}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_shared_later_is_answered_by_mention_alone() {
    let world = World::start().await;
    let alice = world.alice();
    chooses(alice, "all").await;
    world.sim.set_external("general", true).unwrap();
    heard(&world, &alice.says("help me").await).await;
    alice.asks("@patchbay help me now").await;
    assert_eq!(questions(&world, "alice").await, ["help me now"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_questions_without_a_mention_are_paused_with_a_word() {
    let world = World::start().await;
    let alice = world.alice();
    chooses(alice, "all").await;
    let team = world.principal("alice").team;
    let channel = ChannelId::new("C0GENERAL1");
    for number in 0..20 {
        let message = MessageTs::new(format!("1.{number}"));
        let channels = &world.app.channels;
        channels.take_unaddressed(&team, &channel, &message);
    }
    let ts = alice.says("help me").await;
    let word = alice.answer_to(&ts).await.all_text();
    assert!(word.contains("Mention me"), "{word}");
    heard(&world, &alice.says("help me").await).await;
    assert!(questions(&world, "alice").await.is_empty());
    alice.asks("@patchbay help me").await;
    alice.asks("help me again").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_slack_delivers_often_counts_once() {
    let world = World::start().await;
    let alice = world.alice();
    chooses(alice, "all").await;
    let payload = json!({
        "type": "event_callback", "team_id": "T0SIM0001", "event_id": "EvOften",
        "event": {
            "type": "message", "channel": "C0GENERAL1", "channel_type": "channel",
            "user": "U0BOB0001", "text": "help me often", "ts": "1.5",
        },
        "authorizations": [{ "team_id": "T0SIM0001", "user_id": "U0BOT0001" }],
    });
    let often = Handmade {
        times: Some(30),
        ..handmade("events_api", payload)
    };
    let acks = world.sim.deliver(often).await;
    assert!(acks.iter().all(|ack| ack.acked) && acks.len() == 30);
    let answer = alice.asks("help me").await.all_text();
    assert!(!answer.contains("Mention me"), "{answer}");
    assert_eq!(questions(&world, "bob").await, ["help me often"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_made_through_another_process_counts_soon() {
    use patchbay::channels::Channels;
    use patchbay::clock::Clock;
    use patchbay::domain::channel::{Choice, Listens};

    let world = World::start().await;
    let alice = world.principal("alice");
    let channel = ChannelId::new("C0GENERAL1");
    let other = Channels::new(world.app.store.clone(), Clock::System);
    let settings = other.settings(&alice.team, &channel).await.unwrap();
    assert_eq!(settings.listens(), Listens::Mentions);
    let all = Choice::Listens(Some(Listens::All));
    world
        .app
        .channels
        .choose(&alice, &channel, all)
        .await
        .unwrap();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let settings = other.settings(&alice.team, &channel).await.unwrap();
        if settings.listens() == Listens::All {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "it never counted");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_scope_to_look_at_channels_admins_choose_all_the_same() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    let few = [
        "chat:write",
        "commands",
        "im:history",
        "users:read",
        "channels:history",
    ];
    world.sim.set_scopes(&few);
    let refused = chooses(alice, "threads").await;
    assert!(refused.contains("Only an admin"), "{refused}");
    world.sim.set_admin("bob", true).unwrap();
    let chosen = chooses(bob, "threads").await;
    assert!(chosen.contains("in a thread where I was asked"), "{chosen}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_because_slack_does_not_answer() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    world.sim.set_locale("bob", "de-DE").unwrap();
    // Both were seen a moment ago.
    chooses(alice, "").await;
    chooses(bob, "").await;
    for fault in [
        Fault::new("users.info", FaultKind::Http500),
        Fault::new("users.info", FaultKind::OkFalse).error("fatal_error"),
        Fault::new("users.info", FaultKind::RateLimited).retry_after(60),
    ] {
        let name = format!("{fault:?}");
        world.sim.fault(fault.times(100));
        for choice in ["threads", ""] {
            let told = chooses(bob, choice).await;
            let passing = told.contains("Slack hat mir nicht geantwortet");
            assert!(passing && told.contains("Minute"), "{name}: {told}");
            assert!(!told.contains("Admin"), "{name}: {told}");
        }
        let made = chooses(alice, "final").await;
        assert!(made.contains("come whole"), "{name}: {made}");
        let own = chooses(bob.in_channel("dm"), "final").await;
        assert!(own.contains("✅"), "{name}: {own}");
        world.sim.clear_faults();
    }
    let listens = chooses(alice, "").await;
    assert!(listens.contains("when I am mentioned"), "{listens}");
    world.stop().await;
}
