//! People read the bot in the language in which they use Slack.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use patchbay::domain::language::Language;
use patchbay::domain::post::{Post, Withdrawn};
use patchbay::ids::{RunId, UserId};
use patchbay::slack::outbox::render;
use patchbay::text;
use serde_json::{Value, json};
use slack_sim::{Fault, FaultKind, Message, Sim, Target, View};

use super::assert_screen;
use super::home::opens_home;
use super::surfaces::form_saying;
use crate::fakes::github::{GitHub, TOKEN};
use crate::fakes::writer::Writer;
use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(20);

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

/// The English of every sentence that reads otherwise in German: its longest part without a place,
/// where that is three words or more.
fn english() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales/de.po");
    let catalogue = polib::po_file::parse(&path).unwrap();
    let messages = catalogue.messages().filter(|message| {
        let german = message.msgstr().unwrap_or_default();
        !message.msgid().is_empty() && message.msgid() != german
    });
    let forms = messages.flat_map(|message| {
        let many = message.msgid_plural().unwrap_or_default();
        [message.msgid().to_owned(), many.to_owned()]
    });
    let longest = |sentence: String| {
        // A place, a line and the end of a quote are where a screen may be cut.
        let parts = sentence.split(['{', '}', '\n']).map(str::trim);
        let longest = parts.max_by_key(|part| part.len())?;
        (longest.split_whitespace().count() >= 3).then(|| longest.to_owned())
    };
    forms.filter_map(longest).collect()
}

