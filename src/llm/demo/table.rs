//! Rows as a Markdown table, and what can be said about them by counting.

use std::collections::BTreeMap;

use serde_json::Value;

use super::words::name_words;

/// The most rows that are written out.
const SHOWN: usize = 20;
/// The most characters of one cell.
const CELL: usize = 60;
/// The longest value that is one of a few, not a text.
const WORD: usize = 24;
/// The most things that are said about the rows.
const FINDINGS: usize = 4;

/// Rows of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The rows, each with a cell per column.
    pub rows: Vec<Vec<Value>>,
    /// Whether there were more.
    pub truncated: bool,
}

impl Grid {
    /// The rows in the result of `execute_sql`, if it is one.
    pub fn of_query(result: &Value) -> Option<Self> {
        let columns = result
            .get("columns")?
            .as_array()?
            .iter()
            .map(cell)
            .collect();
        let rows = result.get("rows")?.as_array()?.iter();
        let rows = rows.map(|row| row.as_array().cloned().unwrap_or_default());
        Some(Self {
            columns,
            rows: rows.collect(),
            truncated: result.get("truncated").and_then(Value::as_bool) == Some(true),
        })
    }

    /// Some fields of a list of objects, those that any of them has.
    pub fn of_objects(list: &[Value], fields: &[&str]) -> Self {
        let has = |field: &&&str| {
            list.iter()
                .any(|item| item.get(**field).is_some_and(|value| !value.is_null()))
        };
        let fields: Vec<&str> = fields.iter().filter(has).copied().collect();
        let row = |item: &Value| -> Vec<Value> {
            let cells = fields.iter().map(|field| item.get(*field).cloned());
            cells.map(Option::unwrap_or_default).collect()
        };
        Self {
            columns: fields.iter().map(|field| (*field).to_owned()).collect(),
            rows: list.iter().map(row).collect(),
            truncated: false,
        }
    }

    /// The only value, where there is only one.
    pub fn single(&self) -> Option<&Value> {
        match (self.columns.as_slice(), self.rows.as_slice()) {
            ([_], [row]) => row.first(),
            _ => None,
        }
    }

    /// The first rows as a Markdown table.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = line(self.columns.iter().map(|name| escaped(name)).collect());
        text.push_str(&line(vec!["---".to_owned(); self.columns.len()]));
        for row in self.rows.iter().take(SHOWN) {
            let cells =
                (0..self.columns.len()).map(|at| row.get(at).map_or_else(String::new, cell));
            text.push_str(&line(cells.map(|cell| escaped(&cell)).collect()));
        }
        if self.rows.len() > SHOWN {
            text.push_str(&format!("\n… and {} more rows.\n", self.rows.len() - SHOWN));
        }
        text
    }

    /// What counting tells about the rows: how values spread, from where to where figures go.
    pub fn findings(&self) -> Vec<String> {
        if self.rows.len() < 2 {
            return Vec::new();
        }
        let columns = self.columns.iter().enumerate();
        columns
            .filter(|(_, name)| name_words(name).last().is_none_or(|word| word != "id"))
            .filter_map(|(at, name)| {
                let values: Vec<&Value> = self
                    .rows
                    .iter()
                    .filter_map(|row| row.get(at))
                    .filter(|value| !value.is_null())
                    .collect();
                days(&values)
                    .or_else(|| figures(&values))
                    .or_else(|| spread(&values))
                    .map(|finding| format!("`{}` {finding}", escaped(name)))
            })
            .take(FINDINGS)
            .collect()
    }

    /// For groups and their figures: which is the largest, and how large a part of the whole.
    pub fn largest_share(&self) -> Option<String> {
        let value_at = self.columns.len().checked_sub(1).filter(|at| *at > 0)?;
        let groups: Vec<(String, f64)> = self
            .rows
            .iter()
            .filter_map(|row| Some((cell(row.first()?), number(row.get(value_at)?)?)))
            .collect();
        let whole: f64 = groups.iter().map(|(_, value)| value).sum();
        let (name, most) = groups
            .iter()
            .max_by(|(_, one), (_, other)| one.total_cmp(other))?;
        (groups.len() > 1 && whole > 0.0 && groups.iter().all(|(_, value)| *value >= 0.0)).then(
            || {
                format!(
                    "{} has the most: {} of {} ({:.0} %).",
                    escaped(name),
                    spoken(*most),
                    spoken(whole),
                    most / whole * 100.0
                )
            },
        )
    }
}

fn days(values: &[&Value]) -> Option<String> {
    let days: Option<Vec<&str>> = values.iter().map(|value| day(value.as_str()?)).collect();
    let days = days.filter(|days| days.len() > 1)?;
    let (first, last) = (days.iter().min()?, days.iter().max()?);
    Some(format!("goes from {first} to {last}."))
}

/// The day at the start of a moment, which is written year first.
fn day(text: &str) -> Option<&str> {
    let day = text.get(..10)?;
    let fits = day.char_indices().all(|(at, c)| match at {
        4 | 7 => c == '-',
        _ => c.is_ascii_digit(),
    });
    fits.then_some(day)
}

