//! The rules of the house that a compiler does not hold: rings, sizes, first lines, pages that agree.

mod errors;
mod guide;
mod languages;
mod manifest;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Outermost first. A module may use those of its own ring and of the rings after it.
const RINGS: [(&str, &[&str]); 4] = [
    (
        "edge",
        &["app", "cli", "config", "http", "slack", "telemetry"],
    ),
    (
        "core",
        &[
            "agent",
            "cards",
            "channels",
            "connections",
            "executor",
            "runs",
            "tools",
            "usage",
        ],
    ),
    (
        "ground",
        &[
            "llm",
            "mcp_client",
            "net",
            "secrets",
            "signals",
            "store",
            "tasks",
        ],
    ),
    ("domain", &["bounded", "clock", "domain", "error", "ids"]),
];

/// Files that may be longer than the rest, and why.
const LONG_FILES: [(&str, &str); 0] = [];
const LONGEST_FILE: usize = 500;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, with its text.
fn sources(folder: &str) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.insert(path, text);
            }
        }
    }
    found
}

fn module(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).unwrap();
    let first = relative
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn ring(module: &str) -> Option<usize> {
    RINGS
        .iter()
        .position(|(_, modules)| modules.contains(&module))
}

/// The text without its unit tests: those may look at anything.
fn production(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or(text)
}

/// Every top-level module that a text names with `crate::`, grouped imports included.
fn uses(text: &str) -> BTreeSet<String> {
    let named = text.match_indices("crate::").filter_map(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        let name: String = rest
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '_')
            .collect();
        (!name.is_empty()).then_some(name)
    });
    let grouped = text.match_indices("use crate::{").flat_map(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        let group = rest.split(';').next().unwrap_or_default();
        group
            .split(',')
            .map(|part| {
                part.trim()
                    .split("::")
                    .next()
                    .unwrap_or_default()
                    .trim_matches('}')
                    .to_owned()
            })
            .collect::<Vec<_>>()
    });
    named.chain(grouped).collect()
}

#[test]
fn arrows_point_inward() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let module = module(&path);
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let own = ring(&module)
            .unwrap_or_else(|| panic!("{} is in no ring: add it to RINGS", path.display()));
        for used in uses(production(&text)) {
            if ring(&used).is_some_and(|used| used < own) {
                wrong.push(format!("{} ({}) uses {used}", path.display(), RINGS[own].0));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn some_things_have_one_place() {
    let places: [(&str, &[&str]); 4] = [
        ("sqlx::query", &["src/store", "src/tools/sources/sql"]),
        ("AssertSqlSafe", &["src/tools/sources/sql"]),
        (
            "chat.postMessage",
            &["src/slack/client.rs", "src/slack/limits.rs"],
        ),
        ("tracker.spawn", &["src/tasks.rs"]),
    ];
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        let relative = path.strip_prefix(root()).unwrap().to_str().unwrap();
        for (what, allowed) in places {
            let at_home = allowed.iter().any(|place| relative.starts_with(place));
            if production(&text).contains(what) && !at_home {
                wrong.push(format!(
                    "{relative} has `{what}`, which belongs to {allowed:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    let mut wrong = Vec::new();
    for folder in ["src", "slack-sim/src", "tests/it"] {
        for (path, text) in sources(folder) {
            if !text.starts_with("//!") {
                wrong.push(format!(
                    "{} does not start with a `//!` sentence",
                    path.display()
                ));
            }
            let lines = production(&text).lines().count();
            let excused = LONG_FILES.iter().any(|(file, _)| path.ends_with(file));
            if lines > LONGEST_FILE && !excused && !path.ends_with("tests.rs") {
                wrong.push(format!(
                    "{} has {lines} lines: is there a second purpose in it?",
                    path.display()
                ));
            }
            if path.ends_with("mod.rs") {
                wrong.push(format!(
                    "{}: use the folder's name with .rs",
                    path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_command_is_in_its_file_the_help_and_the_manifest() {
    let manifest = std::fs::read_to_string(root().join("manifest.yml")).unwrap();
    let help = std::fs::read_to_string(root().join("src/slack/commands/help.rs")).unwrap();
    let mut verbs = 0;
    for (path, text) in sources("src/slack/commands") {
        let verb = path.file_stem().unwrap().to_str().unwrap();
        verbs += 1;
        assert!(
            text.starts_with(&format!("//! `/mcp {verb}")),
            "{} does not start with its usage",
            path.display()
        );
        assert!(
            manifest.contains(verb),
            "manifest.yml does not mention {verb}"
        );
        assert!(
            verb == "help" || help.contains(&format!("{{command}} {verb}")),
            "the help does not mention {verb}"
        );
    }
    assert_eq!(verbs, 10);
}

#[test]
fn the_settings_page_knows_every_setting() {
    let docs = std::fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    for line in patchbay::config::DEFAULTS.lines() {
        let line = line.trim_start_matches("# ");
        let Some((name, _)) = line.split_once(" = ") else {
            continue;
        };
        if name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            assert!(
                docs.contains(&format!("`{name}`")),
                "docs/configuration.md does not explain `{name}`"
            );
        }
    }
}
