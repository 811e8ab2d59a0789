//! Values of every PostgreSQL type: the server writes them as text, and types JSON knows are read.

use serde_json::{Number, Value};

use crate::tools::sources::sql::result::{BINARY_SHOWN, Table, float};

/// Types that JSON has a word for, by the numbers that every server has for them.
const BOOL: u32 = 16;
const BYTEA: u32 = 17;
const INTEGERS: [u32; 4] = [20, 21, 23, 26];
const JSON: [u32; 2] = [114, 3802];
const FLOATS: [u32; 2] = [700, 701];
const NUMERIC: u32 = 1700;

/// The beginning of a cursor over a query's values as text, none longer than `cell` and one.
pub(super) fn rendering(columns: &[(String, u32)], cell: usize) -> String {
    let most = cell + 1;
    let list: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(index, (_, oid))| match *oid {
            BYTEA => format!(
                "pg_catalog.encode(pg_catalog.substr(c{index}, 1, {}), 'hex')",
                BINARY_SHOWN + 1
            ),
            _ => format!("pg_catalog.left(c{index}::pg_catalog.text, {most})"),
        })
        .collect();
    format!(
        "declare result no scroll cursor for select {} from (\n",
        list.join(", ")
    )
}

/// The end of that cursor: names of our own, as a query's may be missing or occur twice.
pub(super) fn aliases(columns: &[(String, u32)]) -> String {
    if columns.is_empty() {
        return "as q".to_owned();
    }
    let names: Vec<String> = (0..columns.len())
        .map(|index| format!("c{index}"))
        .collect();
    format!("as q ({})", names.join(", "))
}

/// One value from its text.
pub(super) fn read(text: String, oid: u32, table: &mut Table) -> Value {
    match oid {
        BOOL => Value::Bool(text == "true"),
        BYTEA => binary(&text),
        NUMERIC => exact(&text).unwrap_or_else(|| table.text(text)),
        oid if INTEGERS.contains(&oid) => text
            .parse::<i64>()
            .map_or_else(|_| Value::String(text.clone()), Value::from),
        oid if FLOATS.contains(&oid) => text
            .parse::<f64>()
            .map_or_else(|_| Value::String(text.clone()), float),
        oid if JSON.contains(&oid) => match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(_) => table.text(text),
        },
        _ => table.text(text),
    }
}

/// A decimal as a number, unless a reader with floating point would lose a digit of it.
fn exact(text: &str) -> Option<Value> {
    let number: f64 = text
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())?;
    let significant = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    };
    if number.to_string() != significant {
        return None;
    }
    match significant.parse::<i64>() {
        Ok(whole) => Some(Value::from(whole)),
        Err(_) => Number::from_f64(number).map(Value::Number),
    }
}

fn binary(hex: &str) -> Value {
    match hex.get(..BINARY_SHOWN * 2) {
        Some(start) if hex.len() > start.len() => Value::String(format!("\\x{start}…")),
        _ => Value::String(format!("\\x{hex}")),
    }
}

#[cfg(test)]
mod tests {
    use super::exact;
    use serde_json::json;

    #[test]
    fn a_decimal_is_a_number_only_when_no_digit_is_lost() {
        assert_eq!(exact("19.90"), Some(json!(19.9)));
        assert_eq!(exact("-0.05"), Some(json!(-0.05)));
        assert_eq!(exact("1200"), Some(json!(1200)));
        assert_eq!(exact("3.00"), Some(json!(3)));
        assert_eq!(exact("0.1234567890123456789"), None);
        assert_eq!(exact("12345678901234567890123"), None);
        assert_eq!(exact("NaN"), None);
    }
}
