//! Somebody with 280 tools: the model reads those that seem to be needed and finds the others, and what
//! that saved is counted once.

use patchbay::slack::Transport;
use patchbay::store::{Span, UseOf};
use serde_json::{Value, json};

use crate::fakes::canned::Canned;
use crate::fakes::writer::Writer;
use crate::world::{Engine, PATIENCE, World};

/// Operations of a real API, and what people ask of it.
const OPERATIONS: &str = include_str!("finding/github.tsv");
const QUESTIONS: &str = include_str!("finding/questions.tsv");

/// The most tools of one card.
const TOOLS_OF_A_CARD: usize = 90;

/// Of so many questions at least, the wanted tool is among the first ten that are found.
const LEAST_RECALL: f64 = 0.9;

fn lines(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect())
}

/// A tool of a card out of a line: method, path, name, description, arguments.
fn tool(line: &[&str]) -> Value {
    let [method, path, name, description, arguments] = line else {
        panic!("{line:?}")
    };
    let risk = match *method {
        "GET" => "read",
        "DELETE" => "destructive",
        _ => "write",
    };
    let arguments = arguments.split_whitespace();
    let properties = arguments.map(|name| {
        let schema = json!({ "type": "string", "description": name.replace('_', " ") });
        (name.to_owned(), schema)
    });
    let properties: serde_json::Map<_, _> = properties.collect();
    let input =
        json!({ "type": "object", "properties": properties, "additionalProperties": false });
    // The shortest ones are shorter than a card may have.
    let description = match description.len() {
        0..20 => format!("{description} It belongs to GitHub."),
        _ => (*description).to_owned(),
    };
    let path = path.replace('{', "{{ ").replace('}', " }}");
    json!({
        "name": name, "description": description, "risk": risk, "input": input,
        "run": { "http": { "method": method, "path": path } },
    })
}

/// Those operations as cards: `hub-0` to `hub-2`.
fn cards() -> Vec<Value> {
    let tools: Vec<Value> = lines(OPERATIONS).map(|line| tool(&line)).collect();
    let cards = tools.chunks(TOOLS_OF_A_CARD).enumerate();
    let card = |(number, tools): (usize, &[Value])| {
        json!({
            "name": format!("hub-{number}"), "title": "Hub", "icon": "🐙", "noun": "hub",
            "description": "A hub of code.",
            "service": { "http": { "base_url": "{{ address }}", "health": { "method": "GET", "path": "/" } } },
            "fields": [{ "name": "address", "label": "Address" }],
            "tools": tools,
        })
    };
    cards.map(card).collect()
}

/// A bot with those cards, all of them connected by Alice, and GitHub and a database as well.
async fn world(writer: &Writer, hub: &Canned) -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let cards = cards();
    for card in &cards {
        let file = folder
            .path()
            .join(format!("{}.yaml", card["name"].as_str().unwrap()));
        std::fs::write(file, card.to_string()).unwrap();
    }
    let (_, problems) = patchbay::cards::Registry::load(Some(folder.path()));
    assert!(problems.is_empty(), "{:#?}", &problems[..1]);
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |config| {
        crate::world::answered_by(config, writer.provider());
        config.cards.directory = Some(folder.path().to_owned());
    })
    .await;
    let alice = world.alice();
    for card in &cards {
        let name = card["name"].as_str().unwrap();
        let told = alice
            .connects(name, json!({ "address": hub.url }))
            .await
            .all_text();
        assert!(told.contains("Connected!"), "{told}");
    }
    alice.connects("sqlite", json!({})).await;
    let token = json!({ "token": "ghp_0123456789abcdef", "base_url": hub.url });
    let told = alice.connects("github", token).await.all_text();
    assert!(told.contains("Connected!"), "{told}");
    (world, folder)
}

