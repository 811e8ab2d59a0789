//! PostgREST's filters: `total=gte.10`, and `and=("a,b".eq."x",or(c.is.null,d.in.(1,2)))`.

use serde_json::{Map, Value};

use super::rest::Kind;

/// A condition on a row.
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Test {
        column: String,
        operator: String,
        operands: Vec<String>,
    },
}

/// What a filter cannot be, as PostgREST says it.
pub struct Unfit {
    pub code: &'static str,
    pub message: String,
}

impl Unfit {
    fn grammar(rest: &str) -> Self {
        Self {
            code: "PGRST100",
            message: format!("\"failed to parse logic tree\" at {rest:?}"),
        }
    }
}

/// `eq.7`: all that follows the operator is the value, but for a list.
pub fn of_column(column: &str, text: &str) -> Result<Filter, Unfit> {
    let mut parser = Parser { rest: text };
    let negated = parser.takes("not.");
    let operator = parser.operator()?;
    let operands = match operator.as_str() {
        "in" => parser.list()?,
        _ => vec![std::mem::take(&mut parser.rest).to_owned()],
    };
    if !parser.rest.is_empty() {
        return Err(Unfit::grammar(parser.rest));
    }
    Ok(test(column.to_owned(), negated, operator, operands))
}

/// The value of `and` and `or`: conditions in brackets.
pub fn of_tree(text: &str) -> Result<Vec<Filter>, Unfit> {
    let mut parser = Parser { rest: text };
    let conditions = parser.conditions()?;
    match parser.rest {
        "" => Ok(conditions),
        rest => Err(Unfit::grammar(rest)),
    }
}

fn test(column: String, negated: bool, operator: String, operands: Vec<String>) -> Filter {
    let test = Filter::Test {
        column,
        operator,
        operands,
    };
    match negated {
        true => Filter::Not(Box::new(test)),
        false => test,
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn takes(&mut self, text: &str) -> bool {
        let after = self.rest.strip_prefix(text);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn needs(&mut self, text: &str) -> Result<(), Unfit> {
        match self.takes(text) {
            true => Ok(()),
            false => Err(Unfit::grammar(self.rest)),
        }
    }

    fn conditions(&mut self) -> Result<Vec<Filter>, Unfit> {
        self.needs("(")?;
        let mut all = vec![self.condition()?];
        while self.takes(",") {
            all.push(self.condition()?);
        }
        self.needs(")")?;
        Ok(all)
    }

    fn condition(&mut self) -> Result<Filter, Unfit> {
        let before = self.rest;
        let negated = self.takes("not.");
        let group = match (self.rest.starts_with("and("), self.rest.starts_with("or(")) {
            (true, _) if self.takes("and") => Some(Filter::All(self.conditions()?)),
            (_, true) if self.takes("or") => Some(Filter::Any(self.conditions()?)),
            _ => None,
        };
        if let Some(group) = group {
            return Ok(match negated {
                true => Filter::Not(Box::new(group)),
                false => group,
            });
        }
        self.rest = before;
        let column = self.word(&['.', ',', '(', ')'])?;
        if column.is_empty() {
            return Err(Unfit::grammar(before));
        }
        self.needs(".")?;
        let negated = self.takes("not.");
        let operator = self.operator()?;
        let operands = match operator.as_str() {
            "in" => self.list()?,
            _ => vec![self.word(&[',', ')'])?],
        };
        Ok(test(column, negated, operator, operands))
    }

    fn operator(&mut self) -> Result<String, Unfit> {
        let known = [
            "eq", "neq", "gte", "gt", "lte", "lt", "like", "ilike", "is", "in",
        ];
        let found = known
            .iter()
            .find(|name| self.rest.starts_with(&format!("{name}.")));
        let Some(name) = found else {
            return Err(Unfit::grammar(self.rest));
        };
        self.rest = &self.rest[name.len() + 1..];
        Ok((*name).to_owned())
    }

    fn list(&mut self) -> Result<Vec<String>, Unfit> {
        self.needs("(")?;
        let mut items = vec![self.word(&[',', ')'])?];
        while self.takes(",") {
            items.push(self.word(&[',', ')'])?);
        }
        self.needs(")")?;
        Ok(items)
    }

    /// What stands in double quotes, or all before one of these.
    fn word(&mut self, ends: &[char]) -> Result<String, Unfit> {
        if !self.rest.starts_with('"') {
            let end = self.rest.find(ends).unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Ok(word.to_owned());
        }
        let (mut word, mut chars) = (String::new(), self.rest.char_indices().skip(1));
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(word);
                }
                '\\' => word.extend(chars.next().map(|(_, escaped)| escaped)),
                c => word.push(c),
            }
        }
        Err(Unfit::grammar(self.rest))
    }
}

