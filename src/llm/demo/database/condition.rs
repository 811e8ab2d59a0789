//! "status is pending", "price over 10": a condition in words as one in SQL.

use super::schema::{Column, meant, shown};
use super::sql::literal;

/// Words that compare, and how.
const MORE: [&str; 6] = ["over", "above", "more", "greater", "after", "exceeding"];
const LESS: [&str; 5] = ["under", "below", "less", "fewer", "before"];
/// Words between a column and its value.
const FILLING: [&str; 9] = [
    "is", "are", "equals", "equal", "to", "of", "than", "the", "a",
];

/// How well a column must fit: its whole name, or most of it.
const CERTAIN: u32 = 61;

/// A condition on one of `columns`, if the words are understood. `sql` writes a column's name.
pub fn parse(words: &[String], columns: &[Column], sql: impl Fn(&str) -> String) -> Option<String> {
    // As many words as it takes to name the column best: "unit price over 5" is not about a unit.
    let named = (1..=words.len().min(3)).rev().filter_map(|count| {
        let (name, rest) = words.split_at_checked(count)?;
        let (column, score) = meant(columns, name, |_| true)?;
        Some((score, column, rest))
    });
    let (score, column, rest) = named.max_by_key(|(score, _, _)| *score)?;
    if score < CERTAIN {
        return None;
    }
    let is = |words: &[&str]| rest.iter().any(|word| words.contains(&word.as_str()));
    let comparison = match (is(&MORE), is(&LESS)) {
        (true, _) => ">",
        (_, true) => "<",
        _ => "=",
    };
    let value: Vec<&str> = rest
        .iter()
        .map(String::as_str)
        .filter(|word| {
            ![&MORE[..], &LESS, &FILLING]
                .iter()
                .any(|known| known.contains(word))
        })
        .collect();
    let value = value.join(" ");
    if value.is_empty() {
        return None;
    }
    let name = sql(&column.name);
    if column.is_number() {
        let number: f64 = value
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())?;
        return Some(format!("{name} {comparison} {number}"));
    }
    if comparison != "=" {
        return None;
    }
    Some(format!("lower(cast({name} as text)) = {}", literal(&value)))
}

/// The condition that a word makes on its own, as in "open tickets" or "customers in Lyon": it is
/// a yes-or-no column, or the value of a column with text.
pub fn of_value(word: &str, columns: &[Column], sql: impl Fn(&str) -> String) -> Option<String> {
    let noun = [word.to_owned()];
    let is_flag = |column: &Column| column.kind.contains("bool");
    if let Some((column, _)) = meant(columns, &noun, is_flag).filter(|(_, score)| *score > CERTAIN)
    {
        return Some(format!("{} = true", sql(&column.name)));
    }
    let value = literal(word);
    let texts: Vec<String> = shown(columns)
        .into_iter()
        .filter(|column| column.is_word())
        .map(|column| format!("lower(cast({} as text)) = {value}", sql(&column.name)))
        .collect();
    (!texts.is_empty()).then(|| format!("({})", texts.join(" or ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::llm::demo::database::schema;
    use crate::llm::demo::database::sql::quoted;
    use crate::llm::demo::words::words;

    #[test]
    fn a_condition_is_understood_or_left() {
        let columns = schema::columns(&json!({"columns": [
            {"name": "status", "type": "text"},
            {"name": "unit_price", "type": "real"},
            {"name": "country", "type": "text"},
        ]}));
        let check = |text: &str, expected: Option<&str>| {
            let found = parse(&words(text), &columns, quoted);
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check(
            "status is pending",
            Some(r#"lower(cast("status" as text)) = 'pending'"#),
        );
        check(
            "status = 'paid'",
            Some(r#"lower(cast("status" as text)) = 'paid'"#),
        );
        check(
            "country New Zealand",
            Some(r#"lower(cast("country" as text)) = 'new zealand'"#),
        );
        check("unit price over 9.5", Some(r#""unit_price" > 9.5"#));
        check("unit price less than 3", Some(r#""unit_price" < 3"#));
        check("unit price of inf", None);
        check("status over paid", None);
        check("colour red", None);
        check("status", None);
        check("", None);
    }

    #[test]
    fn a_word_is_a_flag_or_a_value() {
        let columns = schema::columns(&json!({"columns": [
            {"name": "vip", "type": "boolean"},
            {"name": "status", "type": "text"},
            {"name": "total", "type": "real"},
            {"name": "password", "type": "text"},
        ]}));
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(of_value(word, &columns, quoted).as_deref(), expected);
        };
        check("vip", Some(r#""vip" = true"#));
        check("open", Some(r#"(lower(cast("status" as text)) = 'open')"#));
        assert_eq!(of_value("open", &[], quoted), None);
    }
}
