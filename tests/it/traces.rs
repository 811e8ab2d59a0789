//! One trace from Slack's event to the answer, as a collector of others reads it; and none of it slows
//! anything down or tells what people said.

use std::collections::BTreeMap;
use std::time::Duration;

use patchbay::slack::{Answers, Transport};
use serde_json::json;
use slack_sim::Click;
use tokio::time::Instant;

use crate::fakes::collector::{Collector, Span};
use crate::fakes::github::{GitHub, TOKEN};
use crate::fakes::postgres::Postgres;
use crate::fakes::silent;
use crate::restart::site::{DEMO, Site, reply_when};
use crate::world::{Engine, World};

const QUESTION: &str = "create an issue in acme/shop titled \"The door sticks\"";

/// The spans of the trace that a question began, by their identifiers.
fn trace_of_a_question(spans: &[Span]) -> BTreeMap<&str, &Span> {
    let begins = |span: &&Span| {
        span.name == "slack.event" && span.attributes["patchbay.delivery"] == "question"
    };
    let roots: Vec<_> = spans.iter().filter(begins).collect();
    assert_eq!(roots.len(), 1, "one question was asked: {roots:#?}");
    assert_eq!(roots[0].parent, "");
    let trace = spans.iter().filter(|span| span.trace == roots[0].trace);
    trace.map(|span| (span.id.as_str(), span)).collect()
}

/// Each span with those above it, outermost first, and how many there are of each.
fn ways(trace: &BTreeMap<&str, &Span>) -> BTreeMap<String, usize> {
    let mut ways = BTreeMap::new();
    for span in trace.values() {
        let (mut way, mut at) = (span.name.clone(), span);
        while !at.parent.is_empty() {
            at = trace
                .get(at.parent.as_str())
                .unwrap_or_else(|| panic!("{} has a parent that is nowhere", at.name));
            way = format!("{} > {way}", at.name);
        }
        *ways.entry(way).or_default() += 1;
    }
    ways
}

/// Whether the last message of a question is told, and so all that came before it.
fn is_answered(spans: &[Span]) -> bool {
    spans
        .iter()
        .any(|span| span.name == "slack.deliver" && span.attributes["patchbay.post"] == "answer")
}

fn count(ways: &BTreeMap<String, usize>, way: &str) -> usize {
    ways.get(way).copied().unwrap_or(0)
}

/// What every trace of the question that changes something is held to.
fn assert_whole(spans: &[Span]) {
    let trace = trace_of_a_question(spans);
    let ways = ways(&trace);
    let agent = "slack.event > invoke_agent patchbay";
    for (way, times) in [
        ("slack.event", 1),
        (agent, 2),
        (&format!("{agent} > chat planner"), 2),
        (&format!("{agent} > execute_tool create_issue"), 1),
        ("slack.event > wait_for_approval", 1),
    ] {
        assert_eq!(count(&ways, way), times, "{way} in {ways:#?}");
    }
    assert!(
        count(&ways, "slack.event > slack.deliver") >= 1,
        "{ways:#?}"
    );
    let other =
        |way: &&String| !way.starts_with(agent) && !way.starts_with("slack.event > slack.deliver");
    let others = ways.keys().filter(other).count();
    assert_eq!(others, 2, "nothing else belongs to it: {ways:#?}");

    let named = |name: &'static str| {
        let spans = trace.values().copied();
        spans.filter(move |span| span.name == name)
    };
    let mut stretches: Vec<&Span> = named("invoke_agent patchbay").collect();
    stretches.sort_by_key(|span| span.start);
    let first = (stretches[0].trace.clone(), stretches[0].id.clone());
    assert!(stretches[0].links.is_empty());
    let from_the_first = std::slice::from_ref(&first);
    assert_eq!(stretches[1].links, from_the_first);
    let wait = named("wait_for_approval").next().unwrap();
    assert_eq!(wait.links, from_the_first);
    assert_eq!(wait.says("patchbay.decision"), "approved");
    assert!(wait.start < wait.end && wait.end <= stretches[1].end);
    let call = named("execute_tool create_issue").next().unwrap();
    assert_eq!(call.parent, stretches[1].id);
    assert_eq!(call.says("gen_ai.operation.name"), "execute_tool");
    assert_eq!(call.says("gen_ai.tool.name"), "create_issue");
    assert_eq!(call.says("patchbay.outcome"), "done");
    for chat in named("chat planner") {
        assert_eq!(chat.says("gen_ai.operation.name"), "chat");
        assert_eq!(chat.says("gen_ai.provider.name"), "demo");
        assert_eq!(chat.says("gen_ai.request.model"), "planner");
        assert!(chat.attributes["gen_ai.usage.input_tokens"].is_i64());
        assert!(!chat.failed);
    }
    assert!(is_answered(
        &trace
            .values()
            .map(|span| (*span).clone())
            .collect::<Vec<_>>()
    ));
}

