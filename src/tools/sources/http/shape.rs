//! Making a service's answer small enough to be worth a model's while.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use url::Url;

use crate::domain::card::Keep;
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};
use crate::net::Body;
use crate::text;

/// The longest text of an item in a list; a single item is not cut.
const LONGEST_LIST_TEXT: usize = 1_000;
/// The most items of a list; more would be cut away anyhow, after they were held several times.
const MOST_ITEMS: usize = 2_000;

/// Keeps of an answer what the card asks for; `title` is the service as people know it, and `more`
/// says whether there is more of the list.
pub(in crate::tools::sources) fn shape(
    title: &str,
    body: &Body,
    keep: Option<&Keep>,
    more: bool,
) -> Result<ToolOutput> {
    if body.bytes.is_empty() {
        return Ok(ToolOutput {
            text: "Done; the service had nothing to add.".to_owned(),
            ..ToolOutput::default()
        });
    }
    let Some(keep) = keep else {
        return Ok(ToolOutput {
            text: String::from_utf8_lossy(&body.bytes).into_owned(),
            truncated: body.truncated || more,
            ..ToolOutput::default()
        });
    };
    let answer = parse(title, body)?;
    let total = total(&answer, keep);
    let output = match (answer.pointer(&keep.at), &keep.named) {
        (Some(Value::Array(items)), _) => list(items, total, keep, more),
        (Some(Value::Object(members)), Some(name)) => {
            list(&as_list(members, name), total, keep, more)
        }
        (Some(item), _) => ToolOutput {
            text: kept(item, keep).to_string(),
            ..ToolOutput::default()
        },
        (None, _) if keep.chosen => return Err(super::answer::not_there(title)),
        (None, _) => return Err(unknown_form(title)),
    };
    Ok(output.out_of(body.bytes.len()))
}

/// The members of an object as a list: each with its name as one more member.
fn as_list(members: &Map<String, Value>, called: &str) -> Vec<Value> {
    let items = members.iter().map(|(name, value)| {
        let mut item = value.as_object().cloned().unwrap_or_default();
        item.insert(called.to_owned(), name.as_str().into());
        Value::Object(item)
    });
    items.collect()
}

/// Reads a whole answer.
pub(in crate::tools::sources) fn parse(title: &str, body: &Body) -> Result<Value> {
    if body.truncated {
        return Err(Error::new(
            Kind::Upstream,
            text!(
                "{service} answered with more than 1 MB, which is more than I read.",
                service = title
            ),
        )
        .hint(text!("Ask for less at once.")));
    }
    serde_json::from_slice(&body.bytes).map_err(|error| unreadable(title, error))
}

/// JSON has no limits, but whoever reads it does.
fn unreadable(service: &str, error: serde_json::Error) -> Error {
    let why = error.to_string();
    let (message, hint) = if why.starts_with("recursion") {
        (
            text!(
                "{service} answered with JSON that is nested too deep to be read.",
                service
            ),
            text!("Ask for something else."),
        )
    } else if why.starts_with("number") {
        (
            text!(
                "{service} answered with a number that is too large to be read.",
                service
            ),
            text!("Ask for something else."),
        )
    } else {
        (
            text!(
                "{service} answered with something that is not JSON.",
                service
            ),
            text!("Check that the connection's address is that of its API."),
        )
    };
    Error::new(Kind::Upstream, message).hint(hint).source(error)
}

/// How many items there are in all, where the answer says so.
pub(super) fn total(answer: &Value, keep: &Keep) -> Option<u64> {
    answer.pointer(keep.total.as_ref()?)?.as_u64()
}

/// Takes the list out of an answer that is one page of it.
pub(super) fn take_items(title: &str, answer: &mut Value, keep: &Keep) -> Result<Vec<Value>> {
    match answer.pointer_mut(&keep.at).map(Value::take) {
        Some(Value::Array(items)) => Ok(items),
        Some(_) | None => Err(unknown_form(title)),
    }
}

