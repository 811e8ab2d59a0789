//! Inputs: what they hold at first, what a person puts into them, and what Slack will not send off.

use serde_json::{Value, json};

use super::elements::{is_multiple, value_fields};
use super::find::elements_of;

/// The files that one input may take where the app does not say.
const MOST_FILES: u64 = 10;

/// The `state` of a view or message: every input's value, kept from before where it was entered.
pub(crate) fn state_of(blocks: &Value, before: &Value) -> Value {
    let mut values = json!({});
    for block in blocks.as_array().into_iter().flatten() {
        let id = block["block_id"].as_str().unwrap_or_default();
        for element in elements_of(block) {
            let action = element["action_id"].as_str().unwrap_or_default();
            let kept = &before["values"][id][action];
            if let Some(first) = initial(element) {
                let same_type = kept["type"] == element["type"];
                values[id][action] = if same_type { kept.clone() } else { first };
            }
        }
    }
    json!({"values": values})
}

/// What an input holds before anybody touches it; `None` for buttons and the like.
fn initial(element: &Value) -> Option<Value> {
    let kind = element["type"].as_str().unwrap_or_default();
    let (field, first) = value_fields(kind)?;
    let value = match &element[first] {
        Value::Null if is_multiple(kind) => json!([]),
        value => value.clone(),
    };
    Some(json!({"type": kind, field: value}))
}

/// What an input holds after a person gave `given`: a full state object, or just a text, option value or list of them.
pub(crate) fn filled(element: &Value, given: &Value) -> Result<Value, String> {
    let kind = element["type"].as_str().unwrap_or_default();
    if kind == "overflow" {
        return Ok(json!({"type": kind, "selected_option": option(element, given)?}));
    }
    let Some((field, _)) = value_fields(kind) else {
        return Err(format!("A `{kind}` takes no value."));
    };
    let given = if given.is_object() && given.get(field).is_some() {
        &given[field]
    } else {
        given
    };
    let value = match (field, given) {
        (_, Value::Null) => Value::Null,
        ("selected_option", choice) => option(element, choice)?,
        ("selected_options", Value::Array(choices)) => choices
            .iter()
            .map(|choice| option(element, choice))
            .collect::<Result<_, _>>()?,
        ("value", Value::Number(number)) => json!(number.to_string()),
        ("value", Value::String(text)) if text.is_empty() => Value::Null,
        (_, plain) => plain.clone(),
    };
    Ok(json!({"type": kind, field: value}))
}

/// The option of a select that a value, a label or an option object means.
fn option(element: &Value, choice: &Value) -> Result<Value, String> {
    let is_external = element["type"]
        .as_str()
        .is_some_and(|kind| kind.contains("external"));
    // The app itself answers for the options of an external select.
    if is_external && choice["text"].is_object() {
        return Ok(choice.clone());
    }
    let choice = choice.get("value").unwrap_or(choice);
    let grouped = element["option_groups"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|group| group["options"].as_array());
    let mut options = element["options"]
        .as_array()
        .into_iter()
        .chain(grouped)
        .flatten();
    if let Some(found) =
        options.find(|option| option["value"] == *choice || option["text"]["text"] == *choice)
    {
        return Ok(found.clone());
    }
    if is_external {
        return Ok(json!({"text": {"type": "plain_text", "text": choice}, "value": choice}));
    }
    Err(format!("There is no option {choice} to choose."))
}

/// Why Slack would not let a person submit this input block, holding `held`.
pub(crate) fn problem_with(block: &Value, held: &Value) -> Option<String> {
    let element = &block["element"];
    let kind = element["type"].as_str().unwrap_or_default();
    let (field, _) = value_fields(kind)?;
    let value = &held[field];
    let is_empty = value.is_null()
        || value.as_str().is_some_and(str::is_empty)
        || value.as_array().is_some_and(Vec::is_empty);
    if is_empty {
        let required = !block["optional"].as_bool().unwrap_or_default();
        return required.then(|| "Please complete this required field.".to_owned());
    }
    if let Some(files) = value.as_array().filter(|_| kind == "file_input") {
        return problem_with_files(element, files);
    }
    let text = value.as_str()?;
    let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    if let Some(least) = element["min_length"]
        .as_u64()
        .filter(|least| length < *least)
    {
        return Some(format!("Must be {least} characters or more."));
    }
    if let Some(most) = element["max_length"].as_u64().filter(|most| length > *most) {
        return Some(format!("Must be {most} characters or fewer."));
    }
    match kind {
        "number_input" if text.parse::<f64>().is_err() => Some("Enter a number.".to_owned()),
        "url_text_input" if url::Url::parse(text).is_err() => {
            Some("Enter a web address, starting with https://.".to_owned())
        }
        "email_text_input" if !text.contains('@') => Some("Enter an email address.".to_owned()),
        _ => None,
    }
}

fn problem_with_files(element: &Value, files: &[Value]) -> Option<String> {
    let most = element["max_files"].as_u64().unwrap_or(MOST_FILES);
    if u64::try_from(files.len()).unwrap_or(u64::MAX) > most {
        return Some(format!("Choose {most} files at most."));
    }
    let kinds = element["filetypes"].as_array()?;
    let fits = |file: &Value| {
        let name = file["name"].as_str().unwrap_or_default().to_lowercase();
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        kinds
            .iter()
            .any(|kind| kind == end || *kind == file["filetype"])
    };
    if files.iter().all(fits) {
        return None;
    }
    let kinds: Vec<_> = kinds.iter().filter_map(Value::as_str).collect();
    Some(format!(
        "Choose files of these kinds: {}.",
        kinds.join(", ")
    ))
}

/// Which inputs of a block a person filled in, with what: by action, or just the value where there is one input.
pub(crate) fn entered<'a>(block: &'a Value, given: &'a Value) -> Vec<(&'a Value, &'a Value)> {
    let inputs = elements_of(block)
        .into_iter()
        .filter(|element| initial(element).is_some());
    let inputs: Vec<_> = inputs.collect();
    let by_action: Vec<_> = inputs
        .iter()
        .filter_map(|&element| Some((element, given.get(element["action_id"].as_str()?)?)))
        .collect();
    match (by_action.is_empty(), inputs.as_slice()) {
        (true, &[only]) if !given.is_object() => vec![(only, given)],
        _ => by_action,
    }
}