impl Filter {
    /// Whether a row meets it; `None` where SQL would say null.
    pub fn holds(
        &self,
        row: &Map<String, Value>,
        kinds: &dyn Fn(&str) -> Option<Kind>,
    ) -> Result<Option<bool>, Unfit> {
        Ok(match self {
            Self::Not(inner) => inner.holds(row, kinds)?.map(|held| !held),
            Self::All(all) => {
                let held = each(all, row, kinds)?;
                match held.contains(&Some(false)) {
                    true => Some(false),
                    false => (!held.contains(&None)).then_some(true),
                }
            }
            Self::Any(any) => {
                let held = each(any, row, kinds)?;
                match held.contains(&Some(true)) {
                    true => Some(true),
                    false => (!held.contains(&None)).then_some(false),
                }
            }
            Self::Test {
                column,
                operator,
                operands,
            } => {
                let kind = kinds(column).ok_or_else(|| Unfit {
                    code: "42703",
                    message: format!("column {column} does not exist"),
                })?;
                compare(&row[column], operator, operands, kind)?
            }
        })
    }
}

fn each(
    filters: &[Filter],
    row: &Map<String, Value>,
    kinds: &dyn Fn(&str) -> Option<Kind>,
) -> Result<Vec<Option<bool>>, Unfit> {
    filters
        .iter()
        .map(|filter| filter.holds(row, kinds))
        .collect()
}

fn compare(
    value: &Value,
    operator: &str,
    operands: &[String],
    kind: Kind,
) -> Result<Option<bool>, Unfit> {
    if operator == "is" {
        return match operands[0].as_str() {
            "null" => Ok(Some(value.is_null())),
            yes @ ("true" | "false") => Ok(Some(value == &Value::Bool(yes == "true"))),
            other => Err(Unfit::grammar(other)),
        };
    }
    let orders = operands.iter().map(|operand| {
        let typed = kind.read(operand)?;
        Ok((!value.is_null()).then(|| kind.order(value, &typed)))
    });
    let orders: Vec<Option<_>> = match operator {
        "like" | "ilike" => Vec::new(),
        _ => orders.collect::<Result<_, Unfit>>()?,
    };
    if value.is_null() {
        return Ok(None);
    }
    let order = orders.first().copied().flatten();
    Ok(Some(match operator {
        "eq" => order.is_some_and(|order| order.is_eq()),
        "neq" => order.is_some_and(|order| order.is_ne()),
        "gt" => order.is_some_and(|order| order.is_gt()),
        "gte" => order.is_some_and(|order| order.is_ge()),
        "lt" => order.is_some_and(|order| order.is_lt()),
        "lte" => order.is_some_and(|order| order.is_le()),
        "in" => orders.into_iter().flatten().any(|order| order.is_eq()),
        _ => {
            let (mut text, mut pattern) = (plain(value), operands[0].replace('*', "%"));
            if operator == "ilike" {
                (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
            }
            like(&text, &pattern)
        }
    }))
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn like(text: &str, pattern: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('%') => {
            let rest = &pattern[1..];
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|at| like(&text[at..], rest))
        }
        Some(c) => {
            let mut chars = text.chars();
            let first = chars.next();
            first.is_some_and(|first| c == '_' || c == first)
                && like(chars.as_str(), &pattern[c.len_utf8()..])
        }
    }
}
