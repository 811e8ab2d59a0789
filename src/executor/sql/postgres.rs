//! The gate for PostgreSQL: the server's own grammar, then a list of what a tree may hold.
//!
//! The tree is walked as data, so that a kind of node nobody thought of is refused, not skipped.

use serde_json::{Map, Value};

use super::{
    denied, empty, functions, not_a_select, parameter, relations, several, syntax, too_deep,
};
use crate::error::{Error, Result};

/// Nodes of a statement that reads. A kind that is missing here is refused.
const NODES: &str = "
    AArrayExpr AConst AExpr AIndices AIndirection AStar Alias BitString BoolExpr Boolean
    BooleanTest Boolval Bsval CaseExpr CaseWhen CoalesceExpr CollateClause ColumnDef
    ColumnRef CommonTableExpr Float FuncCall Fval GroupingFunc GroupingSet Integer Ival
    JoinExpr JsonAggConstructor JsonArrayAgg JsonArrayConstructor JsonArrayQueryConstructor
    JsonFormat JsonFuncExpr JsonIsPredicate JsonKeyValue JsonObjectAgg JsonObjectConstructor
    JsonOutput JsonReturning JsonValueExpr List MinMaxExpr NamedArgExpr NullTest
    RangeFunction RangeSubselect RangeTableSample RangeVar ResTarget RowExpr SelectStmt
    SortBy SqlvalueFunction String SubLink Sval TypeCast TypeName WindowDef";

/// Fields that hold a part of their node without naming its kind. One that is missing is refused.
const PARTS: &str = "
    alias arg constructor context_item cycle_clause format larg output over rarg returning
    search_clause type_name value with_clause";

/// The most rows that `generate_series` may be asked for with constants.
const MAX_SERIES: i64 = 1_000_000;

/// The most repetitions that `repeat`, `lpad` and `rpad` may be asked for with a constant.
const MAX_REPEAT: i64 = 10_000;

/// Room for the deepest tree that PostgreSQL's grammar hands over: it stops by itself at about a
/// thousand levels. Pages of it that are not touched take no memory.
const STACK: usize = 64 * 1024 * 1024;

