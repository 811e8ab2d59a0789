//! Answers that are longer than a few messages: a beginning, and the whole of it in a file, once.

use patchbay::config::{Config, Environment};
use patchbay::slack::{Answers, SlackClient};
use serde_json::Value;
use slack_sim::{Fault, FaultKind, Message, Sim};

use super::long::{is_whole, long_answer, texts};
use crate::fakes::writer::Writer;
use crate::world::{PATIENCE, Person, World};

const ANNOUNCE: &str = "files.getUploadURLExternal";
const SEND: &str = "upload";
const SHARE: &str = "files.completeUploadExternal";

/// A thousand numbered items, more than five messages hold.
pub fn very_long_answer() -> String {
    let items: String = (0..1_000)
        .map(|n| format!("- Order {n} of the customer with the long name, who paid.\n"))
        .collect();
    format!("# Orders\n\nAll of them:\n\n{items}\nThat is all.\n")
}

/// Every item is there once, in order.
fn has_all_orders(texts: &[String]) {
    let all = texts.concat();
    let orders = all.lines().filter_map(|line| line.strip_prefix("- Order "));
    let orders: Vec<usize> = orders
        .filter_map(|rest| rest.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(orders, (0..1_000).collect::<Vec<_>>());
}

/// The files in the thread, as Slack's JSON has them.
pub fn files(replies: &[Message]) -> Vec<Value> {
    let files = replies.iter().flat_map(|message| message.files.iter());
    files.cloned().collect()
}

fn whole(config: &mut Config) {
    config.slack.answers = Answers::Final;
}

/// Asks, and has the model write the answer once the bot is at work on it.
async fn is_answered(alice: Person<'_>, writer: &Writer, question: &str, answer: &str) -> String {
    let ts = alice.says(question).await;
    alice.reply_when(&ts, |_| true).await;
    writer.answers(answer);
    ts
}

/// The thread, once a file is in it.
async fn with_a_file(world: &World, person: Person<'_>, ts: &str, what: &str) -> Vec<Message> {
    let look = |_: &Sim| {
        let replies = person.replies(ts);
        (!files(&replies).is_empty()).then_some(replies)
    };
    let there = world.sim.until(PATIENCE * 2, look).await;
    there.unwrap_or_else(|| panic!("{what}: no file in {:#?}", person.replies(ts)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_very_long_answer_is_a_beginning_and_a_file() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, whole).await;
    let alice = world.alice();
    let question = "@patchbay list all orders of <!channel> & friends";
    let ts = is_answered(alice, &writer, question, &very_long_answer()).await;
    let replies = with_a_file(&world, alice, &ts, "no fault").await;
    assert_eq!(replies.len(), 2, "{replies:#?}");
    let (beginning, file) = (&replies[0], &files(&replies)[0]);
    super::assert_screen!("an_answer_in_a_file", beginning.blocks.clone());
    let text = beginning.all_text();
    assert!(text.contains("whole answer is in the file below"), "{text}");
    assert!(text.contains("tokens"), "{text}");
    assert_eq!(file["name"], "answer.md");
    let title = file["title"].as_str().unwrap();
    assert!(title.contains("list all orders of ‹!channel›"), "{title}");
    let id = file["id"].as_str().unwrap();
    let content = world.sim.open_file("alice", id).unwrap();
    assert_eq!(content, very_long_answer().as_bytes());

    // What is said of it later is said in the message, and the file is left alone.
    alice.edits(&ts, "@patchbay list all customers").await;
    alice
        .reply_when(&ts, |message| {
            message.ts == replies[0].ts && message.all_text().contains("edited since")
        })
        .await;
    assert_eq!(files(&alice.replies(&ts)).len(), 1);
    assert_eq!(world.sim.calls(SHARE).len(), 1);
    world.stop().await;
}

/// Faults that pass, on each of the three steps in turn: one beginning, one file.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_outlives_what_passes_on_its_way() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, whole).await;
    let alice = world.alice();
    let mut threads = Vec::new();
    for step in [ANNOUNCE, SEND, SHARE] {
        let mut faults = vec![
            Fault::new(step, FaultKind::LostReply),
            Fault::new(step, FaultKind::Http500),
            Fault::new(step, FaultKind::Slow).delay_ms(1_500),
        ];
        if step != SEND {
            faults.push(Fault::new(step, FaultKind::RateLimited).retry_after(1));
            faults.push(Fault::new(step, FaultKind::OkFalse).error("internal_error"));
        }
        for fault in faults {
            let what = format!("{fault:?}");
            world.sim.fault(fault);
            let ts = is_answered(
                alice,
                &writer,
                "@patchbay list all orders",
                &very_long_answer(),
            )
            .await;
            let replies = with_a_file(&world, alice, &ts, &what).await;
            assert_eq!(replies.len(), 2, "{what}: {replies:#?}");
            threads.push((ts, what));
            world.sim.clear_faults();
        }
    }
    // Whatever came late would be there by now.
    for (ts, what) in threads {
        let replies = alice.replies(&ts);
        assert_eq!(replies.len(), 2, "{what}: {replies:#?}");
        assert_eq!(files(&replies).len(), 1, "{what}");
    }
    world.stop().await;
}

/// What Slack will not take as a file comes in messages, whole.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_as_a_file_comes_in_messages() {
    let refused = |on: &str, code: &str| Some(Fault::new(on, FaultKind::OkFalse).error(code));
    let cases = [
        ("no scope", None),
        ("no room", refused(ANNOUNCE, "storage_limit_reached")),
        ("content", refused(SEND, "no")),
        ("not here", refused(SHARE, "restricted_action")),
    ];
    for (what, fault) in cases {
        let writer = Writer::start().await;
        let world = World::written_by(&writer, whole).await;
        let alice = world.alice();
        match fault {
            Some(fault) => world.sim.fault(fault),
            None => {
                let scopes = patchbay::cli::simulated::app().scopes;
                let left = scopes.iter().filter(|scope| *scope != "files:write");
                let left: Vec<&str> = left.map(String::as_str).collect();
                world.sim.set_scopes(&left);
            }
        }
        let ts = is_answered(
            alice,
            &writer,
            "@patchbay list all orders",
            &very_long_answer(),
        )
        .await;
        let all = |_: &Sim| {
            let replies = alice.replies(&ts);
            let done = texts(&replies).concat().contains("That is all.");
            done.then_some(replies)
        };
        let replies = world.sim.until(PATIENCE * 3, all).await;
        let replies = replies.unwrap_or_else(|| panic!("{what}: {:#?}", alice.replies(&ts)));
        has_all_orders(&texts(&replies));
        assert!(files(&replies).is_empty(), "{what}");
        let said = replies
            .iter()
            .any(|message| message.all_text().contains("in the file"));
        assert!(!said, "{what}: it speaks of a file that is not there");
        world.stop().await;
    }
}