fn unknown_form(title: &str) -> Error {
    Error::new(
        Kind::Upstream,
        text!(
            "{service} answered in a form I do not know.",
            service = title
        ),
    )
    .hint(text!(
        "Tell your admin: the card for this service may need an update."
    ))
}

/// The items that the card wants, as it wants them.
pub(super) fn list(items: &[Value], total: Option<u64>, keep: &Keep, more: bool) -> ToolOutput {
    let wanted = |item: &&Value| {
        let unwanted = keep.without.as_ref().and_then(|at| item.pointer(at));
        unwanted.is_none_or(Value::is_null)
    };
    let mut kept_items: Vec<Value> = items
        .iter()
        .filter(wanted)
        .take(MOST_ITEMS)
        .map(|item| kept(item, keep))
        .collect();
    let mut truncated =
        more || items.len() > MOST_ITEMS || total.is_some_and(|total| total > items.len() as u64);
    for text in kept_items
        .iter_mut()
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
    {
        truncated |= cut(text);
    }
    let rows = Some(kept_items.len() as u64);
    let text = match total {
        Some(total) => json!({ "total": total, "items": kept_items }).to_string(),
        None if more => json!({ "items": kept_items, "more": true }).to_string(),
        None => Value::Array(kept_items).to_string(),
    };
    ToolOutput {
        text,
        rows,
        truncated,
        ..ToolOutput::default()
    }
}

/// The members to keep of an item; what the item does not have is left out.
fn kept(item: &Value, keep: &Keep) -> Value {
    if keep.fields.is_empty() {
        return item.clone();
    }
    let members = keep.fields.iter().filter_map(|(name, pointer)| {
        let value = pick(item, pointer).filter(|value| !value.is_null())?;
        let value = match (keep.base64.contains(name), keep.links.get(name)) {
            (true, _) => decoded(&value),
            (false, Some(address)) => continued(address, value),
            (false, None) => value,
        };
        Some((name.clone(), value))
    });
    Value::Object(members.collect())
}

/// What a pointer points at; `*` stands for every item of a list.
fn pick(item: &Value, pointer: &str) -> Option<Value> {
    let Some((list, rest)) = pointer.split_once("/*") else {
        return item.pointer(pointer).cloned();
    };
    let items = item.pointer(list)?.as_array()?;
    Some(items.iter().filter_map(|item| pick(item, rest)).collect())
}

/// The address that a path continues, written as addresses are.
fn continued(address: &str, path: Value) -> Value {
    match path {
        Value::String(path) => {
            let whole = format!("{address}{path}");
            whole.parse::<Url>().map_or(whole, String::from).into()
        }
        Value::Array(paths) => paths
            .into_iter()
            .map(|path| continued(address, path))
            .collect(),
        other => other,
    }
}

fn decoded(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    let compact: String = text.split_ascii_whitespace().collect();
    match STANDARD.decode(compact).map(String::from_utf8) {
        Ok(Ok(text)) => text.into(),
        Ok(Err(binary)) => format!("(binary, {} bytes)", binary.as_bytes().len()).into(),
        Err(_) => "(unreadable)".into(),
    }
}

