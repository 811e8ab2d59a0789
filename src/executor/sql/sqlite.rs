//! The gate for SQLite: tokens it shares with the parser here, one SELECT, known functions.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, ObjectName, Query, Select, SetExpr, Statement, TableFactor, Visit, Visitor,
};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use super::{denied, empty, functions, not_a_select, parameter, several, syntax, too_deep};
use crate::error::{Error, Result};

/// Chains of operators make trees as deep as they are long, so their length is bounded.
const MAX_TOKENS: usize = 3_000;

/// The one statement of the text, without what follows its semicolon.
pub(super) fn check(text: &str) -> Result<&str> {
    let dialect = SQLiteDialect {};
    let tokens = Tokenizer::new(&dialect, text)
        .tokenize_with_location()
        .map_err(|error| syntax(&error.to_string()))?;
    check_tokens(&tokens)?;
    let end = end(text, &tokens);
    let statements = Parser::new(&dialect)
        .with_tokens_with_locations(tokens)
        .parse_statements()
        .map_err(unreadable)?;
    let query = match statements.as_slice() {
        [] => return Err(empty()),
        [Statement::Query(query)] => query,
        [other] => return Err(not_a_select(&command(other))),
        _ => return Err(several()),
    };
    match query.visit(&mut Gate) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(&text[..end]),
    }
}

/// Literals that SQLite would cut elsewhere could hide a second statement from the parser here.
fn check_tokens(tokens: &[TokenWithSpan]) -> Result<()> {
    let mut count = 0;
    for token in tokens {
        match &token.token {
            Token::Whitespace(_) => continue,
            Token::Placeholder(_) | Token::AtSign | Token::Colon => return Err(parameter()),
            Token::Word(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::HexStringLiteral(_)
            | Token::Comma
            | Token::Period
            | Token::LParen
            | Token::RParen
            | Token::SemiColon
            | Token::DoubleEq
            | Token::Eq
            | Token::Neq
            | Token::Lt
            | Token::Gt
            | Token::LtEq
            | Token::GtEq
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::Mod
            | Token::StringConcat
            | Token::Ampersand
            | Token::Pipe
            | Token::Tilde
            | Token::ShiftLeft
            | Token::ShiftRight
            | Token::Arrow
            | Token::LongArrow
            | Token::EOF => count += 1,
            other => return Err(syntax(&format!("`{other}` is not SQLite"))),
        }
    }
    if count > MAX_TOKENS {
        return Err(too_deep());
    }
    Ok(())
}

fn unreadable(error: ParserError) -> Error {
    match error {
        ParserError::RecursionLimitExceeded => too_deep(),
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => {
            syntax(&message)
        }
    }
}

/// The first word of a statement that is not a query.
fn command(statement: &Statement) -> String {
    let text = statement.to_string();
    let word = text.split_whitespace().next().unwrap_or("This");
    word.to_uppercase()
}

/// Where the first semicolon is that is not part of a literal; nothing but its like comes after it.
fn end(text: &str, tokens: &[TokenWithSpan]) -> usize {
    let semicolon = tokens
        .iter()
        .find(|token| token.token == Token::SemiColon)
        .map(|token| token.span.start);
    semicolon.map_or(text.len(), |location| offset(text, location))
}

/// Lines and columns are counted from one, and columns in characters.
fn offset(text: &str, location: Location) -> usize {
    let (mut line, mut column) = (1, 1);
    for (at, letter) in text.char_indices() {
        if (line, column) == (location.line, location.column) {
            return at;
        }
        (line, column) = match letter {
            '\n' => (line + 1, 1),
            _ => (line, column + 1),
        };
    }
    text.len()
}

/// Looks at every query, relation and expression; breaks with the refusal.
struct Gate;

impl Visitor for Gate {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Error> {
        if !query.locks.is_empty() || query.for_clause.is_some() {
            return refuse("FOR UPDATE");
        }
        check_body(&query.body)
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Error> {
        match select.into {
            Some(_) => refuse("SELECT INTO"),
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Error> {
        let path = parts(relation);
        let allowed = match path
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice()
        {
            [name] | ["main", name] => is_data(name),
            _ => false,
        };
        if allowed {
            return ControlFlow::Continue(());
        }
        let name = path.join(".");
        ControlFlow::Break(denied(
            format!("`{name}` may not be read here: it belongs to SQLite, or to another database."),
            "For the structure of the data use the tools that list tables and columns, or `sqlite_schema`.",
        ))
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Error> {
        match factor {
            TableFactor::Table {
                name,
                args: Some(_),
                ..
            } => check_function(name),
            TableFactor::Table { .. }
            | TableFactor::Derived { .. }
            | TableFactor::NestedJoin { .. } => ControlFlow::Continue(()),
            _ => refuse("This kind of table expression"),
        }
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Error> {
        match expression {
            Expr::Function(function) => check_function(&function.name),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Error> {
        match statement {
            Statement::Query(_) => ControlFlow::Continue(()),
            other => refuse(&command(other)),
        }
    }
}

fn check_body(body: &SetExpr) -> ControlFlow<Error> {
    match body {
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => ControlFlow::Continue(()),
        SetExpr::SetOperation { left, right, .. } => {
            check_body(left)?;
            check_body(right)
        }
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
            refuse("A statement that changes data")
        }
        SetExpr::Table(_) => refuse("TABLE"),
    }
}

fn check_function(name: &ObjectName) -> ControlFlow<Error> {
    if let [name] = parts(name).as_slice()
        && functions::sqlite(name)
    {
        return ControlFlow::Continue(());
    }
    ControlFlow::Break(denied(
        format!("`{name}` is not allowed here: this connection only reads."),
        "Use ordinary text, number, date, JSON, aggregate and window functions, such as lower, round, strftime, count or row_number.",
    ))
}

/// SQLite reserves names with its own prefix; pragmas can be called like tables.
fn is_data(name: &str) -> bool {
    let own = name.starts_with("sqlite_") || name.starts_with("pragma_") || name == "dbstat";
    !own || matches!(name, "sqlite_schema" | "sqlite_master" | "sqlite_sequence")
}

/// The parts of a name, folded as SQLite folds them, quoted or not.
fn parts(name: &ObjectName) -> Vec<String> {
    name.0
        .iter()
        .map(|part| match part.as_ident() {
            Some(ident) => ident.value.to_lowercase(),
            None => part.to_string().to_lowercase(),
        })
        .collect()
}

fn refuse(what: &str) -> ControlFlow<Error> {
    ControlFlow::Break(not_a_select(what))
}
