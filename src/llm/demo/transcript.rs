//! What was asked last and what the tools have said since.

use serde_json::Value;

use crate::domain::chat::{ChatMessage, ChatRequest};

/// How many places of a text are tried for the start of a result.
const ATTEMPTS: usize = 200;
/// How much of a failure's text is passed on.
const REASON_LIMIT: usize = 400;

/// The last question and all calls since.
#[derive(Debug)]
pub struct Turn<'a> {
    /// What the person wrote.
    pub question: &'a str,
    /// The calls in order.
    pub steps: Vec<Step<'a>>,
}

/// A call and how it ended.
#[derive(Debug)]
pub struct Step<'a> {
    /// The tool, `connection__tool`.
    pub name: &'a str,
    /// What it was called with.
    pub arguments: &'a Value,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a call.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// Its result.
    Data(Value),
    /// It did not run or gave no result; the tool's own words.
    Failed(String),
}

impl<'a> Turn<'a> {
    /// Reads the conversation since the last thing the person wrote.
    pub fn of(request: &'a ChatRequest) -> Self {
        let messages = request.messages.as_slice();
        let start = messages
            .iter()
            .rposition(|message| matches!(message, ChatMessage::User { .. }));
        let question = match start.and_then(|at| messages.get(at)) {
            Some(ChatMessage::User { text, .. }) => text.as_str(),
            _ => "",
        };
        let since = messages.get(start.map_or(0, |at| at + 1)..).unwrap_or(&[]);
        let steps = since
            .iter()
            .filter_map(|message| match message {
                ChatMessage::Assistant(said) => Some(&said.tool_calls),
                ChatMessage::User { .. } | ChatMessage::Tool { .. } => None,
            })
            .flatten()
            .map(|call| Step {
                name: &call.name,
                arguments: &call.arguments,
                outcome: outcome(since, &call.id),
            })
            .collect();
        Self { question, steps }
    }

    /// The calls of one tool.
    pub fn calls<'b>(&'b self, tool: &'b str) -> impl Iterator<Item = &'b Step<'a>> {
        self.steps.iter().filter(move |step| step.name == tool)
    }
}

fn outcome(messages: &[ChatMessage], call: &str) -> Outcome {
    let content = messages.iter().find_map(|message| match message {
        ChatMessage::Tool { call_id, content } if call_id == call => Some(content),
        _ => None,
    });
    let Some(content) = content else {
        return Outcome::Failed("there is no result".to_owned());
    };
    match result(content) {
        Some(data) => match reason(&data) {
            Some(reason) => Outcome::Failed(short(&reason)),
            None => Outcome::Data(data),
        },
        None => Outcome::Failed(words_of(content)),
    }
}

/// A failure in the tool's own words; a result that was cut has none.
fn words_of(content: &str) -> String {
    let plain = without_tags(content);
    match plain.starts_with(['{', '[']) {
        true => "its result is too large to read; ask for less at once".to_owned(),
        false => short(&plain),
    }
}

/// The JSON within a text, whatever is written around it: the largest piece, since a line about
/// where it comes from may have brackets of its own.
pub fn result(text: &str) -> Option<Value> {
    let mut best: Option<(usize, Value)> = None;
    let mut from = 0;
    for _ in 0..ATTEMPTS {
        let Some(found) = text.get(from..).and_then(|rest| rest.find(['{', '['])) else {
            break;
        };
        let start = from + found;
        let rest = text.get(start..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                let length = values.byte_offset();
                if best.as_ref().is_none_or(|(longest, _)| length > *longest) {
                    best = Some((length, value));
                }
                from = start + length.max(1);
            }
            _ => from = start + 1,
        }
    }
    best.map(|(_, value)| value)
}

/// Why a call failed, where its result says that it did.
fn reason(data: &Value) -> Option<String> {
    if data.get("outcome").and_then(Value::as_str) == Some("failed")
        || data.get("outcome").and_then(Value::as_str) == Some("refused")
    {
        return Some(text_of(data.get("message").unwrap_or(data)));
    }
    match data.get("error")? {
        Value::Null | Value::Bool(false) => None,
        Value::Object(error) => Some(text_of(error.get("message")?)),
        Value::Bool(true) => Some(text_of(data.get("message").unwrap_or(data))),
        error => Some(text_of(error)),
    }
}

fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The text without lines and tags that only say where it comes from.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tagged) = rest.split_at(start);
        plain.push_str(before);
        let is_tag = tagged[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        match tagged.find('>') {
            Some(end) if is_tag => rest = &tagged[end + 1..],
            _ => {
                plain.push('<');
                rest = &tagged[1..];
            }
        }
    }
    plain.push_str(rest);
    plain.trim().to_owned()
}

fn short(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(REASON_LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if text.is_empty() => "it gave no reason".to_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_result_is_found_within_its_envelope() {
        let check =
            |text: &str, expected: Option<Value>| assert_eq!(result(text), expected, "{text}");
        check(r#"{"a": 1}"#, Some(json!({"a": 1})));
        check(
            "<tool_result connection=\"db\" trust=\"untrusted\">\n{\"a\": [1, 2]}\n</tool_result>",
            Some(json!({"a": [1, 2]})),
        );
        check(
            "From [db], read {with care}:\n[{\"a\": 1}]\nEnd.",
            Some(json!([{"a": 1}])),
        );
        check("[1] then {\"a\": \"longer\"}", Some(json!({"a": "longer"})));
        check("{\"a\": [1, 2", None);
        check("no result", None);
        check("{{{{[[[[", None);
        check("é{\"é\":1}é", Some(json!({"é": 1})));
        check(&"[".repeat(5_000), None);
    }

    #[test]
    fn a_failure_is_told_in_the_tools_words() {
        let check = |content: &str, expected: &str| {
            let messages = [ChatMessage::Tool {
                call_id: "a".to_owned(),
                content: content.to_owned(),
            }];
            assert_eq!(
                outcome(&messages, "a"),
                Outcome::Failed(expected.to_owned()),
                "{content}"
            );
        };
        check(
            "<tool_result tool=\"x\">No such table: <b>.</tool_result>",
            "No such table: .",
        );
        check("1 < 2 <", "1 < 2 <");
        check(
            "<tool_result>\n{\"rows\": [\n[cut here: 9 more bytes]\n</tool_result>",
            "its result is too large to read; ask for less at once",
        );
        check(r#"{"error": "no such table"}"#, "no such table");
        check(r#"{"error": {"message": "no"}}"#, "no");
        check(
            r#"{"outcome": "refused", "message": "Alice said no."}"#,
            "Alice said no.",
        );
        check("", "it gave no reason");
        check("<", "<");
    }
}
