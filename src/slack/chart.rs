//! What a person did on each of the last days: as charts of Slack's own in a message, and as a bar a day in
//! words where there may be none.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc, Weekday};

use serde_json::{Number, Value};

use super::blocks::bars;
use crate::domain::language::Language;
use crate::domain::text::Text;
use crate::store::DayUse;
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

/// Questions and tool calls a day, and, where there was any, what they cost.
pub(super) fn charts(
    language: Language,
    (first, last): (NaiveDate, NaiveDate),
    asked: &[DateTime<Utc>],
    used: &[DayUse],
) -> Vec<Value> {
    let days: Vec<NaiveDate> = first.iter_days().take_while(|day| *day <= last).collect();
    let labels: Vec<String> = days
        .iter()
        .map(|day| short(day.weekday()).to(language))
        .collect();
    let of = |day: &NaiveDate| used.iter().find(|used| used.day == day.to_string());
    let questions = days.iter().map(|day| {
        let that_day = asked.iter().filter(|at| at.date_naive() == *day);
        Number::from(that_day.count())
    });
    let calls = days
        .iter()
        .map(|day| Number::from(of(day).map_or(0, |used| used.calls)));
    let mut charts = vec![bars(
        &text!("Questions and tool calls a day").to(language),
        &labels,
        &[
            (text!("Questions").to(language), questions.collect()),
            (text!("Tool calls").to(language), calls.collect()),
        ],
    )];
    if used.iter().any(|used| used.cost.0 > 0) {
        let costs = days.iter().map(|day| {
            let cost = of(day).map_or(0, |used| used.cost.0);
            // What is shown has no more than a hundredth of a cent.
            let dollars = (cost as f64 / 100_000.0).round() / 10_000.0;
            Number::from_f64(dollars).unwrap_or_else(|| Number::from(0))
        });
        let title = text!("Estimated cost a day, in US dollars").to(language);
        let name = text!("US dollars").to(language);
        charts.push(bars(&title, &labels, &[(name, costs.collect())]));
    }
    charts
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
    use crate::domain::money::NanoDollars;
    use crate::slack::blocks::Message;

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

    #[test]
    fn every_day_has_its_numbers_and_money_only_where_there_was_some() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let asked = [day_at(2026, 11, 20), day_at(2026, 11, 22)];
        let mut used = DayUse {
            day: "2026-11-22".to_owned(),
            calls: 3,
            cost: NanoDollars(0),
        };
        let charts = |used: &DayUse| {
            let days = (day(20), day(22));
            charts(Language::German, days, &asked, std::slice::from_ref(used))
        };
        assert_eq!(charts(&used).len(), 1);
        used.cost = NanoDollars(12_345_678);
        let both = charts(&used);
        let said: Vec<_> = both
            .into_iter()
            .map(|chart| {
                Message {
                    text: String::new(),
                    blocks: vec![chart],
                }
                .without_blocks()
                .text
            })
            .collect();
        assert_eq!(
            said,
            [
                "Fragen und Werkzeugaufrufe pro Tag\nFragen: Fr 1, Sa 0, So 1\nWerkzeugaufrufe: Fr 0, Sa 0, So 3",
                "Geschätzte Kosten pro Tag in US-Dollar\nUS-Dollar: Fr 0.0, Sa 0.0, So 0.0123",
            ]
        );
    }

    fn day_at(year: i32, month: u32, day: u32) -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(year, month, day)
            .unwrap()
            .and_hms_opt(12, 0, 0)
            .unwrap()
            .and_utc()
    }
}
