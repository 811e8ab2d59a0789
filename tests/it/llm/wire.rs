//! What providers do on bad days and the mock does not: against a scripted server.

use std::time::{Duration, Instant};

use patchbay::domain::chat::ChatReply;
use patchbay::domain::usage::TokenUsage;
use patchbay::llm::catalogue::{Catalogue, ModelsConfig, ProviderKind, WellKnownKeys};
use patchbay::llm::{Error, ErrorKind, Settings};
use serde_json::{Value, json};

use super::scripted::{Answer, Piece, Scripted};
use super::{answered, ask, http, model, settings, user};

use ProviderKind::{Anthropic, Gemini, Ollama, Openai, OpenaiCompatible};

/// Frames of an event stream.
fn events(frames: &[Value]) -> Vec<Piece> {
    let frame = |data: &Value| {
        let name = data["type"].as_str().map(|name| format!("event: {name}\n"));
        Piece::Text(format!("{}data: {data}\n\n", name.unwrap_or_default()))
    };
    frames.iter().map(frame).collect()
}

/// Frames as Ollama sends them.
fn lines(frames: &[Value]) -> Vec<Piece> {
    frames
        .iter()
        .map(|frame| Piece::Text(format!("{frame}\n")))
        .collect()
}

fn done() -> Piece {
    Piece::Text("data: [DONE]\n\n".to_owned())
}

fn chat_chunk(delta: Value, finish: Option<&str>) -> Value {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

fn gemini_chunk(part: Value, finish: Option<&str>) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": finish}]})
}

/// The beginning of an answer in a wire format.
fn beginning(kind: ProviderKind) -> Vec<Piece> {
    match kind {
        Openai | OpenaiCompatible => events(&[chat_chunk(json!({"content": "Half"}), None)]),
        Anthropic => events(&[
            json!({"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Half"}}),
        ]),
        Gemini => events(&[
            json!({"candidates": [{"content": {"parts": [{"text": "Half"}]}}],
            "usageMetadata": {"promptTokenCount": 3}}),
        ]),
        Ollama => {
            lines(&[json!({"message": {"role": "assistant", "content": "Half"}, "done": false})])
        }
    }
}

const FORMATS: [(ProviderKind, &str); 6] = [
    (Openai, "gpt-4o-mini"),
    (Openai, "gpt-6.1-terra"),
    (OpenaiCompatible, "local"),
    (Anthropic, "claude-sonnet-5-5"),
    (Gemini, "gemini-3.8-flash"),
    (Ollama, "qwen3"),
];

/// Asks a model of this kind at a server with one answer.
async fn once(
    kind: ProviderKind,
    name: &str,
    answer: Answer,
    settings: Settings,
) -> Result<ChatReply, Error> {
    let server = Scripted::start(vec![answer]).await;
    let model = model(kind, server.url(), name, settings);
    ask(&model, vec![user("hi")]).await.0
}

async fn kind_of(kind: ProviderKind, name: &str, answer: Answer) -> ErrorKind {
    let reply = once(kind, name, answer, settings()).await;
    reply.expect_err(name).kind
}

#[tokio::test]
async fn an_answer_that_just_ends_is_truncated() {
    for (kind, name) in FORMATS {
        let half = match name {
            "gpt-6.1-terra" => {
                events(&[json!({"type": "response.output_text.delta", "delta": "Half"})])
            }
            _ => beginning(kind),
        };
        let ended = kind_of(kind, name, Answer::stream(half.clone())).await;
        assert_eq!(ended, ErrorKind::Truncated, "{name}, ended");
        let cut = half.into_iter().chain([Piece::Cut]).collect();
        let cut = kind_of(kind, name, Answer::stream(cut)).await;
        assert_eq!(cut, ErrorKind::Truncated, "{name}, cut");
        let empty = kind_of(kind, name, Answer::stream(Vec::new())).await;
        assert_eq!(empty, ErrorKind::Truncated, "{name}, empty");
    }
}

