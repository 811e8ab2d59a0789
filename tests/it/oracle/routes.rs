//! The strings sent the way they would come: rows, issues, arguments, names, questions, words of a model.

use patchbay::config::Config;
use serde_json::json;
use slack_sim::{Message, Reference, ReferenceKind, references};
use sqlx::Connection as _;

use super::strings::{PAYLOADS, hostile};
use super::{judge_all, judge_thread, wrong_with};
use crate::fakes::github::{GitHub, TOKEN};
use crate::fakes::parrot::Parrot;
use crate::fakes::postgres::Postgres;
use crate::fakes::writer::Writer;
use crate::stories::home::opens_home;
use crate::stories::surfaces::form_saying;
use crate::world::{Person, World};

/// Rows, issues or strings that go through in one answer.
const BATCH: usize = 58;

async fn repeated_by(parrot: &Parrot) -> World {
    World::start_model(parrot.provider(), |_| {}).await
}

/// One `insert` for all strings, each with a mark to find it by.
fn rows() -> String {
    let rows = hostile().into_iter().enumerate().map(|(id, text)| {
        let text = text.replace('\'', "''");
        format!("({id}, 'row-{id}- {text}')")
    });
    let rows: Vec<_> = rows.collect();
    format!(
        "create table notes (id integer primary key, note text not null); insert into notes values {}",
        rows.join(", ")
    )
}