async fn asked_and_approved(answers: Answers, transport: Transport) {
    let (collector, github) = (Collector::start(), GitHub::start().await);
    let world = World::start_with(Engine::Sqlite, transport, |config| {
        config.traces.endpoint = Some(collector.url());
        config.traces.headers = Some("authorization=Basic%20Ym90".into());
        config.slack.answers = answers;
    })
    .await;
    github.has_repo("acme/shop", 3, "A shop");
    let alice = world.alice();
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    alice.connects("github", fields).await;
    let ts = alice.says(&format!("@patchbay {QUESTION}")).await;
    let card = alice.is_asked_to_decide(&ts).await;
    assert!(alice.clicks(&card, "Approve").await.ok);
    alice
        .reply_when(&ts, |message| message.all_text().contains("tokens"))
        .await;
    // The last spans are sent before it ends.
    world.stop().await;
    let spans = collector.spans().await;
    assert_whole(&spans);
    for span in &spans {
        assert_eq!(span.resource["service.name"], "patchbay");
        assert_eq!(span.authorization.as_deref(), Some("Basic Ym90"));
        let text = format!("{:?}", span.attributes);
        for said in ["door", "sticks", TOKEN, "acme"] {
            assert!(!text.contains(said), "{said} is in {span:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_one_trace_where_its_answer_grows() {
    asked_and_approved(Answers::Stream, Transport::Socket).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_one_trace_where_its_answer_comes_whole() {
    asked_and_approved(Answers::Final, Transport::Http).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_in_it_where_the_operator_wants_that_and_secrets_are_not() {
    let (collector, github) = (Collector::start(), GitHub::start().await);
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |config| {
        config.traces.endpoint = Some(collector.url());
        config.traces.content = true;
    })
    .await;
    github.has_repo("acme/shop", 3, "A shop");
    let alice = world.alice();
    let fields = json!({ "token": TOKEN, "base_url": github.url });
    alice.connects("github", fields).await;
    let secret = "ghp_0123456789abcdefghijKLMN";
    let question =
        format!("@patchbay which repositories are about a shop? My token is {secret} and {TOKEN}");
    alice.asks(&question).await;
    world.stop().await;
    let spans = collector.spans().await;
    let text = format!("{spans:?}");
    assert!(text.contains("about a shop? My token is •••"), "{text}");
    assert!(
        text.contains("gen_ai.tool.call.result") && text.contains("tool_result connection"),
        "{text}"
    );
    assert!(!text.contains(secret) && !text.contains(TOKEN), "{text}");
}

/// The process dies while a person is waited for, and another one goes on in the same trace.
async fn one_trace_over_a_restart(site: Site) {
    let (collector, github) = (Collector::start(), GitHub::start().await);
    github.has_repo("acme/shop", 3, "A shop");
    let url = collector.url();
    // By the name that everyone uses, and sent at once: SIGKILL flushes nothing.
    let traced = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ];
    let settings: Vec<(&str, &str)> = DEMO.iter().copied().chain(traced).collect();
    let sim = &site.sim;
    let bot = site.connected(&settings).await;
    site.connects_github(&github.url).await;
    let ts = site.asks(QUESTION).await;
    let card = reply_when(sim, &ts, |text| text.contains('🔒')).await;
    collector
        .spans_when(|spans| {
            spans
                .iter()
                .any(|span| span.name == "invoke_agent patchbay")
        })
        .await;
    bot.kill();

    let bot = site.connected(&settings).await;
    // Slack may try the sockets of the dead one first, each once: then one clicks again.
    let approve = || sim.click("alice", Click::label(&card, "Approve"));
    let mut clicked = approve().await;
    for _ in 0..4 {
        if !clicked.ok {
            clicked = approve().await;
        }
    }
    assert!(clicked.ok, "{clicked:?}");
    reply_when(sim, &ts, |text| text.contains("tokens")).await;
    let spans = collector.spans_when(is_answered).await;
    drop(bot);
    assert_whole(&spans);
    site.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_over_a_restart_on_sqlite() {
    one_trace_over_a_restart(Site::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_over_a_restart_on_postgres() {
    let database = Postgres::shared().create_database().await;
    one_trace_over_a_restart(Site::on(|_| database.owner.clone()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_slows_nothing() {
    let collector = silent::server().await;
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |config| {
        config.traces.endpoint = Some(collector.url().to_owned());
    })
    .await;
    let alice = world.alice();
    let first = alice.asks("@patchbay help me").await;
    assert!(!first.all_text().is_empty());
    collector.was_asked(crate::world::PATIENCE).await;
    // Far more than the queue holds, while the first batch hangs.
    let traces = &world.app.signals.traces;
    let began = Instant::now();
    for _ in 0..20_000 {
        let kind = patchbay::signals::traces::SpanKind::Internal;
        drop(traces.begin(kind, format_args!("more"), None));
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    alice.asks("@patchbay help me again").await;
    let began = Instant::now();
    world.stop().await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
}
