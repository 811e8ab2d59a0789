//! Answers that are longer than a message: in several, in order, each readable by itself, each once.

use patchbay::config::Config;
use patchbay::slack::Answers;
use slack_sim::{Fault, FaultKind, Message, Sim};

use crate::fakes::writer::Writer;
use crate::world::World;

/// A table and a program, each longer than what is left of a message where it begins.
pub fn long_answer() -> String {
    let rows: String = (0..300)
        .map(|n| format!("| {n} | the customer number {n} | {} |\n", n * 7))
        .collect();
    let lines: String = (0..300)
        .map(|n| format!("let number_{n} = lookup(\"the customer number {n}\");\n"))
        .collect();
    format!(
        "# Customers\n\nAll of them:\n\n| N | Name | Orders |\n| ---: | --- | --- |\n{rows}\nHow it was found:\n\n```rust\n{lines}```\n\nThat is all.\n"
    )
}

/// The Markdown of each of the bot's messages in the thread.
pub fn texts(replies: &[Message]) -> Vec<String> {
    let text = |message: &Message| {
        let blocks = message.blocks.iter();
        let blocks = blocks.filter(|block| block["type"] == "markdown");
        blocks
            .map(|block| block["text"].as_str().unwrap_or_default())
            .collect()
    };
    replies.iter().map(text).collect()
}

/// Every row and line is there once and in order, and no message leaves anything open.
pub fn is_whole(texts: &[String]) {
    for text in texts {
        assert!(text.chars().count() <= 12_000);
        let fences = text.lines().filter(|line| line.starts_with("```"));
        assert_eq!(fences.count() % 2, 0, "{text}");
        let first = text.lines().find(|line| line.starts_with('|'));
        assert!(first.is_none_or(|line| line.starts_with("| N |")), "{text}");
    }
    let all = texts.concat();
    let numbers = |start: &str, end: char| -> Vec<usize> {
        let lines = all.lines().filter_map(|line| line.strip_prefix(start));
        lines
            .filter_map(|line| line.split(end).next()?.trim().parse().ok())
            .collect()
    };
    let wanted: Vec<usize> = (0..300).collect();
    assert_eq!(numbers("| ", '|'), wanted);
    assert_eq!(numbers("let number_", '='), wanted);
    assert!(texts.last().unwrap().trim_end().ends_with("That is all."));
}

fn whole(config: &mut Config) {
    config.slack.answers = Answers::Final;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_that_comes_whole_comes_in_several_messages() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, whole).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay list all customers").await;
    alice.reply_when(&ts, |_| true).await;
    // One reply of Slack's is lost on the way.
    world
        .sim
        .fault(Fault::new("chat.postMessage", FaultKind::LostReply));
    writer.writes(&long_answer());
    writer.ends();
    let replies = alice.whole_answer_to(&ts).await;
    let texts = texts(&replies);
    assert_eq!(texts.len(), 3, "{texts:#?}");
    is_whole(&texts);
    let closed = |message: &&Message| message.all_text().contains("tokens");
    assert_eq!(replies.iter().filter(closed).count(), 1);

    // The last of them is the run's: what is said of it later is said there.
    alice.edits(&ts, "@patchbay list all orders").await;
    alice
        .reply_when(&ts, |message| {
            message.ts == replies[2].ts && message.all_text().contains("edited since")
        })
        .await;
    is_whole(&self::texts(&alice.replies(&ts)[..3]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_that_grows_closes_and_opens_what_it_cuts() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    let ts = alice.says("@patchbay list all customers").await;
    let answer = long_answer();
    // Written as a model does: some lines at a time.
    let lines: Vec<&str> = answer.split_inclusive('\n').collect();
    for some in lines.chunks(60) {
        writer.writes(&some.concat());
        let last = some[some.len() - 1].trim_end();
        let there = |_: &Sim| {
            let all = texts(&alice.replies(&ts)).concat();
            all.contains(last).then_some(())
        };
        let patience = std::time::Duration::from_secs(60);
        let there = world.sim.until(patience, there).await;
        there.unwrap_or_else(|| panic!("{last}"));
    }
    writer.ends();
    let replies = alice.whole_answer_to(&ts).await;
    let texts = texts(&replies);
    assert_eq!(texts.len(), 3, "{texts:#?}");
    is_whole(&texts);
    world.stop().await;
}

/// Text of which every word is there to be missed, and none of it is what Slack takes for markup.
fn words(from: usize, to: usize) -> String {
    (from..to).map(|number| format!("word-{number} ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_slack_takes_no_blocks_all_words_come_as_text() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, whole).await;
    let alice = world.alice();
    for method in ["chat.postMessage", "chat.update"] {
        let ts = alice.says("@patchbay list all customers").await;
        if method == "chat.update" {
            // The message that says "Thinking" is brought up to date.
            alice.reply_when(&ts, |_| true).await;
        }
        for method in ["chat.postMessage", "chat.update"] {
            let refused = Fault::new(method, FaultKind::OkFalse).error("invalid_blocks");
            world.sim.fault(refused);
        }
        writer.answers(&format!("{} a < b & c > d", words(0, 900)));
        let replies = alice.whole_answer_to(&ts).await;
        let without = |message: &&Message| message.blocks.is_empty();
        assert!(replies.iter().filter(without).count() >= 1, "{replies:#?}");
        let all: String = replies.iter().map(Message::all_text).collect();
        let found: Vec<usize> = all
            .split_whitespace()
            .filter_map(|word| word.strip_prefix("word-")?.parse().ok())
            .collect();
        assert_eq!(found, Vec::from_iter(0..900), "{method}: {all}");
        assert!(all.contains("house/any"), "no receipt: {all}");
        world.sim.clear_faults();
    }
    world.stop().await;
}