/// The one statement of the text, without what follows its semicolon.
pub(super) fn check(text: &str) -> Result<&str> {
    // Parsing, reading and dropping a tree go as deep as the tree does, and the grammar looks how
    // much is left of its thread's stack.
    std::thread::scope(|scope| {
        let checked = std::thread::Builder::new()
            .name("sql-gate".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || check_whole(text))
            .map_err(Error::internal)?;
        checked
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn check_whole(text: &str) -> Result<&str> {
    let parsed = pg_query::parse(text, 0).map_err(unreadable)?.protobuf;
    let statement = match parsed.stmts.as_slice() {
        [] => return Err(empty()),
        [statement] => statement,
        _ => return Err(several()),
    };
    let tree = serde_json::to_value(&statement.stmt).map_err(Error::internal)?;
    let kind = tree
        .get("node")
        .and_then(Value::as_object)
        .and_then(|node| node.keys().next());
    if let Some(kind) = kind
        && kind != "SelectStmt"
    {
        return Err(not_a_select(&command(kind)));
    }
    walk(&tree)?;
    Ok(extent(text, statement.stmt_location, statement.stmt_len))
}

/// The parser counts bytes; a length of nought means "to the end".
fn extent(text: &str, location: i32, length: i32) -> &str {
    let start = usize::try_from(location).unwrap_or(0);
    let rest = text.get(start..).unwrap_or(text);
    match usize::try_from(length) {
        Ok(length) if length > 0 => rest.get(..length).unwrap_or(rest),
        _ => rest,
    }
}

fn unreadable(error: pg_query::Error) -> Error {
    match error {
        pg_query::Error::Decode(_) => too_deep(),
        pg_query::Error::Parse(message)
            if ["stack depth", "nested too deeply", "memory exhausted"]
                .iter()
                .any(|sign| message.contains(sign)) =>
        {
            too_deep()
        }
        pg_query::Error::Parse(message) => syntax(&message),
        other => syntax(&other.to_string()),
    }
}

/// `InsertStmt` as people write it: INSERT.
fn command(kind: &str) -> String {
    match kind {
        "VariableSetStmt" => "SET".to_owned(),
        "VariableShowStmt" => "SHOW".to_owned(),
        "TransactionStmt" => "A transaction command".to_owned(),
        _ => {
            let mut words = String::new();
            for letter in kind.trim_end_matches("Stmt").chars() {
                if letter.is_ascii_uppercase() && !words.is_empty() {
                    words.push(' ');
                }
                words.push(letter.to_ascii_uppercase());
            }
            words
        }
    }
}

fn walk(value: &Value) -> Result<()> {
    match value {
        Value::Array(items) => items.iter().try_for_each(walk),
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            check_member(name, value)?;
            walk(value)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// A capital begins the kind of a node; all other names are fields.
fn check_member(name: &str, value: &Value) -> Result<()> {
    let Value::Object(members) = value else {
        return Ok(());
    };
    if name.starts_with(|letter: char| letter.is_ascii_uppercase()) {
        return check_node(name, members);
    }
    let holds_nodes = members
        .keys()
        .all(|key| key == "node" || key.starts_with(|letter: char| letter.is_ascii_uppercase()));
    if name == "into_clause" {
        return Err(not_a_select("SELECT INTO"));
    }
    if holds_nodes || functions::lists(PARTS, name) {
        return Ok(());
    }
    Err(unknown(name))
}

fn check_node(kind: &str, node: &Map<String, Value>) -> Result<()> {
    match kind {
        "FuncCall" => check_function(node),
        "RangeVar" => check_relation(node),
        "AExpr" => check_operator(node),
        "ParamRef" => Err(parameter()),
        "LockingClause" => Err(denied(
            "Row locks (FOR UPDATE, FOR SHARE) are not allowed here: this connection only reads.",
            "Leave the locking clause out.",
        )),
        _ if functions::lists(NODES, kind) => Ok(()),
        _ if kind.ends_with("Stmt") => Err(not_a_select(&command(kind))),
        _ => Err(unknown(kind)),
    }
}

fn check_function(call: &Map<String, Value>) -> Result<()> {
    let path = strings(call.get("funcname"));
    let name = match path.as_slice() {
        [name] => *name,
        ["pg_catalog", name] => *name,
        _ => {
            let name = path.join(".");
            return Err(denied(
                format!(
                    "`{name}` is not allowed here: functions with a schema in front are refused."
                ),
                "Use a built-in function by its bare name.",
            ));
        }
    };
    if !functions::postgres(name) {
        return Err(denied(
            format!("`{name}` is not allowed here: this connection only reads."),
            "Use ordinary text, number, date, JSON, array, aggregate and window functions, such as lower, round, date_trunc, count or row_number.",
        ));
    }
    let numbers = integers(call.get("args"));
    match (name, numbers.as_slice()) {
        ("generate_series", [Some(start), Some(stop), rest @ ..]) => {
            let step = rest
                .first()
                .copied()
                .flatten()
                .unwrap_or(1)
                .saturating_abs()
                .max(1);
            if stop.saturating_sub(*start).saturating_abs() / step > MAX_SERIES {
                return Err(too_much(name, MAX_SERIES, "rows"));
            }
        }
        ("repeat" | "lpad" | "rpad", [_, Some(count), ..]) if *count > MAX_REPEAT => {
            return Err(too_much(name, MAX_REPEAT, "repetitions"));
        }
        _ => {}
    }
    Ok(())
}

fn check_relation(relation: &Map<String, Value>) -> Result<()> {
    let part = |name| relation.get(name).and_then(Value::as_str).unwrap_or("");
    if !part("catalogname").is_empty() {
        return Err(denied(
            "A table of another database was named; one connection reads one database.",
            "Leave the database name out, or connect the other database too.",
        ));
    }
    relations::check(part("schemaname"), part("relname"))
}

/// An operator with a schema in front could be anybody's function.
fn check_operator(expression: &Map<String, Value>) -> Result<()> {
    match strings(expression.get("name")).as_slice() {
        [_, _, ..] => Err(denied(
            "OPERATOR(schema.name) is not allowed here.",
            "Write the plain operator.",
        )),
        _ => Ok(()),
    }
}

fn too_much(function: &str, most: i64, of: &str) -> Error {
    denied(
        format!("`{function}` may be asked for at most {most} {of} here."),
        "Ask for less.",
    )
}

fn unknown(what: &str) -> Error {
    denied(
        format!("This query uses a form that is not allowed here ({what})."),
        "Write it as a plain SELECT with joins, WITH, grouping and windows.",
    )
}

/// The texts of a list of String nodes.
fn strings(list: Option<&Value>) -> Vec<&str> {
    nodes(list)
        .filter_map(|node| node.pointer("/String/sval")?.as_str())
        .collect()
}

/// The arguments that are plain integers, in place; None for all others.
fn integers(list: Option<&Value>) -> Vec<Option<i64>> {
    nodes(list).map(integer).collect()
}

fn integer(node: &Value) -> Option<i64> {
    if let Some(inner) = node.pointer("/TypeCast/arg/node") {
        return integer(inner);
    }
    if let Some(expression) = node.get("AExpr") {
        let minus = strings(expression.get("name")) == ["-"] && expression.get("lexpr")?.is_null();
        return minus
            .then(|| integer(expression.pointer("/rexpr/node")?))?
            .map(i64::saturating_neg);
    }
    let constant = node.get("AConst")?;
    let text = |path| constant.pointer(path).and_then(Value::as_str);
    constant
        .pointer("/val/Ival/ival")
        .and_then(Value::as_i64)
        .or_else(|| whole(text("/val/Fval/fval")?))
        .or_else(|| whole(text("/val/Sval/sval")?))
}

/// Numbers beyond an `int4` are kept as text; those beyond an `i64` count as its largest.
fn whole(text: &str) -> Option<i64> {
    let number: f64 = text.trim().parse().ok()?;
    Some(number as i64)
}

fn nodes(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|item| item.get("node"))
}
