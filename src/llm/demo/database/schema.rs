//! Tables and columns as the database tools tell them.

use serde_json::Value;

use crate::llm::demo::words::{ENOUGH, fit, name_words};

/// A table or view.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its name, with the schema where the tool gives one.
    pub name: String,
    /// "table" or "view".
    pub kind: String,
    /// How many rows it has, roughly.
    pub rows: Option<u64>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as the database calls it.
    pub kind: String,
    /// Whether it is part of the primary key.
    pub key: bool,
    /// The table and column it points to.
    pub references: Option<(String, String)>,
}

/// Names of amounts, the most telling first; for when nobody says which figure is meant.
const AMOUNTS: [&str; 8] = [
    "total", "amount", "revenue", "price", "value", "cost", "quantity", "score",
];
/// Names of what a row is called.
const LABELS: [&str; 6] = ["name", "title", "label", "email", "login", "username"];
/// Names of texts that are each their own.
const PROSE: [&str; 11] = [
    "email",
    "phone",
    "notes",
    "note",
    "body",
    "subject",
    "description",
    "comment",
    "url",
    "sku",
    "text",
];
/// Names of what nobody should see.
const SECRETS: [&str; 8] = [
    "password", "passwd", "secret", "token", "hash", "salt", "otp", "apikey",
];

/// The tables in the result of `list_tables`.
pub fn tables(result: &Value) -> Vec<Table> {
    let list = result.get("tables").unwrap_or(result).as_array();
    list.into_iter()
        .flatten()
        .filter_map(|table| {
            Some(Table {
                name: text(table, "name").or_else(|| table.as_str().map(str::to_owned))?,
                kind: text(table, "kind").unwrap_or_else(|| "table".to_owned()),
                rows: table.get("rows").and_then(Value::as_u64),
            })
        })
        .collect()
}

/// The columns in the result of `get_schema`.
pub fn columns(result: &Value) -> Vec<Column> {
    let list = result.get("columns").unwrap_or(result).as_array();
    list.into_iter()
        .flatten()
        .filter_map(|column| {
            Some(Column {
                name: text(column, "name")?,
                kind: text(column, "type").unwrap_or_default().to_lowercase(),
                key: column.get("primary_key").and_then(Value::as_bool) == Some(true),
                references: column.get("references").and_then(reference),
            })
        })
        .collect()
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

/// `table.column`, `table(column)` or an object with both.
fn reference(value: &Value) -> Option<(String, String)> {
    if let (Some(table), Some(column)) = (text(value, "table"), text(value, "column")) {
        return Some((table, column));
    }
    let text = value.as_str()?.trim();
    let (table, column) = match text.strip_suffix(')') {
        Some(open) => open.split_once('(')?,
        None => text.rsplit_once('.')?,
    };
    let (table, column) = (table.trim(), column.trim());
    (!table.is_empty() && !column.is_empty()).then(|| (table.to_owned(), column.to_owned()))
}

impl Column {
    /// Whether one can calculate with it; a key is no amount.
    pub fn is_number(&self) -> bool {
        let kinds = [
            "int", "real", "num", "dec", "float", "double", "money", "serial",
        ];
        let is_kind = kinds.iter().any(|kind| self.kind.contains(kind));
        // SQLite knows no type for what a view calculates.
        let may_be = self.kind.is_empty() && self.is_named(&AMOUNTS);
        (is_kind || may_be) && !self.is_identifier()
    }

    /// Whether it says when something was.
    pub fn is_time(&self) -> bool {
        let name = self.name.to_lowercase();
        self.kind.contains("date")
            || self.kind.contains("time")
            || ["_at", "_on", "date", "time"]
                .iter()
                .any(|end| name.ends_with(end))
    }

    /// Whether its values are words that rows are told apart by, such as a status or a city.
    pub fn is_word(&self) -> bool {
        let others = ["bool", "json", "uuid", "blob", "bytea"];
        let is_other = others.iter().any(|kind| self.kind.contains(kind));
        let is_prose = self.is_named(&PROSE);
        !is_other && !is_prose && !self.is_number() && !self.is_identifier() && !self.is_time()
    }

    fn is_named(&self, names: &[&str]) -> bool {
        let words = name_words(&self.name);
        words.iter().any(|word| names.contains(&word.as_str()))
    }

    fn is_identifier(&self) -> bool {
        let words = name_words(&self.name);
        self.references.is_some() || words.last().is_some_and(|word| word == "id")
    }

    fn is_secret(&self) -> bool {
        let words = name_words(&self.name);
        let joined = words.concat();
        words.iter().any(|word| SECRETS.contains(&word.as_str())) || joined.contains("apikey")
    }
}

/// The columns one may show, not more than fit beside each other.
pub fn shown(columns: &[Column]) -> Vec<&Column> {
    columns
        .iter()
        .filter(|column| !column.is_secret())
        .take(8)
        .collect()
}

/// The column that the words mean, of those that `suits` lets through.
pub fn meant<'a>(
    columns: &'a [Column],
    words: &[String],
    suits: impl Fn(&Column) -> bool,
) -> Option<(&'a Column, u32)> {
    let mut best: Option<(&Column, u32)> = None;
    for column in columns
        .iter()
        .filter(|column| suits(column) && !column.is_secret())
    {
        let score = fit(&column.name, words);
        if score >= ENOUGH && best.is_none_or(|(_, most)| score > most) {
            best = Some((column, score));
        }
    }
    best
}