#[tokio::test]
async fn an_error_in_the_middle_has_its_kind() {
    let check = async |kind: ProviderKind, name: &str, error: Value, expected: ErrorKind| {
        let pieces = beginning(kind)
            .into_iter()
            .chain(events(std::slice::from_ref(&error)))
            .collect();
        assert_eq!(
            kind_of(kind, name, Answer::stream(pieces)).await,
            expected,
            "{error}"
        );
    };
    check(
        Anthropic,
        "claude-sonnet-5-5",
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
        ErrorKind::Overloaded,
    )
    .await;
    check(
        Openai,
        "gpt-4o-mini",
        json!({"error": {"type": "server_error", "message": "Boom"}}),
        ErrorKind::Server,
    )
    .await;
    check(
        Gemini,
        "gemini-3.8-flash",
        json!({"error": {"code": 503, "status": "UNAVAILABLE", "message": "Overloaded"}}),
        ErrorKind::Overloaded,
    )
    .await;
    let text = vec![Piece::Text("data: {no json\n\n".to_owned())];
    assert_eq!(
        kind_of(Openai, "gpt-4o-mini", Answer::stream(text)).await,
        ErrorKind::Server
    );
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let short = Duration::from_millis(300);
    let check = async |kind: ProviderKind, name: &str, answer: Answer, settings: Settings| {
        let started = Instant::now();
        let error = once(kind, name, answer, settings).await.expect_err(name);
        assert_eq!(error.kind, ErrorKind::Timeout, "{name}");
        assert!(started.elapsed() < Duration::from_secs(5), "{name}");
    };
    for (kind, name) in FORMATS {
        let silent = || Answer::stream([beginning(kind), vec![Piece::Silence]].concat());
        let reading = Settings {
            read_timeout: short,
            ..settings()
        };
        check(kind, name, silent(), reading).await;
        let late = silent().after(Duration::from_secs(20));
        let headers = Settings {
            header_timeout: short,
            ..settings()
        };
        check(kind, name, late, headers).await;
    }
    // Signs of life do not make an answer endless.
    let ping = [
        Piece::Text("event: ping\ndata: {}\n\n".to_owned()),
        Piece::Wait(Duration::from_millis(40)),
    ];
    let pings = Answer::stream(std::iter::repeat_n(ping, 500).flatten().collect());
    let total = Settings {
        total_timeout: short,
        ..settings()
    };
    check(Anthropic, "claude-sonnet-5-5", pings, total).await;
}

#[tokio::test]
async fn a_refusal_has_its_kind_and_its_wait() {
    let limited = |seconds| ErrorKind::RateLimited {
        retry_after: Some(Duration::from_secs(seconds)),
    };
    for (kind, name) in FORMATS {
        let overloaded = Answer::failure(
            529,
            r#"{"type":"error","error":{"type":"overloaded_error"}}"#,
        );
        assert_eq!(
            kind_of(kind, name, overloaded).await,
            ErrorKind::Overloaded,
            "{name}"
        );
        let often = Answer::failure(429, "{}").header("retry-after", "7");
        assert_eq!(kind_of(kind, name, often).await, limited(7), "{name}");
        let page = Answer::failure(502, "<html>Bad gateway</html>");
        assert_eq!(kind_of(kind, name, page).await, ErrorKind::Server, "{name}");
        let missing = Answer::failure(404, r#"{"error":"model 'x' not found"}"#);
        assert_eq!(
            kind_of(kind, name, missing).await,
            ErrorKind::UnknownModel,
            "{name}"
        );
    }
}

#[tokio::test]
async fn nobody_there_is_a_network_error_without_the_address() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    for (kind, name) in FORMATS {
        let model = model(kind, &format!("http://{address}/v1"), name, settings());
        let error = ask(&model, vec![user("hi")]).await.0.expect_err(name);
        assert_eq!(error.kind, ErrorKind::Network, "{name}: {:?}", error.source);
        let cause = format!("{:?}", error.source);
        assert!(!cause.contains("http://"), "{cause}");
    }
}

