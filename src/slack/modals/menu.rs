//! The menu: a button for everything that can be typed.

use serde_json::{Value, json};

use super::Opened;
use crate::domain::text::Text;
use crate::slack::actions::{CONNECT, RUN, TOOLS};
use crate::slack::blocks::{Style, actions, button, context, section};
use crate::slack::inbound::Caller;
use crate::text;

/// What the menu offers, two rows of it.
pub fn view(command: &str, caller: &Caller) -> Value {
    let language = caller.language;
    let run = |label: &Text, verb: &str| {
        let id = format!("{RUN}{verb}");
        button(&label.to(language), &id, "", Style::Plain)
    };
    let mut more = vec![
        run(&text!("Usage"), "usage"),
        run(&text!("Model"), "model"),
        run(&text!("Help"), "help"),
    ];
    if caller.channel.is_some() {
        more.insert(2, run(&text!("This channel"), "channel"));
    }
    let title = text!("*Your tools, in any conversation*\nWhat would you like to do?");
    let typed = text!(
        "Everything here can be typed as well: `{command} help` lists it. In a thread, mention me with the word: _@patchbay list_.",
        command
    );
    let (connect, tools) = (text!("Connect a service"), text!("Tools"));
    let mut view = super::notice(
        language,
        &"Patchbay".into(),
        vec![
            section(&title.to(language)),
            actions(vec![
                button(&connect.to(language), CONNECT, "", Style::Primary),
                run(&text!("My connections"), "list"),
                button(&tools.to(language), TOOLS, "", Style::Plain),
                run(&text!("Test all"), "test"),
            ]),
            actions(more),
            context(&typed.to(language)),
        ],
    );
    view["private_metadata"] = json!(Opened::by(caller, None).metadata());
    view
}
