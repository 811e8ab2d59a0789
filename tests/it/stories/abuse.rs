//! A service and a model that do harm: it stays with the one call, and the model and the person read why.

use serde_json::{Value, json};

use crate::apart::{apart, peak, peak_from_here};
use crate::fakes::hostile::Hostile;
use crate::fakes::writer::Writer;
use crate::world::{PATIENCE, Person, World};

/// What a service does, and what the model reads of it.
const HARMS: [(&str, &str); 12] = [
    ("hang", "The connection to GitHub broke off."),
    ("slow", "The connection to GitHub broke off."),
    (
        "huge",
        "GitHub answered with more than 1 MB, which is more than I read.",
    ),
    (
        "lists",
        "GitHub answered with more than 1 MB, which is more than I read.",
    ),
    ("list", "<tool_result connection=\"list\""),
    (
        "bomb",
        "GitHub answered in a compressed form (`gzip`) that it was not asked for.",
    ),
    (
        "loop",
        "GitHub sent the request on to another address, where I do not follow.",
    ),
    ("utf8", "GitHub answered with something that is not JSON."),
    ("nan", "GitHub answered with something that is not JSON."),
    (
        "number",
        "GitHub answered with a number that is too large to be read.",
    ),
    (
        "deep",
        "GitHub answered with JSON that is nested too deep to be read.",
    ),
    ("headers", "The connection to GitHub broke off."),
];

/// So much more may be held while all of it comes at once: the largest answer that is read is 1 MB.
const MOST_MEMORY: u64 = 160 * 1024 * 1024;

async fn connects(person: &Person<'_>, hostile: &Hostile, harm: &str) {
    let form = json!({
        "token": "ghp_0123456789abcdef", "base_url": hostile.url(harm), "connection-name": harm,
    });
    let told = person.connects("github", form).await.all_text();
    assert!(told.contains("Connected!"), "{harm}: {told}");
}

/// What the model read of each call, in the order of the calls.
fn results(request: &Value) -> Vec<String> {
    let messages = request["messages"].as_array().unwrap().iter();
    messages
        .filter(|message| message["role"] == "tool")
        .map(|message| message["content"].as_str().unwrap().to_owned())
        .collect()
}

/// Arguments that no earlier call had: what is known is not asked for again.
fn search(number: usize) -> Value {
    json!({ "query": format!("shop {number}") })
}

