//! From a question and what is known of a database to the SELECT that answers it.

use std::collections::BTreeMap;

use super::condition;
use super::place::Place;
use super::question::{Ask, Figure, Question};
use super::schema::{Column, Table, amount, meant, moment, shown};
use super::sql::Select;
use crate::llm::demo::words::{best, covers, name_words};

/// How many rows are fetched unless the question says.
const ROWS: usize = 20;
/// How many rows are fetched at most.
const MOST_ROWS: usize = 100;
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
    /// Groups, each with a figure.
    Groups,
    /// One figure of this column.
    Figure(Figure, String),
}

impl Planner<'_> {
    /// The way to the answer.
    pub fn plan(&self) -> Plan {
        self.way().unwrap_or_else(|detour| detour)
    }

    fn way(&self) -> Result<Plan, Plan> {
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

    fn table(&self) -> Result<&Table, Plan> {
        self.table_for(&self.question.nouns).ok_or(Plan::NoTable)
    }

    fn table_for(&self, words: &[String]) -> Option<&Table> {
        let names = self.tables.iter().map(|table| table.name.as_str());
        let (name, _) = best(names, words)?;
        self.tables.iter().find(|table| table.name == name)
    }

    pub(super) fn columns(&self, table: &str) -> Result<&[Column], Plan> {
        match self.schemas.get(table) {
            Some(columns) => Ok(columns),
            None => Err(Plan::Look(vec![table.to_owned()])),
        }
    }

    /// The words that are not spent on the table's name.
    fn leftover(&self, table: &str) -> Vec<String> {
        let nouns = self.question.nouns.iter();
        nouns.filter(|noun| !covers(table, noun)).cloned().collect()
    }

    fn rows(&self) -> Result<Plan, Plan> {
        let table = &self.table()?.name;
        let columns = self.columns(table)?;
        let mut query = self.query(table, Shape::Rows)?;
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
        if least {
            return Err(Plan::NoColumn(table.clone(), words));
        }
        self.top_of_others(table, words)
    }

    /// "Customers by orders" counts orders for each customer, "customers by revenue" adds it up.
    fn top_of_others(&self, table: &str, words: Vec<String>) -> Result<Plan, Plan> {
        let counts = self
            .table_for(&words)
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

    fn count(&self) -> Result<Plan, Plan> {
        let table = &self.table()?.name;
        if !self.question.by.is_empty() {
            return self.groups(table, |_| "count(*)".to_owned(), "count");
        }
        let mut query = self.query(table, Shape::Count)?;
        query.select.columns = vec!["count(*) as \"count\"".to_owned()];
        Ok(Plan::Query(Box::new(query)))
    }

    fn figure(&self, figure: Figure) -> Result<Plan, Plan> {
        let (table, column) = match self.table_for(&self.question.nouns) {
            Some(table) => {
                let columns = self.columns(&table.name)?;
                let words = self.leftover(&table.name);
                let named = meant(columns, &words, Column::is_number).map(|(column, _)| column);
                match named.or_else(|| amount(columns).filter(|_| words.is_empty())) {
                    Some(column) => (&table.name, column),
                    None if words.is_empty() && figure == Figure::Sum => return self.count(),
                    None => self.figure_anywhere()?,
                }
            }
            None => self.figure_anywhere()?,
        };
        let (function, title) = match figure {
            Figure::Average => ("avg", "average"),
            Figure::Sum => ("sum", "sum"),
            Figure::Most => ("max", "most"),
            Figure::Least => ("min", "least"),
        };
        if !self.question.by.is_empty() {
            let value = |select: &Select| format!("{function}({})", select.own(&column.name));
            return self.groups(table, value, title);
        }
        let mut query = self.query(table, Shape::Figure(figure, column.name.clone()))?;
        let value = query.select.own(&column.name);
        query.select.columns = vec![format!("{function}({value}) as \"{title}\"")];
        Ok(Plan::Query(Box::new(query)))
    }

    /// The column that the words fit best, in whichever table.
    fn figure_anywhere(&self) -> Result<(&String, &Column), Plan> {
        let unknown: Vec<String> = self
            .tables
            .iter()
            .take(LOOKS)
            .filter(|table| !self.schemas.contains_key(&table.name))
            .map(|table| table.name.clone())
            .collect();
        if !unknown.is_empty() {
            return Err(Plan::Look(unknown));
        }
        let found = self.schemas.iter().filter_map(|(table, columns)| {
            let (column, score) = meant(columns, &self.question.nouns, Column::is_number)?;
            Some((score, table, column))
        });
        found
            .max_by_key(|(score, _, _)| *score)
            .map(|(_, table, column)| (table, column))
            .ok_or(Plan::NoTable)
    }

    fn ordered(&self, table: &str, by: &Column, ascending: bool) -> Result<Plan, Plan> {
        let columns = self.columns(table)?;
        let mut query = self.query(table, Shape::Rows)?;
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

    fn groups(
        &self,
        table: &str,
        value: impl Fn(&Select) -> String,
        title: &str,
    ) -> Result<Plan, Plan> {
        let words = &self.question.by;
        let place = self.place(table, words)?;
        let place = place.ok_or_else(|| Plan::NoColumn(table.to_owned(), words.clone()))?;
        let mut select = Select {
            table: table.to_owned(),
            limit: Some(self.limit(ROWS)),
            order: Some("2 desc".to_owned()),
            ..Select::default()
        };
        let group = match place {
            Place::Own(column) => select.own(&column),
            Place::Through(join, column) => {
                select.join = Some(join);
                Select::other(&column)
            }
        };
        select.columns = vec![group.clone(), format!("{} as \"{title}\"", value(&select))];
        select.group = Some(group);
        let query = self.conditioned(Query {
            select,
            shape: Shape::Groups,
            notes: Vec::new(),
        })?;
        Ok(Plan::Query(Box::new(query)))
    }

    fn query(&self, table: &str, shape: Shape) -> Result<Query, Plan> {
        let mut notes = Vec::new();
        let unused: Vec<String> = self.leftover(table);
        let is_figure =
            matches!(shape, Shape::Figure(..)) || self.question.ask == Ask::Top { least: false };
        if !unused.is_empty() && !is_figure {
            notes.push(format!("I did not use these words: {}.", unused.join(", ")));
        }
        self.conditioned(Query {
            select: Select {
                table: table.to_owned(),
                ..Select::default()
            },
            shape,
            notes,
        })
    }

    /// The query with the question's condition, or with a note that it was not understood.
    fn conditioned(&self, mut query: Query) -> Result<Query, Plan> {
        let words = &self.question.condition;
        if words.is_empty() {
            return Ok(query);
        }
        let columns = self.columns(&query.select.table)?;
        match condition::parse(words, columns, |name| query.select.own(name)) {
            Some(condition) => query.select.conditions.push(condition),
            None => query.notes.push(format!(
                "I did not understand the condition \"{}\" and left it out.",
                words.join(" ")
            )),
        }
        Ok(query)
    }

    fn limit(&self, usual: usize) -> usize {
        self.question.limit.unwrap_or(usual).min(MOST_ROWS)
    }
}
