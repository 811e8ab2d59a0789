//! Kill -9 at any moment between the acknowledgement and the answer: one visible outcome, always.

pub mod site;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use slack_sim::{Click, Fault, FaultKind, Sim};

use self::site::{
    DEMO, PATIENCE, Site, look_of, replies, reply_when, written_by, written_whole_by,
};
use crate::fakes::github::GitHub;
use crate::fakes::postgres::Postgres;
use crate::fakes::silent;
use crate::fakes::writer::Writer;
use crate::stories::files::{files, very_long_answer};
use crate::stories::long::{is_whole, long_answer, texts};

/// A run that was bought from a model, when the bot died: told, with a Retry that asks again in
/// the same message.
async fn killed_while_the_model_thinks(site: Site) {
    let sim = &site.sim;
    let model = silent::server().await;
    let slow = [
        ("PATCHBAY_MODELS__DEFAULT", "slow/any"),
        (
            "PATCHBAY_MODELS__PROVIDERS__SLOW__KIND",
            "openai_compatible",
        ),
        ("PATCHBAY_MODELS__PROVIDERS__SLOW__BASE_URL", model.url()),
        ("PATCHBAY_MODELS__PROVIDERS__SLOW__MODELS", "[\"any\"]"),
    ];
    let bot = site.connected(&slow).await;
    let ts = site.asks("help me").await;
    reply_when(sim, &ts, |text| text.starts_with('⏳')).await;
    model.was_asked(PATIENCE).await;
    bot.kill();

    let _bot = site.start(DEMO);
    let told = reply_when(sim, &ts, |text| text.contains("I was interrupted")).await;
    assert_eq!(told.buttons(), ["Retry"]);
    let other = sim.click("bob", Click::label(&told, "Retry")).await;
    assert!(other.ok);
    let clicked = sim.click("alice", Click::label(&told, "Retry")).await;
    assert!(clicked.ok, "{clicked:?}");
    reply_when(sim, &ts, |text| {
        !text.starts_with('⏳') && !text.contains("I was interrupted")
    })
    .await;
    assert_eq!(replies(sim, &ts).len(), 1, "{:#?}", replies(sim, &ts));
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_model_thinks_on_sqlite() {
    killed_while_the_model_thinks(Site::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_model_thinks_on_postgres() {
    let database = Postgres::shared().create_database().await;
    killed_while_the_model_thinks(Site::on(|_| database.owner.clone()).await).await;
}

/// Killed in the middle of a word: what was read stays, the outcome comes below it, and Retry
/// answers there.
#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_writes_its_words_stay() {
    let site = Site::on_sqlite().await;
    let sim = &site.sim;
    let writer = Writer::start().await;
    let url = writer.provider().base_url.unwrap();
    let bot = site.connected(&written_by(&url)).await;
    let ts = site.asks("how is it done?").await;
    writer.writes("Three things stand out:\n\n```rust\nlet x = 1;\nlet y");
    reply_when(sim, &ts, |text| text.contains("let x = 1;")).await;
    bot.kill();

    let _bot = site.start(&written_by(&url));
    let told = reply_when(sim, &ts, |text| text.contains("I was interrupted")).await;
    let all = replies(sim, &ts);
    assert_eq!(all.len(), 2, "{all:#?}");
    let stays = look_of(&all[0]);
    assert!(
        stays.contains("let x = 1;") && !stays.contains(['⏳', '⚠']),
        "{stays}"
    );
    assert_eq!(
        stays.matches("```").count(),
        2,
        "open code is closed: {stays}"
    );
    assert_eq!(told.ts, all[1].ts);
    let clicked = sim.click("alice", Click::label(&told, "Retry"));
    assert!(clicked.await.ok);
    writer.answers("It is done like this.");
    reply_when(sim, &ts, |text| text.contains("tokens")).await;
    let all = replies(sim, &ts);
    assert_eq!(all.len(), 2, "{all:#?}");
    assert_eq!(look_of(&all[0]), stays);
    assert!(
        all[1].all_text().contains("It is done like this."),
        "{all:#?}"
    );
    sim.stop().await;
}

/// Killed when a call waits for a yes and its question is not asked yet: it is asked after the
/// restart, below what was read.
#[tokio::test(flavor = "multi_thread")]
async fn killed_before_a_decision_is_asked_it_is_asked_below_the_words() {
    let site = Site::on_sqlite().await;
    let sim = &site.sim;
    let (writer, github) = (Writer::start().await, GitHub::start().await);
    github.has_repo("acme/shop", 3, "A shop");
    let url = writer.provider().base_url.unwrap();
    let bot = site.connected(&written_by(&url)).await;
    site.connects_github(&github.url).await;

    let ts = site.asks("write down that the door sticks").await;
    let later = Fault::new("chat.stopStream", FaultKind::RateLimited).retry_after(20);
    sim.fault(later);
    writer.writes("I will write it down.");
    let issue = json!({ "owner": "acme", "repo": "shop", "title": "The door sticks" });
    writer.calls("github__create_issue", issue);
    writer.ends();
    let tried = |sim: &Sim| (!sim.calls("chat.stopStream").is_empty()).then_some(());
    sim.until(PATIENCE, tried).await.expect("the stream's end");
    bot.kill();
    sim.clear_faults();

    let _bot = site.start(&written_by(&url));
    let asked = reply_when(sim, &ts, |text| text.contains("May I run")).await;
    let all = replies(sim, &ts);
    assert_eq!(all.len(), 2, "{all:#?}");
    let stays = look_of(&all[0]);
    assert!(stays.contains("I will write it down."), "{stays}");
    assert!(!stays.contains('⏳'), "{stays}");
    assert_eq!(asked.ts, all[1].ts);
    let clicked = sim.click("alice", Click::label(&asked, "Approve"));
    assert!(clicked.await.ok);
    writer.answers("It is written down.");
    reply_when(sim, &ts, |text| text.contains("It is written down.")).await;
    sim.stop().await;
}

/// Killed when the first message of a long answer is out and the second, and again when Slack has
/// the second and nobody heard of it.
#[tokio::test(flavor = "multi_thread")]
async fn killed_between_two_messages_of_an_answer_each_comes_once() {
    let site = Site::on_sqlite().await;
    let sim = &site.sim;
    let writer = Writer::start().await;
    let url = writer.provider().base_url.unwrap();
    let model = written_whole_by(&url);
    let later = |kind: FaultKind| {
        sim.clear_faults();
        sim.fault(Fault::new("chat.postMessage", kind).retry_after(20));
    };
    let bot = site.connected(&model).await;
    let ts = site.asks("list them").await;
    reply_when(sim, &ts, |text| text.starts_with('⏳')).await;
    later(FaultKind::RateLimited);
    writer.writes(&long_answer());
    writer.ends();
    reply_when(sim, &ts, |text| text.contains("All of them")).await;
    bot.kill();
    assert_eq!(replies(sim, &ts).len(), 1);

    later(FaultKind::LostReply);
    let bot = site.start(&model);
    let two = |sim: &Sim| (replies(sim, &ts).len() == 2).then_some(());
    sim.until(PATIENCE, two).await.expect("the second message");
    bot.kill();

    sim.clear_faults();
    let _bot = site.start(&model);
    reply_when(sim, &ts, |text| text.contains("tokens")).await;
    let all = texts(&replies(sim, &ts));
    assert_eq!(all.len(), 3, "{all:#?}");
    is_whole(&all);
    sim.stop().await;
}

/// Killed when the content of a file is with Slack and nobody sees it, and again when the thread
/// shows it and nobody heard of that.
#[tokio::test(flavor = "multi_thread")]
async fn killed_around_a_file_it_is_there_once() {
    const SHARE: &str = "files.completeUploadExternal";
    let site = Site::on_sqlite().await;
    let sim = &site.sim;
    let writer = Writer::start().await;
    let url = writer.provider().base_url.unwrap();
    let model = written_whole_by(&url);
    let later = |kind: FaultKind| {
        sim.clear_faults();
        sim.fault(Fault::new(SHARE, kind).retry_after(20));
    };
    let tries = async |many: usize| {
        let tried = |sim: &Sim| (sim.calls(SHARE).len() >= many).then_some(());
        sim.until(PATIENCE, tried).await.expect("a try to share it");
    };
    let bot = site.connected(&model).await;
    let ts = site.asks("list them").await;
    reply_when(sim, &ts, |text| text.starts_with('⏳')).await;
    later(FaultKind::RateLimited);
    writer.answers(&very_long_answer());
    tries(1).await;
    bot.kill();
    assert!(files(&replies(sim, &ts)).is_empty());

    later(FaultKind::LostReply);
    let bot = site.start(&model);
    tries(2).await;
    bot.kill();
    assert_eq!(files(&replies(sim, &ts)).len(), 1);

    sim.clear_faults();
    let before = sim.calls("conversations.replies").len();
    let _bot = site.start(&model);
    let looked = |sim: &Sim| (sim.calls("conversations.replies").len() > before).then_some(());
    sim.until(PATIENCE, looked)
        .await
        .expect("a look for the file");
    // Whatever it still does comes before the answer to the next question.
    let next = site.asks("and now?").await;
    writer.answers("Nothing.");
    reply_when(sim, &next, |text| text.contains("Nothing.")).await;
    assert_eq!(sim.calls(SHARE).len(), 2);
    assert_eq!(sim.calls("files.getUploadURLExternal").len(), 1);
    assert_eq!(replies(sim, &ts).len(), 2, "{:#?}", replies(sim, &ts));
    sim.stop().await;
}

/// Killed at moments spread over the whole turn, from the acknowledgement on.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_a_question_has_one_outcome() {
    let site = Site::on_sqlite().await;
    let sim = &site.sim;
    for delay in [0, 2, 5, 9, 14, 20, 30, 60] {
        let bot = site.connected(DEMO).await;
        let ts = site.asks("help me").await;
        let acked = |sim: &Sim| {
            sim.log(0)
                .iter()
                .any(|entry| entry.ack_ms.is_some() && entry.body.to_string().contains(&ts))
                .then_some(())
        };
        sim.until(PATIENCE, acked)
            .await
            .expect("the question is acknowledged");
        tokio::time::sleep(Duration::from_millis(delay)).await;
        bot.kill();
        noticed(sim).await;
        let bot = site.start(DEMO);
        reply_when(sim, &ts, |text| !text.starts_with('⏳')).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(
            replies(sim, &ts).len(),
            1,
            "after {delay} ms: {:#?}",
            replies(sim, &ts)
        );
        bot.kill();
        noticed(sim).await;
    }
    sim.stop().await;
}

/// Waits until the workspace knows that the bot is gone: what is said before that goes to a socket
/// that nobody reads, and is only sent again when the workspace's clock says so.
async fn noticed(sim: &Sim) {
    let gone = |sim: &Sim| (sim.sockets() == 0).then_some(());
    let gone = sim.until(PATIENCE, gone).await;
    gone.expect("the sockets of a dead bot are closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_being_worked_on_is_answered_after_the_restart() {
    let site = Site::on_sqlite().await;
    let sim = &site.sim;
    let mute = silent::server().await;
    let bot = site.connected(DEMO).await;
    assert!(
        sim.command("alice", "general", "/mcp", "connect postgres")
            .await
            .ok
    );
    let form = sim
        .until(PATIENCE, |sim| sim.top_view("alice").unwrap())
        .await
        .unwrap();
    let url = format!("postgres://u:hunter2hunter2@127.0.0.1:{}/x", mute.port());
    let outcome = sim.submit("alice", form.id(), json!({ "url": url })).await;
    assert!(outcome.ok, "{outcome:?}");
    bot.kill();

    let _bot = site.start(DEMO);
    let told = |sim: &Sim| {
        let messages = sim.messages("alice", "general").unwrap();
        messages
            .into_iter()
            .find(|message| message.all_text().contains("I was restarted"))
    };
    let told = sim.until(PATIENCE, told).await.expect("alice is told");
    assert!(told.ephemeral);
    nothing_secret_in(
        site.folder.path(),
        &["hunter2hunter2", "xoxb-sim", "xapp-sim", "ticket="],
    );
    sim.stop().await;
}

/// Database, write-ahead log and the log at its most talkative: none holds any of these.
fn nothing_secret_in(folder: &Path, secrets: &[&str]) {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} is in {}", path.display());
        }
        files += 1;
    }
    assert!(
        files >= 3,
        "the database, its key and the log were looked at"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_ends_within_its_grace() {
    let site = Site::on_sqlite().await;
    let sim = &site.sim;
    let mut bot = site.connected(DEMO).await;
    let id = bot.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let deadline = Instant::now() + Duration::from_secs(25);
    let status = loop {
        if let Some(status) = bot.0.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "it does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(status.success(), "{status}");
    sim.stop().await;
}

/// Lines of the log so far, each of which is a JSON object.
fn logged(site: &Site) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(site.folder.path().join("bot.log")).unwrap();
    // The last line may be in the middle of being written.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_read_again_it_logs_by_the_level_and_counts_by_the_prices_of_now() {
    let site = Site::on_sqlite().await;
    let folder = site.folder.path();
    let file = folder.join("patchbay.toml");
    let logs = |level: &str| {
        let text = format!("[log]\nformat = \"json\"\nlevel = \"{level}\"\n");
        std::fs::write(&file, text).unwrap();
    };
    logs("error");
    let config = [
        ("PATCHBAY_CONFIG", file.to_str().unwrap()),
        ("PATCHBAY_MODELS__DEFAULT", "demo/demo"),
    ];
    let bot = site.connected(&config).await;
    site.asks("help me").await;
    let id = bot.0.id().to_string();
    let read_again = || {
        let told = Command::new("kill").args(["-HUP", &id]).status();
        assert!(told.unwrap().success());
    };
    let says = async |words: &str| {
        let look = |_: &Sim| {
            let lines = logged(&site);
            let said =
                |line: &serde_json::Value| line["message"].as_str().unwrap_or("").contains(words);
            lines.iter().any(said).then_some(())
        };
        let found = site.sim.until(PATIENCE, look).await;
        found.unwrap_or_else(|| panic!("{words}: {:#?}", logged(&site)));
    };
    assert!(logged(&site).is_empty(), "{:#?}", logged(&site));
    logs("info");
    std::fs::create_dir_all(folder.join("data")).unwrap();
    std::fs::write(folder.join("data/prices.json"), "{").unwrap();
    read_again();
    says("read the level of the log again").await;
    says("data/prices.json` cannot be used").await;
    // By itself it would be taken for the name of a module, and nothing would be logged.
    logs("loud");
    read_again();
    says("`loud` is no level").await;
    std::fs::remove_file(folder.join("data/prices.json")).unwrap();
    read_again();
    says("read the prices again").await;
    site.sim.stop().await;
}