/// The tools in a request to the model.
fn listed(request: &Value) -> Vec<String> {
    let tools = request["tools"].as_array().unwrap().iter();
    tools
        .map(|tool| tool["function"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_ask_for_is_among_the_first_ten() {
    let (writer, hub) = (Writer::start().await, Canned::start().await);
    let (world, _cards) = world(&writer, &hub).await;
    let alice = world.principal("alice");
    let listing = world.app.tools.all_of(&alice).await.unwrap();
    let (mut asked, mut missed) = (0, Vec::new());
    for line in lines(QUESTIONS) {
        let [question, wanted] = line[..] else {
            panic!("{line:?}")
        };
        let wanted: Vec<&str> = wanted.split(' ').collect();
        let there = listing
            .all()
            .iter()
            .any(|tool| wanted.contains(&tool.tool.name.as_str()));
        assert!(there, "there is no tool for {question:?}");
        let found: Vec<_> = listing.search(question).take(10).collect();
        let is_found = found.iter().any(|spec| {
            let (_, tool) = spec.name.split_once("__").unwrap();
            wanted.contains(&tool)
        });
        asked += 1;
        if !is_found {
            missed.push(question);
        }
    }
    let recall = 1.0 - missed.len() as f64 / f64::from(asked);
    eprintln!(
        "recall@10 of {asked} questions over {} tools: {recall:.3}; missed: {missed:#?}",
        listing.all().len()
    );
    assert!(asked >= 60 && listing.all().len() >= 270);
    assert!(recall >= LEAST_RECALL, "{recall}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_finds_the_tools_that_it_needs() {
    let (writer, hub) = (Writer::start().await, Canned::start().await);
    let (world, _cards) = world(&writer, &hub).await;
    let alice = world.alice();

    writer.calls("find_tools", json!({ "query": "lock an issue" }));
    writer.ends();
    writer.calls("find_tools", json!({ "query": "  " }));
    writer.calls("hub-2__search_repos", json!({ "q": "rust" }));
    writer.ends();
    writer.answers("There are three.");
    let asked = alice.says("@patchbay find repositories about rust").await;
    let answer = alice.answer_to(&asked).await.all_text();
    assert!(answer.contains("There are three."), "{answer}");
    assert!(!answer.contains("find_tools"), "{answer}");

    let requests = writer.asked();
    let [first, second, third] = &requests[..] else {
        panic!("{} requests", requests.len())
    };
    let (before, after, last) = (listed(first), listed(second), listed(third));
    assert_eq!(before[0], "find_tools");
    assert!(before.len() < 30, "{before:#?}");
    let searcher = |name: &String| name == "hub-2__search_repos";
    assert!(before.iter().any(searcher), "{before:#?}");
    let lock = |name: &String| name.ends_with("__issues_lock");
    assert!(
        !before.iter().any(lock) && after.iter().any(lock),
        "{after:#?}"
    );
    // Providers keep the beginning of a prompt for less: it only grows.
    assert!(after.starts_with(&before) && last.starts_with(&after));
    let read: Vec<&str> = third["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["role"] == "tool")
        .filter_map(|message| message["content"].as_str())
        .collect();
    assert!(read[0].contains("issues_lock"), "{read:#?}");
    assert!(read[1].contains("Say in `query`"), "{read:#?}");

    // A round that only searched was for nothing, and the others read less.
    let now = world.app.clock.now();
    let (from, to) = (
        now - chrono::Duration::days(1),
        now + chrono::Duration::days(1),
    );
    let person = world.principal("alice");
    let of = UseOf::Person(&person);
    let span = Span {
        of: Some(of),
        from,
        to,
    };
    let entries = world.app.store.entries(span, None, 100).await.unwrap();
    let completions: Vec<_> = entries
        .iter()
        .filter(|entry| entry.model.is_some())
        .collect();
    let saved: Vec<i64> = completions
        .iter()
        .map(|entry| entry.tokens_saved.unwrap())
        .collect();
    let used =
        |entry: &patchbay::store::Entry| entry.input_tokens.unwrap() + entry.output_tokens.unwrap();
    assert_eq!(saved[0], -used(completions[0]));
    let listing = world.app.tools.all_of(&person).await.unwrap();
    let bytes = |specs: Vec<&str>| -> usize {
        let specs = specs.into_iter().filter_map(|name| listing.spec(name));
        specs.map(|spec| spec.bytes()).sum()
    };
    let whole: usize = listing.specs().map(|spec| spec.bytes()).sum();
    for (saved, sent) in saved[1..].iter().zip([&after, &last]) {
        let most = (whole - bytes(sent.iter().map(String::as_str).collect())) / 4;
        let most = i64::try_from(most).unwrap();
        assert!((most - 500..most).contains(saved), "{saved} of {most}");
    }
    let totals = world.app.store.totals(of, from).await.unwrap();
    assert_eq!(
        totals.saved,
        entries
            .iter()
            .filter_map(|entry| entry.tokens_saved)
            .sum::<i64>()
    );

    // What was used stays at hand in the thread.
    writer.answers("Yes.");
    alice.replies_in(&asked, "@patchbay and in Go?").await;
    let again = |_: &slack_sim::Sim| writer.asked().get(3).cloned();
    let again = world.sim.until(PATIENCE, again).await.unwrap();
    let again = listed(&again);
    assert_eq!(
        again[..2],
        ["find_tools".to_owned(), "hub-2__search_repos".to_owned()]
    );
    world.stop().await;
}
