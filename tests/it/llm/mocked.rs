//! The same conversations in every wire format, against aimock.

use std::time::Duration;

use patchbay::domain::chat::Delta;
use patchbay::llm::{ChatModel, ErrorKind};
use serde_json::json;

use super::aimock::Aimock;
use super::{KEY, answered, ask, models, text, user};

#[tokio::test]
async fn a_plain_answer_is_streamed_and_whole() {
    let aimock = Aimock::start();
    for model in models(aimock.url()) {
        let (reply, deltas) = ask(&model, vec![user("plain, please")]).await;
        let name = model.name();
        let reply = reply.unwrap_or_else(|error| panic!("{name}: {error}: {:?}", error.source));
        let expected = "Some plain words, enough of them to come in several pieces.";
        assert_eq!(reply.message.text, expected, "{name}");
        assert_eq!(text(&deltas), expected, "{name}");
        assert!(deltas.len() > 1, "{name}: {deltas:?}");
        assert!(reply.message.tool_calls.is_empty(), "{name}");
        assert_eq!(reply.model, name);
    }
}

#[tokio::test]
async fn parallel_tools_are_called_and_their_results_understood() {
    let aimock = Aimock::start();
    for model in models(aimock.url()) {
        let name = model.name();
        let asked = "What is the weather in two cities?";
        let (reply, deltas) = ask(&model, vec![user(asked)]).await;
        let reply = reply.unwrap_or_else(|error| panic!("{name}: {error}: {:?}", error.source));
        let calls = &reply.message.tool_calls;
        let cities: Vec<_> = calls.iter().map(|call| &call.arguments).collect();
        assert_eq!(
            cities,
            [&json!({"city": "Oslo"}), &json!({"city": "Rome"})],
            "{name}"
        );
        assert!(
            calls.iter().all(|call| call.name == "weather__now"),
            "{name}"
        );
        assert_ne!(calls[0].id, calls[1].id, "{name}");
        let started = |delta: &&Delta| **delta == Delta::ToolCallStarted("weather__now".to_owned());
        assert_eq!(
            deltas.iter().filter(started).count(),
            2,
            "{name}: {deltas:?}"
        );
        if !name.ends_with("qwen3") {
            assert_eq!((reply.usage.input, reply.usage.output), (120, 30), "{name}");
        }
        let results = answered(asked, reply, &["{\"celsius\": 3}", "{\"celsius\": 19}"]);
        let (reply, _) = ask(&model, results).await;
        let reply = reply.unwrap_or_else(|error| panic!("{name}: {error}: {:?}", error.source));
        assert_eq!(reply.message.text, "Oslo is 3C and Rome is 19C.", "{name}");
    }
}

#[tokio::test]
async fn failures_are_of_the_right_kind_and_show_no_key() {
    let aimock = Aimock::start();
    let second = Some(Duration::from_secs(1));
    let expected = [
        ("wrong key", ErrorKind::Auth),
        (
            "too often",
            ErrorKind::RateLimited {
                retry_after: second,
            },
        ),
        ("broken", ErrorKind::Server),
        ("cut me", ErrorKind::Truncated),
    ];
    for model in models(aimock.url()) {
        for (question, kind) in &expected {
            let (reply, _) = ask(&model, vec![user(question)]).await;
            let error = reply.expect_err(question);
            assert_eq!(
                error.kind,
                *kind,
                "{}, {question}: {:?}",
                model.name(),
                error.source
            );
            let shown = format!("{error} {error:?}");
            let sentence = patchbay::error::Error::from(error).sentence();
            let needs_key = !model.name().contains("qwen3") && !model.name().contains("local");
            assert!(!needs_key || !shown.contains(KEY), "{shown}");
            assert!(
                !sentence.contains(KEY) && !sentence.contains("Boom"),
                "{sentence}"
            );
        }
    }
}
