//! What is counted of answers that were cut off, and that every screen counts the same.

use patchbay::store::UseOf;
use serde_json::json;
use slack_sim::{Fault, FaultKind};
use sqlx::Connection as _;

use super::files::files;
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
    what_was_done_and_what_it_cost_is_drawn_for_each_day,
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

/// The content of the file that is last in their conversation with the bot, once there is one.
async fn file_sent_to(world: &World, name: &str) -> String {
    let direct = world.person(name).in_channel("dm");
    let look = |_: &slack_sim::Sim| {
        let messages = direct.replies_anywhere();
        files(&messages).last().map(|file| file["id"].clone())
    };
    let id = world.sim.until(PATIENCE, look).await;
    let id = id.unwrap_or_else(|| panic!("no file for {name}"));
    let content = world.sim.open_file(name, id.as_str().unwrap()).unwrap();
    String::from_utf8(content.to_vec()).unwrap()
}

on_both_engines!(
    what_one_used_is_sent_to_them_as_a_file,
    only_admins_get_what_everybody_used,
);

async fn what_one_used_is_sent_to_them_as_a_file(engine: Engine) {
    let world = World::start_on(engine, patchbay::slack::Transport::Socket).await;
    let (alice, bob) = (world.alice(), world.bob());
    let nothing = alice.asks_privately("/mcp usage export").await.all_text();
    assert!(nothing.contains("nothing to export"), "{nothing}");
    for person in [alice, bob] {
        person.connects("sqlite", serde_json::json!({})).await;
        person.asks("@patchbay which tables are there?").await;
    }
    let shown = alice.asks_privately("/mcp usage").await;
    assert!(shown.all_text().contains("1 tool used today"), "{shown:?}");
    assert!(alice.clicks(&shown, "Export as CSV").await.ok);
    let file = file_sent_to(&world, "alice").await;
    let lines: Vec<&str> = file.split("\r\n").collect();
    assert!(lines[0].starts_with("at,kind,question,"), "{file}");
    let (calls, completions): (Vec<&str>, Vec<&str>) = lines[1..]
        .iter()
        .filter(|line| !line.is_empty())
        .partition(|line| line.contains(",tool_call,"));
    assert_eq!(calls.len(), 1, "{file}");
    assert!(
        calls[0].contains(",sqlite,sqlite,list_tables,,worked,"),
        "{file}"
    );
    assert!(completions.len() >= 2, "{file}");
    assert!(completions[0].contains(",demo/"), "{file}");
    assert!(completions[0].contains(",0.000000000,"), "{file}");
    // Nobody else's, and no words.
    let bobs = world.principal("bob").user;
    assert!(
        !file.contains(bobs.as_str()) && !file.contains("which tables"),
        "{file}"
    );
    world.stop().await;
}

