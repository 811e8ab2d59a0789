//! A table that is written to, and which of its columns somebody means.

use crate::error::{Error, Kind, Result};
use crate::text;
use crate::tools::sources::sql::closest::closest;
use crate::tools::sources::sql::schema::TableName;

/// A table that can be written to.
pub(in crate::tools::sources::sql) struct WriteTable {
    pub(super) name: String,
    /// How SQL writes it.
    pub(in crate::tools::sources::sql) quoted: String,
    pub(super) columns: Vec<WriteColumn>,
}

/// One of its columns.
#[derive(Clone, sqlx::FromRow)]
pub(in crate::tools::sources::sql) struct WriteColumn {
    pub(super) name: String,
    /// How SQL writes it.
    pub(super) quoted: String,
    /// The name of its type, without a length: a cast to that would cut what is too long.
    pub(super) type_name: String,
    /// Whether it is a part of the primary key.
    pub(super) is_key: bool,
    pub(super) is_readable: bool,
}

impl WriteTable {
    /// The table with its columns.
    pub(in crate::tools::sources::sql) fn new(
        table: &TableName,
        columns: Vec<WriteColumn>,
    ) -> Self {
        Self {
            name: table.name.clone(),
            quoted: table.quoted.clone(),
            columns,
        }
    }

    pub(super) fn column(&self, wanted: &str) -> Result<&WriteColumn> {
        let found = self.columns.iter().find(|column| column.name == wanted);
        found.ok_or_else(|| {
            let names = self.columns.iter().map(|column| column.name.as_str());
            let hint = match closest(wanted, names).as_slice() {
                [] => text!("Ask for the table's schema to see its columns."),
                near => text!("Did you mean `{near}`?", near = near.join("`, `")),
            };
            let column: String = wanted.chars().take(100).collect();
            let table = &self.name;
            Error::new(
                Kind::NotFound,
                text!("`{table}` has no column `{column}`.", table, column),
            )
            .hint(hint)
        })
    }

    /// Those of the columns that may be read.
    pub(super) fn readable<'a>(
        &'a self,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<&'a WriteColumn>> {
        let columns = names.map(|name| self.column(name));
        let columns: Result<Vec<_>> = columns.collect();
        Ok(columns?.into_iter().filter(|c| c.is_readable).collect())
    }
}

impl TableName {
    /// Refuses what is no table: a view, or what is kept elsewhere.
    pub(in crate::tools::sources::sql) fn check_writable(&self, kind: &str) -> Result<()> {
        if kind == "table" {
            return Ok(());
        }
        let name = &self.name;
        Err(Error::new(
            Kind::Invalid,
            text!(
                "`{name}` is not a table, so nothing is written to it.",
                name
            ),
        )
        .hint(text!("Write to the table that its rows come from.")))
    }
}
