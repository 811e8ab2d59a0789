//! What people read when something goes wrong: every sentence that an edge or a connection says, as it is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use patchbay::config::Config;
use patchbay::slack::Transport;
use serde_json::{Value, json};
use slack_sim::{Fault, FaultKind, Message, PersonChange, Sim};

use super::assert_screen;
use super::home::opens_home;
use crate::fakes::github::{GitHub, TOKEN, Trouble};
use crate::fakes::postgres::Postgres;
use crate::fakes::silent;
use crate::fakes::writer::Writer;
use crate::world::{Engine, Person, World, handmade};

const PATIENCE: Duration = Duration::from_secs(20);

/// What was done, and what was then shown.
type Told = BTreeMap<String, Value>;

/// A click that no button of ours would make, and what the one who made it reads.
pub(super) async fn clicks(world: &World, person: Person<'_>, action: &str, value: &str) -> Value {
    let before = person.private_messages().len();
    let channel = json!({ "id": "C0GENERAL1" });
    let click = json!({
        "type": "block_actions", "team": { "id": "T0SIM0001" },
        "user": { "id": world.principal(person.name).user, "team_id": "T0SIM0001" },
        "channel": channel, "container": { "message_ts": "1.5", "channel_id": "C0GENERAL1" }, "trigger_id": "1.2.forged",
        "actions": [{ "action_id": action, "value": value, "action_ts": format!("1.{action}.{value}") }],
    });
    world.sim.deliver(handmade("interactive", click)).await;
    json!(person.private_message_after(before).await.blocks)
}

