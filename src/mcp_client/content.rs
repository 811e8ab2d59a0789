//! A tool's result as text: what is none is named, with its size, and left out.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use secrecy::SecretString;
use serde_json::Value;

use crate::domain::secret;
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};

/// Bytes of base64 that stand for three of what is encoded.
const ENCODED: usize = 4;

/// What a model reads of a result, with dots for the secrets. What the tool calls a failure is an error
/// in its own words.
pub fn output(tool: &str, result: &CallToolResult, secrets: &[SecretString]) -> Result<ToolOutput> {
    let text = secret::without(&text(result), secrets).into_owned();
    if result.is_error == Some(true) {
        let message = match text.is_empty() {
            true => format!("The tool `{tool}` failed and did not say why."),
            false => format!("The tool `{tool}` failed and says: “{}”.", text.trim()),
        };
        return Err(Error::new(Kind::Invalid, message)
            .hint("Mend the arguments if that is what it says; else go on without it."));
    }
    Ok(ToolOutput {
        text,
        ..ToolOutput::default()
    })
}

fn text(result: &CallToolResult) -> String {
    let mut parts: Vec<String> = Vec::new();
    // Servers repeat as text what is structured, for clients that know no better.
    let structured = result.structured_content.as_ref().map(ToString::to_string);
    let mut only_wrapped = false;
    for block in &result.content {
        match (block, &result.structured_content) {
            (ContentBlock::Text(text), Some(structured)) if repeats(&text.text, structured) => {}
            (block, structured) => {
                parts.push(shown(block));
                only_wrapped |= structured.as_ref().is_some_and(|it| wraps(it, block));
            }
        }
    }
    parts.extend(structured.filter(|_| !only_wrapped));
    parts.join("\n\n")
}

/// Whether a text says what is structured.
fn repeats(text: &str, structured: &Value) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value == *structured)
}

/// Whether what is structured is that text alone, as the only member of an object: what is structured
/// has to be one.
fn wraps(structured: &Value, block: &ContentBlock) -> bool {
    let members = structured.as_object().filter(|members| members.len() == 1);
    let only = members.and_then(|members| members.values().next());
    let ContentBlock::Text(text) = block else {
        return false;
    };
    only.is_some_and(|only| only.as_str() == Some(&text.text) || repeats(&text.text, only))
}

fn shown(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => left_out("image", &image.mime_type, &image.data),
        ContentBlock::Audio(audio) => left_out("sound", &audio.mime_type, &audio.data),
        ContentBlock::ResourceLink(link) => {
            let title = link.title.as_deref().unwrap_or(&link.name);
            let about = link.description.as_deref().unwrap_or_default();
            format!("[link to {}: {title}. {about}]", link.uri)
        }
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { uri, text, .. } => {
                format!("[{uri}]\n{text}")
            }
            ResourceContents::BlobResourceContents {
                uri,
                mime_type,
                blob,
                ..
            } => {
                let kind = mime_type.as_deref().unwrap_or("unknown type");
                format!("[{uri}]\n{}", left_out("file", kind, blob))
            }
            _ => "[left out: a resource of a kind that I do not know]".to_owned(),
        },
        _ => "[left out: something that I do not know]".to_owned(),
    }
}

fn left_out(what: &str, kind: &str, base64: &str) -> String {
    let bytes = base64.len() / ENCODED * 3;
    format!("[left out: {what} of the type {kind}, about {bytes} bytes]")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(result: Value) -> Result<String> {
        let result = serde_json::from_value(result).unwrap();
        output("draw", &result, &["hello-secret".into()]).map(|output| output.text)
    }

    #[test]
    fn text_is_kept_and_what_is_none_is_named() {
        let text = read(json!({ "content": [
            { "type": "text", "text": "Here it is:" },
            { "type": "image", "data": "aGVsbG8gdGhlcmUh", "mimeType": "image/png" },
            { "type": "audio", "data": "aGVs", "mimeType": "audio/wav" },
            { "type": "resource_link", "uri": "file:///a.txt", "name": "a.txt", "description": "Notes" },
            { "type": "resource", "resource": { "uri": "demo://1", "text": "one" } },
            { "type": "resource", "resource": { "uri": "demo://2", "blob": "aGVs", "mimeType": "application/pdf" } },
        ] }));
        insta::assert_snapshot!(text.unwrap(), @r"
        Here it is:

        [left out: image of the type image/png, about 12 bytes]

        [left out: sound of the type audio/wav, about 3 bytes]

        [link to file:///a.txt: a.txt. Notes]

        [demo://1]
        one

        [demo://2]
        [left out: file of the type application/pdf, about 3 bytes]
        ");
    }

    #[test]
    fn what_is_structured_is_there_once() {
        let structured = json!({ "sum": 5 });
        for text in ["{\"sum\": 5}", "{ \"sum\":5 }"] {
            let result = json!({ "content": [{ "type": "text", "text": text }], "structuredContent": structured });
            assert_eq!(read(result).unwrap(), "{\"sum\":5}");
        }
        let result = json!({ "content": [{ "type": "text", "text": "Five." }], "structuredContent": structured });
        assert_eq!(read(result).unwrap(), "Five.\n\n{\"sum\":5}");
        for (wrapped, text) in [(json!("Five."), "Five."), (json!([5]), "[5]")] {
            let structured = json!({ "result": wrapped });
            let result = json!({ "content": [{ "type": "text", "text": text }], "structuredContent": structured });
            assert_eq!(read(result).unwrap(), text);
        }
    }

    #[test]
    fn a_failure_is_an_error_in_the_tools_words() {
        let result =
            json!({ "content": [{ "type": "text", "text": "no such city" }], "isError": true });
        insta::assert_snapshot!(read(result).unwrap_err().sentence(), @"The tool `draw` failed and says: “no such city”. Mend the arguments if that is what it says; else go on without it.");
    }
}