async fn only_admins_get_what_everybody_used(engine: Engine) {
    let world = World::start_on(engine, patchbay::slack::Transport::Socket).await;
    let (alice, bob) = (world.alice(), world.bob());
    alice.connects("sqlite", serde_json::json!({})).await;
    alice.asks("@patchbay which tables are there?").await;
    // Forged: a Home of somebody who is no admin has no such button.
    let click = |action: &str| {
        crate::world::handmade(
            "interactive",
            serde_json::json!({
                "type": "block_actions",
                "team": { "id": "T0SIM0001" },
                "user": { "id": world.principal("bob").user, "team_id": "T0SIM0001" },
                "trigger_id": "1.forged",
                "channel": { "id": "C0GENERAL1" },
                "actions": [{ "action_id": action, "value": "", "action_ts": "1.1" }],
            }),
        )
    };
    world.sim.deliver(click("export_workspace")).await;
    let refused = bob.private_message_after(0).await.all_text();
    assert!(refused.contains("Only an admin"), "{refused}");
    assert!(world.sim.calls("files.getUploadURLExternal").is_empty());

    world.sim.set_admin("bob", true).unwrap();
    let home = opens_home(&world, "bob").await;
    assert!(home.all_text().contains("*By tool*"), "{}", home.all_text());
    assert!(bob.clicks_in(&home, "Export as CSV").await.ok);
    let file = file_sent_to(&world, "bob").await;
    let alices = world.principal("alice").user;
    let line = format!("T0SIM0001,{},", alices.as_str());
    assert!(
        file.starts_with("team,person,at,") && file.contains(&line),
        "{file}"
    );
    assert!(!file.contains("which tables"), "{file}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_the_use_is_suggested() {
    let world = World::start().await;
    let alice = world.alice();
    alice.connects("sqlite", serde_json::json!({})).await;
    let person = world.principal("alice");
    let connection = world.app.connections.list(&person).await.unwrap().remove(0);
    for success in [false, false, true, false, false] {
        let row = patchbay::store::ToolUsageRow {
            connection: connection.id.clone(),
            asker: person.clone(),
            run: None,
            agent: "slack-agent".to_owned(),
            service: "sqlite".to_owned(),
            tool: "execute_sql".to_owned(),
            millis: 40.0,
            success,
            error: None,
            tokens_saved: 1_000,
            result_tokens: 9_000,
            cost: Some(patchbay::domain::money::NanoDollars(2_000_000)),
            at: world.app.clock.now(),
        };
        world.app.store.record_tool_usage(&row).await.unwrap();
    }
    let said = alice.asks_privately("/mcp usage").await.all_text();
    for words in [
        "failed 4 of 5 times in the last 7 days",
        "about 9000 tokens each",
        "about 5000 tokens saved",
        "$0.0100 for the calls themselves · 40 ms each",
        "`execute_sql` (sqlite)  5 calls (20% worked)",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let home = opens_home(&world, "alice").await.all_text();
    assert!(home.contains("failed 4 of 5 times"), "{home}");
    world.stop().await;
}

/// The charts of a message: the title of each, and the sum of all numbers of each of its series.
fn charts(blocks: &[serde_json::Value]) -> Vec<(String, Vec<f64>)> {
    let charts = blocks
        .iter()
        .filter(|block| block["type"] == "data_visualization");
    let sum = |series: &serde_json::Value| {
        let points = series["data"].as_array().unwrap();
        assert_eq!(points.len(), 7, "one for each day");
        points.iter().filter_map(|it| it["value"].as_f64()).sum()
    };
    charts
        .map(|chart| {
            let series = chart["chart"]["series"].as_array().unwrap();
            let title = chart["title"].as_str().unwrap().to_owned();
            (title, series.iter().map(sum).collect())
        })
        .collect()
}

async fn what_was_done_and_what_it_cost_is_drawn_for_each_day(engine: Engine) {
    let writer = Writer::start().await;
    let world = World::start_with(engine, patchbay::slack::Transport::Socket, |config| {
        answered_by(config, writer.provider());
        // A thousand dollars for a million tokens: a tenth of a cent each.
        let prices = r#"{"version": "ours-1", "prices": {"house/any": {"input": 1000, "output": 1000, "own": true}}}"#;
        std::fs::write(&config.models.prices_file, prices).unwrap();
    })
    .await;
    let alice = world.alice();
    alice.connects("sqlite", json!({})).await;
    let ts = alice.says("@patchbay which tables are there?").await;
    writer.calls("sqlite__list_tables", json!({}));
    writer.ends();
    writer.answers("There are some.");
    alice.whole_answer_to(&ts).await;
    let said = alice.asks_privately("/mcp usage").await;
    let drawn = charts(&said.blocks);
    let day = "Questions and tool calls a day".to_owned();
    assert_eq!(drawn[0], (day, vec![1.0, 1.0]));
    let (title, cost) = &drawn[1];
    assert_eq!(title, "Estimated cost a day, in US dollars");
    let totals = UseOf::Person(&world.principal("alice"));
    let totals = world.app.store.totals(totals, chrono::DateTime::UNIX_EPOCH);
    let total = totals.await.unwrap().cost.0 as f64 / 1e9;
    assert!(
        total > 0.0 && (cost[0] - total).abs() < 0.000_051,
        "{cost:?} {total}"
    );
    assert_eq!(
        charts(&world.bob().asks_privately("/mcp usage").await.blocks),
        []
    );

    // Forms and Homes may have no charts: there it is said in words.
    let home = opens_home(&world, "alice").await;
    assert_eq!(charts(home.blocks()), []);
    assert!(alice.clicks_in(&home, "More").await.ok);
    let opened = alice
        .form_when(|view| view.all_text().contains("Your usage"))
        .await;
    assert_eq!(charts(opened.blocks()), []);
    let text = opened.all_text();
    assert!(
        text.contains("Questions: ") && text.contains("US dollars: "),
        "{text}"
    );
    world.stop().await;
}

/// A Slack that does not know charts yet: the answer comes all the same.
#[tokio::test(flavor = "multi_thread")]
async fn where_slack_draws_no_charts_the_numbers_are_said() {
    let world = World::start().await;
    let alice = world.alice();
    alice.asks("@patchbay help me").await;
    let unknown = |on: &str| Fault::new(on, FaultKind::OkFalse).error("invalid_blocks");
    world.sim.fault(unknown("response_url"));
    world.sim.fault(unknown("chat.postEphemeral"));
    let before = alice.private_messages().len();
    assert!(alice.types("/mcp usage").await.ok);
    let said = alice.private_message_after(before).await;
    assert_eq!(charts(&said.blocks), []);
    let text = said.all_text();
    assert!(
        text.contains("Questions and tool calls a day") && text.contains("Questions: "),
        "{text}"
    );
    world.stop().await;
}
