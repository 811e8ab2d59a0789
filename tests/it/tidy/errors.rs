//! Every sentence that tells a person of a failure has been read as it is shown: it is in a snapshot.

use std::str::FromStr as _;

use proc_macro2::{TokenStream, TokenTree};

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
        "{service} did not answer in time.",
        "a model reads it and says it in its own words",
    ),
];

/// What stands as the message in each `Error::new(…)`: a sentence, or one for one thing and one for
/// more. A message that is put together elsewhere is not found.
fn messages(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    find(
        TokenStream::from_str(code).expect("what compiles can be read"),
        &mut found,
    );
    found
}

fn find(tokens: TokenStream, found: &mut Vec<Vec<String>>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else {
            continue;
        };
        let before: Vec<String> = tokens[..index]
            .iter()
            .rev()
            .take(4)
            .map(ToString::to_string)
            .collect();
        if before == ["new", ":", ":", "Error"] {
            let arguments: Vec<_> = group.stream().into_iter().collect();
            let mut arguments = arguments.split(|token| token.to_string() == ",");
            let forms = arguments.nth(1).map(sentences).unwrap_or_default();
            found.extend(Some(forms).filter(|forms| !forms.is_empty()));
        }
        find(group.stream(), found);
    }
}

/// The sentences of a message: a literal, or those that a macro begins with.
fn sentences(message: &[TokenTree]) -> Vec<String> {
    let literal = |token: &TokenTree| {
        let string = syn::parse_str::<syn::LitStr>(&token.to_string()).ok()?;
        Some(string.value())
    };
    match message {
        [literally] => literal(literally).into_iter().collect(),
        [name, _, TokenTree::Group(group)] => {
            let forms = match name.to_string().as_str() {
                "text" | "format" => 1,
                "counted" => 2,
                _ => 0,
            };
            let tokens = group.stream().into_iter();
            tokens
                .filter_map(|token| literal(&token))
                .take(forms)
                .collect()
        }
        _ => Vec::new(),
    }
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
        for forms in messages(production(&text)) {
            seen += 1;
            let excused = NOT_SHOWN.iter().any(|(known, _)| forms[0] == *known);
            let shown = |form: &String| lines.iter().any(|line| shows(line, form));
            if !excused && !forms.iter().any(shown) {
                missing.push(format!("{file}: {}", forms[0]));
            }
        }
    }
    assert!(seen >= 25, "{seen}");
    assert!(
        missing.is_empty(),
        "add what brings these about to tests/it/stories/errors.rs: {missing:#?}"
    );
}

#[test]
fn messages_are_found_in_code_and_their_parts_in_lines() {
    let code = r#"Error::new(Kind::Invalid, "One.") Error::new(
        Kind::RateLimited { retry_after },
        text!("`{name}` took {seconds} s.", name),
    ) f(Error::new(Kind::Timeout, counted!(
        f(x),
        "{count} \
            second", "{count} \"seconds\"")).hint("Wait.")) Error::new(kind, message)"#;
    assert_eq!(
        messages(code),
        [
            vec!["One."],
            vec!["`{name}` took {seconds} s."],
            vec!["{count} second", "{count} \"seconds\""]
        ]
    );
    assert!(shows(
        "⚠️ `ask` took 5 s. Try",
        "`{name}` took {seconds} s."
    ));
    assert!(!shows("⚠️ `ask` was 5 s.", "`{name}` took {seconds} s."));
}
