//! What GraphQL is let through: one operation of the kind that was allowed, within limits.
//!
//! Documents are read with Apollo's grammar, the whole of it; one with any error in it is refused, so
//! that nothing is taken for something else than the server takes it for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use apollo_parser::Parser;
use apollo_parser::cst::{Definition, FragmentDefinition, Selection, SelectionSet};

use crate::error::{Error, Kind as ErrorKind, Result, quotable};

/// The most bytes and tokens of a document.
const LONGEST: usize = 20_000;
const MOST_TOKENS: usize = 5_000;
/// How deep a document may nest as it is written, for whoever reads it.
const DEEPEST_TEXT: usize = 60;
/// How deep what is asked for may go, and how many fields it may have, with all fragments put in place.
const DEEPEST: usize = 15;
const MOST_FIELDS: usize = 500;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads.
    Query,
    /// Changes.
    Mutation,
    /// Goes on and on.
    Subscription,
}

/// One operation of a document.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// What it does.
    pub kind: Kind,
    /// What it is called, if anything.
    pub name: Option<String>,
    /// The variables that it declares.
    pub variables: BTreeSet<String>,
}

/// Reads a document that holds nothing but operations of one kind: the one called `name`, or the only
/// one. Also what is not asked for must be of that kind, so that nothing hangs on a name alone.
pub fn operation(text: &str, kind: Kind, name: Option<&str>) -> Result<Operation> {
    let mut operations = read(text)?;
    if let Some(other) = operations.iter().find(|operation| operation.kind != kind) {
        let (found, wanted) = (other.kind, kind);
        return Err(refused(
            format!("The document holds a {found}, and this tool runs nothing but a {wanted}."),
            match found {
                Kind::Subscription => {
                    "Ask for the same with a query: subscriptions are not possible here."
                }
                Kind::Query | Kind::Mutation => "Use the tool for that, or leave it out.",
            },
        ));
    }
    let position = match name {
        Some(name) => operations
            .iter()
            .position(|operation| operation.name.as_deref() == Some(name))
            .ok_or_else(|| {
                let name = quotable(name);
                refused(
                    format!("The document has no operation called `{name}`."),
                    "Name one that is there.",
                )
            })?,
        None if operations.len() > 1 => {
            return Err(refused(
                "The document has more than one operation.",
                "Say in `operation` which one is meant, or send it alone.",
            ));
        }
        None => 0,
    };
    Ok(operations.swap_remove(position))
}

/// The operations of a document, at least one.
pub fn read(text: &str) -> Result<Vec<Operation>> {
    if text.len() > LONGEST {
        return Err(refused(
            format!("The document is longer than {LONGEST} bytes."),
            "Ask for less at once.",
        ));
    }
    let parser = Parser::new(text)
        .recursion_limit(DEEPEST_TEXT)
        .token_limit(MOST_TOKENS);
    let tree = parser.parse();
    if let Some(error) = tree.errors().next() {
        let line = line_of(text, error.index());
        let said = error.message().chars().filter(|c| !c.is_control());
        let said: String = said.take(200).collect();
        return Err(refused(
            format!("The document is not GraphQL: line {line}: {said}."),
            "Mend it and try again.",
        ));
    }
    let (mut operations, mut sets, mut fragments) = (Vec::new(), Vec::new(), BTreeMap::new());
    for definition in tree.document().definitions() {
        match definition {
            Definition::OperationDefinition(definition) => {
                let kind = definition.operation_type();
                let kind = match kind {
                    Some(kind) if kind.mutation_token().is_some() => Kind::Mutation,
                    Some(kind) if kind.subscription_token().is_some() => Kind::Subscription,
                    Some(_) | None => Kind::Query,
                };
                let declared = definition.variable_definitions();
                let declared = declared
                    .into_iter()
                    .flat_map(|all| all.variable_definitions());
                let variables =
                    declared.filter_map(|one| Some(one.variable()?.name()?.text().to_string()));
                operations.push(Operation {
                    kind,
                    name: definition.name().map(|name| name.text().to_string()),
                    variables: variables.collect(),
                });
                sets.extend(definition.selection_set());
            }
            Definition::FragmentDefinition(definition) => {
                if let Some(name) = name_of(&definition) {
                    fragments.insert(name, definition);
                }
            }
            _ => {
                return Err(refused(
                    "The document defines types, which is for servers.",
                    "Send a query or a mutation.",
                ));
            }
        }
    }
    if operations.is_empty() || sets.len() != operations.len() {
        return Err(refused(
            "The document has no operation.",
            "Send a query or a mutation.",
        ));
    }
    let mut measure = Measure {
        fragments,
        known: BTreeMap::new(),
        open: BTreeSet::new(),
    };
    for set in sets {
        measure.check(&set)?;
    }
    Ok(operations)
}