/// A form that was not opened by us, or not as we do, and what it turns into.
async fn submits(world: &World, person: Person<'_>, callback: &str, metadata: Value) -> Value {
    let submission = json!({
        "type": "view_submission", "team": { "id": "T0SIM0001" },
        "user": { "id": world.principal(person.name).user }, "trigger_id": "1.2.forged",
        "view": { "id": format!("V{callback}{metadata}"), "callback_id": callback, "private_metadata": metadata.to_string(),
            "state": { "values": { "question": { "value": { "type": "plain_text_input", "value": "Why?" } } } } },
    });
    let acks = world.sim.deliver(handmade("interactive", submission)).await;
    acks[0].payload.clone().unwrap_or_default()["view"]["blocks"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_not_understood() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    let mut told = Told::new();
    for command in [
        "/mcp tset",
        "/mcp frobnicate",
        "/mcp test \"a",
        "/mcp list everything now",
        "/mcp test shop",
        "/mcp connect jira",
        "/mcp connect postgers",
        "/mcp model nosuch",
        "/mcp model demo/planer",
    ] {
        let message = alice.asks_privately(command).await;
        told.insert(command.to_owned(), json!(message.blocks));
    }
    alice.connects("sqlite", json!({})).await;
    let message = alice.asks_privately("/mcp test sqlit").await;
    told.insert("/mcp test sqlit".to_owned(), json!(message.blocks));
    let message = bob.asks_privately("/mcp channel all").await;
    told.insert("/mcp channel all".to_owned(), json!(message.blocks));
    let message = bob.asks_privately("/mcp usage export").await;
    told.insert("/mcp usage export".to_owned(), json!(message.blocks));
    let silent = Fault::new("users.info", FaultKind::Http500).times(100);
    world.sim.fault(silent);
    let message = bob.asks_privately("/mcp channel all").await;
    told.insert(
        "/mcp channel all, while Slack says nothing of people".to_owned(),
        json!(message.blocks),
    );
    world.sim.clear_faults();
    world.sim.set_external("general", true).unwrap();
    let message = alice.asks_privately("/mcp channel all").await;
    told.insert(
        "/mcp channel all, with another organisation".to_owned(),
        json!(message.blocks),
    );
    let of = |team: &str| PersonChange {
        team: Some(team.to_owned()),
        ..PersonChange::default()
    };
    world.sim.set_person("bob", of("T0OTHER01")).unwrap();
    let message = bob.asks_privately("/mcp channel final").await;
    told.insert(
        "/mcp channel final, by somebody of another organisation".to_owned(),
        json!(message.blocks),
    );
    world.sim.set_person("bob", of("T0SIM0001")).unwrap();
    world.sim.set_external("general", false).unwrap();
    for (name, question) in [
        ("nothing", "@patchbay"),
        ("too much", &format!("@patchbay {}", "x".repeat(13_000))),
    ] {
        let message = alice.asks(question).await;
        told.insert(
            format!("a question with {name} in it"),
            json!(message.blocks),
        );
    }
    assert_screen!("errors_of_words", told);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clicks_and_forms_that_do_not_count() {
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    let mut told = Told::new();
    for (what, action, value) in [
        ("a button of last year", "from_last_year", ""),
        ("a connection that is gone", "disconnect", "con_gone"),
        (
            "tools of a connection that is gone",
            "tool_switch",
            "nonsense",
        ),
        ("an approval that is gone", "approve", "apr_gone"),
        ("a question of somebody else", "retry", "run_other"),
        ("an answer that is gone", "feedback", "good run_gone"),
        (
            "a model for the workspace",
            "choose_workspace_model",
            "demo/planner",
        ),
    ] {
        told.insert(what.to_owned(), clicks(&world, bob, action, value).await);
    }
    let by = |name: &str| json!({ "by": world.principal(name).user, "channel": null, "response_url": null, "card": null });
    told.insert(
        "somebody else's form".to_owned(),
        submits(&world, bob, "ask", by("alice")).await,
    );
    told.insert(
        "a form about no message".to_owned(),
        submits(&world, bob, "ask", by("bob")).await,
    );
    told.insert(
        "a form of an older version".to_owned(),
        submits(&world, bob, "connect", by("bob")).await,
    );

    let outdated = json!({
        "type": "shortcut", "team": { "id": "T0SIM0001" }, "user": { "id": world.principal("bob").user },
        "callback_id": "from_last_year", "trigger_id": "1.2.forged", "action_ts": "1.7",
    });
    world.sim.deliver(handmade("interactive", outdated)).await;
    let direct = bob.in_channel("dm");
    let said = |_: &Sim| {
        let messages = world.sim.messages("bob", "dm").unwrap().into_iter();
        messages.into_iter().find(Message::is_from_bot)
    };
    let message = world
        .sim
        .until(PATIENCE, said)
        .await
        .expect("a word about the shortcut");
    told.insert("a shortcut of last year".to_owned(), json!(message.blocks));
    let home = opens_home(&world, direct.name).await;
    let nowhere = json!({
        "type": "block_actions", "team": { "id": "T0SIM0001" }, "user": { "id": world.principal("bob").user },
        "container": { "type": "view", "view_id": home.id() }, "view": home.0, "trigger_id": "1.2.forged",
        "actions": [{ "action_id": "run_channel", "value": "", "action_ts": "1.8" }],
    });
    let before = world.sim.messages("bob", "dm").unwrap().len();
    world.sim.deliver(handmade("interactive", nowhere)).await;
    let said = |sim: &Sim| sim.messages("bob", "dm").unwrap().into_iter().nth(before);
    let message = world
        .sim
        .until(PATIENCE, said)
        .await
        .expect("a word about the channel");
    told.insert(
        "a channel that nobody named".to_owned(),
        json!(message.blocks),
    );

    world.sim.add_channel("quiet", false).unwrap();
    let alice = alice.in_channel("quiet");
    let ts = alice.says("just among us").await;
    let on = slack_sim::Target::Message {
        channel: "quiet".to_owned(),
        ts,
    };
    assert!(world.sim.shortcut("alice", "ask_about", Some(on)).await.ok);
    told.insert(
        "a shortcut where the bot is not".to_owned(),
        json!(alice.private_message_after(0).await.blocks),
    );
    world
        .sim
        .fault(Fault::new("views.open", FaultKind::OkFalse).error("expired_trigger_id"));
    let late = bob.asks_privately("/mcp connect sqlite").await;
    told.insert(
        "a form that is opened too late".to_owned(),
        json!(late.blocks),
    );
    world
        .sim
        .fault(Fault::new("views.open", FaultKind::RateLimited));
    let late = bob.asks_privately("/mcp connect sqlite").await;
    told.insert(
        "a form while Slack wants less".to_owned(),
        json!(late.blocks),
    );
    assert_screen!("errors_of_clicks", told);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_decision() {
    let github = GitHub::start().await;
    github.has_repo("acme/web", 3, "A shop");
    let world = World::start().await;
    let (alice, bob) = (world.alice(), world.bob());
    alice
        .connects("github", json!({ "token": TOKEN, "base_url": github.url }))
        .await;
    let ts = alice
        .says("@patchbay create an issue in acme/web titled \"The door sticks\"")
        .await;
    let card = alice.is_asked_to_decide(&ts).await;
    let mut told = Told::new();
    assert!(bob.clicks(&card, "Approve").await.ok);
    told.insert(
        "by another".to_owned(),
        json!(bob.private_message_after(0).await.blocks),
    );
    let before = alice.private_messages().len();
    assert!(alice.clicks(&card, "Deny").await.ok);
    alice
        .reply_when(&ts, |message| {
            !message.is_growing() && !message.all_text().contains(['🔒', '⏳'])
        })
        .await;
    let id = card
        .blocks
        .iter()
        .find_map(|block| block["elements"][0]["value"].as_str())
        .unwrap();
    told.insert(
        "once more".to_owned(),
        clicks(&world, alice, "approve", id).await,
    );
    assert_eq!(alice.private_messages().len(), before + 1);
    assert_screen!("errors_of_decisions", told);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_cannot_be_made() {
    let good = Postgres::shared().create_sample_database().await.reader;
    let mut wrong_password = url::Url::parse(&good).unwrap();
    wrong_password.set_password(Some("hunter2wrong")).unwrap();
    let mut no_database = url::Url::parse(&good).unwrap();
    no_database.set_path("/there_is_none");
    let hangs = silent::server().await;
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |config: &mut Config| {
        config.tools.max_connections_per_user = 2;
        config.tools.timeout = Duration::from_secs(2);
    })
    .await;
    let (alice, bob) = (world.alice(), world.bob());
    let mut told = Told::new();
    for (what, url) in [
        ("a wrong password", wrong_password.as_str()),
        ("a database that is not there", no_database.as_str()),
        ("a port where nothing is", "postgres://u:p@127.0.0.1:1/x"),
        (
            "a host that is not there",
            "postgres://u:p@host.invalid:5432/x",
        ),
        (
            "a server that hangs",
            &format!("postgres://u:p@127.0.0.1:{}/x", hangs.port()),
        ),
    ] {
        let message = alice.connects("postgres", json!({ "url": url })).await;
        told.insert(what.to_owned(), json!(message.blocks));
    }
    let github = GitHub::start().await;
    let fields = json!({ "token": TOKEN.replace("abc", "xyz"), "base_url": github.url });
    told.insert(
        "a wrong token".to_owned(),
        json!(alice.connects("github", fields).await.blocks),
    );
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    for (what, trouble) in [
        ("a service that asks for less", Trouble::RateLimited),
        ("a token that may not", Trouble::NoPermission),
        ("a service with a problem", Trouble::BadGateway),
        ("a service that sends elsewhere", Trouble::SentElsewhere),
        ("a service that repeats the token", Trouble::EchoesToken),
    ] {
        github.is_in(trouble);
        told.insert(
            what.to_owned(),
            json!(alice.connects("github", fields.clone()).await.blocks),
        );
    }
    bob.connects("sqlite", json!({ "connection-name": "shop" }))
        .await;
    let twice = bob
        .connects("sqlite", json!({ "connection-name": "shop" }))
        .await;
    told.insert("a name that is taken".to_owned(), json!(twice.blocks));
    bob.connects("sqlite", json!({ "connection-name": "other" }))
        .await;
    let many = bob
        .connects("sqlite", json!({ "connection-name": "third" }))
        .await;
    told.insert("one too many".to_owned(), json!(many.blocks));
    assert_screen!("errors_of_connecting", told);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_are_wrong() {
    let guarded = |config: &mut Config| config.network = Default::default();
    let world = World::start_with(Engine::Sqlite, Transport::Socket, guarded).await;
    let alice = world.alice();
    let (mut told, mut last) = (Told::new(), String::new());
    for (what, card, fields) in [
        (
            "another kind of database",
            "postgres",
            json!({ "url": "mysql://u:p@example.com/x" }),
        ),
        ("no host", "postgres", json!({ "url": "postgres://u:p@/x" })),
        (
            "a database at home",
            "postgres",
            json!({ "url": "postgres://u:p@127.0.0.1:5432/x" }),
        ),
        (
            "a file nobody listed",
            "sqlite",
            json!({ "file": "nosuch" }),
        ),
        (
            "a name that is none",
            "sqlite",
            json!({ "connection-name": "Ü ber" }),
        ),
        (
            "a token that is none",
            "github",
            json!({ "token": "hello" }),
        ),
        (
            "not https",
            "github",
            json!({ "token": TOKEN, "base_url": "http://api.github.com" }),
        ),
        (
            "a password in the address",
            "github",
            json!({ "token": TOKEN, "base_url": "https://u:p@api.github.com" }),
        ),
        (
            "another port",
            "github",
            json!({ "token": TOKEN, "base_url": "https://api.github.com:22" }),
        ),
        (
            "a private address",
            "github",
            json!({ "token": TOKEN, "base_url": "https://10.0.0.1" }),
        ),
        (
            "no address",
            "github",
            json!({ "token": TOKEN, "base_url": "not a url" }),
        ),
    ] {
        alice.types(&format!("/mcp connect {card}")).await;
        let is_new = |view: &slack_sim::View| view.callback_id() == "connect" && view.id() != last;
        let form = alice.form_when(is_new).await;
        form.id().clone_into(&mut last);
        let before = alice.private_messages().len();
        let outcome = alice.submits(&form, fields.clone()).await;
        let shown = match outcome.errors.is_empty() {
            true => json!(alice.private_message_after(before).await.blocks),
            false => json!(outcome.errors),
        };
        told.insert(what.to_owned(), shown);
    }
    assert_screen!("errors_of_fields", told);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_do_not_come() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |config| config.agent.max_rounds = 1).await;
    let alice = world.alice();
    let mut told = Told::new();
    writer.writes("  ");
    writer.ends();
    let failed =
        |message: &Message| !message.is_growing() && message.all_text().contains("Reference");
    let ts = alice.says("@patchbay say nothing").await;
    let message = alice.reply_when(&ts, failed).await;
    told.insert("an empty answer".to_owned(), json!(message.blocks));
    writer.calls("no__such_tool", json!({}));
    writer.ends();
    let ts = alice.says("@patchbay go in circles").await;
    let message = alice.reply_when(&ts, failed).await;
    told.insert("no end of tools".to_owned(), json!(message.blocks));
    assert_screen!("errors_of_answers", told);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_without_storage_and_one_without_time() {
    let mut told = Told::new();
    let world = World::start_on(Engine::Postgres, Transport::Socket).await;
    world.app.store.close().await;
    let outcome = world.alice().types("/mcp list").await;
    told.insert(
        "no storage".to_owned(),
        outcome.response.unwrap()["blocks"].clone(),
    );
    world.stop().await;

    let hangs = silent::server().await;
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |config| {
        config.slack.handler_timeout = Duration::from_secs(1);
    })
    .await;
    let url = format!("postgres://u:p@127.0.0.1:{}/x", hangs.port());
    let message = world
        .alice()
        .connects("postgres", json!({ "url": url }))
        .await;
    told.insert("no time".to_owned(), json!(message.blocks));
    assert_screen!("errors_of_the_house", told);
    world.stop().await;
}
