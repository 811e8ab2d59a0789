//! What Prometheus reads: by its own tool, with no name of a person or place in it, and every metric
//! and alert explained.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use patchbay::domain::tool::Risk;
use patchbay::domain::usage::{Cost, TokenUsage};
use patchbay::signals::Metrics;
use serde_json::json;

use crate::fakes::github::{GitHub, TOKEN};
use crate::world::{Engine, World};

const METRICS_TOKEN: &str = "a-token-for-prometheus";
const QUESTION: &str = "@patchbay create an issue in acme/shop titled \"The door sticks\"";

async fn world(engine: Engine) -> World {
    World::start_with(engine, patchbay::slack::Transport::Socket, |config| {
        config.http.metrics_token = Some(METRICS_TOKEN.into());
    })
    .await
}

async fn get(world: &World, token: Option<&str>) -> (u16, String) {
    let url = format!("http://{}/metrics", world.address);
    let mut request = crate::llm::http().get(url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The metrics, once they have all of these lines.
async fn metrics_with(world: &World, lines: &[&str]) -> String {
    let deadline = tokio::time::Instant::now() + crate::world::PATIENCE;
    loop {
        let (status, text) = get(world, Some(METRICS_TOKEN)).await;
        assert_eq!(status, 200, "{text}");
        let lacks: Vec<_> = lines
            .iter()
            .filter(|line| !text.lines().any(|had| had == **line))
            .collect();
        if lacks.is_empty() {
            return text;
        }
        let late = tokio::time::Instant::now() >= deadline;
        assert!(!late, "no {lacks:#?} in\n{text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What Prometheus' own tool says of it: nothing where all is well.
fn promtool(arguments: &[&str], input: &str) -> String {
    let mut tool = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool: scripts/install test");
    let mut stdin = tool.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = tool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

async fn what_happened_is_counted_by_nobodys_name(engine: Engine) {
    let (world, github) = (world(engine).await, GitHub::start().await);
    github.has_repo("acme/shop", 3, "A shop");
    let alice = world.alice();
    let fields = json!({ "token": TOKEN, "base_url": github.url, "connection-name": "zanzibar" });
    alice.connects("github", fields).await;
    let ts = alice.says(QUESTION).await;
    let card = alice.is_asked_to_decide(&ts).await;
    let waiting = [
        "patchbay_approvals_pending 1",
        "patchbay_runs_waiting 1",
        r#"patchbay_approvals_total{decision="asked"} 1"#,
        "patchbay_database_up 1",
        "patchbay_slack_sockets_open 2",
        "patchbay_slack_token_refused 0",
        r#"patchbay_slack_ack_seconds_count{kind="submission"} 1"#,
    ];
    metrics_with(&world, &waiting).await;
    assert!(alice.clicks(&card, "Approve").await.ok);
    let answered = [
        "patchbay_outbox 0",
        r#"patchbay_runs_total{outcome="answered"} 1"#,
        r#"patchbay_approvals_total{decision="approved"} 1"#,
        r#"patchbay_tool_calls_total{card="github",risk="write",outcome="done"} 1"#,
        r#"patchbay_tool_call_seconds_count{card="github",risk="write"} 1"#,
        r#"patchbay_model_calls_total{provider="demo",model="planner",outcome="ok"} 2"#,
        "patchbay_runs_waiting 0",
        "patchbay_approvals_pending 0",
        "patchbay_run_work_seconds_count 2",
        "patchbay_tool_calls_unknown_total 0",
    ];
    let text = metrics_with(&world, &answered).await;
    assert_eq!(promtool(&["check", "metrics"], &text), "");
    let who = world.principal("alice");
    for name in ["alice", "zanzibar", "acme", "general", "sticks", TOKEN] {
        assert!(!text.contains(name), "{name} is in\n{text}");
    }
    for id in [who.user.as_str(), who.team.as_str()] {
        assert!(!text.contains(id), "{id} is in\n{text}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_counted_by_nobodys_name_on_sqlite() {
    what_happened_is_counted_by_nobodys_name(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_counted_by_nobodys_name_on_postgres() {
    what_happened_is_counted_by_nobodys_name(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_for_whoever_has_the_token() {
    let closed = World::start().await;
    assert_eq!(get(&closed, None).await.0, 404);
    assert_eq!(get(&closed, Some("")).await.0, 404);
    closed.stop().await;
    let open = world(Engine::Sqlite).await;
    for wrong in [
        None,
        Some(""),
        Some("a-token-for-prometheu"),
        Some("xoxb-sim"),
    ] {
        let (status, text) = get(&open, wrong).await;
        assert_eq!((status, text.as_str()), (401, ""), "{wrong:?}");
    }
    assert_eq!(get(&open, Some(METRICS_TOKEN)).await.0, 200);
    open.stop().await;
}

/// Everything that is counted, once.
fn all_counted() -> String {
    let (metrics, took) = (Metrics::default(), Duration::from_millis(1));
    metrics.answered_delivery("question", false, took);
    metrics.run_ended("answered");
    metrics.worked(took);
    metrics.model_called("house/any", "ok", took);
    metrics.first_token("house/any", took);
    metrics.completed("house/any", &TokenUsage::default(), &Cost::Unpriced);
    let free = patchbay::llm::prices::Prices::built_in().cost("demo/demo", &TokenUsage::default());
    metrics.completed("demo/demo", &TokenUsage::default(), &free);
    metrics.tool_called("github", Risk::Read, "done", Some(took));
    metrics.approval("asked");
    metrics.slack_called("auth.test", "ok", Some(took));
    let mut text = String::new();
    prometheus_client::encoding::prometheus_text::encode(&mut text, metrics.registry()).unwrap();
    text
}

/// The names of all metrics, by the lines that explain them.
fn names(text: &str) -> BTreeSet<&str> {
    let helped = text.lines().filter_map(|line| line.strip_prefix("# HELP "));
    helped.filter_map(|line| line.split(' ').next()).collect()
}

fn doc(name: &str) -> String {
    let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_explained_and_every_alert_is_about_one() {
    let world = world(Engine::Sqlite).await;
    let (counted, told) = (all_counted(), get(&world, Some(METRICS_TOKEN)).await.1);
    world.stop().await;
    let names = &names(&counted) | &names(&told);
    let page = doc("monitoring.md");
    for name in &names {
        assert!(
            page.contains(&format!("`{name}`")),
            "{name} is not explained"
        );
    }
    let explained = page.split('`').filter(|word| {
        let metric = word.starts_with("patchbay_") || word.starts_with("process_");
        metric && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    });
    for name in explained {
        assert!(names.contains(name), "there is no {name}");
    }
    let rules = doc("prometheus/alerts.yml");
    for word in rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        let metric = word.strip_suffix("_bucket").unwrap_or(word);
        let known = !word.starts_with("patchbay_") || names.contains(metric);
        assert!(known, "an alert is about {word}, which there is not");
    }
    for (_, name) in rules.match_indices("alert: ").map(|(at, mark)| {
        let rest = &rules[at + mark.len()..];
        (at, rest.lines().next().unwrap())
    }) {
        assert!(
            page.contains(&format!("**{name}**")),
            "what to do about {name}?"
        );
    }
}

/// Each alert is silent while all is well, and is heard when its own trouble comes.
#[test]
fn every_alert_is_heard() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/prometheus");
    promtool(&["check", "rules", &format!("{folder}/alerts.yml")], "");
    let said = promtool(&["test", "rules", &format!("{folder}/alerts.test.yml")], "");
    assert!(said.contains("SUCCESS"), "{said}");
    let rules = doc("prometheus/alerts.yml");
    let heard = doc("prometheus/alerts.test.yml");
    for alert in rules.lines().filter_map(|line| line.split_once("alert: ")) {
        let tested = heard.matches(&format!("alertname: {}\n", alert.1)).count();
        assert!(tested >= 1, "{} is never heard", alert.1);
    }
}
