//! From a question and what is known of a database to the SELECT that answers it.

use std::collections::BTreeMap;

use super::question::{Ask, Figure, Question};
use super::schema::{Column, Table, amount, meant, moment, shown};
use super::sql::Select;
use crate::llm::demo::words::{best, name_words};

/// How many rows are fetched unless the question says.
pub(super) const ROWS: usize = 20;
/// How many rows are fetched at most.
const MOST_ROWS: usize = 100;
/// How well the words must fit a table that is named.
const NAMED: u32 = 60;
/// How many tables are looked into when no table is named.
pub(super) const LOOKS: usize = 8;

/// What is known when planning.
pub struct Planner<'a> {
    /// What is asked.
    pub question: Question,
    /// The tables there are.
    pub tables: &'a [Table],
    /// The columns of those that were looked into; none where that failed.
    pub schemas: &'a BTreeMap<String, Vec<Column>>,
}

/// How to go on.
#[derive(Debug)]
pub enum Plan {
    /// Tell which tables there are.
    Tables,
    /// Tell the columns of this table.
    Columns(String),
    /// Run this.
    Query(Box<Query>),
    /// Look into these tables first.
    Look(Vec<String>),
    /// No table sounds like the question.
    NoTable,
    /// This table has no column for these words.
    NoColumn(String, Vec<String>),
}

/// A SELECT and what its rows mean.
#[derive(Debug)]
pub struct Query {
    /// What to run.
    pub select: Select,
    /// What comes back.
    pub shape: Shape,
    /// What the reader should know about how the question was read.
    pub notes: Vec<String>,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Rows of the table.
    Rows,
    /// How many there are.
    Count,
    /// Groups, each with a figure; whether the figures of all groups make up a whole.
    Groups(bool),
    /// One figure of this column.
    Figure(Figure, String),
}

