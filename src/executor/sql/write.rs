//! Writes as data: a table, values and conditions, and never a piece of SQL.

use serde_json::{Map, Value};

use super::invalid;
use crate::error::Result;

/// The most rows that one call may change, remove or add.
pub const MAX_ROWS: usize = 1_000;

/// The most rows in the arguments of one call; who is asked has to read them.
const MAX_INSERTED: usize = 100;

/// The most conditions, and the most values of one of them.
const MAX_CONDITIONS: usize = 20;
const MAX_VALUES: usize = 100;

/// One change of one table, as its arguments ask for it. Names are as they were sent: whether there
/// are such a table and such columns is for the database's catalogue to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// The table.
    pub table: String,
    /// What becomes of it.
    pub change: Change,
}

/// What becomes of the rows of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// New rows, each with a value for each column.
    Insert {
        /// The columns that get a value.
        columns: Vec<String>,
        /// The values, in the order of the columns.
        rows: Vec<Vec<Value>>,
    },
    /// New values in the rows that meet all conditions, of which there is at least one.
    Update {
        /// Columns with their values.
        values: Vec<(String, Value)>,
        /// Which rows.
        conditions: Vec<Condition>,
    },
    /// Without the rows that meet all conditions, of which there is at least one.
    Delete {
        /// Which rows.
        conditions: Vec<Condition>,
    },
}

/// What a row has to be like.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The column that is looked at.
    pub column: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what: one value; several for `in`; none for `is_null` and `is_not_null`. Never null.
    pub values: Vec<Value>,
}

/// How a column is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`, `!=`, `<`, `<=`, `>` and `>=`, as SQL writes them.
    Compare(&'static str),
    /// The same as one of several values.
    In,
    /// A pattern with `%` and `_`.
    Like,
    /// No value.
    IsNull,
    /// Any value.
    IsNotNull,
}

impl Change {
    /// Which of the rows that are there are meant.
    pub fn conditions(&self) -> Option<&[Condition]> {
        match self {
            Self::Insert { .. } => None,
            Self::Update { conditions, .. } | Self::Delete { conditions } => Some(conditions),
        }
    }
}

impl Write {
    /// Reads `table` and `rows`: a list of objects that all have the same members.
    pub fn insert(arguments: &Map<String, Value>) -> Result<Self> {
        let rows = objects(arguments, "rows", MAX_INSERTED)?;
        let columns: Vec<String> = rows[0].keys().cloned().collect();
        if columns.is_empty() {
            return Err(invalid(
                "The first of `rows` has no columns.",
                "Send each row as an object of columns and values.",
            ));
        }
        let values = rows.iter().map(|row| {
            let of = |column| row.get(column).cloned();
            let values: Option<Vec<Value>> = columns.iter().map(of).collect();
            let values = values.filter(|values| values.len() == row.len());
            values.ok_or_else(|| {
                invalid(
                    "The `rows` do not all have the same columns.",
                    "Give each row the same columns, with null where there is no value; or send one call for each kind of row.",
                )
            })
        });
        Ok(Self {
            table: table(arguments)?,
            change: Change::Insert {
                rows: values.collect::<Result<_>>()?,
                columns,
            },
        })
    }

    /// Reads `table`, `values` (an object) and `where`.
    pub fn update(arguments: &Map<String, Value>) -> Result<Self> {
        let values = arguments.get("values").and_then(Value::as_object);
        let Some(values) = values.filter(|values| !values.is_empty()) else {
            return Err(invalid(
                "`values` is missing or empty.",
                "Send the new values as an object of columns and values.",
            ));
        };
        Ok(Self {
            table: table(arguments)?,
            change: Change::Update {
                values: values.clone().into_iter().collect(),
                conditions: conditions(arguments)?,
            },
        })
    }

    /// Reads `table` and `where`.
    pub fn delete(arguments: &Map<String, Value>) -> Result<Self> {
        Ok(Self {
            table: table(arguments)?,
            change: Change::Delete {
                conditions: conditions(arguments)?,
            },
        })
    }
}

fn table(arguments: &Map<String, Value>) -> Result<String> {
    let table = arguments.get("table").and_then(Value::as_str);
    table
        .map(str::to_owned)
        .ok_or_else(|| invalid("`table` is missing.", "Send the name of a table."))
}

/// A list of objects, of which there is at least one.
fn objects<'a>(
    arguments: &'a Map<String, Value>,
    name: &str,
    most: usize,
) -> Result<Vec<&'a Map<String, Value>>> {
    let list = arguments.get(name).and_then(Value::as_array);
    let list = list.filter(|list| !list.is_empty()).ok_or_else(|| {
        invalid(
            format!("`{name}` is missing or empty."),
            "Send a list with at least one object in it.",
        )
    })?;
    if list.len() > most {
        return Err(invalid(
            format!(
                "`{name}` has {} entries; at most {most} are accepted.",
                list.len()
            ),
            "Send fewer at once.",
        ));
    }
    let objects: Option<Vec<_>> = list.iter().map(Value::as_object).collect();
    objects.ok_or_else(|| {
        invalid(
            format!("Something in `{name}` is not an object."),
            "Send a list of objects.",
        )
    })
}

