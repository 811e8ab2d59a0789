//! Finding elements in blocks, by their id or by what a person reads on them.

use serde_json::Value;

use super::elements;

/// An element and the block it stands in.
pub(crate) struct Element<'a> {
    pub(crate) block_id: &'a str,
    pub(crate) element: &'a Value,
}

/// Which element is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Action(String),
    /// The words on a button.
    Label(String),
}

/// The element that is meant, in the given block if one is named.
pub(crate) fn find<'a>(
    blocks: &'a [Value],
    block_id: Option<&str>,
    wanted: &Wanted,
) -> Option<Element<'a>> {
    blocks
        .iter()
        .filter(|block| block_id.is_none_or(|id| block["block_id"] == id))
        .find_map(|block| {
            let element = elements_of(block)
                .into_iter()
                .find(|element| match wanted {
                    Wanted::Action(id) => element["action_id"] == id.as_str(),
                    Wanted::Label(label) => element["text"]["text"] == label.as_str(),
                })?;
            Some(Element {
                block_id: block["block_id"].as_str().unwrap_or_default(),
                element,
            })
        })
}

/// The input blocks, which a person has to fill in.
pub(crate) fn inputs(blocks: &[Value]) -> impl Iterator<Item = &Value> {
    blocks.iter().filter(|block| block["type"] == "input")
}

/// The elements of one block that a person can act on.
pub(super) fn elements_of(block: &Value) -> Vec<&Value> {
    let located = located_elements(block).into_iter();
    located.map(|(_, element)| element).collect()
}

/// The same, each with where it is in the block, as in `/elements/0`.
pub(super) fn located_elements(block: &Value) -> Vec<(String, &Value)> {
    let single = ["accessory", "element"]
        .into_iter()
        .map(|field| (format!("/{field}"), &block[field]));
    let nested = items(block, &["blocks", "cards", "child_blocks"]).flat_map(|(at, inner)| {
        let within = located_elements(inner).into_iter();
        within.map(move |(path, element)| (format!("{at}{path}"), element))
    });
    items(block, &["elements", "actions", "buttons"])
        .chain(single)
        .filter(|(_, element)| elements::has_action(element["type"].as_str().unwrap_or_default()))
        .chain(nested)
        .collect()
}

/// What is listed in these fields of a block, each with where it is.
fn items<'a>(
    block: &'a Value,
    fields: &'static [&'static str],
) -> impl Iterator<Item = (String, &'a Value)> {
    fields.iter().flat_map(|field| {
        let list = block[*field].as_array().into_iter().flatten();
        list.enumerate()
            .map(move |(index, item)| (format!("/{field}/{index}"), item))
    })
}

/// Calls `change` on every element of one block.
pub(super) fn each_element_mut(block: &mut Value, change: &mut impl FnMut(&mut Value)) {
    for field in ["elements", "actions", "buttons"] {
        if let Some(list) = block.get_mut(field).and_then(Value::as_array_mut) {
            list.iter_mut().for_each(&mut *change);
        }
    }
    for field in ["accessory", "element"] {
        if let Some(element) = block.get_mut(field) {
            change(element);
        }
    }
}

/// Every text in blocks that a person reads, one a line.
pub(crate) fn all_texts(value: &Value) -> String {
    let mut lines = Vec::new();
    collect_texts(value, &mut lines);
    lines.join("\n")
}

fn collect_texts<'a>(value: &'a Value, lines: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, lines)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if is_shown(name) => lines.push(text),
                    Value::Array(_) | Value::Object(_) => collect_texts(field, lines),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_shown(field: &str) -> bool {
    matches!(
        field,
        "text" | "title" | "subtitle" | "body" | "details" | "output" | "alt_text"
    )
}

/// The words on every button.
pub(crate) fn buttons(blocks: &[Value]) -> Vec<String> {
    blocks
        .iter()
        .flat_map(elements_of)
        .filter(|element| element["type"] == "button")
        .filter_map(|button| button["text"]["text"].as_str())
        .map(str::to_owned)
        .collect()
}
