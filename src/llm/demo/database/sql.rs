//! A SELECT that both SQLite and PostgreSQL understand, built from names that need not be tame.

use std::fmt;

/// One SELECT over a table and at most one table it points to.
#[derive(Clone, Debug, Default)]
pub struct Select {
    /// What is selected, as SQL.
    pub columns: Vec<String>,
    /// The table.
    pub table: String,
    /// The table it points to, where that is needed.
    pub join: Option<Join>,
    /// What must hold, as SQL.
    pub conditions: Vec<String>,
    /// What is grouped by, as SQL.
    pub group: Option<String>,
    /// The order, as SQL.
    pub order: Option<String>,
    /// The most rows.
    pub limit: Option<usize>,
}

/// Through which column the other table is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The other table.
    pub table: String,
    /// Our column.
    pub from: String,
    /// Its column.
    pub to: String,
}

impl Select {
    /// A column of the table itself, as SQL.
    pub fn own(&self, column: &str) -> String {
        match self.join {
            Some(_) => format!("a.{}", quoted(column)),
            None => quoted(column),
        }
    }

    /// A column of the table it points to, as SQL.
    pub fn other(column: &str) -> String {
        format!("b.{}", quoted(column))
    }
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = match self.columns.as_slice() {
            [] => "*".to_owned(),
            columns => columns.join(", "),
        };
        write!(f, "select {columns} from {}", table(&self.table))?;
        if let Some(join) = &self.join {
            let (from, to) = (quoted(&join.from), quoted(&join.to));
            write!(
                f,
                " as a join {} as b on a.{from} = b.{to}",
                table(&join.table)
            )?;
        }
        if !self.conditions.is_empty() {
            write!(f, " where {}", self.conditions.join(" and "))?;
        }
        if let Some(group) = &self.group {
            write!(f, " group by {group}")?;
        }
        if let Some(order) = &self.order {
            write!(f, " order by {order}")?;
        }
        if let Some(limit) = self.limit {
            write!(f, " limit {limit}")?;
        }
        Ok(())
    }
}

/// A name as SQL takes it, whatever is in it.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL takes it.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A table's name, which may have its schema before a dot.
fn table(name: &str) -> String {
    let parts: Vec<String> = name.split('.').map(quoted).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_cannot_break_out() {
        assert_eq!(quoted(r#"a"; drop"#), r#""a""; drop""#);
        assert_eq!(literal("O'Brien"), "'O''Brien'");
        let select = Select {
            table: "crm.orders".to_owned(),
            ..Select::default()
        };
        assert_eq!(select.to_string(), r#"select * from "crm"."orders""#);
    }
}
