//! PostgREST over tables in memory: reading, adding, changing and deleting rows, and its description.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::filter::{Filter, Unfit, of_column, of_tree};
use super::{Asked, Role, said};

/// Parameters that are no columns.
const RESERVED: [&str; 8] = [
    "select",
    "order",
    "limit",
    "offset",
    "and",
    "or",
    "columns",
    "on_conflict",
];

/// The types of columns that there are.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Bigint,
    Numeric,
    Text,
    Boolean,
}

impl Kind {
    fn format(self) -> &'static str {
        match self {
            Self::Bigint => "bigint",
            Self::Numeric => "numeric",
            Self::Text => "text",
            Self::Boolean => "boolean",
        }
    }

    fn json_type(self) -> &'static str {
        match self {
            Self::Bigint => "integer",
            Self::Numeric => "number",
            Self::Text => "string",
            Self::Boolean => "boolean",
        }
    }

    /// A value of this type, as the database reads one from text.
    pub fn read(self, text: &str) -> Result<Value, Unfit> {
        let read = match self {
            Self::Text => Some(Value::from(text)),
            Self::Bigint => text.parse::<i64>().ok().map(Value::from),
            Self::Numeric => text.parse::<f64>().ok().map(Value::from),
            Self::Boolean => text.parse::<bool>().ok().map(Value::from),
        };
        read.ok_or_else(|| Unfit {
            code: "22P02",
            message: format!("invalid input syntax for type {}: {text:?}", self.format()),
        })
    }

    /// The order of two values that are not null.
    pub fn order(self, one: &Value, other: &Value) -> Ordering {
        match self {
            Self::Text => one.as_str().cmp(&other.as_str()),
            Self::Boolean => one.as_bool().cmp(&other.as_bool()),
            Self::Bigint | Self::Numeric => {
                let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
                number(one).total_cmp(&number(other))
            }
        }
    }
}

/// A table: its columns, of which the first is the key, and its rows.
pub struct Table {
    columns: Vec<(String, Kind)>,
    rows: Vec<Map<String, Value>>,
    next: i64,
}

impl Table {
    pub fn new(columns: &[(&str, Kind)]) -> Self {
        let owned = |(name, kind): &(&str, Kind)| ((*name).to_owned(), *kind);
        Self {
            columns: columns.iter().map(owned).collect(),
            rows: Vec::new(),
            next: 1,
        }
    }

    pub fn rows(&self) -> Vec<Value> {
        self.rows.iter().cloned().map(Value::Object).collect()
    }

    fn kind(&self, column: &str) -> Option<Kind> {
        let mut named = self.columns.iter().filter(|(name, _)| name == column);
        named.next().map(|(_, kind)| *kind)
    }

    /// Which rows meet all filters of a request.
    fn matching(&self, asked: &Asked) -> Result<Vec<usize>, Unfit> {
        let mut filters = Vec::new();
        for (name, value) in &asked.query {
            match name.as_str() {
                "and" => filters.push(Filter::All(of_tree(value)?)),
                "or" => filters.push(Filter::Any(of_tree(value)?)),
                name if RESERVED.contains(&name) => {}
                column => filters.push(of_column(column, value)?),
            }
        }
        let all = Filter::All(filters);
        let mut found = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            if all.holds(row, &|column| self.kind(column))? == Some(true) {
                found.push(index);
            }
        }
        Ok(found)
    }

    fn sort(&self, found: &mut [usize], order: &str) -> Result<(), Unfit> {
        for term in order.split(',').rev().filter(|term| !term.is_empty()) {
            let (column, direction) = term.split_once('.').unwrap_or((term, "asc"));
            let kind = self.kind(column).ok_or_else(|| unknown_column(column))?;
            found.sort_by(|one, other| {
                let (one, other) = (&self.rows[*one][column], &self.rows[*other][column]);
                let order = kind.order(one, other);
                if direction.starts_with("desc") {
                    order.reverse()
                } else {
                    order
                }
            });
        }
        Ok(())
    }

    fn shown(&self, row: &Map<String, Value>, select: &str) -> Result<Value, Unfit> {
        let mut shown = Map::new();
        for column in select.split(',').map(str::trim) {
            match column {
                "" | "*" => shown.extend(row.clone()),
                name => {
                    let value = row.get(name).ok_or_else(|| unknown_column(name))?;
                    shown.insert(name.to_owned(), value.clone());
                }
            }
        }
        Ok(Value::Object(shown))
    }

    /// Checks the columns of new values.
    fn fits(&self, values: &Map<String, Value>, table: &str) -> Result<(), Unfit> {
        for name in values.keys() {
            self.kind(name).ok_or_else(|| Unfit {
                code: "PGRST204",
                message: format!(
                    "Could not find the '{name}' column of '{table}' in the schema cache"
                ),
            })?;
        }
        Ok(())
    }

    fn definition(&self) -> Value {
        let columns = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, (name, kind))| {
                let mut column = json!({ "format": kind.format(), "type": kind.json_type() });
                if index == 0 {
                    column["description"] = json!("Note:\nThis is a Primary Key.<pk/>");
                }
                (name.clone(), column)
            });
        let columns: Map<String, Value> = columns.collect();
        json!({ "type": "object", "required": [self.columns[0].0], "properties": columns })
    }
}