#[tokio::test]
async fn arguments_that_are_no_json_arrive_as_text() {
    let call = |arguments: &str| {
        json!({"tool_calls": [{"index": 0, "id": "c1", "type": "function",
        "function": {"name": "weather__now", "arguments": arguments}}]})
    };
    let check = async |sent: &str, expected: Value| {
        let mut pieces = events(&[
            chat_chunk(call(sent), None),
            chat_chunk(json!({}), Some("tool_calls")),
        ]);
        pieces.push(done());
        let reply = once(Openai, "gpt-4o-mini", Answer::stream(pieces), settings())
            .await
            .unwrap();
        assert_eq!(reply.message.tool_calls[0].arguments, expected, "{sent:?}");
    };
    check("{\"city\": \"Os", json!("{\"city\": \"Os")).await;
    check("", json!({})).await;
    check("{}", json!({})).await;
}

#[tokio::test]
async fn cached_tokens_are_counted() {
    let pieces = events(&[
        json!({"type": "message_start", "message": {"usage": {"input_tokens": 11,
            "cache_read_input_tokens": 64, "cache_creation_input_tokens": 10, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}),
        json!({"type": "message_stop"}),
    ]);
    let reply = once(
        Anthropic,
        "claude-sonnet-5-5",
        Answer::stream(pieces),
        settings(),
    )
    .await
    .unwrap();
    let expected = TokenUsage {
        input: 85,
        cached_input: 64,
        cache_write: 10,
        output: 5,
    };
    assert_eq!(reply.usage, expected);

    let mut pieces = events(&[
        chat_chunk(json!({"content": "Hi"}), None),
        chat_chunk(json!({}), Some("stop")),
        json!({"choices": [], "usage": {"prompt_tokens": 50, "completion_tokens": 2, "total_tokens": 52,
            "prompt_tokens_details": {"cached_tokens": 40}}}),
    ]);
    pieces.push(done());
    let reply = once(Openai, "gpt-4o-mini", Answer::stream(pieces), settings())
        .await
        .unwrap();
    let expected = TokenUsage {
        input: 50,
        cached_input: 40,
        cache_write: 0,
        output: 2,
    };
    assert_eq!(reply.usage, expected);
}

#[tokio::test]
async fn an_answer_that_reached_a_limit_is_no_answer() {
    let check = async |reason: &str, expected: ErrorKind| {
        let mut pieces = events(&[chat_chunk(json!({"content": "Long"}), Some(reason))]);
        pieces.push(done());
        assert_eq!(
            kind_of(Openai, "gpt-4o-mini", Answer::stream(pieces)).await,
            expected,
            "{reason}"
        );
    };
    check("length", ErrorKind::AnswerTooLong).await;
    check("content_filter", ErrorKind::ContentFilter).await;
    let nothing = events(&[gemini_chunk(
        json!({"text": ""}),
        Some("MALFORMED_FUNCTION_CALL"),
    )]);
    let nothing = kind_of(Gemini, "gemini-3.8-flash", Answer::stream(nothing)).await;
    assert_eq!(nothing, ErrorKind::Server);
}

#[tokio::test]
async fn thoughts_are_given_back_with_the_results() {
    let call = |signature: &str| json!({"functionCall": {"name": "weather__now", "args": {"city": "Oslo"}}, "thoughtSignature": signature});
    let gemini = events(&[
        gemini_chunk(call("sig-a"), None),
        gemini_chunk(
            json!({"functionCall": {"name": "weather__now", "args": {"city": "Rome"}}}),
            None,
        ),
        gemini_chunk(json!({"text": ""}), Some("STOP")),
    ]);
    let bodies = conversation(Gemini, "gemini-3.8-flash", gemini, 2).await;
    let parts = &bodies[1]["contents"][1]["parts"];
    assert_eq!(parts[0]["thoughtSignature"], "sig-a", "{parts}");
    let results = bodies[1]["contents"][2]["parts"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert!(
        results
            .iter()
            .all(|part| part["functionResponse"]["name"] == "weather__now")
    );

    let claude = events(&[
        json!({"type": "message_start", "message": {"usage": {"input_tokens": 1, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "sig-b"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t1", "name": "weather__now", "input": {}}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{\"city\":\"Oslo\"}"}}),
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]);
    let bodies = conversation(Anthropic, "claude-sonnet-5-5", claude, 1).await;
    let content = &bodies[1]["messages"][1]["content"];
    assert_eq!(
        content[0],
        json!({"type": "thinking", "thinking": "Hm.", "signature": "sig-b"})
    );
    assert_eq!(content[1]["type"], "tool_use");
    assert_eq!(bodies[0]["max_tokens"], 500);
    assert_eq!(
        bodies[0]["system"][0]["cache_control"],
        json!({"type": "ephemeral"})
    );
}

#[tokio::test]
async fn ollama_gets_each_result_and_a_local_name_is_kept() {
    let call =
        |city: &str| json!({"function": {"name": "weather__now", "arguments": {"city": city}}});
    let frames = lines(&[
        json!({"message": {"role": "assistant", "content": "", "tool_calls": [call("Oslo"), call("Rome")]}, "done": false}),
        json!({"message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 4}),
    ]);
    let bodies = conversation(Ollama, "qwen3", frames, 2).await;
    let messages = bodies[1]["messages"].as_array().unwrap();
    let results: Vec<&Value> = messages
        .iter()
        .filter(|message| message["role"] == "tool")
        .collect();
    assert_eq!(results.len(), 2, "{messages:?}");
    assert_eq!(results[1]["content"], "result 1");

    let mut chunk = events(&[chat_chunk(json!({"content": "Hi"}), Some("stop"))]);
    chunk.push(done());
    let server = Scripted::start(vec![Answer::stream(chunk)]).await;
    let local = model(
        OpenaiCompatible,
        &format!("{}/v1", server.url()),
        "mistral-medium",
        settings(),
    );
    ask(&local, vec![user("hi")]).await.0.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].path, "/v1/chat/completions");
    assert_eq!(asked[0].body["model"], "mistral-medium");
}

/// Calls that are answered; gives back both requests.
async fn conversation(
    kind: ProviderKind,
    name: &str,
    first: Vec<Piece>,
    calls: usize,
) -> Vec<Value> {
    let server = Scripted::start(vec![Answer::stream(first)]).await;
    let model = model(kind, server.url(), name, settings());
    let reply = ask(&model, vec![user("hi")]).await.0.unwrap();
    assert_eq!(reply.message.tool_calls.len(), calls);
    let results: Vec<String> = (0..calls).map(|at| format!("result {at}")).collect();
    let results: Vec<&str> = results.iter().map(String::as_str).collect();
    // The script is over; only what is asked matters.
    ask(&model, answered("hi", reply, &results))
        .await
        .0
        .expect_err(name);
    server.asked().into_iter().map(|asked| asked.body).collect()
}

#[tokio::test]
async fn an_installed_model_is_found_and_a_silent_server_is_not_waited_for() {
    let tags =
        r#"{"models":[{"name":"nomic-embed-text"},{"name":"gemma3:4b"},{"name":"qwen3:8b"}]}"#;
    let server = Scripted::start(vec![
        Answer::failure(200, tags),
        Answer::stream(vec![Piece::Silence]),
    ])
    .await;
    let keys = WellKnownKeys {
        ollama_host: Some(server.url().to_owned()),
        ..WellKnownKeys::default()
    };
    let catalogue = Catalogue::new(&ModelsConfig::default(), &keys, http());
    assert_eq!(catalogue.choose().await.unwrap().name(), "ollama/qwen3:8b");
    assert_eq!(server.asked()[0].path, "/api/tags");
    let started = Instant::now();
    assert!(catalogue.model("ollama").await.is_err());
    assert!(started.elapsed() < Duration::from_secs(3));
}