/// Where the place was closed meanwhile, the asker gets all of it in their conversation with the bot.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_closed_place_cannot_show_is_told_whole() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, whole).await;
    let (alice, direct) = (world.alice(), world.alice().in_channel("dm"));
    for answer in [long_answer(), very_long_answer()] {
        let ts = alice.says("@patchbay list them").await;
        alice.reply_when(&ts, |_| true).await;
        world.sim.kick("general", "patchbay").unwrap();
        // The first message there is posted, and nobody hears of it.
        world
            .sim
            .fault(Fault::new("chat.postMessage", FaultKind::LostReply));
        let before = direct.replies_anywhere().len();
        writer.answers(&answer);
        let first = |_: &Sim| direct.replies_anywhere().into_iter().nth(before);
        let first = world.sim.until(PATIENCE, first).await.unwrap();
        assert!(
            first.all_text().contains("I cannot write in <#C"),
            "{first:#?}"
        );
        if answer.starts_with("# Orders") {
            let there = with_a_file(&world, direct, &first.ts, "told directly").await;
            assert_eq!((there.len(), files(&there).len()), (2, 1), "{there:#?}");
            let id = files(&there)[0]["id"].as_str().unwrap().to_owned();
            let content = world.sim.open_file("alice", &id).unwrap();
            assert_eq!(content, answer.as_bytes());
        } else {
            let there = direct.whole_answer_to(&first.ts).await;
            assert_eq!(there.len(), 3, "{there:#?}");
            is_whole(&texts(&there));
        }
        world.sim.clear_faults();
        world.sim.invite("general", "patchbay").unwrap();
    }
    world.stop().await;
}

/// An address that is not Slack's is sent nothing, whoever names it.
#[tokio::test]
async fn the_content_goes_to_nobody_but_slack() {
    use tokio::net::TcpListener;

    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let stranger = format!("http://{}/upload/v1/x", other.local_addr().unwrap());
    let answer =
        serde_json::json!({ "ok": true, "upload_url": stranger, "file_id": "F1" }).to_string();
    let json = [(axum::http::header::CONTENT_TYPE, "application/json")];
    let api = axum::Router::new().fallback(async move || (json, answer.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/", listener.local_addr().unwrap());
    #[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
    tokio::spawn(async move { axum::serve(listener, api).await.unwrap() });
    let mut config = Config::load(None, &Environment::default()).unwrap().slack;
    config.api_url = url;
    let client = SlackClient::new(&config).unwrap();
    let refused = client.upload("answer.md", b"secret").await.unwrap_err();
    assert!(refused.to_string().contains("not_slack"), "{refused}");
    let called = other.accept();
    assert!(called.is_err(), "{called:?}");
}
