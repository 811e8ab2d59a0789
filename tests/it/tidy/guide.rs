//! The guide for people in Slack: a page for every command and screen, with pictures that a script takes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{production, root, sources};

/// Which page of `docs/guide` is about what a file of `src/slack` shows. Commands have the page of
/// their own name.
const PAGES: [(&str, &str); 18] = [
    ("elsewhere.rs", "errors"),
    ("feedback.rs", "feedback"),
    ("home.rs", "home"),
    ("modals/ask.rs", "shortcuts"),
    ("modals/browser.rs", "tools"),
    ("modals/cards.rs", "cards"),
    ("modals/cards/look.rs", "cards"),
    ("modals/connect.rs", "connect"),
    ("modals/menu.rs", "menu"),
    ("modals/picker.rs", "connect"),
    ("notices.rs", "asking"),
    ("outbox/abandoned.rs", "stop"),
    ("outbox/looks.rs", "approvals"),
    ("foreign.rs", "errors"),
    ("places.rs", "channel"),
    ("screens.rs", "errors"),
    ("thread.rs", "asking"),
    ("thread/ending.rs", "stop"),
];
/// What a file has in it that shows something of its own.
const SHOWS: [&str; 4] = [
    "Message::new(",
    "\"type\": \"modal\"",
    "\"type\": \"home\"",
    "context_actions",
];
/// These show what others hand them.
const PLUMBING: [&str; 2] = ["blocks.rs", "modals.rs"];

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every page with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let folder = std::fs::read_dir(root().join("docs/guide")).unwrap();
    folder
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), read(&path)))
        .collect()
}

/// Where the links and pictures of a Markdown text lead.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
}

#[test]
fn every_command_and_every_screen_has_its_page() {
    let index = read(&root().join("docs/guide/README.md"));
    let mut wrong = Vec::new();
    for (path, text) in sources("src/slack") {
        let file = path.strip_prefix(root().join("src/slack")).unwrap();
        let file = file.to_str().unwrap();
        let verb = file
            .strip_prefix("commands/")
            .and_then(|file| file.strip_suffix(".rs"));
        let shows = SHOWS.iter().any(|mark| production(&text).contains(mark));
        let known = PAGES.iter().find(|(known, _)| *known == file);
        let page = match (verb, known) {
            (Some(verb), _) => verb,
            (None, Some((_, page))) => page,
            (None, None) if shows && !PLUMBING.contains(&file) => {
                wrong.push(format!(
                    "src/slack/{file} shows something: name its page in PAGES"
                ));
                continue;
            }
            (None, None) => continue,
        };
        let Ok(text) = std::fs::read_to_string(root().join(format!("docs/guide/{page}.md"))) else {
            wrong.push(format!(
                "src/slack/{file} has no page docs/guide/{page}.md: write one, with a picture (an entry in tests/browser/lib/screens.mjs, then `make screenshots`)"
            ));
            continue;
        };
        if verb.is_some() && !text.starts_with(&format!("# `/mcp {page}")) {
            wrong.push(format!(
                "docs/guide/{page}.md does not start with its command"
            ));
        }
        if !index.contains(&format!("]({page}.md)")) {
            wrong.push(format!("docs/guide/README.md does not lead to {page}.md"));
        }
    }
    for (file, _) in PAGES {
        if !root().join("src/slack").join(file).exists() {
            wrong.push(format!("PAGES names {file}, which is not there"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_page_has_a_picture_and_every_picture_is_taken_by_the_script() {
    let script = read(&root().join("tests/browser/lib/screens.mjs"));
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (path, text) in pages() {
        let mut pictures = 0;
        for target in targets(&text) {
            let Some(name) = target
                .strip_prefix("../images/guide/")
                .and_then(|file| file.strip_suffix(".png"))
            else {
                continue;
            };
            pictures += 1;
            used.insert(name.to_owned());
            if !script.contains(&format!("name: \"{name}\"")) {
                wrong.push(format!(
                    "{}: tests/browser/lib/screens.mjs does not take {name}",
                    path.display()
                ));
            }
        }
        if pictures == 0 {
            wrong.push(format!("{} has no picture", path.display()));
        }
    }
    for entry in std::fs::read_dir(root().join("docs/images/guide")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if !used.contains(name) {
            wrong.push(format!("{} is on no page", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn links_in_the_documentation_lead_somewhere() {
    let mut files: Vec<PathBuf> = pages().into_iter().map(|(path, _)| path).collect();
    for folder in ["", "docs", "docs/decisions", "slack-sim"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap();
        files.extend(entries.map(|entry| entry.unwrap().path()));
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(files.len() > 20);
    let mut wrong = Vec::new();
    for path in files {
        for target in targets(&read(&path)) {
            let (file, section) = target.split_once('#').unwrap_or((target, ""));
            let other = path.parent().unwrap().join(file);
            let elsewhere = target.contains("://") || target.contains(['{', ' ', '`']);
            let there = if file.is_empty() { &path } else { &other };
            if elsewhere {
                continue;
            }
            if !there.exists() {
                wrong.push(format!("{}: {target} is not there", path.display()));
            } else if !section.is_empty() && !headings(&read(there)).contains(section) {
                wrong.push(format!("{}: {target} has no such heading", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The anchors that a forge gives to the headings of a page.
fn headings(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let kept = words
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn what_the_guide_quotes_is_what_the_bot_says() {
    let code: String = sources("src").into_values().collect();
    let mut quotes = 0;
    let mut wrong = Vec::new();
    for (path, text) in pages() {
        // What is quoted in the first column of a table, in the parts between "…".
        for row in text.lines().filter_map(|line| line.strip_prefix("| \"")) {
            let cell = row.split(" |").next().unwrap();
            for part in cell.split(['"', '…', '`', '_']).map(str::trim) {
                if part.len() < 8 {
                    continue;
                }
                quotes += 1;
                if !code.contains(part) {
                    wrong.push(format!("{}: nobody says {part:?}", path.display()));
                }
            }
        }
    }
    assert!(quotes > 20, "{quotes}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