/// How large what is asked for is, with all fragments put in place.
struct Measure {
    fragments: BTreeMap<String, FragmentDefinition>,
    known: BTreeMap<String, Size>,
    /// Fragments that are being measured: one that is met again holds itself.
    open: BTreeSet<String>,
}

#[derive(Clone, Copy, Default)]
struct Size {
    depth: usize,
    fields: usize,
}

impl Measure {
    fn check(&mut self, set: &SelectionSet) -> Result<()> {
        let Size { depth, fields } = self.size(set)?;
        if depth > DEEPEST || fields > MOST_FIELDS {
            return Err(refused(
                format!(
                    "The document asks for {fields} fields, {depth} deep; at most are {MOST_FIELDS} fields, {DEEPEST} deep."
                ),
                "Ask for less at once.",
            ));
        }
        Ok(())
    }

    fn size(&mut self, set: &SelectionSet) -> Result<Size> {
        let mut whole = Size::default();
        for selection in set.selections() {
            let (deeper, own, part) = match selection {
                Selection::Field(field) => {
                    let inner = field.selection_set();
                    (1, 1, inner.map(|set| self.size(&set)).transpose()?)
                }
                Selection::InlineFragment(fragment) => {
                    let inner = fragment.selection_set();
                    (0, 0, inner.map(|set| self.size(&set)).transpose()?)
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.fragment_name().and_then(|name| name.name());
                    let name = name.map(|name| name.text().to_string()).unwrap_or_default();
                    (0, 0, Some(self.fragment(name)?))
                }
            };
            let part = part.unwrap_or_default();
            whole.depth = whole.depth.max(part.depth + deeper);
            whole.fields = whole.fields.saturating_add(part.fields).saturating_add(own);
        }
        Ok(whole)
    }

    fn fragment(&mut self, name: String) -> Result<Size> {
        if let Some(size) = self.known.get(&name) {
            return Ok(*size);
        }
        let shown = quotable(&name);
        let Some(set) = self.fragments.get(&name).and_then(|f| f.selection_set()) else {
            return Err(refused(
                format!("The document has no fragment `{shown}`."),
                "Define it, or write its fields in its place.",
            ));
        };
        if !self.open.insert(name.clone()) {
            return Err(refused(
                format!("The fragment `{shown}` holds itself."),
                "Write it without that.",
            ));
        }
        let size = self.size(&set)?;
        self.open.remove(&name);
        self.known.insert(name, size);
        Ok(size)
    }
}

fn name_of(fragment: &FragmentDefinition) -> Option<String> {
    Some(fragment.fragment_name()?.name()?.text().to_string())
}

/// The line that a byte is in, from 1.
fn line_of(text: &str, index: usize) -> usize {
    let before = text.as_bytes().iter().take(index);
    before.filter(|byte| **byte == b'\n').count() + 1
}

