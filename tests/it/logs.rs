//! What is in the log of the shipped binary at its most talkative: no secret and nothing anybody said.

use serde_json::{Value, json};

use crate::fakes::github::{GitHub, TOKEN};
use crate::fakes::writer::Writer;
use crate::restart::site::{PATIENCE, Site, replies, reply_when, written_by};

/// What a person, a model and a service say, by words that nobody else uses.
const SAID: [&str; 5] = [
    "quetzalcoatl",
    "zugzwang",
    "defenestration",
    "borborygmus",
    "sesquipedalian",
];

async fn story(format: &str) {
    let site = Site::on_sqlite().await;
    let (sim, folder) = (&site.sim, site.folder.path());
    let [question, issue, answer, repo, command] = SAID;
    let (writer, github) = (Writer::start().await, GitHub::start().await);
    github.has_repo(&format!("acme/{repo}"), 3, "A shop");
    github.has_issue(&format!("acme/{repo}"), issue, &[]);
    let file = folder.join("patchbay.toml");
    let settings = format!("[log]\nlevel = \"trace\"\nformat = \"{format}\"\n");
    std::fs::write(&file, settings).unwrap();
    let url = writer.provider().base_url.unwrap();
    let mut config: Vec<(&str, &str)> = written_by(&url).to_vec();
    config.extend([
        ("PATCHBAY_CONFIG", file.to_str().unwrap()),
        (
            "PATCHBAY_MODELS__PROVIDERS__HOUSE__API_KEY",
            "house-key-of-the-model",
        ),
        ("PATCHBAY_HTTP__METRICS_TOKEN", "token-for-prometheus"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=collector-password",
        ),
        ("PATCHBAY_TRACES__CONTENT", "true"),
    ]);
    let bot = site.connected(&config).await;
    site.connects_github(&github.url).await;
    sim.command("alice", "general", "/mcp", &format!("test {command}"))
        .await;
    let ts = site.asks(&format!("what of {question}?")).await;
    let list = json!({ "owner": "acme", "repo": repo, "state": "open" });
    writer.calls("github__get_issues", list);
    writer.ends();
    let asked = |_: &slack_sim::Sim| (writer.asked().len() >= 2).then_some(());
    sim.until(PATIENCE, asked)
        .await
        .expect("it was asked again");
    writer.answers(&format!("The {answer} and the {issue}."));
    reply_when(sim, &ts, |text| text.contains(answer)).await;
    assert!(!replies(sim, &ts).is_empty());
    drop(bot);

    let log = std::fs::read_to_string(folder.join("bot.log")).unwrap();
    assert!(log.contains("answered a question"), "{log}");
    if format == "json" {
        for line in log.lines() {
            serde_json::from_str::<Value>(line).expect(line);
        }
    }
    let key = std::fs::read_to_string(folder.join("patchbay.key")).unwrap();
    let secrets = [
        "xoxb-sim",
        "xapp-sim",
        TOKEN,
        "house-key-of-the-model",
        "token-for-prometheus",
        "collector-password",
        key.trim(),
    ];
    for word in secrets.iter().chain(&SAID) {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(word)).collect();
        assert!(lines.is_empty(), "{word} is in {lines:#?}");
    }
    site.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_and_nothing_said_is_in_lines_for_people() {
    story("text").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_and_nothing_said_is_in_lines_for_machines() {
    story("json").await;
}