/// Has all rows read and repeated, a batch an answer, and judges the answers.
async fn rows_are_repeated(world: &World, parrot: &Parrot, connection: &str) {
    let alice = world.alice();
    let total = hostile().len();
    for from in (0..total).step_by(BATCH) {
        let query = format!("select note from notes where id >= {from} order by id limit {BATCH}");
        parrot.will_call(
            &format!("{connection}__execute_sql"),
            json!({ "query": query }),
        );
        let ts = alice.says("@patchbay read me the notes").await;
        alice.whole_answer_to(&ts).await;
        let texts = judge_thread(world, &ts);
        for id in from..total.min(from + BATCH) {
            assert!(
                texts.contains(&format!("row-{id}-")),
                "row {id} is missing in {texts}"
            );
        }
    }
    assert!(judge_all(&world.sim) > total / BATCH);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_sqlite_database() {
    let parrot = Parrot::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.db");
    let url = format!("sqlite:{}?mode=rwc", file.display());
    let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let rows = sqlx::AssertSqlSafe(rows());
    sqlx::raw_sql(rows).execute(&mut database).await.unwrap();
    let with_notes = |config: &mut Config| {
        config
            .tools
            .sqlite_databases
            .insert("notes".to_owned(), file.clone());
    };
    let world = World::start_model(parrot.provider(), with_notes).await;
    let fields = json!({ "file": "notes", "connection-name": "notes" });
    world.alice().connects("sqlite", fields).await;
    rows_are_repeated(&world, &parrot, "notes").await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_postgres_database() {
    let parrot = Parrot::start().await;
    let database = Postgres::shared().create_database().await;
    database.run(&rows()).await;
    let world = repeated_by(&parrot).await;
    let fields = json!({ "url": database.reader, "connection-name": "notes" });
    world.alice().connects("postgres", fields).await;
    rows_are_repeated(&world, &parrot, "notes").await;
    world.stop().await;
}

async fn connects_github(alice: Person<'_>, github: &GitHub) {
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    alice.connects("github", fields).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn issues_that_strangers_wrote() {
    let parrot = Parrot::start().await;
    let github = GitHub::start().await;
    let hostile = hostile();
    for (number, batch) in hostile.chunks(BATCH).enumerate() {
        let repo = format!("acme/repo{number}");
        github.has_repo(&repo, 1, &batch[0]);
        for (index, text) in batch.iter().enumerate() {
            github.has_issue(&repo, &format!("issue-{index}- {text}"), &[text]);
        }
    }
    let world = repeated_by(&parrot).await;
    let alice = world.alice();
    connects_github(alice, &github).await;
    for (number, batch) in hostile.chunks(BATCH).enumerate() {
        let arguments =
            json!({ "owner": "acme", "repo": format!("repo{number}"), "limit": batch.len() });
        parrot.will_call("github__get_issues", arguments);
        let ts = alice.says("@patchbay which issues are there?").await;
        alice.whole_answer_to(&ts).await;
        let texts = judge_thread(&world, &ts);
        for index in 0..batch.len() {
            assert!(
                texts.contains(&format!("issue-{index}-")),
                "issue {index} is missing in {texts}"
            );
        }
    }
    judge_all(&world.sim);
    world.stop().await;
}

/// What a call would do is shown whole before it is done, whoever thought of its arguments.
#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_wait_for_a_yes() {
    let parrot = Parrot::start().await;
    let github = GitHub::start().await;
    github.has_repo("acme/shop", 1, "A shop");
    let world = repeated_by(&parrot).await;
    let alice = world.alice();
    connects_github(alice, &github).await;
    for batch in hostile().chunks(20) {
        let arguments = json!({
            "owner": "acme", "repo": "shop", "title": batch[0], "body": batch.join("\n"), "labels": batch,
        });
        parrot.will_call("github__create_issue", arguments);
        let ts = alice.says("@patchbay open an issue").await;
        let asks = |message: &Message| {
            !message.is_growing() && message.buttons().contains(&"Deny".to_owned())
        };
        let card = alice.reply_when(&ts, asks).await;
        judge_thread(&world, &ts);
        assert!(alice.clicks(&card, "Deny").await.ok);
        alice.whole_answer_to(&ts).await;
        judge_thread(&world, &ts);
    }
    judge_all(&world.sim);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_a_model_as_it_writes_them() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    for batch in hostile().chunks(145) {
        let ts = alice.says("@patchbay say it").await;
        for text in batch {
            // In the middle of a string as well.
            let middle = text.floor_char_boundary(text.len() / 2);
            writer.writes(&text[..middle]);
            writer.writes(&text[middle..]);
            writer.writes("\n\n");
        }
        writer.ends();
        alice.whole_answer_to(&ts).await;
        judge_thread(&world, &ts);
    }
    judge_all(&world.sim);
    world.stop().await;
}

/// Whether a link leads into the workspace itself, to one of its messages.
fn leads_to(world: &World, reference: &Reference) -> bool {
    reference
        .target
        .starts_with(&format!("{}/archives/C0GENERAL1/p", world.sim.url()))
}

/// Names that people type, questions that the Home, usage and lists repeat, messages that a form quotes.
#[tokio::test(flavor = "multi_thread")]
async fn what_people_type_and_every_screen_that_repeats_it() {
    let world = World::start().await;
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    for (number, text) in PAYLOADS.iter().enumerate() {
        let ts = alice.says(&format!("@patchbay {text} which tables?")).await;
        alice.answer_to(&ts).await;
        let about = slack_sim::Target::Message {
            channel: "general".to_owned(),
            ts: ts.clone(),
        };
        assert!(
            world
                .sim
                .shortcut("alice", "ask_about", Some(about))
                .await
                .ok
        );
        let form = alice.form_when(|view| view.callback_id() == "ask").await;
        let wrong = wrong_with(&form.0, form.references(), |_| false);
        assert!(wrong.is_empty(), "{text:?} gave {wrong:#?} in {form:#?}");
        world.sim.close("alice", form.id()).await.unwrap();
        for verb in ["test", "tools", "disconnect", "model", "nonsense"] {
            alice.asks_privately(&format!("/mcp {verb} {text}")).await;
        }
        if number % 7 == 0 || number == PAYLOADS.len() - 1 {
            let home = opens_home(&world, "alice").await;
            let wrong = wrong_with(&home.0, home.references(), |reference| {
                match reference.kind {
                    ReferenceKind::Date => true,
                    ReferenceKind::User => reference.target == "U0BOT0001",
                    ReferenceKind::Link => {
                        reference.words.as_deref() == Some("open") && leads_to(&world, reference)
                    }
                    _ => false,
                }
            });
            assert!(wrong.is_empty(), "{wrong:#?} in {home:#?}");
        }
    }
    for verb in ["list", "usage", "model", "help"] {
        alice.types(&format!("/mcp {verb}")).await;
    }
    // Of two forms that are asked for at once either may be on top.
    alice.types("/mcp tools sqlite").await;
    form_saying(alice, "3 tools").await;
    assert!(alice.types("/mcp connect sqlite").await.ok);
    for text in hostile() {
        let form = alice
            .form_when(|view| view.callback_id() == "connect")
            .await;
        let outcome = alice
            .submits(&form, json!({ "connection-name": text }))
            .await;
        // Names are of letters, digits and dashes, so no screen has another one in it.
        assert!(!outcome.errors.is_empty(), "{text:?}: {outcome:?}");
        let told = json!(outcome.errors);
        let wrong = wrong_with(&told, references(&told), |_| false);
        assert!(wrong.is_empty(), "{text:?} gave {wrong:#?} in {told}");
    }
    world.stop().await;
}
