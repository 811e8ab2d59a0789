//! Every sentence that tells a person of a failure has been read as it is shown: it is in a snapshot.

use super::{production, root, sources};

/// Where failures come from that people in Slack read about.
const TOLD_BY: [&str; 7] = [
    "src/slack/",
    "src/connections.rs",
    "src/cards.rs",
    "src/domain/",
    "src/agent/",
    "src/llm/catalogue.rs",
    "src/tools/sources/http/answer.rs",
];
/// Sentences that no story can bring about, or that nobody in Slack reads, and why.
const NOT_SHOWN: [(&str, &str); 2] = [
    (
        "The model gave an empty answer.",
        "the providers that stories can play call that a failure of theirs",
    ),
    (
        "{} did not answer in time.",
        "a model reads it and says it in its own words",
    ),
];

/// The first text after each `Error::new(`, which is its message; one that is put together
/// elsewhere is not found.
fn messages(code: &str) -> Vec<String> {
    let found = code.split("Error::new(").skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once(',')?;
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("format!(").unwrap_or(rest).trim_start();
        let rest = rest.strip_prefix('"')?;
        // None of them has a quote in it.
        rest.split_once('"').map(|(message, _)| message.to_owned())
    });
    found.collect()
}

/// Whether a line has the parts of a message in their order, whatever stands between them.
fn shows(line: &str, message: &str) -> bool {
    let parts = message
        .split('{')
        .enumerate()
        .map(|(index, part)| match index {
            0 => part,
            _ => part.split_once('}').map_or(part, |(_, after)| after),
        });
    // In an input's error Slack shows backticks as they are, so there are none.
    let plain = |text: &str| text.replace('`', "");
    let line = plain(line);
    let mut rest = line.as_str();
    parts.map(plain).all(|part| match rest.find(&part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn every_failure_that_people_read_about_is_in_a_snapshot() {
    let screens = std::fs::read_dir(root().join("tests/it/screens")).unwrap();
    let screens: Vec<String> = screens
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let lines: Vec<&str> = screens.iter().flat_map(|screen| screen.lines()).collect();
    let mut missing = Vec::new();
    let mut seen = 0;
    for (path, text) in sources("src") {
        let file = path.strip_prefix(root()).unwrap().to_str().unwrap();
        if !TOLD_BY.iter().any(|place| file.starts_with(place)) {
            continue;
        }
        for message in messages(production(&text)) {
            seen += 1;
            let excused = NOT_SHOWN.iter().any(|(known, _)| *known == message);
            if !excused && !lines.iter().any(|line| shows(line, &message)) {
                missing.push(format!("{file}: {message}"));
            }
        }
    }
    assert!(seen > 20, "{seen}");
    assert!(
        missing.is_empty(),
        "add what brings these about to tests/it/stories/errors.rs: {missing:#?}"
    );
}

#[test]
fn messages_are_found_in_code_and_their_parts_in_lines() {
    let code = r#"Error::new(Kind::Invalid, "One.") Error::new(
        Kind::Timeout,
        format!("`{name}` took {seconds} s."),
    ) Error::new(kind, message)"#;
    assert_eq!(messages(code), ["One.", "`{name}` took {seconds} s."]);
    assert!(shows(
        "⚠️ `ask` took 5 s. Try",
        "`{name}` took {seconds} s."
    ));
    assert!(!shows("⚠️ `ask` was 5 s.", "`{name}` took {seconds} s."));
}
