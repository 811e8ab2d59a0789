//! Where the words after "by" lead: to a column of the table, or of a table it points to.

use super::query::{LOOKS, Plan, Planner};
use super::schema::{Column, Table, label, meant, moment};
use super::sql::Join;
use crate::llm::demo::words::{ENOUGH, fit, name_words};

/// Where the values to group by are.
#[derive(Debug)]
pub enum Place {
    /// In this column of the table.
    Own(String),
    /// In this column of the other table.
    Through(Join, String),
    /// In the span of time of this moment.
    When(String, &'static Span),
}

/// A span of time, and how many characters of a moment tell one from the next.
#[derive(Debug)]
pub struct Span {
    pub name: &'static str,
    pub length: usize,
}

const SPANS: [Span; 3] = [
    Span {
        name: "year",
        length: 4,
    },
    Span {
        name: "month",
        length: 7,
    },
    Span {
        name: "day",
        length: 10,
    },
];

/// A column that points to another table.
struct Link<'a> {
    column: &'a Column,
    other: &'a Table,
    to: String,
}

impl Link<'_> {
    /// How well the words name the other table, or the column that leads there.
    fn fit(&self, words: &[String]) -> u32 {
        fit(&self.other.name, words).max(fit(&self.column.name, words))
    }

    fn to(&self, target: &Column) -> Place {
        let join = Join {
            table: self.other.name.clone(),
            from: self.column.name.clone(),
            to: self.to.clone(),
        };
        Place::Through(join, target.name.clone())
    }
}

impl Planner<'_> {
    /// The place that the words mean, seen from a table.
    pub(super) fn place(&self, table: &str, words: &[String]) -> Result<Option<Place>, Plan> {
        let columns = self.columns(table)?;
        let own = meant(columns, words, |column| column.references.is_none());
        let at_least = own.map_or(ENOUGH, |(_, score)| score);
        let links = self.links(columns);
        let named = links
            .iter()
            .map(|link| (link.fit(words), link))
            .filter(|(score, _)| *score >= at_least)
            .max_by_key(|(score, _)| *score);
        if let Some((_, link)) = named {
            // "By customer" means by what customers are called.
            let target = label(self.columns(&link.other.name)?);
            return Ok(target.map(|target| link.to(target)));
        }
        if let Some((column, _)) = own {
            return Ok(Some(Place::Own(column.name.clone())));
        }
        let mut spans = SPANS.iter();
        let span = spans.find(|span| words.iter().any(|word| word == span.name));
        if let (Some(span), Some(column)) = (span, moment(columns)) {
            return Ok(Some(Place::When(column.name.clone(), span)));
        }
        self.beyond(&links, words)
    }

    /// The best column of all the tables that are pointed to.
    fn beyond(&self, links: &[Link<'_>], words: &[String]) -> Result<Option<Place>, Plan> {
        let unknown: Vec<String> = links
            .iter()
            .map(|link| &link.other.name)
            .filter(|other| !self.schemas.contains_key(*other))
            .take(LOOKS)
            .cloned()
            .collect();
        if !unknown.is_empty() {
            return Err(Plan::Look(unknown));
        }
        let found = links.iter().filter_map(|link| {
            let (target, score) = meant(self.schemas.get(&link.other.name)?, words, |_| true)?;
            Some((score, link.to(target)))
        });
        let best = found.max_by_key(|(score, _)| *score);
        Ok(best.map(|(_, place)| place))
    }

    fn links<'a>(&'a self, columns: &'a [Column]) -> Vec<Link<'a>> {
        let link = |column: &'a Column| {
            let (other, to) = match &column.references {
                Some((other, to)) => (self.named(other)?, to.clone()),
                None => (self.guessed(column)?, "id".to_owned()),
            };
            Some(Link { column, other, to })
        };
        columns.iter().filter_map(link).collect()
    }

    /// The table that a `customer_id` must mean where no reference says so, as in views.
    fn guessed(&self, column: &Column) -> Option<&Table> {
        let mut words = name_words(&column.name);
        if words.pop()? != "id" {
            return None;
        }
        let mut tables = self.tables.iter();
        tables.find(|table| !words.is_empty() && fit(&table.name, &words) > 100)
    }

    /// A table by the name that a reference has for it, with or without its schema.
    fn named(&self, name: &str) -> Option<&Table> {
        let bare = |name: &str| name.rsplit('.').next().map(str::to_owned);
        let exact = self.tables.iter().find(|table| table.name == name);
        let similar = |table: &&Table| bare(&table.name) == bare(name);
        exact.or_else(|| self.tables.iter().find(similar))
    }
}
