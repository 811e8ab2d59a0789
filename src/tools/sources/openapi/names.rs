//! What operations and their parameters are called here.

use std::collections::BTreeSet;

use crate::domain::card::Place;

/// The longest name of an argument that all model providers take.
const LONGEST_ARGUMENT: usize = 64;
/// The longest name of a tool.
const LONGEST_NAME: usize = 100;

/// A name for an operation that is not taken: its identifier, or else its verb and path. The same
/// document gives the same names.
pub(super) fn of(
    id: Option<&str>,
    verb: &str,
    path: &str,
    taken: &mut BTreeSet<String>,
) -> Option<String> {
    let id = id.map(tidy).filter(|id| !id.is_empty());
    let by_path = tidy(&format!("{verb}{path}"));
    let mut names = id.into_iter().chain([by_path]);
    names.find(|name| taken.insert(name.to_lowercase()))
}

/// Letters and digits of all alphabets, and `_` and `-` between them.
fn tidy(name: &str) -> String {
    let fits = |c: char| c.is_alphanumeric() || c == '-';
    let plain: String = name
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect();
    let words: Vec<&str> = plain.split('_').filter(|word| !word.is_empty()).collect();
    words.join("_").chars().take(LONGEST_NAME).collect()
}

/// A name for an argument that is not taken, in letters that all model providers take.
pub(super) fn argument(name: &str, place: Place, taken: impl Fn(&str) -> bool) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let plain: String = name
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect();
    let plain = plain.trim_matches('_');
    let place = match place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
    };
    let plain = if plain.is_empty() { place } else { plain };
    let short = |name: String| name.chars().take(LONGEST_ARGUMENT).collect::<String>();
    let numbered = (2..=9).map(|number| format!("{number}_{place}_{plain}"));
    let names = [plain.to_owned(), format!("{place}_{plain}")].into_iter();
    names.chain(numbered).map(short).find(|name| !taken(name))
}

/// The names between braces in a path; `None` where the braces do not fit.
pub(super) fn in_path(path: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        let is_name = !name.is_empty() && !name.contains(['{', '/']);
        if before.contains('}') || !is_name {
            return None;
        }
        names.push(name);
        rest = after;
    }
    (!rest.contains('}')).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_document_made_to_fit_and_never_the_same() {
        let mut taken = BTreeSet::new();
        let mut check = |id: Option<&str>, path: &str, expected: Option<&str>| {
            assert_eq!(
                of(id, "get", path, &mut taken).as_deref(),
                expected,
                "{id:?}"
            );
        };
        check(Some("listOrders"), "/orders", Some("listOrders"));
        check(
            Some("issues/list-for-repo"),
            "/a",
            Some("issues_list-for-repo"),
        );
        check(Some("listorders"), "/orders/{id}", Some("get_orders_id"));
        check(Some("listOrders"), "/orders/{id}", None);
        check(
            None,
            "/shop/{shop_id}/orders.json",
            Some("get_shop_shop_id_orders_json"),
        );
        check(Some("получить_заказ"), "/b", Some("получить_заказ"));
        check(Some("🛒"), "/c", Some("get_c"));
        check(Some("  "), "/", Some("get"));
        let long = "x".repeat(300);
        check(Some(&long), "/d", Some(&long[..100]));
    }

    #[test]
    fn arguments_have_names_that_models_can_send() {
        let check = |name: &str, place: Place, taken: &[&str], expected: &str| {
            let found = argument(name, place, |name| taken.contains(&name));
            assert_eq!(found.as_deref(), Some(expected), "{name}");
        };
        check("order_id", Place::Path, &[], "order_id");
        check("filter[name]", Place::Query, &[], "filter_name");
        check("$top", Place::Query, &[], "top");
        check("имя", Place::Query, &[], "query");
        check("id", Place::Query, &["id"], "query_id");
        check("id", Place::Query, &["id", "query_id"], "2_query_id");
        check(&"n".repeat(99), Place::Header, &[], &"n".repeat(64));
    }

    #[test]
    fn braces_in_paths_are_names_or_the_path_is_none() {
        assert_eq!(in_path("/a/{b}/{c}.{d}").unwrap(), ["b", "c", "d"]);
        assert_eq!(in_path("/a").unwrap(), [""; 0]);
        for path in ["/{", "/}", "/{}", "/{a{b}}", "/{a/b}", "/a}{b}"] {
            assert_eq!(in_path(path), None, "{path}");
        }
    }
}