fn refused(message: impl Into<String>, hint: &'static str) -> Error {
    Error::new(ErrorKind::Denied("graphql"), message.into()).hint(hint)
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: Kind, name: Option<&str>, expected: &str) {
        let found = match operation(text, kind, name) {
            Ok(operation) => format!("{}: {:?}", operation.kind, operation.name),
            Err(error) => error.sentence(),
        };
        assert!(found.contains(expected), "{text}: {found}");
    }

    #[test]
    fn an_operation_is_what_was_allowed_or_refused() {
        use Kind::{Mutation, Query, Subscription};
        check("{ a }", Query, None, "query: None");
        check(
            "query A($x: Int) { a(x: $x) }",
            Query,
            Some("A"),
            "query: Some(\"A\")",
        );
        check(
            "query A { a } query B { b }",
            Query,
            Some("B"),
            "query: Some(\"B\")",
        );
        check("mutation { a }", Mutation, None, "mutation: None");
        for (text, kind, name, said) in [
            ("mutation { a }", Query, None, "holds a mutation"),
            ("{ a }", Mutation, None, "holds a query"),
            ("subscription { a }", Query, None, "holds a subscription"),
            (
                "query A { a } mutation B { b }",
                Query,
                Some("A"),
                "holds a mutation",
            ),
            (
                "query A { a } mutation B { b }",
                Mutation,
                Some("B"),
                "holds a query",
            ),
            ("#\nmutation{a}", Query, None, "holds a mutation"),
            ("\u{feff}mutation{a}", Query, None, "holds a mutation"),
            ("query A { a } query B { b }", Query, None, "more than one"),
            ("{ a } { b }", Query, None, "more than one"),
            ("query A { a }", Query, Some("B"), "no operation called `B`"),
            ("{ a", Query, None, "not GraphQL"),
            ("{ }", Query, None, "not GraphQL"),
            ("", Query, None, "not GraphQL"),
            ("query\n\n{ a(x: \"unclosed) }", Query, None, "line 3"),
            ("fragment F on T { a }", Query, None, "no operation"),
            ("type T { a: Int } { a }", Query, None, "defines types"),
            (
                "{ ...F } fragment F on T { ...G } fragment G on T { ...F }",
                Query,
                None,
                "holds itself",
            ),
            ("{ ...F }", Query, None, "no fragment `F`"),
        ] {
            check(text, kind, name, said);
        }
        assert_eq!(read("subscription { a }").unwrap()[0].kind, Subscription);
        let variables = read("query ($a: Int, $b: [String!]! = []) { x }").unwrap();
        assert_eq!(
            variables[0].variables,
            BTreeSet::from(["a".to_owned(), "b".to_owned()])
        );
    }

    #[test]
    fn what_is_asked_for_is_bounded_however_it_is_written() {
        let deep = format!("{}{}", "{ a ".repeat(16), "}".repeat(16));
        check(&deep, Kind::Query, None, "16 deep");
        let fine = format!("{}{}", "{ a ".repeat(15), "}".repeat(15));
        check(&fine, Kind::Query, None, "query");
        let deeper = format!("{}{}", "{ a ".repeat(900), "}".repeat(900));
        check(&deeper, Kind::Query, None, "recursion limit");
        let list = format!("{{ a(x: {}{}) }}", "[".repeat(900), "]".repeat(900));
        check(&list, Kind::Query, None, "recursion limit");
        let wide = format!("{{ {} }}", "a ".repeat(501));
        check(&wide, Kind::Query, None, "501 fields");
        check(
            &format!("{{ {} }}", "a ".repeat(6_000)),
            Kind::Query,
            None,
            "token limit",
        );
        check(
            &format!("{{ a }} #{}", "x".repeat(20_000)),
            Kind::Query,
            None,
            "longer than",
        );
        // Each fragment holds the next one twice.
        let mut doubling = "{ ...F0 } ".to_owned();
        for n in 0..40 {
            let next = n + 1;
            doubling += &format!("fragment F{n} on T {{ ...F{next} ...F{next} }} ");
        }
        doubling += "fragment F40 on T { a }";
        check(&doubling, Kind::Query, None, "fields");
    }
}
