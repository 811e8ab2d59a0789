//! What goes to the library and what comes back from it.

use super::*;

const MODEL: &str = "gemini/gemini-3.8-flash";

fn asked(messages: Vec<ChatMessage>) -> ChatRequest {
    ChatRequest {
        system: "be brief".to_owned(),
        messages,
        tools: vec![Arc::new(ToolSpec::new(
            "db__list".to_owned(),
            "lists".to_owned(),
            json!({"type": "object"}),
        ))],
        max_output_tokens: 100,
    }
}

fn user(text: &str) -> ChatMessage {
    ChatMessage::User {
        heard: String::new(),
        text: text.to_owned(),
    }
}

fn wire(call_id: &str, arguments: Value) -> chat::ToolCall {
    chat::ToolCall {
        call_id: call_id.to_owned(),
        fn_name: "db__list".to_owned(),
        fn_arguments: arguments,
        thought_signatures: Some(vec!["signed".to_owned()]),
    }
}

fn end(parts: Vec<ContentPart>) -> StreamEnd {
    StreamEnd {
        captured_content: Some(MessageContent::from_parts(parts)),
        ..StreamEnd::default()
    }
}

/// A round trip: the reply's calls answered, and asked again.
fn answered(said: AssistantMessage) -> ChatRequest {
    let results: Vec<ChatMessage> = said
        .tool_calls
        .iter()
        .map(|call| ChatMessage::Tool {
            call_id: call.id.clone(),
            content: "[]".to_owned(),
        })
        .collect();
    let mut messages = vec![user("hi"), ChatMessage::Assistant(said)];
    messages.extend(results);
    asked(messages)
}

#[test]
fn calls_get_unique_identifiers_and_their_own_ones_go_back() {
    let said = reply(
        end(vec![
            ContentPart::ToolCall(wire("call#db__list#0", json!({}))),
            ContentPart::ToolCall(wire("call#db__list#0", json!({}))),
            ContentPart::ToolCall(wire("a-1", json!({}))),
            ContentPart::ToolCall(wire("a-1", json!({}))),
            ContentPart::ToolCall(wire("", json!({}))),
        ]),
        &asked(vec![user("hi")]),
        MODEL,
    );
    let ids: HashSet<&str> = said
        .tool_calls
        .iter()
        .map(|call| call.id.as_str())
        .collect();
    assert_eq!(ids.len(), 5);
    assert_eq!(said.tool_calls[2].id, "a-1");
    for id in ids {
        assert!(
            id.chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'),
            "{id}"
        );
    }
    let again = request(
        &answered(said),
        MODEL,
        Habits {
            joins_results: true,
            marks_cache: false,
        },
    );
    let calls = again.messages[1].content.tool_calls();
    assert_eq!(calls[0].call_id, "call#db__list#0");
    assert_eq!(
        calls[0].thought_signatures.as_deref(),
        Some(&["signed".to_owned()][..])
    );
    let results = again.messages[2].content.tool_responses();
    assert_eq!(results.len(), 5);
    assert_eq!(results[0].call_id, "call#db__list#0");
    assert_eq!(results[0].fn_name.as_deref(), Some("db__list"));
}

#[test]
fn thoughts_go_back_to_the_model_that_had_them_and_to_no_other() {
    let said = reply(
        end(vec![
            ContentPart::ThoughtSignature("signed".to_owned()),
            ContentPart::ReasoningContent("hm".to_owned()),
            ContentPart::Text("Looking.".to_owned()),
            ContentPart::ToolCall(wire("a", json!({}))),
        ]),
        &asked(vec![user("hi")]),
        MODEL,
    );
    assert_eq!(said.text, "Looking.");
    let parts = |model| {
        let again = request(&answered(said.clone()), model, Habits::default());
        again.messages[1].content.parts().len()
    };
    assert_eq!(parts(MODEL), 4);
    assert_eq!(parts("openai/gpt-6"), 2);
}

#[test]
fn an_answer_keeps_no_thoughts() {
    let said = reply(
        end(vec![
            ContentPart::ThoughtSignature("signed".to_owned()),
            ContentPart::Text("Done.".to_owned()),
        ]),
        &asked(vec![user("hi")]),
        MODEL,
    );
    assert_eq!(said.provider_data, None);
}

#[test]
fn arguments_are_objects_or_the_raw_text() {
    let check = |wire: Value, expected: Value| assert_eq!(arguments(wire), expected);
    check(Value::Null, json!({}));
    check(json!(""), json!({}));
    check(json!({"a": 1}), json!({"a": 1}));
    check(json!("{\"a\":"), json!("{\"a\":"));
    let call = ToolCall {
        id: "a".to_owned(),
        name: "db__list".to_owned(),
        arguments: json!("{\"a\":"),
        provider_data: None,
    };
    assert_eq!(
        wire_call(&call, MODEL).fn_arguments,
        json!({"unreadable": "{\"a\":"})
    );
}

#[test]
fn results_are_joined_or_apart_as_the_provider_likes() {
    let call = |id: &str| ToolCall {
        id: id.to_owned(),
        name: "db__list".to_owned(),
        arguments: json!({}),
        provider_data: None,
    };
    let said = AssistantMessage {
        tool_calls: vec![call("a"), call("b")],
        ..AssistantMessage::default()
    };
    let messages = |joins_results| {
        let habits = Habits {
            joins_results,
            marks_cache: false,
        };
        request(&answered(said.clone()), MODEL, habits)
            .messages
            .len()
    };
    assert_eq!(messages(true), 3);
    assert_eq!(messages(false), 4);
}

#[test]
fn an_empty_reply_is_left_out() {
    let empty = ChatMessage::Assistant(AssistantMessage::default());
    let asked = asked(vec![user("hi"), empty, user("still there?")]);
    assert_eq!(request(&asked, MODEL, Habits::default()).messages.len(), 2);
}

#[test]
fn the_prefix_is_marked_for_caching_only_where_asked() {
    let habits = Habits {
        joins_results: true,
        marks_cache: true,
    };
    let marked = request(&asked(vec![user("hi")]), MODEL, habits);
    assert!(marked.system.is_none());
    assert!(
        marked
            .messages
            .iter()
            .all(|message| message.options.is_some())
    );
    let plain = request(&asked(vec![user("hi")]), MODEL, Habits::default());
    assert_eq!(plain.system.as_deref(), Some("be brief"));
    assert!(
        plain
            .messages
            .iter()
            .all(|message| message.options.is_none())
    );
}

#[test]
fn counts_that_are_missing_or_negative_are_nothing() {
    assert_eq!(usage(None), TokenUsage::default());
    let counted = Usage {
        prompt_tokens: Some(85),
        completion_tokens: Some(-3),
        ..Usage::default()
    };
    assert_eq!(
        usage(Some(&counted)),
        TokenUsage {
            input: 85,
            ..TokenUsage::default()
        }
    );
}
