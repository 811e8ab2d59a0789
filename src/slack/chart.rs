//! How many questions a person asked on each of the last days, as a bar a day.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc, Weekday};

use crate::domain::language::Language;
use crate::domain::text::Text;
use crate::text;

/// The longest bar of the chart.
const LONGEST_BAR: usize = 16;

/// A bar a day.
pub(super) fn chart(
    language: Language,
    first: NaiveDate,
    last: NaiveDate,
    asked: &[DateTime<Utc>],
) -> String {
    let mut counts: BTreeMap<NaiveDate, usize> = first
        .iter_days()
        .take_while(|day| *day <= last)
        .map(|day| (day, 0))
        .collect();
    for at in asked {
        if let Some(count) = counts.get_mut(&at.date_naive()) {
            *count += 1;
        }
    }
    let most = counts.values().copied().max().unwrap_or(0).max(1);
    let bar = |count: usize| "█".repeat((count * LONGEST_BAR).div_ceil(most));
    let lines = counts.iter().map(|(day, count)| {
        let day = short(day.weekday()).to(language);
        let line = format!("{day} {} {count}", bar(*count));
        line.replace("  ", " ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The beginning of a day's name.
fn short(day: Weekday) -> Text {
    match day {
        Weekday::Mon => text!("Mon"),
        Weekday::Tue => text!("Tue"),
        Weekday::Wed => text!("Wed"),
        Weekday::Thu => text!("Thu"),
        Weekday::Fri => text!("Fri"),
        Weekday::Sat => text!("Sat"),
        Weekday::Sun => text!("Sun"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_has_a_bar_for_every_day_and_the_longest_for_the_most() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let at = |day| day_at(2026, 11, day);
        let asked = [at(20), at(20), at(22)];
        let (most, half) = ("█".repeat(16), "█".repeat(8));
        for (language, expected) in [
            (
                Language::English,
                format!("Fri {most} 2\nSat 0\nSun {half} 1"),
            ),
            (Language::German, format!("Fr {most} 2\nSa 0\nSo {half} 1")),
        ] {
            assert_eq!(chart(language, day(20), day(22), &asked), expected);
        }
    }

    fn day_at(year: i32, month: u32, day: u32) -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(year, month, day)
            .unwrap()
            .and_hms_opt(12, 0, 0)
            .unwrap()
            .and_utc()
    }
}
