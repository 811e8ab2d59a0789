//! What a card of a workspace is held to beyond the rules for all: it may come from anybody who is
//! an admin there.

use serde_json::Value;

use super::rules::Finding;
use super::template::is_name;
use crate::domain::hidden::is_hidden;

/// The longest card, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;

/// The most tools of an MCP server that run unasked: whoever adds the card reads all of them.
const MOST_READS: usize = 100;

/// Filters that a template may use.
const FILTERS: [&str; 7] = [
    "below", "default", "lower", "segments", "tojson", "trim", "upper",
];

/// What is wrong with a card.
pub(super) fn check(document: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    for_each_text(document, String::new(), &mut |pointer, text| {
        let is_template = pointer.starts_with("/service/") || pointer.contains("/run/");
        let wrong = match is_template {
            true => check_template(text).err(),
            false => None,
        };
        if let Some(reason) = wrong {
            found.push(Finding {
                pointer: pointer.to_owned(),
                reason,
            });
        }
    });
    let reads = document.pointer("/service/mcp/reads");
    let reads = reads.and_then(Value::as_array).map_or(0, Vec::len);
    if reads > MOST_READS {
        found.push(Finding {
            pointer: "/service/mcp/reads".to_owned(),
            reason: format!(
                "`reads` names {reads} tools that nobody is asked about, which is more than whoever adds the card reads; {MOST_READS} are taken"
            ),
        });
    }
    references(document, String::new(), &mut found);
    found
}

/// What refers to another part of itself may say it a thousand times over: short to write, endless to check.
fn references(value: &Value, pointer: String, found: &mut Vec<Finding>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let pointer = format!("{pointer}/{name}");
                if matches!(&**name, "$ref" | "$dynamicRef" | "$recursiveRef") && value.is_string()
                {
                    let reason =
                        "a schema refers to nothing here: write out what is meant".to_owned();
                    found.push(Finding { pointer, reason });
                    continue;
                }
                references(value, pointer, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                references(item, format!("{pointer}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Characters that people do not see, and by which a text reads otherwise than it is.
pub(super) fn hidden(document: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    for_each_text(document, String::new(), &mut |pointer, text| {
        if let Some(c) = text.chars().find(|c| is_hidden(*c)) {
            found.push(Finding {
                pointer: pointer.to_owned(),
                reason: format!("there is a hidden character in it, U+{:04X}", u32::from(c)),
            });
        }
    });
    found
}

/// A template fills in values, and may leave something out: it does not compute.
fn check_template(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        rest = &rest[at..];
        let (tag, close) = match rest.as_bytes().get(1) {
            Some(b'{') => (&rest[2..], "}}"),
            Some(b'%') => (&rest[2..], "%}"),
            Some(b'#') => return Err("a template has no comments here".to_owned()),
            Some(_) | None => {
                rest = &rest[1..];
                continue;
            }
        };
        let Some((inside, after)) = tag.split_once(close) else {
            return Err("a template is not closed".to_owned());
        };
        let inside = inside.trim_matches('-').trim();
        let fits = match close {
            "}}" => is_value(inside),
            _ => is_condition(inside),
        };
        if !fits {
            let inside: String = inside.chars().take(60).collect();
            return Err(format!(
                "`{inside}` is more than a card of a workspace may have in a template: a name, one of the filters {}, or `if`, `else` and `endif` with a name",
                FILTERS.join(", ")
            ));
        }
        rest = after;
    }
    Ok(())
}

fn is_value(inside: &str) -> bool {
    let mut parts = inside.split('|').map(str::trim);
    let name = parts.next().is_some_and(is_name);
    name && parts.all(|filter| {
        let (filter, argument) = match filter.split_once('(') {
            Some((filter, rest)) => (filter, rest.strip_suffix(')')),
            None => (filter, Some("")),
        };
        FILTERS.contains(&filter) && argument.is_some_and(is_plain)
    })
}

fn is_condition(inside: &str) -> bool {
    match inside.split_once(' ') {
        None => matches!(inside, "else" | "endif"),
        Some(("if" | "elif", name)) => {
            let name = name.trim();
            is_name(name.strip_prefix("not ").unwrap_or(name).trim())
        }
        Some(_) => false,
    }
}

/// Nothing, or one quoted text.
fn is_plain(argument: &str) -> bool {
    let quoted = ['\'', '"'].iter().any(|quote| {
        let inner = argument.strip_prefix(*quote);
        let inner = inner.and_then(|rest| rest.strip_suffix(*quote));
        inner.is_some_and(|inner| !inner.contains(['\'', '"', '\\']) && inner.len() <= 100)
    });
    argument.is_empty() || quoted
}

/// Every text in a document, the names of its members too, with where it stands.
fn for_each_text(value: &Value, pointer: String, each: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => each(&pointer, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                for_each_text(item, format!("{pointer}/{index}"), each);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                let pointer = format!("{pointer}/{escaped}");
                each(&pointer, name);
                for_each_text(member, pointer, each);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_fill_in_and_do_not_compute() {
        for good in [
            "",
            "/orders",
            "{{ id }}",
            "/x/{{ path | segments }}{% if n %}/{{ n }}{% endif %}",
            "{{ a|default('x') }}",
            "{% if not a %}b{% else %}c{% endif %}",
            "{\"a\": 1}",
        ] {
            assert_eq!(check_template(good), Ok(()), "{good}");
        }
        for bad in [
            "{% for x in range(9999) %}{{ x }}{% endfor %}",
            "{{ 'x' * 999999999 }}",
            "{{ a ~ a }}",
            "{{ range(99999) }}",
            "{% set a = 1 %}",
            "{% macro m() %}",
            "{# hidden #}",
            "{{ a",
            "{{ a.b }}",
            "{{ a|replace('a', 'b') }}",
            "{{ a|default(range(9)) }}",
            "{% if a > 1 %}",
            "{% raw %}",
        ] {
            assert!(check_template(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_schema_writes_out_what_it_means() {
        let doubling = serde_json::json!({ "tools": [{ "input": {
            "properties": { "q": { "allOf": [{ "$ref": "#/$defs/a" }, { "$ref": "#/$defs/a" }] } },
            "$defs": { "a": { "type": "string" } },
        } }] });
        let pointers = check(&doubling).into_iter().map(|it| it.pointer);
        let expected = [0, 1].map(|n| format!("/tools/0/input/properties/q/allOf/{n}/$ref"));
        assert_eq!(pointers.collect::<Vec<_>>(), expected);
        let named = serde_json::json!({ "properties": { "$ref": { "type": "string" } } });
        assert!(check(&named).is_empty());
    }

    #[test]
    fn hidden_characters_are_found_and_emoji_are_not() {
        for hidden in [
            '\u{200b}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0041}',
            '\u{7}',
            '\u{85}',
        ] {
            assert!(is_hidden(hidden), "{hidden:?}");
        }
        assert!(!"🗃️ Größe, 日本語\n\t".chars().any(is_hidden));
    }
}