fn figures(values: &[&Value]) -> Option<String> {
    let figures: Option<Vec<f64>> = values.iter().map(|value| number(value)).collect();
    let figures = figures.filter(|figures| figures.len() > 1)?;
    let least = figures.iter().copied().min_by(f64::total_cmp)?;
    let most = figures.iter().copied().max_by(f64::total_cmp)?;
    let mean = figures.iter().sum::<f64>() / figures.len() as f64;
    if figures
        .iter()
        .all(|figure| *figure == 0.0 || *figure == 1.0)
    {
        // Yes and no in the words of SQLite.
        return None;
    }
    if least.total_cmp(&most).is_eq() {
        return Some(format!("is {} everywhere.", spoken(least)));
    }
    Some(format!(
        "goes from {} to {}, {} on average.",
        spoken(least),
        spoken(most),
        spoken(mean)
    ))
}

fn spread(values: &[&Value]) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in values.iter().map(|value| cell(value)) {
        if value.len() > WORD {
            return None;
        }
        if !value.trim().is_empty() {
            *counts.entry(value).or_default() += 1;
        }
    }
    if !(2..=6).contains(&counts.len()) || values.len() == counts.len() {
        return None;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let counts: Vec<String> = counts
        .iter()
        .map(|(value, count)| format!("{} {count}", escaped(value)))
        .collect();
    Some(format!("is spread like this: {}.", counts.join(", ")))
}

/// A figure; exact decimals come as text.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.contains('.') => text.parse().ok(),
        _ => None,
    }
    .filter(|number| number.is_finite())
}

/// A figure as people write it.
pub fn spoken(number: f64) -> String {
    let text = format!("{number:.2}");
    match text.strip_suffix(".00") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// An exact decimal with more digits than anybody reads, such as PostgreSQL's averages.
fn precise(text: &str) -> Option<f64> {
    let (whole, digits) = text.split_once('.')?;
    let is_whole = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let is_number = is_whole(whole.trim_start_matches('-')) && is_whole(digits);
    text.parse().ok().filter(|_| is_number && digits.len() > 4)
}

/// A value as text.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => match precise(text) {
            Some(number) => spoken(number),
            None => text.clone(),
        },
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(String::new, spoken)
        }
        Value::Array(list) => list.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A text that stays within its cell.
pub fn escaped(text: &str) -> String {
    let mut flat = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
        .replace('`', "'");
    if let Some((end, _)) = flat.char_indices().nth(CELL) {
        flat.truncate(end);
        // A cut must not leave half of an escape, which would swallow the cell's border.
        while flat.ends_with('\\') {
            flat.pop();
        }
        flat.push('…');
    }
    flat
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn grid() -> Grid {
        Grid::of_query(&json!({
            "columns": ["id", "status", "total", "placed_at"],
            "rows": [
                [1, "paid", 10.5, "2026-03-01T10:00:00Z"],
                [2, "paid", "20.00", "2026-01-02"],
                [3, "open", 30, "2026-02-03"],
                [4, "open|new", null, null],
            ],
            "row_count": 4, "truncated": true
        }))
        .unwrap()
    }

    #[test]
    fn rows_become_a_table() {
        let expected = "| id | status | total | placed_at |\n\
            | --- | --- | --- | --- |\n\
            | 1 | paid | 10.50 | 2026-03-01T10:00:00Z |\n\
            | 2 | paid | 20.00 | 2026-01-02 |\n\
            | 3 | open | 30 | 2026-02-03 |\n\
            | 4 | open\\|new |  |  |\n";
        assert_eq!(grid().markdown(), expected);
        assert!(grid().truncated);
    }

    #[test]
    fn counting_tells_what_is_in_them() {
        assert_eq!(
            grid().findings(),
            [
                "`status` is spread like this: paid 2, open 1, open\\|new 1.",
                "`total` goes from 10.50 to 30, 20.17 on average.",
                "`placed_at` goes from 2026-01-02 to 2026-03-01.",
            ]
        );
        let status = json!({"columns": ["status"], "rows": [["a"], ["b"], ["a"], ["a"]]});
        let status = Grid::of_query(&status).unwrap();
        assert_eq!(
            status.findings(),
            ["`status` is spread like this: a 3, b 1."]
        );
    }

    #[test]
    fn the_largest_group_is_told() {
        let share = |rows: Value| {
            let grid = Grid::of_query(&json!({"columns": ["c", "n"], "rows": rows})).unwrap();
            grid.largest_share()
        };
        assert_eq!(
            share(json!([["DE", 30], ["FR", 10]])).as_deref(),
            Some("DE has the most: 30 of 40 (75 %).")
        );
        assert_eq!(share(json!([["DE", 30]])), None);
        assert_eq!(share(json!([["DE", -30], ["FR", 50]])), None);
        assert_eq!(share(json!([[], [null], "x"])), None);
    }

    #[test]
    fn only_figures_are_rounded() {
        let check = |value: Value, expected: &str| assert_eq!(cell(&value), expected);
        check(json!("70.3981818181818182"), "70.40");
        check(json!("-0.12345"), "-0.12");
        check(json!("1.2"), "1.2");
        check(json!("1.23456.7"), "1.23456.7");
        check(json!("v1.23456"), "v1.23456");
        check(json!(0.5), "0.50");
        check(json!(["a", 1, null]), "a, 1, ");
    }

    #[test]
    fn long_cells_are_cut_between_characters() {
        assert_eq!(escaped(&"é".repeat(99)).chars().count(), CELL + 1);
        let cut = escaped(&format!("{}||||", "x".repeat(CELL - 1)));
        assert!(!cut.contains("\\…"), "{cut}");
        assert_eq!(escaped("a\n b`c"), "a b'c");
    }
}
