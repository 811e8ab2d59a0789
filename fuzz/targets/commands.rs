//! What is typed after the slash command: what is understood can be typed again, and means the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use patchbay::slack::commands::{Verb, is_spoken, parse};

/// The longest sentence about what was not understood, in bytes: a part of it is quoted.
const LONGEST_SENTENCE: usize = 1_000;

fuzz_target!(|text: &str| {
    // Nothing that is typed has it.
    if text.contains('\0') {
        return;
    }
    match parse(text, "/mcp") {
        Ok(verb) => {
            let typed = typed(&verb);
            let again = parse(&typed, "/mcp");
            assert_eq!(again.ok(), Some(verb), "{typed:?}");
            assert!(is_spoken(text) || text.trim().is_empty() || says_nothing(text));
        }
        Err(error) => {
            let sentence = error.to_string();
            assert!(sentence.len() <= LONGEST_SENTENCE, "{sentence}");
            assert!(!is_spoken(text));
        }
    }
});

/// The command as somebody would type it.
fn typed(verb: &Verb) -> String {
    let (name, word) = match verb {
        Verb::Connect { service } => ("connect", service.clone()),
        Verb::List => ("list", None),
        Verb::Tools { connection } => ("tools", connection.clone()),
        Verb::Test { connection } => ("test", connection.clone()),
        Verb::Disconnect { connection } => ("disconnect", connection.clone()),
        Verb::Usage { what } => ("usage", what.map(|what| format!("{what:?}").to_lowercase())),
        Verb::Model { name } => ("model", name.clone()),
        Verb::Channel { choice } => (
            "channel",
            choice.map(|choice| format!("{choice:?}").to_lowercase()),
        ),
        Verb::Cards => ("cards", None),
        Verb::Help => ("help", None),
    };
    // A word that begins with a dash is one of ours only after the mark for that.
    let words = [
        Some(name.to_owned()),
        word.as_ref().map(|_| "--".to_owned()),
        word,
    ];
    let words = words.iter().flatten().map(String::as_str);
    shlex::try_join(words).expect("there is no NUL")
}

/// A comment, or quotes around nothing.
fn says_nothing(text: &str) -> bool {
    shlex::split(text).is_some_and(|words| words.is_empty())
}
