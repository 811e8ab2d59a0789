//! The statements of a change: text of our own and of the catalogue, with all else bound.

use serde_json::Value;

use super::shown::SHOWN;
use super::{WriteColumn, WriteTable};
use crate::domain::card::SqlEngine;
use crate::error::Result;
use crate::executor::sql::write::{Change, Condition, MAX_ROWS, Operator};

/// Characters of a value that are asked for.
pub(in crate::tools::sources::sql) const CELL: usize = 200;

/// One statement for one engine.
pub(in crate::tools::sources::sql) struct Statement {
    engine: SqlEngine,
    pub(in crate::tools::sources::sql) sql: String,
    /// What is bound, each with the name of the type of its column.
    pub(in crate::tools::sources::sql) values: Vec<(String, Value)>,
}

impl Statement {
    /// Some of the rows that are meant, in an order of their own.
    pub(super) fn select(
        engine: SqlEngine,
        table: &WriteTable,
        conditions: &[Condition],
        shown: &[&WriteColumn],
    ) -> Result<Self> {
        let mut statement = Self::new(engine);
        statement.add(&format!(
            "select {} from {} where ",
            statement.list(shown),
            table.quoted
        ));
        statement.conditions(table, conditions)?;
        let order: Vec<String> = (1..=shown.len()).map(|place| place.to_string()).collect();
        if !order.is_empty() {
            statement.add(&format!(" order by {}", order.join(", ")));
        }
        statement.add(&format!(" limit {SHOWN}"));
        Ok(statement)
    }

    /// A row of nothing for each row that is meant, up to one more than may be changed.
    pub(super) fn meant(
        engine: SqlEngine,
        table: &WriteTable,
        conditions: &[Condition],
    ) -> Result<Self> {
        let mut statement = Self::new(engine);
        statement.add(&format!("select 1 from {} where ", table.quoted));
        statement.conditions(table, conditions)?;
        statement.add(&format!(" limit {}", MAX_ROWS + 1));
        Ok(statement)
    }

    /// The change, which gives back the rows as they are after it, or were before they went.
    pub(super) fn change(
        engine: SqlEngine,
        table: &WriteTable,
        change: &Change,
        shown: &[&WriteColumn],
    ) -> Result<Self> {
        let mut statement = Self::new(engine);
        let quoted = &table.quoted;
        match change {
            Change::Insert { columns, rows } => {
                let columns: Vec<&WriteColumn> = columns
                    .iter()
                    .map(|name| table.column(name))
                    .collect::<Result<_>>()?;
                let names: Vec<&str> = columns.iter().map(|c| c.quoted.as_str()).collect();
                let names = names.join(", ");
                statement.add(&format!("insert into {quoted} ({names}) values "));
                for (index, row) in rows.iter().enumerate() {
                    statement.add(if index == 0 { "(" } else { ", (" });
                    for (index, (column, value)) in columns.iter().zip(row).enumerate() {
                        statement.add(if index == 0 { "" } else { ", " });
                        statement.value(column, value);
                    }
                    statement.add(")");
                }
            }
            Change::Update { values, conditions } => {
                statement.add(&format!("update {quoted} set "));
                for (index, (name, value)) in values.iter().enumerate() {
                    let column = table.column(name)?;
                    statement.add(if index == 0 { "" } else { ", " });
                    statement.add(&format!("{} = ", column.quoted));
                    statement.value(column, value);
                }
                statement.add(" where ");
                statement.conditions(table, conditions)?;
            }
            Change::Delete { conditions } => {
                statement.add(&format!("delete from {quoted} where "));
                statement.conditions(table, conditions)?;
            }
        }
        statement.add(&format!(" returning {}", statement.list(shown)));
        Ok(statement)
    }

    fn new(engine: SqlEngine) -> Self {
        Self {
            engine,
            sql: String::new(),
            values: Vec::new(),
        }
    }

    fn add(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// A value: on PostgreSQL as text, which the server reads as it reads that type.
    fn value(&mut self, column: &WriteColumn, value: &Value) {
        let type_name = &column.type_name;
        self.values.push((type_name.clone(), value.clone()));
        let place = self.values.len();
        self.add(&match self.engine {
            SqlEngine::Postgres => format!("${place}::pg_catalog.text::{type_name}"),
            SqlEngine::Sqlite => format!("${place}"),
        });
    }

    fn conditions(&mut self, table: &WriteTable, conditions: &[Condition]) -> Result<()> {
        for (index, condition) in conditions.iter().enumerate() {
            let column = table.column(&condition.column)?;
            self.add(if index == 0 { "" } else { " and " });
            self.add(&column.quoted);
            match condition.operator {
                Operator::Compare(operator) => {
                    self.add(&format!(" {operator} "));
                    self.values_of(column, &condition.values);
                }
                Operator::In => {
                    self.add(" in (");
                    self.values_of(column, &condition.values);
                    self.add(")");
                }
                Operator::Like => self.pattern(&condition.values),
                Operator::IsNull => self.add(" is null"),
                Operator::IsNotNull => self.add(" is not null"),
            }
        }
        Ok(())
    }

    fn values_of(&mut self, column: &WriteColumn, values: &[Value]) {
        for (index, value) in values.iter().enumerate() {
            self.add(if index == 0 { "" } else { ", " });
            self.value(column, value);
        }
    }

    fn pattern(&mut self, values: &[Value]) {
        let texts = values
            .iter()
            .map(|value| ("text".to_owned(), value.clone()));
        self.values.extend(texts);
        let place = self.values.len();
        self.add(&match self.engine {
            SqlEngine::Postgres => {
                format!("::pg_catalog.text like ${place}::pg_catalog.text")
            }
            SqlEngine::Sqlite => format!(" like ${place}"),
        });
    }

    /// Columns as text, cut where they are made.
    fn list(&self, columns: &[&WriteColumn]) -> String {
        if columns.is_empty() {
            return "1".to_owned();
        }
        let cell = |column: &&WriteColumn| {
            let quoted = &column.quoted;
            match self.engine {
                SqlEngine::Postgres => {
                    format!("pg_catalog.left({quoted}::pg_catalog.text, {CELL})")
                }
                SqlEngine::Sqlite => format!(
                    "case typeof({quoted}) when 'blob' then '\\x' || lower(hex(substr({quoted}, 1, {bytes}))) \
                     else substr(cast({quoted} as text), 1, {CELL}) end",
                    bytes = CELL / 2
                ),
            }
        };
        columns.iter().map(cell).collect::<Vec<_>>().join(", ")
    }
}
