//! A table for spreadsheets: one line a call or completion.

use std::fmt::Write as _;

use chrono::SecondsFormat;

use crate::domain::money::NanoDollars;
use crate::store::Entry;

/// The names of the columns. Who asked comes first, where it is not the reader themselves.
pub const HEADER: [&str; 19] = [
    "team",
    "person",
    "at",
    "kind",
    "question",
    "service",
    "connection",
    "tool",
    "model",
    "outcome",
    "milliseconds",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "tokens_estimated",
    "tokens_saved_estimate",
    "cost_usd",
    "price_version",
];

/// Whose entries a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// One person's, for them.
    OfOne,
    /// Those of a workspace, or of all.
    OfEverybody,
}

impl Columns {
    fn left_out(self) -> usize {
        match self {
            Self::OfOne => 2,
            Self::OfEverybody => 0,
        }
    }
}

/// The line with the names.
pub(super) fn head(columns: Columns) -> String {
    let mut text = String::new();
    push_line(&mut text, HEADER[columns.left_out()..].iter().copied());
    text
}

/// Adds an entry.
pub(super) fn push(text: &mut String, columns: Columns, entry: &Entry) {
    let number = |number: Option<i64>| number.map_or(String::new(), |it| it.to_string());
    let known = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        entry.team_id.to_string(),
        entry.user_id.to_string(),
        entry.at.to_rfc3339_opts(SecondsFormat::Millis, true),
        match entry.tool {
            Some(_) => "tool_call".to_owned(),
            None => "completion".to_owned(),
        },
        entry
            .run_id
            .as_ref()
            .map_or(String::new(), |run| run.to_string()),
        known(&entry.service),
        known(&entry.connection),
        known(&entry.tool),
        known(&entry.model),
        entry.outcome.clone(),
        format!("{:.0}", entry.millis),
        number(entry.input_tokens),
        number(entry.cached_input_tokens),
        number(entry.cache_write_tokens),
        number(entry.output_tokens),
        match entry.estimated {
            Some(estimated) => estimated.to_string(),
            None => String::new(),
        },
        number(entry.tokens_saved),
        cost(entry),
        known(&entry.price_version),
    ];
    let cells = &cells[columns.left_out()..];
    push_line(text, cells.iter().map(String::as_str));
}

/// To the last nano-dollar. A completion without a price says so; a call costs nothing unless its
/// card says otherwise.
fn cost(entry: &Entry) -> String {
    match (entry.cost, &entry.tool) {
        (Some(NanoDollars(nano)), _) => {
            format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000)
        }
        (None, None) => "unpriced".to_owned(),
        (None, Some(_)) => String::new(),
    }
}

fn push_line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (place, value) in cells.enumerate() {
        if place > 0 {
            text.push(',');
        }
        // Writing to a text cannot fail.
        let _ = write!(text, "{}", cell(value));
    }
    text.push_str("\r\n");
}

/// A cell as RFC 4180 has it, which no spreadsheet takes for a formula.
fn cell(value: &str) -> String {
    // Some programs look past what is before the sign.
    let sign = value.trim_start().chars().next();
    let is_formula = matches!(
        sign,
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
    ) || value.starts_with(['\t', '\r', '\n']);
    let value = match is_formula {
        true => format!("'{value}"),
        false => value.to_owned(),
    };
    match value.contains([',', '"', '\n', '\r', ';', '\'']) {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{RunId, TeamId, UserId};

    fn entry() -> Entry {
        Entry {
            id: "1".to_owned(),
            at: "2026-11-26T08:00:00.5Z".parse().unwrap(),
            team_id: TeamId::new("T1"),
            user_id: UserId::new("U1"),
            run_id: Some(RunId::new("R1")),
            service: None,
            connection: None,
            tool: None,
            model: Some("openai/gpt-4o".to_owned()),
            outcome: "whole".to_owned(),
            millis: 1_200.4,
            input_tokens: Some(10),
            cached_input_tokens: Some(0),
            cache_write_tokens: Some(0),
            output_tokens: Some(2),
            estimated: Some(false),
            tokens_saved: None,
            cost: Some(NanoDollars(45_000)),
            price_version: Some("v1".to_owned()),
        }
    }

    fn line(columns: Columns, entry: &Entry) -> String {
        let mut text = String::new();
        push(&mut text, columns, entry);
        text
    }

    #[test]
    fn a_line_has_a_cell_for_every_column() {
        let whole = "T1,U1,2026-11-26T08:00:00.500Z,completion,R1,,,,openai/gpt-4o,whole,1200,10,0,0,2,false,,0.000045000,v1\r\n";
        assert_eq!(line(Columns::OfEverybody, &entry()), whole);
        assert_eq!(line(Columns::OfOne, &entry()), whole["T1,U1,".len()..]);
        let commas = |text: &str| text.matches(',').count();
        assert_eq!(commas(&head(Columns::OfEverybody)), commas(whole));
        let unpriced = Entry {
            cost: None,
            price_version: None,
            ..entry()
        };
        assert!(line(Columns::OfOne, &unpriced).contains(",unpriced,"));
        let call = Entry {
            tool: Some("=cmd|' /C calc'!A0".to_owned()),
            model: None,
            ..unpriced
        };
        let call = line(Columns::OfOne, &call);
        assert!(call.contains(",\"'=cmd|' /C calc'!A0\","), "{call}");
        assert!(!call.contains("unpriced"), "{call}");
    }

    #[test]
    fn no_cell_is_a_formula_or_ends_its_own_quotes() {
        let check = |value: &str, expected: &str| assert_eq!(cell(value), expected, "{value:?}");
        check("plain", "plain");
        check("", "");
        check("=1+1", "\"'=1+1\"");
        check("+1", "\"'+1\"");
        check("-1", "\"'-1\"");
        check("@SUM(A1)", "\"'@SUM(A1)\"");
        check(" =1", "\"' =1\"");
        check("\t=1", "\"'\t=1\"");
        check("＝1", "\"'＝1\"");
        check("\rx", "\"'\rx\"");
        check("a,b", "\"a,b\"");
        check("a\"b", "\"a\"\"b\"");
        check("a\"\r\n=1", "\"a\"\"\r\n=1\"");
        check("2026-11-26", "2026-11-26");
    }
}