pub fn answer(
    tables: &mut BTreeMap<String, Table>,
    path: &[&str],
    asked: &Asked,
    role: Role,
) -> Response {
    let profile = match asked.method {
        Method::GET | Method::HEAD => asked.header("accept-profile"),
        _ => asked.header("content-profile"),
    };
    if !matches!(profile, "" | "public") {
        let message = format!("The schema must be one of the following: public (not {profile})");
        return refused(StatusCode::NOT_ACCEPTABLE, "PGRST106", &message, None);
    }
    match (path, role) {
        ([""] | [], Role::Service) => said(StatusCode::OK, described(tables)),
        ([""] | [], Role::Anon) => {
            let message = "Access to schema is forbidden";
            refused(StatusCode::UNAUTHORIZED, "PGRST302", message, None)
        }
        ([name], _) => match tables.get_mut(*name) {
            Some(table) => match of_table(table, name, asked, role) {
                Ok(response) => response,
                Err(Unfit { code, message }) => {
                    refused(StatusCode::BAD_REQUEST, code, &message, None)
                }
            },
            None => unknown_table(tables, name),
        },
        _ => refused(
            StatusCode::NOT_FOUND,
            "PGRST125",
            "Invalid path specified in request URL",
            None,
        ),
    }
}

fn described(tables: &BTreeMap<String, Table>) -> Value {
    let definitions = tables
        .iter()
        .map(|(name, table)| (name.clone(), table.definition()));
    let definitions: Map<String, Value> = definitions.collect();
    json!({
        "swagger": "2.0",
        "info": { "title": "standard public schema", "version": "14.1" },
        "basePath": "/",
        "paths": { "/": { "get": { "summary": "OpenAPI description (this document)" } } },
        "definitions": definitions,
    })
}

fn of_table(table: &mut Table, name: &str, asked: &Asked, role: Role) -> Result<Response, Unfit> {
    if role == Role::Anon && asked.method != Method::GET {
        let message = format!("permission denied for table {name}");
        return Ok(refused(StatusCode::UNAUTHORIZED, "42501", &message, None));
    }
    match asked.method {
        Method::GET | Method::HEAD => read(table, asked),
        Method::POST => insert(table, name, asked),
        Method::PATCH => update(table, name, asked),
        Method::DELETE => delete(table, asked),
        _ => Ok(refused(
            StatusCode::METHOD_NOT_ALLOWED,
            "PGRST117",
            "Unsupported HTTP method",
            None,
        )),
    }
}

fn read(table: &Table, asked: &Asked) -> Result<Response, Unfit> {
    let mut found = table.matching(asked)?;
    table.sort(&mut found, asked.text("order").unwrap_or_default())?;
    let number = |name: &str| asked.text(name).and_then(|text| text.parse::<usize>().ok());
    let (offset, total) = (number("offset").unwrap_or(0), found.len());
    let page = found
        .into_iter()
        .skip(offset)
        .take(number("limit").unwrap_or(1_000));
    let rows =
        page.map(|index| table.shown(&table.rows[index], asked.text("select").unwrap_or("*")));
    let rows: Vec<Value> = rows.collect::<Result<_, _>>()?;
    let counted = asked.header("prefer").contains("count=exact");
    let range = match rows.len() {
        0 => "*".to_owned(),
        many => format!("{offset}-{}", offset + many - 1),
    };
    let total_shown = if counted {
        total.to_string()
    } else {
        "*".to_owned()
    };
    let status = match counted && rows.len() < total {
        true => StatusCode::PARTIAL_CONTENT,
        false => StatusCode::OK,
    };
    let mut response = shown_as_asked(status, rows, asked);
    let range = HeaderValue::try_from(format!("{range}/{total_shown}")).unwrap();
    response.headers_mut().insert(header::CONTENT_RANGE, range);
    Ok(response)
}