/// The amount that a table is most likely about.
pub fn amount(columns: &[Column]) -> Option<&Column> {
    let numbers = || columns.iter().filter(|column| column.is_number());
    AMOUNTS
        .iter()
        .find_map(|name| numbers().find(|column| column.is_named(&[name])))
}

/// When the rows of a table came to be.
pub fn moment(columns: &[Column]) -> Option<&Column> {
    let times = || columns.iter().filter(|column| column.is_time());
    times()
        .find(|column| !column.name.contains("updated"))
        .or_else(|| times().next())
}

/// What the rows of a table are called.
pub fn label(columns: &[Column]) -> Option<&Column> {
    LABELS
        .iter()
        .find_map(|name| {
            let mut named = columns.iter();
            named.find(|column| name_words(&column.name).iter().any(|word| word == name))
        })
        .or_else(|| columns.iter().find(|column| column.key))
        .or_else(|| columns.first())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_read_however_they_are_written() {
        let check = |value: Value, expected: Option<(&str, &str)>| {
            let found = reference(&value);
            let found = found
                .as_ref()
                .map(|(table, column)| (table.as_str(), column.as_str()));
            assert_eq!(found, expected, "{value}");
        };
        check(json!("customers.id"), Some(("customers", "id")));
        check(json!("crm.customers.id"), Some(("crm.customers", "id")));
        check(json!("customers(id)"), Some(("customers", "id")));
        check(
            json!({"table": "customers", "column": "id"}),
            Some(("customers", "id")),
        );
        check(json!(null), None);
        check(json!("customers"), None);
        check(json!(".)"), None);
    }

    #[test]
    fn columns_are_known_by_type_and_name() {
        let columns = columns(&json!({"table": "users", "columns": [
            {"name": "id", "type": "INTEGER", "primary_key": true},
            {"name": "password_hash", "type": "TEXT"},
            {"name": "Total", "type": "numeric(10,2)"},
            {"name": "quantity", "type": "int4"},
            {"name": "updated_at", "type": "TEXT"},
            {"name": "created_at", "type": "timestamp with time zone"},
            {"name": "email", "type": "text"},
            {"type": "nameless"},
        ]}));
        let name = |column: Option<&Column>| column.map(|column| column.name.clone());
        assert_eq!(columns.len(), 7);
        assert_eq!(name(amount(&columns)).as_deref(), Some("Total"));
        assert_eq!(name(moment(&columns)).as_deref(), Some("created_at"));
        assert_eq!(name(label(&columns)).as_deref(), Some("email"));
        assert!(
            shown(&columns)
                .iter()
                .all(|column| column.name != "password_hash")
        );
        assert!(!columns[0].is_number());
    }
}