/// Every string in it, as people read it, but for what a model wrote.
fn strings(screen: &Value) -> Vec<String> {
    match screen {
        Value::Object(block) if block.get("type") == Some(&json!("markdown")) => Vec::new(),
        Value::String(text) => vec![text.replace("&amp;", "&")],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The English of ours that stands in a screen.
fn english_in(screen: &Value) -> Vec<String> {
    let shown = strings(screen);
    let stands = |part: &String| shown.iter().any(|text| text.contains(part.as_str()));
    english().into_iter().filter(stands).collect()
}

/// A screen, in which nothing of ours may be English.
#[track_caller]
pub(super) fn german(screen: &impl serde::Serialize) {
    let screen = json!(screen);
    let english = english_in(&screen);
    assert!(english.is_empty(), "{english:#?} in {screen:#}");
}

/// The same, compared with how it read before.
macro_rules! assert_german {
    ($name:literal, $blocks:expr) => {{
        let blocks = json!($blocks);
        german(&blocks);
        assert_screen!($name, blocks);
    }};
}

#[test]
fn english_in_a_screen_is_found() {
    assert!(english().len() > 100, "{}", english().len());
    let screen = |text: &str| json!([{ "type": "section", "text": { "text": text } }]);
    let found = english_in(&screen("✅ Disconnected `x`. Its credential is deleted."));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(english_in(&screen("✅ `x` ist getrennt.")).len(), 0);
}

/// A workspace in which everybody uses Slack in German.
async fn in_german(world: World) -> World {
    for name in ["alice", "bob"] {
        world.sim.set_locale(name, "de-DE").unwrap();
    }
    world
}

/// What was shown of a Home but its chart, which has the days of this week.
fn without_days(home: &View) -> Vec<Value> {
    let blocks = home.blocks().iter();
    let still = blocks.filter(|block| !block.to_string().contains("```"));
    still.cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_german_finds_everything_before_anything_is_connected() {
    let world = in_german(World::start().await).await;
    let alice = world.alice();
    alice.types("/mcp").await;
    let menu = form_saying(alice, "Was möchtest du tun?").await;
    german(&menu.0);
    assert_german!("german_menu", menu.blocks());
    let mut refused = BTreeMap::new();
    for (command, words) in [
        ("help", "Deine Werkzeuge"),
        ("list", "noch keine Verbindungen"),
        ("tools", "noch keine Verbindungen"),
        ("test", "noch keine Verbindungen"),
        ("disconnect", "noch keine Verbindungen"),
        ("usage", "Deine Nutzung"),
        ("model", "Deine Fragen beantwortet"),
        ("channel", "Ich antworte, wenn ich erwähnt werde"),
        ("channel final", "✅"),
        ("tset", "Meintest du `/mcp test`?"),
        ("frobnicate", "kenne ich nicht"),
        ("test \"a", "Anführungszeichen"),
        ("list everything now", "zu viele Wörter"),
        ("channel thraeds", "Meintest du `/mcp channel threads`?"),
        ("channel often", "Möglich ist eins davon"),
        ("connect jira", "⚠️"),
        ("connect postgers", "Meintest du"),
        ("model nosuch", "⚠️"),
        ("model demo/planer", "Meintest du"),
        ("test shop", "⚠️"),
    ] {
        let said = alice.asks_privately(&format!("/mcp {command}")).await;
        german(&said);
        let text = said.all_text();
        assert!(text.contains(words), "{command}: {text}");
        match command {
            "help" => assert_german!("german_help", said.blocks),
            "model" => assert_german!("german_model", said.blocks),
            "channel" => assert_german!("german_channel", said.blocks),
            "usage" => assert_german!("german_usage_empty", said.blocks),
            "list" => assert_german!("german_nothing_connected", said.blocks),
            _ if text.starts_with('⚠') => {
                refused.insert(command, json!(said.blocks));
            }
            _ => {}
        }
    }
    assert_german!("german_errors_of_words", refused);
    alice.types("/mcp connect").await;
    let picker = form_saying(alice, "Wähle einen Dienst").await;
    german(&picker.0);
    assert_german!("german_picker", picker.blocks());
    assert_eq!(picker.title(), "MCP-Dienst verbinden");
    let home = opens_home(&world, "alice").await;
    german(&home.0);
    assert_german!("german_home_empty", without_days(&home));

    // A mention opens no form.
    let before = alice.private_messages().len();
    alice.says("@patchbay connect github").await;
    let button = alice.private_message_after(before).await;
    german(&button);
    assert_eq!(button.buttons(), ["GitHub verbinden"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_german_connects_uses_and_removes_services() {
    let world = in_german(World::start().await).await;
    world.sim.set_admin("alice", true).unwrap();
    let alice = world.alice();
    alice.types("/mcp connect postgres").await;
    let form = |view: &View| view.callback_id() == "connect";
    let asked = alice.form_when(form).await;
    german(&asked.0);
    assert_german!("german_connect_postgres", asked.blocks());
    let wrong = json!({ "url": "shop", "connection-name": "No Name!" });
    let refused = alice.submits(&asked, wrong).await;
    assert_eq!(refused.errors.len(), 2, "{refused:?}");
    assert_german!("german_errors_of_fields", refused.errors);
    let nobody =
        json!({ "url": "postgresql://me:hunter2@127.0.0.1:1/shop", "connection-name": "sales" });
    alice.submits(&asked, nobody).await;
    let again = "Noch einmal versuchen".to_owned();
    let failed = alice
        .form_when(|view| view.buttons().contains(&again))
        .await;
    german(&failed.0);
    assert_german!("german_not_connected", failed.blocks());
    assert_eq!(failed.title(), "Nicht verbunden");

    let connected = alice.connects("sqlite", json!({})).await;
    let connected = match connected.all_text().contains("✅") {
        true => connected,
        // The failure above is told in the channel as well.
        false => alice.private_message_after(1).await,
    };
    assert_german!("german_connected", connected.blocks);
    alice.asks("@patchbay which tables are there?").await;
    let second = json!({ "connection-name": "archive" });
    alice.connects("sqlite", second).await;

    alice.types("/mcp tools sqlite").await;
    let browser = form_saying(alice, "3 Werkzeuge, 3 an").await;
    german(&browser.0);
    assert_german!("german_tool_browser", browser.blocks());
    assert!(alice.clicks_in(&browser, "Ausschalten").await.ok);
    let browser = form_saying(alice, "3 Werkzeuge, 2 an").await;
    german(&browser.0);
    for (command, words) in [
        ("list", "*Du hast 2 Verbindungen*"),
        ("test", "funktioniert: 3 Werkzeuge"),
        ("usage", "Heute: 1 Frage"),
        ("disconnect", "Welche soll entfernt werden?"),
        ("test nosuch", "⚠️"),
    ] {
        let said = alice.asks_privately(&format!("/mcp {command}")).await;
        german(&said);
        let text = said.all_text();
        assert!(text.contains(words), "{command}: {text}");
        match command {
            "list" => assert_german!("german_list", said.blocks),
            "test" => assert_german!("german_test", said.blocks),
            _ => {}
        }
    }
    let before = alice.private_messages().len();
    alice.says("@patchbay tools sqlite").await;
    let tools = alice.private_message_after(before).await;
    assert_german!("german_tools", tools.blocks);

    let home = opens_home(&world, "alice").await;
    german(&home.0);
    let text = home.all_text();
    for words in [
        "Du hast 2.",
        "_beantwortet, ",
        "(100 % erfolgreich)",
        "Fragen pro Tag",
        "Nur Admins sehen diesen Abschnitt",
        "Heute hat 1 Person gefragt",
    ] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
    let days = ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"];
    let chart = text.split("```").nth(1).expect("no chart").trim();
    let named = |line: &str| days.iter().any(|day| line.split(' ').next() == Some(day));
    assert_eq!(
        chart.lines().filter(|line| named(line)).count(),
        7,
        "{chart}"
    );
    assert_german!("german_home", without_days(&home));

    let before = alice.private_messages().len();
    alice.types("/mcp disconnect archive").await;
    let sure = alice.private_message_after(before).await;
    assert_german!("german_ask_disconnect", sure.blocks);
    assert!(alice.clicks(&sure, "Trennen").await.ok);
    let gone = |_: &Sim| {
        let mut private = alice.private_messages().into_iter();
        private.find(|message| message.all_text().contains("`archive` ist getrennt"))
    };
    german(&world.sim.until(PATIENCE, gone).await.expect("not gone"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_german_is_asked_before_anything_changes() {
    let world = in_german(World::start().await).await;
    let github = GitHub::start().await;
    github.has_repo("acme/shop", 3, "A shop");
    let alice = world.alice();
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    german(&alice.connects("github", fields).await);
    let question = "@patchbay create an issue in acme/shop titled \"The door sticks\"";
    let ts = alice.says(question).await;
    let card = alice.is_asked_to_decide(&ts).await;
    assert_german!("german_approval", card.blocks);
    assert!(world.bob().clicks(&card, "Erlauben").await.ok);
    let told = world.bob().private_message_after(0).await;
    german(&told);
    assert!(told.all_text().contains("wer gefragt hat"), "{told:?}");
    assert!(alice.clicks(&card, "Ablehnen").await.ok);
    let over = |message: &Message| {
        let text = message.all_text();
        !message.ephemeral && !message.is_growing() && text.contains("nicht erlaubt")
    };
    german(&alice.reply_when(&ts, over).await.blocks);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_german_stops_an_answer() {
    let writer = Writer::start().await;
    let world = in_german(World::written_by(&writer, |_| {}).await).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay erzähl mir alles").await;
    writer.writes("Es war einmal ");
    let begun = |message: &Message| message.all_text().contains("Es war einmal");
    alice.reply_when(&ts, begun).await;
    world.sim.stop_session("bob", "general", &ts).unwrap();
    let over = |message: &Message| message.all_text().contains("Angehalten von");
    assert_german!("german_stopped", alice.reply_when(&ts, over).await.blocks);
    let home = opens_home(&world, "alice").await;
    german(&home.0);
    assert!(home.all_text().contains("_angehalten, "), "{home:?}");
    world.stop().await;
}

#[test]
fn what_ends_a_run_reads_well_in_german() {
    let run = || RunId::new("run_0");
    let unknown = || vec!["sales__create_issue".to_owned()];
    let posts = [
        ("working", Post::thinking()),
        (
            "failed",
            Post::Failed {
                message: text!("Something went wrong on my side."),
                hint: Some(text!("Try again.")),
                reference: "E-1".to_owned(),
                unknown: unknown(),
                run: run(),
            },
        ),
        (
            "stopped",
            Post::Stopped {
                by: Some(UserId::new("U1")),
                unknown: unknown(),
                run: run(),
            },
        ),
        (
            "interrupted",
            Post::Interrupted {
                unknown: Vec::new(),
                run: run(),
            },
        ),
        ("edited", withdrawn(Withdrawn::Edited, Vec::new())),
        ("taken back", withdrawn(Withdrawn::TakenBack, Vec::new())),
        ("deleted", withdrawn(Withdrawn::Deleted, unknown())),
    ];
    let said = posts.map(|(name, post)| {
        let message = render(Language::German, &post);
        (name, json!(message.blocks))
    });
    assert_german!("german_ends", BTreeMap::from(said));
}

fn withdrawn(why: Withdrawn, unknown: Vec<String>) -> Post {
    Post::Withdrawn { why, unknown }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_german_asks_about_a_message_and_is_welcomed() {
    let world = in_german(World::start().await).await;
    let (alice, bob) = (world.alice(), world.bob());
    let ts = bob.says("Haben wir *Bestellungen*?").await;
    let target = Target::Message {
        channel: alice.channel.to_owned(),
        ts,
    };
    let opened = world.sim.shortcut("alice", "ask_about", Some(target)).await;
    assert!(opened.ok, "{opened:?}");
    let form = alice.form_when(|view| view.callback_id() == "ask").await;
    german(&form.0);
    assert_german!("german_ask_about", form.blocks());
    let blank = alice.submits(&form, json!({ "question": "  " })).await;
    assert_eq!(blank.errors["question"], "Schreib, was du wissen möchtest.");

    world.sim.open_home("alice", "messages").await.unwrap();
    let direct = alice.in_channel("dm");
    let hello = |message: &Message| message.all_text().contains("Hallo, ich bin Patchbay");
    let welcome = |_: &Sim| direct.replies_anywhere().into_iter().find(hello);
    let welcome = world
        .sim
        .until(PATIENCE, welcome)
        .await
        .expect("no welcome");
    assert_german!("german_welcome", welcome.blocks);
    let suggested = |sim: &Sim| {
        let calls = sim.calls("assistant.threads.setSuggestedPrompts");
        calls.first().cloned()
    };
    let prompts = world
        .sim
        .until(PATIENCE, suggested)
        .await
        .expect("no prompts");
    assert!(
        format!("{prompts:?}").contains("Meine Daten ansehen"),
        "{prompts:?}"
    );
    german(&prompts);

    // Whoever invited it is who it thanks.
    world.sim.add_channel("sales", false).unwrap();
    world.sim.invite_by("bob", "sales", "patchbay").unwrap();
    let bob = bob.in_channel("sales");
    let thanks = |message: &Message| message.all_text().contains("Danke für die Einladung");
    let joined = |_: &Sim| bob.replies_anywhere().into_iter().find(thanks);
    german(&world.sim.until(PATIENCE, joined).await.expect("no thanks"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_their_language_is_answered_in_it_from_then_on() {
    let world = World::start().await;
    let bob = world.bob();
    let reply = bob.asks_privately("/mcp list").await;
    assert!(
        reply.all_text().contains("You have no connections yet"),
        "{reply:?}"
    );
    world.sim.set_locale("bob", "de-DE").unwrap();
    let told = |sim: &Sim| {
        let mut entries = sim.log(0).into_iter();
        entries.find(|entry| entry.what == "user_change" && entry.status.as_deref() == Some("ok"))
    };
    world
        .sim
        .until(PATIENCE, told)
        .await
        .expect("Slack said so");
    // The acknowledgement comes before it is heeded.
    let german = async || {
        let reply = bob.asks_privately("/mcp list").await;
        reply.all_text().contains("Du hast noch keine Verbindungen")
    };
    for _ in 0..20 {
        if german().await {
            return world.stop().await;
        }
    }
    panic!("bob is still answered in English");
}
