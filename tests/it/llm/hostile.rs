//! A server that means harm with what it streams: its answer ends, and this process stays small.

use patchbay::llm::ErrorKind;
use patchbay::llm::catalogue::ProviderKind::OpenaiCompatible;
use serde_json::{Value, json};

use super::scripted::{Answer, Piece, Scripted};
use super::{ask, model, settings, user};
use crate::apart::{apart, peak, peak_from_here};

/// What is held at once of an answer that comes and comes.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;

fn frame(data: &Value) -> Piece {
    Piece::Text(format!("data: {data}\n\n"))
}

fn piece_of_call(index: u64, id: Option<&str>, name: Option<&str>, arguments: &str) -> Piece {
    let function = json!({ "name": name, "arguments": arguments });
    let call = json!({ "index": index, "id": id, "function": function });
    frame(&json!({ "choices": [{ "delta": { "tool_calls": [call] } }] }))
}

fn end() -> [Piece; 2] {
    let finish = json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] });
    [frame(&finish), Piece::Text("data: [DONE]\n\n".to_owned())]
}

async fn server(pieces: impl IntoIterator<Item = Piece>) -> Scripted {
    Scripted::start(vec![Answer::stream(pieces.into_iter().collect())]).await
}

#[test]
fn where_a_call_says_it_belongs_makes_no_list_long() {
    apart(
        "llm::hostile::where_a_call_says_it_belongs_makes_no_list_long",
        async {
            let far = u64::from(u32::MAX);
            let pieces = [
                piece_of_call(far, Some("c2"), Some("weather__now"), "{\"city\":"),
                piece_of_call(3, Some("c1"), Some("weather__now"), "{\"city\": \"Rome\"}"),
                piece_of_call(far, None, None, " \"Oslo\"}"),
            ];
            let server = server(pieces.into_iter().chain(end())).await;
            let model = model(OpenaiCompatible, server.url(), "local", settings());
            let before = peak_from_here();
            let reply = ask(&model, vec![user("hi")]).await.0.unwrap();
            let calls = reply.message.tool_calls.iter();
            let calls: Vec<_> = calls
                .map(|call| (call.id.as_str(), &call.arguments))
                .collect();
            let (rome, oslo) = (json!({ "city": "Rome" }), json!({ "city": "Oslo" }));
            assert_eq!(calls, [("c1", &rome), ("c2", &oslo)]);
            let grown = peak().saturating_sub(before);
            assert!(grown < MOST_MEMORY, "{grown} bytes");
        },
    );
}

#[tokio::test]
async fn more_calls_than_anybody_makes_are_no_answer() {
    let calls = (0..5_000).map(|index| piece_of_call(index, Some("c"), Some("weather__now"), "{}"));
    let server = server(calls.chain(end())).await;
    let model = model(OpenaiCompatible, server.url(), "local", settings());
    let error = ask(&model, vec![user("hi")]).await.0.unwrap_err();
    assert_eq!(error.kind, ErrorKind::AnswerTooLong);
}

#[test]
fn frames_without_end_that_say_nothing_are_given_up() {
    apart(
        "llm::hostile::frames_without_end_that_say_nothing_are_given_up",
        async {
            let padding = "x".repeat(32 * 1024);
            let frame = json!({ "choices": [], "padding": padding });
            let endless = Piece::Endlessly(format!("data: {frame}\n\n"));
            let server = server([endless]).await;
            let model = model(OpenaiCompatible, server.url(), "local", settings());
            let before = peak_from_here();
            let error = ask(&model, vec![user("hi")]).await.0.unwrap_err();
            assert_eq!(error.kind, ErrorKind::AnswerTooLong);
            let grown = peak().saturating_sub(before);
            assert!(grown < MOST_MEMORY, "{grown} bytes");
        },
    );
}
