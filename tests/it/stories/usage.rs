//! What is counted of answers that were cut off, and that every screen counts the same.

use patchbay::store::UseOf;
use sqlx::Connection as _;

use super::home::opens_home;
use super::live::begins_a_tale;
use crate::fakes::writer::Writer;
use crate::world::{Engine, PATIENCE, World, answered_by};

/// What `/mcp usage` says, once it says this.
async fn usage_saying(world: &World, words: &str) -> String {
    let alice = world.alice();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let said = alice.asks_privately("/mcp usage").await.all_text();
        if said.contains(words) {
            return said;
        }
        assert!(tokio::time::Instant::now() < deadline, "{words}: {said}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// What is counted: completions whose tokens are our estimate, and all tokens.
async fn counted(world: &World) -> (i64, i64) {
    let (alice, ever) = (world.principal("alice"), chrono::DateTime::UNIX_EPOCH);
    let of = UseOf::Person(&alice);
    let totals = world.app.store.totals(of, ever).await.unwrap();
    (totals.estimated, totals.tokens)
}

macro_rules! on_both_engines {
    ($($story:ident),* $(,)?) => {$(
        mod $story {
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                super::$story(crate::world::Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                super::$story(crate::world::Engine::Postgres).await;
            }
        }
    )*};
}

on_both_engines!(
    an_answer_that_is_stopped_is_counted_and_its_retry_as_well,
    an_answer_that_breaks_off_is_counted_as_far_as_it_came,
    a_question_that_no_model_worked_on_is_a_question_all_the_same,
);

async fn written_by(writer: &Writer, engine: Engine) -> World {
    World::start_with(engine, patchbay::slack::Transport::Socket, |config| {
        answered_by(config, writer.provider());
    })
    .await
}

async fn an_answer_that_is_stopped_is_counted_and_its_retry_as_well(engine: Engine) {
    let writer = Writer::start().await;
    let world = written_by(&writer, engine).await;
    let alice = world.alice();
    let ts = begins_a_tale(alice, &writer).await;
    world.sim.stop_session("alice", "general", &ts).unwrap();
    let stopped = alice
        .reply_when(&ts, |message| message.all_text().contains("Stopped."))
        .await;
    let said = usage_saying(&world, "about ").await;
    assert!(said.contains("Today: 1 question "), "{said}");
    assert!(said.contains("unpriced"), "{said}");
    let (estimated, tokens) = counted(&world).await;
    // What was asked is counted as well.
    assert!(estimated == 1 && tokens > 9, "{estimated} {tokens}");

    writer.answers("A king there was.");
    assert!(alice.clicks(&stopped, "Retry").await.ok);
    alice
        .reply_when(&ts, |message| {
            message.all_text().contains("A king there was.") && !message.is_growing()
        })
        .await;
    assert_eq!(counted(&world).await, (1, tokens + 15));
    let said = usage_saying(&world, "Today: 2 questions").await;
    assert!(said.contains("`house/any`  2 questions · about"), "{said}");
    let home = opens_home(&world, "alice").await.all_text();
    assert!(
        home.contains("Today: 2 questions") && home.contains("████████████████ 2"),
        "{home}"
    );
    world.stop().await;
}

/// A statement that never ends: as of a server that is silent in the middle of an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_gives_its_place_back_while_storage_is_silent() {
    let writer = Writer::start().await;
    let world = written_by(&writer, Engine::Postgres).await;
    let alice = world.alice();
    let ts = begins_a_tale(alice, &writer).await;
    let url = &world.app.config.database.url;
    let mut locking = sqlx::PgConnection::connect(url).await.unwrap();
    let lock = "begin; lock table completion_usage in access exclusive mode";
    sqlx::raw_sql(lock).execute(&mut locking).await.unwrap();
    world.sim.stop_session("alice", "general", &ts).unwrap();
    let deadline = tokio::time::Instant::now() + 3 * PATIENCE;
    while !world.app.runs.is_idle() {
        assert!(tokio::time::Instant::now() < deadline, "it waits for ever");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    locking.close().await.unwrap();
    world.stop().await;
}

async fn an_answer_that_breaks_off_is_counted_as_far_as_it_came(engine: Engine) {
    let writer = Writer::start().await;
    let world = written_by(&writer, engine).await;
    let alice = world.alice();
    writer.writes("Once upon a time ");
    let ts = alice.says("@patchbay tell me everything").await;
    alice
        .reply_when(&ts, |message| message.all_text().contains("Once upon"))
        .await;
    writer.breaks_off();
    alice
        .reply_when(&ts, |message| message.all_text().contains('⚠'))
        .await;
    let said = usage_saying(&world, "about ").await;
    assert!(said.contains("Today: 1 question "), "{said}");
    let (estimated, tokens) = counted(&world).await;
    assert!(estimated == 1 && tokens > 5, "{estimated} {tokens}");
    // What the provider counted before it gave up is what counts.
    writer.writes("Once upon a time ");
    writer.ends_for("length");
    let ts = alice.says("@patchbay tell me more").await;
    alice
        .reply_when(&ts, |message| message.all_text().contains('⚠'))
        .await;
    assert_eq!(counted(&world).await, (1, tokens + 15));
    world.stop().await;
}

async fn a_question_that_no_model_worked_on_is_a_question_all_the_same(engine: Engine) {
    let writer = Writer::start().await;
    let world = written_by(&writer, engine).await;
    let alice = world.alice();
    writer.refuses();
    let answer = alice.asks("@patchbay hello").await.all_text();
    assert!(answer.contains('⚠'), "{answer}");
    assert_eq!(counted(&world).await, (0, 0));
    let said = usage_saying(&world, "Today: 1 question ").await;
    assert!(said.contains("0 tokens"), "{said}");
    let home = opens_home(&world, "alice").await.all_text();
    assert!(home.contains("Today: 1 question "), "{home}");
    // Forgotten with its question, it is not counted; what was used stays counted.
    writer.answers("Hello.");
    alice.asks("@patchbay hello again").await;
    usage_saying(&world, "Total: 2 questions").await;
    let later = world.app.clock.now() + std::time::Duration::from_secs(60);
    assert_eq!(world.app.store.forget_runs(later).await.unwrap(), 2);
    let said = usage_saying(&world, "Total: 1 question ").await;
    assert!(said.contains("house/any"), "{said}");
    world.stop().await;
}