fn insert(table: &mut Table, name: &str, asked: &Asked) -> Result<Response, Unfit> {
    let given = match asked.json() {
        Value::Array(rows) => rows,
        one => vec![one],
    };
    let mut rows = Vec::new();
    for row in given {
        let Value::Object(values) = row else {
            let message = "Empty or invalid json".to_owned();
            return Err(Unfit {
                code: "PGRST102",
                message,
            });
        };
        table.fits(&values, name)?;
        rows.push(values);
    }
    if rows
        .windows(2)
        .any(|pair| !pair[0].keys().eq(pair[1].keys()))
    {
        let message = "All object keys must match".to_owned();
        return Err(Unfit {
            code: "PGRST102",
            message,
        });
    }
    let mut added = Vec::new();
    for values in rows {
        let key = table.columns[0].0.clone();
        let columns = table.columns.iter();
        let mut row: Map<String, Value> = columns
            .map(|(name, _)| (name.clone(), Value::Null))
            .collect();
        row.insert(key, table.next.into());
        row.extend(values);
        table.next += 1;
        added.push(Value::Object(row.clone()));
        table.rows.push(row);
    }
    Ok(changed(StatusCode::CREATED, added, asked))
}

fn update(table: &mut Table, name: &str, asked: &Asked) -> Result<Response, Unfit> {
    let Value::Object(values) = asked.json() else {
        let message = "Empty or invalid json".to_owned();
        return Err(Unfit {
            code: "PGRST102",
            message,
        });
    };
    table.fits(&values, name)?;
    let found = affected(table, asked)?;
    let mut rows = Vec::new();
    for index in found {
        table.rows[index].extend(values.clone());
        rows.push(Value::Object(table.rows[index].clone()));
    }
    Ok(changed(StatusCode::OK, rows, asked))
}

fn delete(table: &mut Table, asked: &Asked) -> Result<Response, Unfit> {
    let found = affected(table, asked)?;
    let rows = found.iter().rev().map(|index| table.rows.remove(*index));
    let mut rows: Vec<Value> = rows.map(Value::Object).collect();
    rows.reverse();
    Ok(changed(StatusCode::OK, rows, asked))
}

/// The rows that a change would touch, unless these are more than the request wants.
fn affected(table: &Table, asked: &Asked) -> Result<Vec<usize>, Unfit> {
    let found = table.matching(asked)?;
    let preferences = asked.header("prefer").split(',').map(str::trim);
    let most = preferences
        .filter_map(|one| one.strip_prefix("max-affected=")?.parse().ok())
        .next();
    match most
        .filter(|most| asked.header("prefer").contains("handling=strict") && found.len() > *most)
    {
        Some(_) => Err(Unfit {
            code: "PGRST124",
            message: "Query result exceeds max-affected preference constraint".to_owned(),
        }),
        None => Ok(found),
    }
}

fn changed(status: StatusCode, rows: Vec<Value>, asked: &Asked) -> Response {
    if asked.header("prefer").contains("return=representation") {
        return shown_as_asked(status, rows, asked);
    }
    let status = match status {
        StatusCode::CREATED => status,
        _ => StatusCode::NO_CONTENT,
    };
    let mut response = said(status, Value::Null);
    *response.body_mut() = axum::body::Body::empty();
    response
}

/// The rows, or the one row where that is what is accepted.
fn shown_as_asked(status: StatusCode, rows: Vec<Value>, asked: &Asked) -> Response {
    if !asked
        .header("accept")
        .starts_with("application/vnd.pgrst.object")
    {
        return said(status, Value::Array(rows));
    }
    match <[Value; 1]>::try_from(rows) {
        Ok([row]) => said(status, row),
        Err(rows) => {
            let details = format!("The result contains {} rows", rows.len());
            let message = "Cannot coerce the result to a single JSON object";
            refused(
                StatusCode::NOT_ACCEPTABLE,
                "PGRST116",
                message,
                Some(details),
            )
        }
    }
}

fn unknown_column(name: &str) -> Unfit {
    Unfit {
        code: "42703",
        message: format!("column {name} does not exist"),
    }
}

fn unknown_table(tables: &BTreeMap<String, Table>, name: &str) -> Response {
    let near = tables
        .keys()
        .find(|table| table.starts_with(&name[..name.len().min(3)]));
    let body = json!({
        "code": "PGRST205", "details": null,
        "hint": near.map(|near| format!("Perhaps you meant the table 'public.{near}'")),
        "message": format!("Could not find the table 'public.{name}' in the schema cache"),
    });
    said(StatusCode::NOT_FOUND, body)
}

fn refused(status: StatusCode, code: &str, message: &str, details: Option<String>) -> Response {
    let body = json!({ "code": code, "details": details, "hint": null, "message": message });
    said(status, body)
}
