//! Which connections there are and what each of them can do.

use std::sync::Arc;

use crate::domain::tool::ToolSpec;

/// A connection and the tools it offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection<'a> {
    /// Its name; empty for tools that belong to none.
    pub name: &'a str,
    /// The tools' names without the connection.
    pub tools: Vec<&'a str>,
}

/// The connections behind a list of tools, in its order.
pub fn connections(tools: &[Arc<ToolSpec>]) -> Vec<Connection<'_>> {
    let mut connections: Vec<Connection<'_>> = Vec::new();
    for tool in tools {
        let (name, tool) = tool.name.split_once("__").unwrap_or(("", &tool.name));
        match connections.iter_mut().find(|known| known.name == name) {
            Some(known) => known.tools.push(tool),
            None => connections.push(Connection {
                name,
                tools: vec![tool],
            }),
        }
    }
    connections
}

impl Connection<'_> {
    /// Whether it offers a tool of that name.
    pub fn has(&self, tool: &str) -> bool {
        self.tools.contains(&tool)
    }

    /// The full name of one of its tools.
    pub fn tool(&self, tool: &str) -> String {
        match self.name {
            "" => tool.to_owned(),
            name => format!("{name}__{tool}"),
        }
    }

    /// Whether a text names this connection, as a word of its own.
    pub fn is_named_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let name = self.name.to_lowercase();
        let joins = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        !name.is_empty()
            && text.match_indices(&name).any(|(at, found)| {
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                let after = text
                    .get(at + found.len()..)
                    .and_then(|after| after.chars().next());
                !before.is_some_and(joins) && !after.is_some_and(joins)
            })
    }
}

/// Of those that offer `tool`, the one that the question names, else the first.
pub fn pick<'a, 'b>(
    connections: &'b [Connection<'a>],
    tool: &str,
    question: &str,
) -> Option<&'b Connection<'a>> {
    let able = || connections.iter().filter(|connection| connection.has(tool));
    able()
        .find(|connection| connection.is_named_in(question))
        .or_else(|| able().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_that_is_named_is_taken() {
        let tools: Vec<Arc<ToolSpec>> = [
            "sales__execute_sql",
            "sales-eu__execute_sql",
            "git__search_repos",
            "plain",
        ]
        .iter()
        .map(|name| ToolSpec::new((*name).to_owned(), String::new(), serde_json::json!({})))
        .map(Arc::new)
        .collect();
        let connections = connections(&tools);
        assert_eq!(connections.len(), 4);
        let check = |question: &str, expected: &str| {
            let picked = pick(&connections, "execute_sql", question).unwrap();
            assert_eq!(picked.name, expected, "{question}");
        };
        check("users", "sales");
        check("users in sales-eu", "sales-eu");
        check("users in SALES?", "sales");
        check("wholesales-eu2", "sales");
        assert_eq!(pick(&connections, "get_issues", "x"), None);
        assert_eq!(connections[3].tool("plain"), "plain");
    }
}