fn conditions(arguments: &Map<String, Value>) -> Result<Vec<Condition>> {
    if arguments
        .get("where")
        .is_none_or(|list| list.as_array().is_some_and(Vec::is_empty))
    {
        return Err(invalid(
            "Without a condition this would be every row of the table, which is not allowed.",
            "Say in `where` which rows are meant, such as [{\"column\": \"id\", \"operator\": \"=\", \"value\": 7}].",
        ));
    }
    let list = objects(arguments, "where", MAX_CONDITIONS)?;
    list.into_iter().map(condition).collect()
}

fn condition(written: &Map<String, Value>) -> Result<Condition> {
    let text = |name| written.get(name).and_then(Value::as_str);
    let Some(column) = text("column") else {
        return Err(invalid(
            "A condition in `where` names no `column`.",
            "Each condition has a `column`, an `operator` and a `value`.",
        ));
    };
    let name = text("operator").unwrap_or("=");
    let operator = match name {
        "=" => Operator::Compare("="),
        "!=" => Operator::Compare("<>"),
        "<" => Operator::Compare("<"),
        "<=" => Operator::Compare("<="),
        ">" => Operator::Compare(">"),
        ">=" => Operator::Compare(">="),
        "in" => Operator::In,
        "like" => Operator::Like,
        "is_null" => Operator::IsNull,
        "is_not_null" => Operator::IsNotNull,
        _ => {
            return Err(invalid(
                "A condition in `where` has an operator that there is not.",
                "Use one of =, !=, <, <=, >, >=, in, like, is_null, is_not_null.",
            ));
        }
    };
    let values = match (operator, written.get("value")) {
        (Operator::IsNull | Operator::IsNotNull, None | Some(Value::Null)) => Vec::new(),
        (Operator::In, Some(Value::Array(values)))
            if !values.is_empty() && values.len() <= MAX_VALUES =>
        {
            values.clone()
        }
        (Operator::Compare(_) | Operator::Like, Some(value)) => vec![value.clone()],
        _ => {
            return Err(invalid(
                format!("The condition on `{column}` has no fitting `value` for `{name}`."),
                format!(
                    "Send one value; a list of at most {MAX_VALUES} for `in`; none for `is_null` and `is_not_null`."
                ),
            ));
        }
    };
    if values.contains(&Value::Null) {
        return Err(invalid(
            format!("The condition on `{column}` compares with null, which nothing is equal to."),
            "Use the operator `is_null` or `is_not_null`.",
        ));
    }
    Ok(Condition {
        column: column.to_owned(),
        operator,
        values,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(write: fn(&Map<String, Value>) -> Result<Write>, arguments: Value) -> String {
        let arguments = arguments.as_object().expect("an object");
        write(arguments).expect_err("refused").sentence()
    }

    #[test]
    fn nothing_is_changed_without_a_condition() {
        for arguments in [
            json!({ "table": "t" }),
            json!({ "table": "t", "where": [] }),
        ] {
            let told = refused(Write::delete, arguments.clone());
            assert!(told.starts_with("Without a condition"), "{told}");
            let mut arguments = arguments;
            arguments["values"] = json!({ "a": 1 });
            assert!(refused(Write::update, arguments).starts_with("Without a condition"));
        }
    }

    #[test]
    fn conditions_are_data() {
        let arguments = |condition: Value| json!({ "table": "t", "where": [condition] });
        for wrong in [
            json!("1 = 1"),
            json!({ "operator": "=", "value": 1 }),
            json!({ "column": "a", "operator": "= 1 or", "value": 1 }),
            json!({ "column": "a", "operator": "in", "value": 1 }),
            json!({ "column": "a", "operator": "in", "value": [] }),
            json!({ "column": "a", "operator": "=", "value": null }),
            json!({ "column": "a", "operator": "=" }),
        ] {
            refused(Write::delete, arguments(wrong));
        }
    }

    #[test]
    fn rows_have_the_same_columns() {
        let rows = |rows: Value| json!({ "table": "t", "rows": rows });
        for wrong in [
            json!([]),
            json!([{}]),
            json!([1]),
            json!([{ "a": 1 }, { "b": 1 }]),
            json!([{ "a": 1 }, { "a": 1, "b": 1 }]),
            json!([{ "a": 1, "b": 1 }, { "a": 1 }]),
        ] {
            refused(Write::insert, rows(wrong));
        }
        let many: Vec<Value> = (0..101).map(|n| json!({ "a": n })).collect();
        refused(Write::insert, rows(json!(many)));
    }
}
