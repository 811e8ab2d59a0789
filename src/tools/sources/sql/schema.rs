//! What a database holds: tables as a list, and one table's columns.

use serde::Serialize;

use super::closest::closest;
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};
use crate::text;

/// The most tables that one answer lists.
pub(super) const MAX_TABLES: usize = 500;

/// All tables and views that may be read.
#[derive(Serialize)]
pub(super) struct Tables {
    pub(super) tables: Vec<TableName>,
}

/// One table or view; a schema is part of the name where the name alone would not find it.
#[derive(Serialize)]
pub(super) struct TableName {
    pub(super) name: String,
    pub(super) kind: String,
    /// About how many rows; unknown for views and for tables without statistics.
    pub(super) rows: Option<i64>,
    /// How SQL writes it.
    #[serde(skip)]
    pub(super) quoted: String,
}

impl Tables {
    /// The table that `wanted` names: exactly, or in other case, quoted or not.
    pub(super) fn find(&self, wanted: &str) -> Result<&TableName> {
        let bare = wanted.trim().replace('"', "");
        let exact = self.tables.iter().find(|table| table.name == bare);
        let folded = || {
            let folded = bare.to_lowercase();
            let folded = folded.strip_prefix("public.").unwrap_or(&folded);
            self.tables
                .iter()
                .find(|table| table.name.to_lowercase() == folded)
        };
        exact.or_else(folded).ok_or_else(|| self.missing(&bare))
    }

    /// The sentence about a table that is not there.
    pub(super) fn missing(&self, wanted: &str) -> Error {
        let near = closest(wanted, self.tables.iter().map(|table| table.name.as_str()));
        let hint = match near.as_slice() {
            [] => text!("List the tables to see what is there."),
            near => text!("Did you mean `{near}`?", near = near.join("`, `")),
        };
        let name: String = wanted.chars().take(100).collect();
        Error::new(
            Kind::NotFound,
            text!("There is no table `{name}` here.", name),
        )
        .hint(hint)
    }

    pub(super) fn into_output(mut self) -> Result<ToolOutput> {
        let truncated = self.tables.len() > MAX_TABLES;
        self.tables.truncate(MAX_TABLES);
        Ok(ToolOutput {
            text: json(&self)?,
            rows: Some(self.tables.len() as u64),
            truncated,
            ..ToolOutput::default()
        })
    }
}

/// One table's columns.
#[derive(Serialize)]
pub(super) struct TableSchema {
    pub(super) table: String,
    pub(super) columns: Vec<Column>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
}

/// One column.
#[derive(Serialize)]
pub(super) struct Column {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) type_name: String,
    pub(super) nullable: bool,
    pub(super) primary_key: bool,
    /// The column it points to, as `table.column`.
    pub(super) references: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
}

impl TableSchema {
    pub(super) fn into_output(self) -> Result<ToolOutput> {
        Ok(ToolOutput {
            text: json(&self)?,
            rows: Some(self.columns.len() as u64),
            ..ToolOutput::default()
        })
    }
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
