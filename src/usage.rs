//! What was used, as people want to know it: advice that follows from it, and all of it as a table.

mod csv;
mod suggest;

use std::time::Duration;

use chrono::{DateTime, Utc};

pub use csv::{Columns, HEADER};
pub use suggest::{Facts, Suggestion, suggestions};

use crate::agent::Models;
use crate::clock::Clock;
use crate::domain::principal::Principal;
use crate::error::Result;
use crate::store::{Entry, Span, Store};
use crate::tools::Tools;

/// How far back advice looks, and how far for what fails just now.
const LATELY: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const JUST_NOW: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Entries that are read at once.
const PAGE: i64 = 1_000;

/// Looks at what was used.
#[derive(Clone)]
pub struct Usage {
    store: Store,
    models: Models,
    tools: Tools,
    clock: Clock,
}

impl Usage {
    /// Over what is kept, and the models and tools that there are.
    pub fn new(store: Store, models: Models, tools: Tools, clock: Clock) -> Self {
        Self {
            store,
            models,
            tools,
            clock,
        }
    }

    /// What this person could do better, the most useful first.
    pub async fn suggestions(&self, person: &Principal) -> Result<Vec<Suggestion>> {
        let now = self.clock.now();
        let (since, recently) = (now - LATELY, now - JUST_NOW);
        let connections = self.store.connections_of(person).await?;
        let tools = self.store.tools_used(person, since, recently).await?;
        let models = self.store.models_used(person, since).await?;
        let choice = self.models.choice(person).await?;
        let is_direct = |card: &str, tool: Option<&str>| {
            self.tools.is_direct_database(&person.team, card, tool)
        };
        Ok(suggestions(&Facts {
            since,
            connections: &connections,
            tools: &tools,
            models: &models,
            model: &choice.model,
            others: &self.models.names(),
            prices: self.models.prices(),
            is_direct: &is_direct,
        }))
    }
}

/// Gives a span as CSV, the oldest first, some lines at a time and at most `most` in all. Returns how
/// many, and when the first one is of that did not fit.
pub async fn export(
    store: &Store,
    span: Span<'_>,
    columns: Columns,
    most: usize,
    mut take: impl FnMut(&str),
) -> Result<(usize, Option<DateTime<Utc>>)> {
    take(&csv::head(columns));
    let (mut count, mut last) = (0, None::<Entry>);
    loop {
        let page = store.entries(span, last.as_ref(), PAGE).await?;
        let fitting = page.len().min(most - count);
        let mut lines = String::new();
        for entry in &page[..fitting] {
            csv::push(&mut lines, columns, entry);
        }
        take(&lines);
        count += fitting;
        if let Some(entry) = page.get(fitting) {
            return Ok((count, Some(entry.at)));
        }
        match page.into_iter().next_back() {
            Some(entry) => last = Some(entry),
            None => return Ok((count, None)),
        }
    }
}
