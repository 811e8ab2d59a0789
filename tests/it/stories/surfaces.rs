//! Every way in besides a question: the menu, words in a mention, the tool browser, models, opinions.

use std::time::Duration;

use serde_json::{Value, json};
use slack_sim::{Click, Message, Sim, View};

use super::home::opens_home;
use super::{assert_screen, on_every_pairing};
use crate::world::{Person, World};

const PATIENCE: Duration = Duration::from_secs(20);

/// The top form, once it says this.
pub async fn form_saying(person: Person<'_>, words: &str) -> View {
    person
        .form_when(|view| view.all_text().contains(words))
        .await
}

on_every_pairing!(
    usage_counts_the_caller_alone,
    opinions_are_kept_one_each_and_may_change,
    a_tool_that_is_off_does_not_exist_until_it_is_on_again,
);

#[tokio::test(flavor = "multi_thread")]
async fn the_screens_of_the_surfaces_read_well() {
    let world = World::start().await;
    let alice = world.alice();
    alice.types("/mcp").await;
    let menu = form_saying(alice, "What would you like to do?").await;
    assert_screen!("menu", menu.blocks());
    assert_screen!(
        "usage_empty",
        alice.asks_privately("/mcp usage").await.blocks
    );
    assert_screen!("model", alice.asks_privately("/mcp model").await.blocks);
    let home = opens_home(&world, "alice").await;
    let without_days: Vec<&Value> = home
        .blocks()
        .iter()
        .filter(|block| !block.to_string().contains("```"))
        .collect();
    assert_screen!("home_empty", without_days);
    alice.connects("sqlite", json!({})).await;
    alice.types("/mcp tools sqlite").await;
    assert_screen!(
        "tool_browser",
        form_saying(alice, "3 tools, 3 on").await.blocks()
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_one_click_from_the_menu() {
    let world = World::start().await;
    let alice = world.alice();
    for (label, shown) in [
        ("My connections", "no connections yet"),
        ("Usage", "Your usage"),
        ("Model", "demo/planner"),
        ("Help", "Your tools, in any conversation"),
        ("Test all", "no connections yet"),
        ("Tools", "no connections yet"),
        ("Connect a service", "Choose a service to connect"),
    ] {
        alice.types("/mcp").await;
        let menu = form_saying(alice, "What would you like to do?").await;
        let outcome = alice.clicks_in(&menu, label).await;
        assert!(outcome.ok, "{label}: {outcome:?}");
        form_saying(alice, shown).await;
    }
    world.stop().await;
}

async fn a_tool_that_is_off_does_not_exist_until_it_is_on_again(world: World) {
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    alice.types("/mcp tools").await;
    let browser = form_saying(alice, "3 tools, 3 on").await;
    for tool in ["list_tables", "get_schema", "execute_sql"] {
        let value = browser.0.to_string();
        assert!(
            value.contains(&format!("off {tool}")),
            "no switch for {tool}"
        );
    }
    assert!(alice.clicks_in(&browser, "Switch off").await.ok);
    let browser = form_saying(alice, "3 tools, 2 on").await;
    let person = world.principal("alice");
    let names = |tools: Vec<patchbay::tools::BoundTool>| -> Vec<String> {
        tools.iter().map(|tool| tool.tool.name.clone()).collect()
    };
    let left = names(world.tools_of("alice").await);
    assert_eq!(left.len(), 2);
    let off: Vec<&str> = ["list_tables", "get_schema", "execute_sql"]
        .into_iter()
        .filter(|tool| !left.iter().any(|name| name == tool))
        .collect();
    let refused = world
        .app
        .tools
        .find(&person, &format!("sqlite__{}", off[0]))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("switched off"), "{refused}");
    assert!(alice.clicks_in(&browser, "Switch on").await.ok);
    form_saying(alice, "3 tools, 3 on").await;
    assert_eq!(world.tools_of("alice").await.len(), 3);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_switches_the_tools_of_others() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.connects("sqlite", json!({})).await;
    bob.connects("sqlite", json!({})).await;
    alice.types("/mcp tools").await;
    let theirs = form_saying(alice, "3 tools, 3 on").await;
    let value = theirs.blocks()[1]["accessory"]["value"]
        .as_str()
        .unwrap()
        .to_owned();
    bob.types("/mcp tools").await;
    let own = form_saying(bob, "3 tools, 3 on").await;
    let forged = Click::label(&own, "Switch off").with_value(&value);
    assert!(world.sim.click("bob", forged).await.ok);
    form_saying(bob, "not one of yours").await;
    assert_eq!(world.tools_of("alice").await.len(), 3);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_in_a_mention_are_commands_and_only_the_sender_reads_the_answer() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.connects("sqlite", json!({})).await;
    let before = alice.private_messages().len();
    let ts = alice.says("@patchbay tools sqlite").await;
    let tools = alice.private_message_after(before).await;
    assert!(tools.all_text().contains("list_tables"), "{tools:#?}");
    // In a thread without replies nobody would look for it.
    assert_eq!(tools.thread_ts, None);
    assert!(bob.replies(&ts).is_empty() && bob.private_messages().is_empty());
    assert!(alice.clicks(&tools, "Browse and switch").await.ok);
    form_saying(alice, "3 tools, 3 on").await;

    // In a thread where somebody speaks, the answer is there.
    let ts = alice
        .asks("@patchbay which tables are there?")
        .await
        .thread_ts;
    let ts = ts.unwrap();
    let before = alice.private_messages().len();
    alice.replies_in(&ts, "@patchbay connect").await;
    let button = alice.private_message_after(before).await;
    assert_eq!(button.thread_ts.as_deref(), Some(ts.as_str()));
    assert!(alice.clicks(&button, "Connect a service").await.ok);
    form_saying(alice, "Choose a service to connect").await;
    // No model was asked for any of it.
    assert_eq!(
        alice
            .replies(&ts)
            .iter()
            .filter(|reply| !reply.ephemeral && reply.is_from_bot())
            .count(),
        1
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_direct_message_a_word_is_answered_plainly() {
    let world = World::start().await;
    let alice = world.alice().in_channel("dm");
    let ts = alice.says("list").await;
    let answer = alice.answer_to(&ts).await;
    assert!(
        answer.all_text().contains("no connections yet"),
        "{answer:#?}"
    );
    assert!(!answer.ephemeral);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_is_a_persons_own_choice_and_the_default_stands_in_for_it() {
    use patchbay::slack::Transport;

    use crate::world::Engine;

    let nobody_listens = serde_json::from_value(json!({
        "kind": "openai_compatible",
        "base_url": "http://127.0.0.1:1/v1",
        "models": ["quiet"],
    }))
    .unwrap();
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |config| {
        config
            .models
            .providers
            .insert("nowhere".to_owned(), nobody_listens);
    })
    .await;
    let (alice, bob) = (world.alice(), world.bob());
    let listed = alice.asks_privately("/mcp model").await.all_text();
    assert!(listed.contains("demo/planner` (the default)"), "{listed}");
    assert!(
        listed.contains("nowhere/quiet` (no price known)"),
        "{listed}"
    );
    let wrong = alice
        .asks_privately("/mcp model nowhere/quite")
        .await
        .all_text();
    assert!(
        wrong.contains("Did you mean nowhere/quiet?")
            || wrong.contains("Did you mean `nowhere/quiet`?"),
        "{wrong}"
    );
    let chosen = alice.asks_privately("/mcp model quiet").await.all_text();
    assert!(
        chosen.contains("answered by nowhere/quiet")
            || chosen.contains("answered by `nowhere/quiet`"),
        "{chosen}"
    );
    alice.connects("sqlite", json!({})).await;
    let answer = alice
        .asks("@patchbay which tables are there?")
        .await
        .all_text();
    assert!(answer.contains("orders"), "{answer}");
    assert!(
        answer.contains("did not answer, so the default did"),
        "{answer}"
    );

    let other = bob.asks_privately("/mcp model").await;
    assert!(other.all_text().contains("demo/planner"));
    let menu = Click::on(&other, "choose_model").choosing("nowhere/quiet");
    assert!(world.sim.click("bob", menu).await.ok);
    let own = |_: &Sim| {
        let messages = bob.private_messages().into_iter();
        messages
            .map(|message| message.all_text())
            .find(|text| text.contains("the one you chose"))
    };
    assert!(
        world.sim.until(PATIENCE, own).await.is_some(),
        "{:#?}",
        bob.private_messages()
    );
    let back = alice.asks_privately("/mcp model default").await.all_text();
    assert!(back.contains("the default."), "{back}");
    world.stop().await;
}

async fn usage_counts_the_caller_alone(world: World) {
    let (alice, bob) = (world.alice(), world.bob());
    alice.connects("sqlite", json!({})).await;
    alice.asks("@patchbay which tables are there?").await;
    let own = alice.asks_privately("/mcp usage").await.all_text();
    assert!(
        own.contains("Today: 1 question") && own.contains("list_tables"),
        "{own}"
    );
    assert!(own.contains("demo/"), "no model: {own}");
    let other = bob.asks_privately("/mcp usage").await.all_text();
    assert!(
        other.contains("Total: 0 questions") && !other.contains("list_tables"),
        "{other}"
    );
    world.stop().await;
}

async fn opinions_are_kept_one_each_and_may_change(world: World) {
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    let answer = alice.asks("@patchbay which tables are there?").await;
    let feedback = |message: &Message| {
        message
            .blocks
            .iter()
            .find(|block| block["type"] == "context_actions")
            .map(|block| block["elements"][0].clone())
    };
    let look = |_: &Sim| {
        let replies = alice.replies(answer.thread_ts.as_deref().unwrap());
        replies
            .into_iter()
            .find_map(|message| Some((feedback(&message)?, message)))
    };
    let (buttons, answer) = world.sim.until(PATIENCE, look).await.expect("no thumbs");
    let value = |which: &str| buttons[which]["value"].as_str().unwrap().to_owned();
    let run = value("positive_button")
        .split(' ')
        .nth(1)
        .unwrap()
        .to_owned();
    let run = patchbay::ids::RunId::new(run);
    let team = world.principal("alice").team;
    let counts = async |expected: (i64, i64)| {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let found = world.app.store.feedback_on(&team, &run).await.unwrap();
            if found == expected {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "{found:?}, not {expected:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let click = |which: &str| Click::on(&answer, "feedback").with_value(&value(which));
    assert!(world.sim.click("alice", click("positive_button")).await.ok);
    counts((1, 0)).await;
    assert!(world.sim.click("bob", click("positive_button")).await.ok);
    counts((2, 0)).await;
    assert!(world.sim.click("alice", click("negative_button")).await.ok);
    counts((1, 1)).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_did_not_work_keeps_what_was_typed_but_no_secret() {
    let world = World::start().await;
    let alice = world.alice();
    alice.types("/mcp connect postgres").await;
    let form = alice
        .form_when(|view| view.callback_id() == "connect")
        .await;
    let url = "postgresql://me:hunter2@127.0.0.1:1/shop";
    alice
        .submits(&form, json!({ "url": url, "connection-name": "sales" }))
        .await;
    let failed = alice
        .form_when(|view| view.buttons().contains(&"Try again".to_owned()))
        .await;
    assert!(!format!("{failed:?}").contains("hunter2"));
    assert!(alice.clicks_in(&failed, "Try again").await.ok);
    let again = alice
        .form_when(|view| view.callback_id() == "connect")
        .await;
    let text = again.0.to_string();
    assert!(text.contains("\"initial_value\":\"sales\""), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_nearly_right_gets_a_suggestion() {
    let world = World::start().await;
    let alice = world.alice();
    alice
        .connects("sqlite", json!({ "connection-name": "sales-db" }))
        .await;
    let answer = alice.asks_privately("/mcp test sales-bd").await.all_text();
    assert!(
        answer.contains("Did you mean") && answer.contains("sales-db"),
        "{answer}"
    );
    world.stop().await;
}
