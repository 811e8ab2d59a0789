//! The menu: a button for everything that can be typed.

use serde_json::{Value, json};

use super::Opened;
use crate::slack::actions::{CONNECT, RUN, TOOLS};
use crate::slack::blocks::{Style, actions, button, context, section};
use crate::slack::inbound::Caller;

/// What the menu offers, two rows of it.
pub fn view(command: &str, caller: &Caller) -> Value {
    let run = |label: &str, verb: &str| button(label, &format!("{RUN}{verb}"), "", Style::Plain);
    let mut more = vec![
        run("Usage", "usage"),
        run("Model", "model"),
        run("Help", "help"),
    ];
    if caller.channel.is_some() {
        more.insert(2, run("This channel", "channel"));
    }
    let mut view = super::notice(
        caller.language,
        &"Patchbay".into(),
        vec![
            section("*Your tools, in any conversation*\nWhat would you like to do?"),
            actions(vec![
                button("Connect a service", CONNECT, "", Style::Primary),
                run("My connections", "list"),
                button("Tools", TOOLS, "", Style::Plain),
                run("Test all", "test"),
            ]),
            actions(more),
            context(&format!(
                "Everything here can be typed as well: `{command} help` lists it. In a thread, mention me with the word: _@patchbay list_."
            )),
        ],
    );
    view["private_metadata"] = json!(Opened::by(caller, None).metadata());
    view
}