#[test]
fn a_hostile_service_harms_its_own_call_alone() {
    // Memory is counted by process.
    apart(
        "stories::abuse::a_hostile_service_harms_its_own_call_alone",
        async {
            let (writer, hostile) = (Writer::start().await, Hostile::start().await);
            let world = World::written_by(&writer, |config| {
                config.tools.max_connections_per_user = HARMS.len();
            })
            .await;
            let (alice, bob) = (world.alice(), world.bob());
            for (harm, _) in HARMS {
                connects(&alice, &hostile, harm).await;
            }
            connects(&bob, &hostile, "fine").await;
            let before = peak_from_here();

            for (harm, _) in HARMS {
                writer.calls(&format!("{harm}__search_repos"), search(0));
            }
            writer.ends();
            let asked = alice.says("@patchbay Look everywhere").await;
            let held = |_: &slack_sim::Sim| (hostile.held() == 2).then_some(());
            world
                .sim
                .until(PATIENCE, held)
                .await
                .expect("two calls hang");

            writer.calls("fine__search_repos", search(1));
            writer.ends();
            writer.answers("There is one.");
            let answer = bob.asks("@patchbay How many are there?").await.all_text();
            assert!(answer.contains("There is one."), "{answer}");
            assert_eq!(hostile.held(), 2, "alice still waits");

            hostile.lets_go();
            writer.answers("That did not work.");
            let answer = alice.answer_to(&asked).await.all_text();
            assert!(answer.contains("That did not work."), "{answer}");
            let requests = writer.asked();
            let read = results(requests.last().unwrap());
            assert_eq!(read.len(), HARMS.len());
            for (harm, why) in HARMS {
                let found = read.iter().filter(|text| text.contains(why)).count();
                let expected = HARMS.iter().filter(|(_, other)| *other == why).count();
                assert_eq!(found, expected, "{harm}: {read:#?}");
                let ended = if harm == "list" {
                    "(2000 rows)"
                } else {
                    "failed"
                };
                let told = format!("`{harm}` search_repos {ended}");
                assert!(answer.contains(&told), "{harm}: {answer}");
            }
            let grown = peak().saturating_sub(before);
            eprintln!("memory grew by {} MiB", grown / 1024 / 1024);
            assert!(grown < MOST_MEMORY, "memory grew by {grown} bytes");
            world.stop().await;
        },
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_takes_its_time_is_given_up() {
    let (writer, hostile) = (Writer::start().await, Hostile::start().await);
    let world = World::written_by(&writer, |config| {
        config.tools.timeout = std::time::Duration::from_secs(1);
    })
    .await;
    let alice = world.alice();
    for harm in ["hang", "slow"] {
        connects(&alice, &hostile, harm).await;
        writer.calls(&format!("{harm}__search_repos"), search(0));
    }
    writer.ends();
    writer.answers("Too slow.");
    alice.asks("@patchbay Look there").await;
    let requests = writer.asked();
    let read = results(requests.last().unwrap());
    for text in &read {
        assert!(
            text.contains("`search_repos` took longer than 1 seconds and was stopped."),
            "{text}"
        );
    }
    assert_eq!(read.len(), 2);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_calls_wrongly_reads_why() {
    let (writer, hostile) = (Writer::start().await, Hostile::start().await);
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    connects(&alice, &hostile, "fine").await;

    let long = "x".repeat(1_000_000);
    writer.calls_with("fine__search_repos", "{\"query\": ");
    writer.calls_with("fine__search_repos", &json!({ "query": long }).to_string());
    writer.calls_with("fine__search_repos", "{\"query\": 7}");
    writer.calls_with("nobody__knows", "{}");
    writer.calls_with("fine__search_repos", "{\"query\": \"shop\"}");
    writer.ends();
    writer.answers("One of them worked.");
    let answer = alice.asks("@patchbay Look there").await.all_text();
    assert!(answer.contains("One of them worked."), "{answer}");
    let requests = writer.asked();
    let last = requests.last().unwrap();
    let read = results(last);
    for (text, why) in read.iter().zip([
        "they are not a JSON object",
        "The arguments have 1000012 bytes, and I take 262144 at most.",
        "/query: ",
        "There is no tool `nobody__knows`.",
        "<tool_result",
    ]) {
        assert!(text.contains(why), "{text} lacks {why}");
    }
    assert_eq!((read.len(), hostile.asked()), (5, 1));
    // Nor does anything carry the long ones along.
    assert!(
        last.to_string().len() < 200_000,
        "{}",
        last.to_string().len()
    );

    writer.calls_with("fine__search_repos", &"x".repeat(10_000_000));
    writer.ends();
    let answer = alice.asks("@patchbay And again").await.all_text();
    assert!(answer.contains("grew longer than it may be"), "{answer}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_calls_without_end_is_stopped() {
    let (writer, hostile) = (Writer::start().await, Hostile::start().await);
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    connects(&alice, &hostile, "fine").await;

    for number in 0..500 {
        writer.calls("fine__search_repos", search(number));
    }
    writer.ends();
    writer.answers("Enough.");
    let answer = alice.asks("@patchbay Look there").await.all_text();
    assert!(answer.contains("Enough."), "{answer}");
    let read = results(writer.asked().last().unwrap());
    let refused = read
        .iter()
        .filter(|text| text.contains("Only 32 calls are taken from one reply."));
    assert_eq!(
        (read.len(), refused.count(), hostile.asked()),
        (500, 468, 32)
    );

    for number in 500..512 {
        writer.calls("fine__search_repos", search(number));
        writer.ends();
    }
    let answer = alice.asks("@patchbay And again").await.all_text();
    assert!(
        answer.contains("kept calling tools without coming to an answer"),
        "{answer}"
    );
    assert_eq!(hostile.asked(), 32 + 12);
    world.stop().await;
}