impl Planner<'_> {
    /// The way to the answer.
    pub fn plan(&self) -> Plan {
        self.way().unwrap_or_else(|detour| detour)
    }

    pub(super) fn way(&self) -> Result<Plan, Plan> {
        match self.question.ask {
            Ask::Tables => Ok(Plan::Tables),
            Ask::Schema => {
                let table = self.table()?;
                self.columns(&table.name)?;
                Ok(Plan::Columns(table.name.clone()))
            }
            Ask::Rows => self.rows(),
            Ask::Count => self.count(),
            Ask::Figure(figure) => self.figure(figure),
            Ask::Top { least } => self.top(least),
            Ask::Latest { oldest } => self.latest(oldest),
        }
    }

    pub(super) fn table(&self) -> Result<&Table, Plan> {
        let (table, _) = self.best_table(&self.question.nouns).ok_or(Plan::NoTable)?;
        Ok(table)
    }

    /// The table that is named, not one that means about the same.
    pub(super) fn named_table(&self, words: &[String]) -> Option<&Table> {
        let (table, score) = self.best_table(words)?;
        (score >= NAMED).then_some(table)
    }

    fn best_table(&self, words: &[String]) -> Option<(&Table, u32)> {
        let names = self.tables.iter().map(|table| table.name.as_str());
        let (name, score) = best(names, words)?;
        let table = self.tables.iter().find(|table| table.name == name)?;
        Some((table, score))
    }

    pub(super) fn columns(&self, table: &str) -> Result<&[Column], Plan> {
        match self.schemas.get(table) {
            Some(columns) => Ok(columns),
            None => Err(Plan::Look(vec![table.to_owned()])),
        }
    }

    fn rows(&self) -> Result<Plan, Plan> {
        let table = &self.table()?.name;
        let columns = self.columns(table)?;
        let mut query = self.query(table, Shape::Rows, None)?;
        if !self.question.by.is_empty() {
            let sortable = |column: &Column| column.is_number() || column.is_time();
            match meant(columns, &self.question.by, sortable) {
                Some((column, _)) => {
                    query.select.order = Some(format!("{} desc", query.select.own(&column.name)));
                }
                None => return self.groups(table, |_| "count(*)".to_owned(), "count"),
            }
        }
        Ok(self.of_rows(query, columns))
    }

    fn latest(&self, oldest: bool) -> Result<Plan, Plan> {
        let table = &self.table()?.name;
        let columns = self.columns(table)?;
        let by = moment(columns).or_else(|| columns.iter().find(|column| column.key));
        let Some(by) = by else {
            return Err(Plan::NoColumn(table.clone(), vec!["date".to_owned()]));
        };
        self.ordered(table, by, oldest)
    }

    fn top(&self, least: bool) -> Result<Plan, Plan> {
        let table = &self.table()?.name;
        let columns = self.columns(table)?;
        let mut words = self.question.by.clone();
        if words.is_empty() {
            words = self.leftover(table);
        }
        let by = match words.as_slice() {
            [] => amount(columns),
            words => {
                let sortable = |column: &Column| column.is_number() || column.is_time();
                meant(columns, words, sortable).map(|(column, _)| column)
            }
        };
        if let Some(by) = by {
            return self.ordered(table, by, least);
        }
        // What is no figure is sorted as in a dictionary.
        if let Some((by, _)) = meant(columns, &words, |column| column.references.is_none()) {
            return self.ordered(table, by, true);
        }
        if least || words.is_empty() {
            return Err(Plan::NoColumn(table.clone(), words));
        }
        self.top_of_others(table, words)
    }

    /// "Customers by orders" counts orders for each customer, "customers by revenue" adds it up.
    fn top_of_others(&self, table: &str, words: Vec<String>) -> Result<Plan, Plan> {
        let counts = self
            .named_table(&words)
            .is_some_and(|other| other.name != table);
        let ask = match counts {
            true => Ask::Count,
            false => Ask::Figure(Figure::Sum),
        };
        let other = Planner {
            question: Question {
                ask,
                nouns: words.clone(),
                by: name_words(table),
                ..self.question.clone()
            },
            ..*self
        };
        match other.way() {
            Err(Plan::NoTable | Plan::NoColumn(..)) => Err(Plan::NoColumn(table.to_owned(), words)),
            way => way,
        }
    }

    pub(super) fn count(&self) -> Result<Plan, Plan> {
        let table = &self.table()?.name;
        if !self.question.by.is_empty() {
            return self.groups(table, |_| "count(*)".to_owned(), "count");
        }
        let mut query = self.query(table, Shape::Count, None)?;
        query.select.columns = vec!["count(*) as \"count\"".to_owned()];
        Ok(Plan::Query(Box::new(query)))
    }

    fn ordered(&self, table: &str, by: &Column, ascending: bool) -> Result<Plan, Plan> {
        let columns = self.columns(table)?;
        let mut query = self.query(table, Shape::Rows, Some(by))?;
        let name = query.select.own(&by.name);
        // Otherwise PostgreSQL puts what has no value first.
        query.select.conditions.push(format!("{name} is not null"));
        let direction = if ascending { "asc" } else { "desc" };
        query.select.order = Some(format!("{name} {direction}"));
        query.select.limit = Some(self.limit(10));
        Ok(self.of_rows(query, columns))
    }

    fn of_rows(&self, mut query: Query, columns: &[Column]) -> Plan {
        let select = &mut query.select;
        select.columns = shown(columns)
            .iter()
            .map(|column| select.own(&column.name))
            .collect();
        if select.order.is_none() {
            let key = columns.iter().find(|column| column.key);
            select.order = key.map(|key| select.own(&key.name));
        }
        select.limit.get_or_insert(self.limit(ROWS));
        Plan::Query(Box::new(query))
    }

    pub(super) fn limit(&self, usual: usize) -> usize {
        self.question.limit.unwrap_or(usual).min(MOST_ROWS)
    }
}
