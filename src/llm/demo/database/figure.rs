//! Figures over a column, and figures for each group of rows.

use super::place::Place;
use super::query::{LOOKS, Plan, Planner, Query, ROWS, Shape};
use super::question::Figure;
use super::schema::{Column, amount, meant};
use super::sql::Select;

impl Planner<'_> {
    pub(super) fn figure(&self, figure: Figure) -> Result<Plan, Plan> {
        let (table, column) = match self.named_table(&self.question.nouns) {
            Some(table) => {
                let columns = self.columns(&table.name)?;
                let words = self.leftover(&table.name);
                // In "total revenue" the word is spent on a table such as `order_totals`, too.
                let named = [&words, &self.question.nouns]
                    .into_iter()
                    .find_map(|words| meant(columns, words, Column::is_number));
                match named.map(|(column, _)| column) {
                    Some(column) => (&table.name, column),
                    None if !words.is_empty() => self.figure_anywhere()?,
                    None if figure == Figure::Sum => return self.count(),
                    None => match amount(columns) {
                        Some(column) => (&table.name, column),
                        None => return Err(Plan::NoColumn(table.name.clone(), words)),
                    },
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
        let shape = Shape::Figure(figure, column.name.clone());
        let mut query = self.query(table, shape, Some(column))?;
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

    pub(super) fn groups(
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
        let (group, shown) = match place {
            Place::Own(column) => (select.own(&column), None),
            Place::Through(join, column) => {
                select.join = Some(join);
                (Select::other(&column), None)
            }
            Place::When(column, span) => {
                select.order = Some("1 desc".to_owned());
                let column = select.own(&column);
                let moment = format!("substr(cast({column} as text), 1, {})", span.length);
                let shown = format!("{moment} as \"{}\"", span.name);
                (moment, Some(shown))
            }
        };
        select.columns = vec![
            shown.unwrap_or_else(|| group.clone()),
            format!("{} as \"{title}\"", value(&select)),
        ];
        select.group = Some(group);
        let query = Query {
            select,
            shape: Shape::Groups(["count", "sum"].contains(&title)),
            notes: Vec::new(),
        };
        let any = |column: &&Column| value(&Select::default()).contains(&column.name);
        let about = self.columns(table)?.iter().find(any);
        Ok(Plan::Query(Box::new(self.narrowed(query, about)?)))
    }
}