/// Cuts a long text, and says whether it did.
fn cut(value: &mut Value) -> bool {
    let Value::String(text) = value else {
        return false;
    };
    let Some((end, _)) = text.char_indices().nth(LONGEST_LIST_TEXT) else {
        return false;
    };
    text.truncate(end);
    text.push('…');
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(yaml: &str) -> Keep {
        serde_saphyr::from_str(yaml).unwrap()
    }

    fn shaped(answer: Value, keep: &Keep) -> (Value, Option<u64>, bool) {
        let body = Body {
            bytes: answer.to_string().into_bytes(),
            truncated: false,
        };
        let output = shape("Shop", &body, Some(keep), false).unwrap();
        (
            serde_json::from_str(&output.text).unwrap(),
            output.rows,
            output.truncated,
        )
    }

    #[test]
    fn lists_keep_what_the_card_asks_for() {
        let keep = keep(
            "{at: /items, total: /count, without: /gone, fields: {id: /n, tags: /tags/*/name, by: /user/login}}",
        );
        let answer = json!({ "count": 7, "items": [
            { "n": 1, "tags": [{ "name": "a" }, { "name": "b" }], "user": { "login": "ann" }, "noise": 1 },
            { "n": 2, "tags": [], "user": null },
            { "n": 3, "gone": { "why": "x" } },
        ] });
        let expected = json!({ "total": 7, "items": [
            { "id": 1, "tags": ["a", "b"], "by": "ann" },
            { "id": 2, "tags": [] },
        ] });
        assert_eq!(shaped(answer, &keep), (expected, Some(2), true));
    }

    #[test]
    fn what_is_left_out_is_counted_and_never_less_than_nothing() {
        let keep = keep("{fields: {id: /id, double: /id}}");
        let left_out = |answer: &str| {
            let body = Body {
                bytes: answer.as_bytes().to_vec(),
                truncated: false,
            };
            shape("Shop", &body, Some(&keep), false).unwrap().left_out
        };
        let (whole, kept) = (r#"{"id":1,"noise":"0123456789"}"#, r#"{"double":1,"id":1}"#);
        assert_eq!(left_out(whole), whole.len() - kept.len());
        assert_eq!(left_out("{\"id\":1}"), 0);
    }

    #[test]
    fn members_become_a_list_and_paths_become_addresses() {
        let tables = keep("{at: /tables, named: table, fields: {table: /table, about: /about}}");
        let answer = json!({ "tables": { "a": { "about": "x", "noise": 1 }, "b": {}, "c": 7 } });
        let expected = json!([{ "table": "a", "about": "x" }, { "table": "b" }, { "table": "c" }]);
        assert_eq!(shaped(answer, &tables), (expected, Some(3), false));
        let mut links = keep("{fields: {link: /path, all: /more/*/path, size: /size}}");
        let address = ["link", "all", "size"].map(|name| (name.to_owned(), "https://x".to_owned()));
        links.links = address.into();
        let answer = json!({ "path": "/a b", "more": [{ "path": "/b" }], "size": 7 });
        let expected = json!({ "link": "https://x/a%20b", "all": ["https://x/b"], "size": 7 });
        assert_eq!(shaped(answer, &links).0, expected);
        let whole = keep("{at: /rows}");
        let (rows, ..) = shaped(json!({ "rows": [{ "id": 1, "x": null }] }), &whole);
        assert_eq!(rows, json!([{ "id": 1, "x": null }]));
    }

    #[test]
    fn long_texts_are_cut_in_lists_alone() {
        let keep = keep("{fields: {text: /text}}");
        let long = "é".repeat(1_001);
        let (list, _, truncated) = shaped(json!([{ "text": long }]), &keep);
        assert_eq!(list[0]["text"].as_str().unwrap().chars().count(), 1_001);
        assert!(list[0]["text"].as_str().unwrap().ends_with('…') && truncated);
        let (item, rows, truncated) = shaped(json!({ "text": long }), &keep);
        assert_eq!(
            (item["text"].as_str(), rows, truncated),
            (Some(&*long), None, false)
        );
    }

    #[test]
    fn base64_becomes_text_where_it_is_text() {
        let keep = keep("{fields: {content: /content}, base64: [content]}");
        let check = |content: &str, expected: &str| {
            let (item, ..) = shaped(json!({ "content": content }), &keep);
            assert_eq!(item["content"], expected);
        };
        check("aGVsbG8g\nd29ybGQ=\n", "hello world");
        check("/wD/", "(binary, 3 bytes)");
        check("%%%", "(unreadable)");
        check("", "");
    }
}
