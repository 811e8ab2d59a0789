//! What a question wants done on GitHub, read off its text.

use std::fmt;

use crate::llm::demo::toolbox::Connection;
use crate::llm::demo::words::words;

/// Words of a search that are not searched for.
const PHRASING: &str = "a about all any called containing find for get github give in list look me my \
    named of on please pull repo repos repositories repository search show some that the up what \
    which with";
/// What stands before a title.
const TITLES: [&str; 5] = ["titled", "called", "named", "title", "saying"];

/// What stands before a repository.
const PLACES: [&str; 6] = ["in", "of", "from", "on", "for", "at"];

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Errand {
    /// Search for these words.
    Search(String),
    /// List issues in this state.
    Issues(Repo, &'static str),
    /// List pull requests in this state.
    Pulls(Repo, &'static str),
    /// Open an issue with a title and perhaps a text.
    Create(Repo, String, Option<String>),
    /// Read the file at this path.
    File(Repo, String),
    /// Something is missing: what to say.
    Unclear(&'static str),
}

/// A repository.
#[derive(Clone, Debug, PartialEq)]
pub struct Repo {
    /// Whose it is.
    pub owner: String,
    /// What it is called.
    pub name: String,
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// What a question wants done.
pub fn errand(question: &str, connection: &Connection<'_>) -> Errand {
    let words = words(question);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let pair = |one: &str, other: &[&str]| {
        words
            .windows(2)
            .any(|pair| pair[0] == one && other.contains(&pair[1].as_str()))
    };
    let creates =
        has(&["create", "file", "raise", "report", "new"]) || pair("open", &["a", "an", "new"]);
    let state = match (has(&["closed"]), has(&["all"])) {
        (true, _) => "closed",
        (_, true) => "all",
        _ => "open",
    };
    let Some(repo) = repo(question) else {
        return if has(&["issue", "issues", "pr", "prs", "pulls", "readme"])
            || pair("pull", &["request", "requests"])
        {
            Errand::Unclear(
                "In which repository? Write it as `owner/name`, such as: open issues of octocat/hello-world.",
            )
        } else {
            search(question, connection)
        };
    };
    if has(&["issue"]) && creates {
        return match title(question) {
            Some((title, body)) => Errand::Create(repo, title, body),
            None => Errand::Unclear(
                "What should its title be? Write it like this: create an issue in octocat/hello-world titled \"Login fails\".",
            ),
        };
    }
    if has(&["pr", "prs", "pulls"]) || pair("pull", &["request", "requests"]) {
        return Errand::Pulls(repo, state);
    }
    if has(&["issue", "issues"]) {
        return Errand::Issues(repo, state);
    }
    match path(question, &repo) {
        Some(path) => Errand::File(repo, path),
        None => Errand::Issues(repo, state),
    }
}

fn search(question: &str, connection: &Connection<'_>) -> Errand {
    let query: Vec<&str> = question
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| ".,;!?\"'`()<>“”".contains(c)))
        .filter(|word| {
            let lower = word.to_lowercase();
            !lower.is_empty()
                && lower != connection.name
                && !PHRASING
                    .split_whitespace()
                    .any(|phrasing| phrasing == lower)
        })
        .collect();
    match query.is_empty() {
        true => Errand::Unclear(
            "What should I search for? Ask like this: search repos for rust parsers.",
        ),
        false => Errand::Search(query.join(" ").chars().take(200).collect()),
    }
}

/// The `owner/name` in a text, also within an address: what follows a word such as "in" rather
/// than what looks like a path.
pub fn repo(text: &str) -> Option<Repo> {
    let ends = |c: char| c.is_whitespace() || "<>|(),\"'`“”".contains(c);
    let tokens: Vec<&str> = text.split(ends).filter(|token| !token.is_empty()).collect();
    let placed = tokens.windows(2).find_map(|pair| match pair {
        [before, token] if PLACES.contains(&before.to_lowercase().as_str()) => repo_in(token),
        _ => None,
    });
    placed.or_else(|| tokens.iter().find_map(|token| repo_in(token)))
}

fn repo_in(token: &str) -> Option<Repo> {
    let address = token.split_once("github.com/");
    let is_address = address.is_some();
    let path = address.map_or(token, |(_, path)| path);
    let mut parts = path.trim_matches(|c: char| ".?!:;".contains(c)).split('/');
    let (owner, name) = (parts.next()?, parts.next()?);
    if parts.next().is_some() && !is_address {
        return None;
    }
    let plain = |text: &str, others: &str| {
        let mut chars = text.chars();
        !text.is_empty() && chars.all(|c| c.is_ascii_alphanumeric() || others.contains(c))
    };
    let fits = plain(owner, "-_")
        && plain(name, "-_.")
        && owner.starts_with(|c: char| c.is_ascii_alphanumeric());
    fits.then(|| Repo {
        owner: owner.to_owned(),
        name: name.to_owned(),
    })
}

/// The title and text of a new issue: in quotes, or after a word such as "titled".
fn title(text: &str) -> Option<(String, Option<String>)> {
    let quoted: Vec<&str> = text.split(['"', '“', '”']).skip(1).step_by(2).collect();
    if let Some(title) = quoted
        .first()
        .map(|title| title.trim())
        .filter(|title| !title.is_empty())
    {
        let body = quoted.get(1).map(|body| body.trim().to_owned());
        return Some((title.to_owned(), body));
    }
    if let Some((_, title)) = text
        .split_once(": ")
        .filter(|(_, title)| !title.trim().is_empty())
    {
        return Some((title.trim().to_owned(), None));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let is = |word: &str, known: &[&str]| {
        let word = word
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_lowercase();
        known.contains(&word.as_str())
    };
    let start = words.iter().position(|word| is(word, &TITLES))? + 1;
    let rest = words.get(start..)?;
    let body = rest.iter().position(|word| is(word, &["body"]));
    let (title, body) = match body {
        Some(at) => (&rest[..at], Some(rest[at + 1..].join(" "))),
        None => (rest, None),
    };
    let title = title.join(" ");
    let title = title.strip_suffix(" with").unwrap_or(&title).trim();
    (!title.is_empty()).then(|| (title.to_owned(), body.filter(|body| !body.is_empty())))
}

/// The path of a file that is named.
fn path(text: &str, repo: &Repo) -> Option<String> {
    let full = repo.to_string();
    let named = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| "?!,;:\"'`()<>".contains(c)))
        .map(|word| word.trim_end_matches('.'))
        .find(|word| word.contains('.') && !word.contains(&full));
    if let Some(path) = named {
        return Some(path.to_owned());
    }
    let lower = words(text);
    lower
        .iter()
        .any(|word| word == "readme")
        .then(|| "README.md".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repo_of(owner: &str, name: &str) -> Repo {
        Repo {
            owner: owner.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn an_errand_is_read_off_the_question() {
        let hub = Connection {
            name: "hub",
            tools: vec!["search_repos"],
        };
        let check = |question: &str, expected: Errand| {
            assert_eq!(errand(question, &hub), expected, "{question}");
        };
        let rust = || repo_of("rust-lang", "rust");
        check(
            "search repos for rust parsers",
            Errand::Search("rust parsers".to_owned()),
        );
        check(
            "find me repositories about \"async rust\" on hub.",
            Errand::Search("async rust".to_owned()),
        );
        check(
            "open issues of rust-lang/rust?",
            Errand::Issues(rust(), "open"),
        );
        check(
            "closed issues in <https://github.com/rust-lang/rust/issues|x>",
            Errand::Issues(rust(), "closed"),
        );
        check(
            "all pull requests of rust-lang/rust",
            Errand::Pulls(rust(), "all"),
        );
        check("PRs in rust-lang/rust.", Errand::Pulls(rust(), "open"));
        check(
            "create an issue in rust-lang/rust titled Login fails with body It says no.",
            Errand::Create(
                rust(),
                "Login fails".to_owned(),
                Some("It says no.".to_owned()),
            ),
        );
        check(
            "Open an issue in rust-lang/rust: “Größe fehlt”",
            Errand::Create(rust(), "Größe fehlt".to_owned(), None),
        );
        check(
            "create issue in rust-lang/rust: Login fails",
            Errand::Create(rust(), "Login fails".to_owned(), None),
        );
        check(
            "read the readme of rust-lang/rust",
            Errand::File(rust(), "README.md".to_owned()),
        );
        check(
            "show src/main.rs of rust-lang/rust",
            Errand::File(rust(), "src/main.rs".to_owned()),
        );
        for unclear in [
            "open issues",
            "create an issue in rust-lang/rust",
            "search repos",
            "create an issue in a/b titled",
        ] {
            assert!(
                matches!(errand(unclear, &hub), Errand::Unclear(_)),
                "{unclear}"
            );
        }
    }
}
