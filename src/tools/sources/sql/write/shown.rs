//! Rows of a change, as a person reads them who is asked to allow it.

use super::WriteColumn;
use crate::domain::preview::PreviewPart;
use crate::executor::sql::write::MAX_ROWS;

/// Rows that are shown to whoever is asked.
pub(super) const SHOWN: usize = 5;

/// Columns that are shown of a row.
const WIDTH: usize = 8;

/// Characters of a value that is shown.
const CELL: usize = super::CELL / 5;

/// What a statement gave back: some of the rows, and how many there were.
pub(in crate::tools::sources::sql) struct Changed {
    pub(in crate::tools::sources::sql) count: usize,
    pub(in crate::tools::sources::sql) columns: Vec<String>,
    pub(in crate::tools::sources::sql) rows: Vec<Vec<Option<String>>>,
    /// How many rows are kept.
    most: usize,
}

impl Changed {
    /// Nothing yet.
    pub(super) fn of(columns: &[&WriteColumn], most: usize) -> Self {
        Self {
            count: 0,
            columns: columns.iter().map(|column| column.name.clone()).collect(),
            rows: Vec::new(),
            most,
        }
    }

    /// Counts a row, and keeps what `read` makes of it where there is room. Says whether another
    /// one is of interest.
    pub(in crate::tools::sources::sql) fn push<E>(
        &mut self,
        read: impl FnOnce(usize) -> Result<Vec<Option<String>>, E>,
    ) -> Result<bool, E> {
        self.count += 1;
        if self.count <= MAX_ROWS && self.rows.len() < self.most {
            self.rows.push(read(self.columns.len())?);
        }
        Ok(self.count <= MAX_ROWS)
    }

    pub(super) fn into_part(self) -> PreviewPart {
        let cell = |value: Option<String>| match value {
            Some(value) if value.chars().count() > CELL => {
                let start: String = value.chars().take(CELL - 1).collect();
                format!("{start}…").replace('\n', " ")
            }
            Some(value) => value.replace('\n', " "),
            None => "null".to_owned(),
        };
        let rows = self.rows.into_iter().take(SHOWN);
        PreviewPart::Rows {
            columns: self.columns.into_iter().take(WIDTH).collect(),
            rows: rows
                .map(|row| row.into_iter().take(WIDTH).map(cell).collect())
                .collect(),
        }
    }
}

/// A row before and after: its key, and each column that changes beside what it becomes.
pub(super) fn side_by_side(before: Changed, after: Changed, keys: usize) -> Changed {
    let key = |row: &[Option<String>]| row[..keys].to_vec();
    let mut columns = before.columns[..keys].to_vec();
    for name in &before.columns[keys..] {
        columns.extend([name.clone(), format!("{name} →")]);
    }
    let rows = before.rows.into_iter().map(|old| {
        // Without a key, or with a new one, rows cannot be told apart; all get the same values.
        let new = after.rows.iter().find(|new| key(new) == key(&old));
        let new = new.or(after.rows.first());
        let mut row = key(&old);
        for index in keys..old.len() {
            let became = new.and_then(|new| new[index].clone());
            row.extend([old[index].clone(), became]);
        }
        row
    });
    Changed {
        rows: rows.collect(),
        columns,
        ..after
    }
}
