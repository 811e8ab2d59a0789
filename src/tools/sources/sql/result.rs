//! A result as a model reads it: column names once, rows as arrays, and never too much of it.

use serde::Serialize;
use serde_json::{Number, Value};

use super::Limits;
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Result};

/// Bytes of binary data that are shown, as hex.
pub(super) const BINARY_SHOWN: usize = 32;

/// Rows that arrived so far. Columns keep their order, and names that occur twice.
#[derive(Serialize)]
pub(super) struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    row_count: usize,
    truncated: bool,
    #[serde(skip)]
    bytes: usize,
    #[serde(skip)]
    limits: Limits,
}

impl Table {
    pub(super) fn new(columns: Vec<String>, limits: Limits) -> Self {
        Self {
            columns,
            rows: Vec::new(),
            row_count: 0,
            truncated: false,
            bytes: 0,
            limits,
        }
    }

    /// Takes a row, or says that no more fit.
    pub(super) fn push(&mut self, row: Vec<Value>) -> bool {
        let bytes: usize = row.iter().map(|value| value.to_string().len() + 1).sum();
        if self.rows.len() == self.limits.rows || self.bytes + bytes > self.limits.bytes {
            self.truncated = true;
            return false;
        }
        self.bytes += bytes;
        self.rows.push(row);
        self.row_count += 1;
        true
    }

    /// Text as a value, cut to what one value may take.
    pub(super) fn text(&mut self, text: String) -> Value {
        match text.char_indices().nth(self.limits.cell) {
            None => Value::String(text),
            Some((end, _)) => {
                self.truncated = true;
                Value::String(format!("{}…", &text[..end]))
            }
        }
    }

    /// The same for rows that were changed, of which these are some.
    pub(super) fn into_output_of(mut self, changed: usize) -> Result<ToolOutput> {
        self.truncated |= changed > self.row_count;
        self.row_count = changed;
        self.into_output()
    }

    pub(super) fn into_output(self) -> Result<ToolOutput> {
        Ok(ToolOutput {
            text: serde_json::to_string(&self).map_err(Error::internal)?,
            rows: Some(self.row_count as u64),
            truncated: self.truncated,
            ..ToolOutput::default()
        })
    }
}

/// A floating-point number; those that JSON lacks become their names.
pub(super) fn float(number: f64) -> Value {
    Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
}

/// The start of binary data as hex.
pub(super) fn binary(data: &[u8]) -> Value {
    let hex: String = data
        .iter()
        .take(BINARY_SHOWN)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Value::String(if data.len() > BINARY_SHOWN {
        format!("\\x{hex}… ({} bytes)", data.len())
    } else {
        format!("\\x{hex}")
    })
}
