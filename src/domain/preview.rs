//! What a call would do, as the person reads it who is asked to allow it.

use serde::{Deserialize, Serialize};

use super::text::Text;

/// What is shown beside the arguments. An approval holds for exactly this: when the same call comes
/// to something else by the time it may run, it does not run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// From top to bottom.
    pub parts: Vec<PreviewPart>,
}

/// A piece of a preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreviewPart {
    /// A sentence: "This is sent:".
    Note(Text),
    /// Something exact, such as a request or a statement; secrets are masked already.
    Exact(String),
    /// Some of the rows it is about.
    Rows {
        /// What the columns are called.
        columns: Vec<String>,
        /// A value for each column.
        rows: Vec<Vec<String>>,
    },
}

impl Preview {
    /// The same with everything that is not our own words passed through `change`.
    pub fn with_foreign_words(self, change: &impl Fn(&str) -> String) -> Self {
        let all = |words: Vec<String>| words.iter().map(|word| change(word)).collect();
        let parts = self.parts.into_iter().map(|part| match part {
            PreviewPart::Note(text) => PreviewPart::Note(text.with_foreign_words(change)),
            PreviewPart::Exact(text) => PreviewPart::Exact(change(&text)),
            PreviewPart::Rows { columns, rows } => PreviewPart::Rows {
                columns: all(columns),
                rows: rows.into_iter().map(all).collect(),
            },
        });
        Self {
            parts: parts.collect(),
        }
    }

    /// All of it as one text: what its length is measured by.
    pub fn text(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            PreviewPart::Note(text) => text.to_string(),
            PreviewPart::Exact(text) => text.clone(),
            PreviewPart::Rows { columns, rows } => table(columns, rows),
        });
        parts.collect::<Vec<_>>().join("\n")
    }
}

/// Columns side by side, for a font whose letters are equally wide.
pub fn table(columns: &[String], rows: &[Vec<String>]) -> String {
    let lines = || std::iter::once(columns).chain(rows.iter().map(Vec::as_slice));
    let mut widths = vec![0; columns.len()];
    for line in lines() {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(&widths);
        let padded = cells.map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_below_their_columns() {
        let words = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
        let rows = [words("1,Grüne Tür"), words("12,x")];
        assert_eq!(
            table(&words("id,title"), &rows),
            "id  title\n1   Grüne Tür\n12  x"
        );
    }
}
