//! What the words of a question narrow its rows down to, besides naming a table.

use super::condition;
use super::query::{Plan, Planner, Query, Shape};
use super::schema::Column;
use super::sql::Select;
use crate::llm::demo::words::covers;

/// Words before a value, as in "customers in Lyon" or "which tickets are open".
const BEFORE_VALUES: [&str; 5] = ["in", "from", "at", "are", "is"];

impl Planner<'_> {
    /// The words that are not spent on the table's name.
    pub(super) fn leftover(&self, table: &str) -> Vec<String> {
        let nouns = self.question.nouns.iter();
        nouns.filter(|noun| !covers(table, noun)).cloned().collect()
    }

    pub(super) fn query(
        &self,
        table: &str,
        shape: Shape,
        about: Option<&Column>,
    ) -> Result<Query, Plan> {
        let query = Query {
            select: Select {
                table: table.to_owned(),
                ..Select::default()
            },
            shape,
            notes: Vec::new(),
        };
        self.narrowed(query, about)
    }

    /// The query with all that the question's other words ask for; `about` is the column that
    /// some of them name.
    pub(super) fn narrowed(&self, mut query: Query, about: Option<&Column>) -> Result<Query, Plan> {
        let table = query.select.table.clone();
        let mut unused = Vec::new();
        for word in self.leftover(&table) {
            if about.is_some_and(|column| covers(&column.name, &word)) {
                continue;
            }
            let condition = match self.is_value(&table, &word) {
                true => {
                    condition::of_value(&word, self.columns(&table)?, |name| query.select.own(name))
                }
                false => None,
            };
            match condition {
                Some(condition) => {
                    query.notes.push(format!("I took \"{word}\" for a value."));
                    query.select.conditions.push(condition);
                }
                None => unused.push(word),
            }
        }
        if !unused.is_empty() {
            let unused = unused.join(", ");
            query
                .notes
                .push(format!("I did not use these words: {unused}."));
        }
        let words = &self.question.condition;
        if words.is_empty() {
            return Ok(query);
        }
        match condition::parse(words, self.columns(&table)?, |name| query.select.own(name)) {
            Some(condition) => query.select.conditions.push(condition),
            None => query.notes.push(format!(
                "I did not understand the condition \"{}\" and left it out.",
                words.join(" ")
            )),
        }
        Ok(query)
    }

    /// Whether a word stands where a value would: "open tickets", "customers in Lyon".
    fn is_value(&self, table: &str, word: &str) -> bool {
        let words = &self.question.words;
        let at = |offset: usize, pair: &[String]| pair.get(offset).is_some_and(|it| it == word);
        words.windows(2).any(|pair| {
            let before_name = at(0, pair) && covers(table, &pair[1]);
            before_name || (at(1, pair) && BEFORE_VALUES.contains(&pair[0].as_str()))
        })
    }
}
