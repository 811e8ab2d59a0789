//! The menu: a button for everything that can be typed.

use serde_json::Value;

use crate::slack::actions::{CONNECT, RUN, TOOLS};
use crate::slack::blocks::{Style, actions, button, context, section};

/// What the menu offers, two rows of it.
pub fn view(command: &str) -> Value {
    let run = |label: &str, verb: &str| button(label, &format!("{RUN}{verb}"), "", Style::Plain);
    super::notice(
        "Patchbay",
        vec![
            section("*Your tools, in any conversation*\nWhat would you like to do?"),
            actions(vec![
                button("Connect a service", CONNECT, "", Style::Primary),
                run("My connections", "list"),
                button("Tools", TOOLS, "", Style::Plain),
                run("Test all", "test"),
            ]),
            actions(vec![
                run("Usage", "usage"),
                run("Model", "model"),
                run("Help", "help"),
            ]),
            context(&format!(
                "Everything here can be typed as well: `{command} help` lists it. In a thread, mention me with the word: _@Patchbay list_."
            )),
        ],
    )
}
