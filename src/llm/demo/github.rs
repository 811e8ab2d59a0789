//! Errands on GitHub: find repositories, list issues and pull requests, open an issue, read a file.

use serde_json::{Map, Value, json};

use super::plan::{Move, last};
use super::table::{Grid, cell, escaped};
use super::talk;
use super::toolbox::{self, Connection};
use super::transcript::{Outcome, Turn};
use super::words::words;

mod errand;

use errand::{Errand, Repo, errand, repo};

/// What is told of an issue or a pull request.
const WORK: [&str; 7] = [
    "number",
    "title",
    "state",
    "author",
    "labels",
    "created_at",
    "merged_at",
];
/// Words that make a question one about GitHub.
const TOPICS: [&str; 12] = [
    "github",
    "issue",
    "issues",
    "repo",
    "repos",
    "repository",
    "repositories",
    "pr",
    "prs",
    "pulls",
    "readme",
    "pull",
];
/// The connection for a question about GitHub, if it is one and there is one.
pub fn connection<'a, 'b>(
    connections: &'b [Connection<'a>],
    question: &str,
) -> Option<&'b Connection<'a>> {
    let words = words(question);
    let about = words.iter().any(|word| TOPICS.contains(&word.as_str()));
    let tools = [
        "search_repos",
        "get_issues",
        "create_issue",
        "get_pull_requests",
        "get_file_content",
    ];
    let found = tools
        .iter()
        .find_map(|tool| toolbox::pick(connections, tool, question))?;
    // In `acme/shop` nobody names a connection called shop.
    let repo_words = repo(question).map(|repo| repo.to_string());
    let rest = repo_words.map_or(question.to_owned(), |words| question.replace(&words, ""));
    let another = connections
        .iter()
        .any(|other| other.name != found.name && other.is_named_in(&rest));
    let named = found.is_named_in(question);
    (named || (about && !another) || (repo(question).is_some() && !another)).then_some(found)
}

/// The next move of an errand.
pub fn next(turn: &Turn<'_>, connection: &Connection<'_>) -> Move {
    let errand = errand(turn.question, connection);
    let Some((tool, arguments)) = call(&errand) else {
        let Errand::Unclear(text) = errand else {
            return Move::Say(talk::stuck());
        };
        return Move::Say(talk::say(text));
    };
    if !connection.has(tool) {
        let text = format!(
            "`{}` has no tool `{tool}`. See what it has with `/mcp tools {0}`.",
            connection.name
        );
        return Move::Say(talk::say(&text));
    }
    let full = connection.tool(tool);
    match last(turn, &full).map(|step| (step, &step.outcome)) {
        None => Move::call(
            format!("Let me ask `{}`.", connection.name),
            full,
            arguments,
        ),
        Some((step, Outcome::Failed(reason))) => Move::Say(talk::failed(step, reason)),
        Some((_, Outcome::Data(data))) => Move::Say(talk::say(&told(&errand, data))),
    }
}

fn call(errand: &Errand) -> Option<(&'static str, Value)> {
    let of = |repo: &Repo, rest: Value| {
        let mut arguments = Map::new();
        arguments.insert("owner".to_owned(), json!(repo.owner));
        arguments.insert("repo".to_owned(), json!(repo.name));
        if let Value::Object(rest) = rest {
            arguments.extend(rest.into_iter().filter(|(_, value)| !value.is_null()));
        }
        Value::Object(arguments)
    };
    Some(match errand {
        Errand::Search(query) => ("search_repos", json!({ "query": query })),
        Errand::Issues(repo, state) => ("get_issues", of(repo, json!({ "state": state }))),
        Errand::Pulls(repo, state) => ("get_pull_requests", of(repo, json!({ "state": state }))),
        Errand::Create(repo, title, body) => (
            "create_issue",
            of(repo, json!({ "title": title, "body": body })),
        ),
        Errand::File(repo, path) => ("get_file_content", of(repo, json!({ "path": path }))),
        Errand::Unclear(_) => return None,
    })
}

fn told(errand: &Errand, data: &Value) -> String {
    match errand {
        Errand::Create(..) => {
            let field = |name: &str| data.get(name).map_or_else(String::new, cell);
            let (number, title) = (escaped(&field("number")), escaped(&field("title")));
            format!("I opened issue #{number} \"{title}\".\n\n{}", field("url"))
        }
        Errand::File(repo, path) => {
            let text = match data.get("content").and_then(Value::as_str) {
                Some(content) => talk::code(content),
                None => listed(data, &["path", "type", "size"]),
            };
            format!("`{}` of {repo}:\n\n{text}", escaped(path))
        }
        Errand::Search(query) => {
            let fields = ["name", "description", "language", "stars", "url"];
            let list = listed(data, &fields);
            format!("Repositories for \"{}\":\n\n{list}", escaped(query))
        }
        Errand::Issues(repo, state) => {
            format!("Issues of {repo} ({state}):\n\n{}", listed(data, &WORK))
        }
        Errand::Pulls(repo, state) => {
            format!(
                "Pull requests of {repo} ({state}):\n\n{}",
                listed(data, &WORK)
            )
        }
        Errand::Unclear(text) => (*text).to_owned(),
    }
}

/// A list of objects as a table, wherever in the result it is.
fn listed(data: &Value, fields: &[&str]) -> String {
    let list = data.as_array().or_else(|| {
        let object = data.as_object()?;
        object.values().find_map(Value::as_array)
    });
    let one = std::slice::from_ref(data);
    let list = list.map_or(one, Vec::as_slice);
    if list.is_empty() {
        return "There are none.".to_owned();
    }
    let grid = Grid::of_objects(list, fields);
    let findings: String = grid
        .findings()
        .iter()
        .map(|finding| format!("\n- {finding}"))
        .collect();
    format!("{}{findings}", grid.markdown())
}
