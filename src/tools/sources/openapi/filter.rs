//! Which of a document's operations are wanted.

use serde_json::Value;

/// What operations are chosen by; nothing of a kind means all.
#[derive(Debug, Default)]
pub(super) struct Filter {
    tags: Vec<String>,
    paths: Vec<String>,
}

impl Filter {
    /// Tags and beginnings of paths, each separated by commas.
    pub fn new(tags: &str, paths: &str) -> Self {
        let parts = |text: &str| -> Vec<String> {
            let parts = text.split(',').map(str::trim);
            parts
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let tags = parts(&tags.to_lowercase());
        let paths = parts(paths).into_iter();
        Self {
            tags,
            paths: paths
                .map(|path| path.trim_matches('/').to_owned())
                .collect(),
        }
    }

    /// Whether anything is chosen.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.paths.is_empty()
    }

    /// Whether a path is one of those wanted, or below one.
    pub fn takes_path(&self, path: &str) -> bool {
        let path = path.trim_matches('/');
        let below = |wanted: &String| {
            let rest = path.strip_prefix(wanted.as_str());
            wanted.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.paths.is_empty() || self.paths.iter().any(below)
    }

    /// Whether one of an operation's tags is wanted.
    pub fn takes_tags(&self, tags: &Value) -> bool {
        let tags = tags.as_array().into_iter().flatten();
        let mut tags = tags.filter_map(Value::as_str).map(str::to_lowercase);
        self.tags.is_empty() || tags.any(|tag| self.tags.contains(&tag))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_hold_for_what_is_below_and_tags_in_any_case() {
        let filter = Filter::new(" Orders, a b ,", "/orders/, v1/users");
        for (path, expected) in [
            ("/orders", true),
            ("/orders/{id}", true),
            ("/orders2", false),
            ("/v1/users/x", true),
            ("/", false),
        ] {
            assert_eq!(filter.takes_path(path), expected, "{path}");
        }
        assert!(filter.takes_tags(&json!(["x", "ORDERS"])) && filter.takes_tags(&json!(["A b"])));
        assert!(!filter.takes_tags(&json!(["x"])) && !filter.takes_tags(&Value::Null));
        let all = Filter::new("", " , ");
        assert!(all.is_empty() && all.takes_path("/x") && all.takes_tags(&Value::Null));
    }
}
