//! `/mcp help` — what can be typed, and how to ask.

use crate::domain::language::Language;
use crate::slack::blocks::{Message, Style, actions, button, context};
use crate::slack::router::Reply;
use crate::text;

pub fn run(language: Language, command: &str) -> Reply {
    Reply::Private(screen(language, command))
}

/// What can be typed.
pub fn screen(language: Language, command: &str) -> Message {
    let text = text!(
        "*Your tools, in any conversation*\n\
         Mention me or write me a direct message, and I answer with the services you connected.\n\n\
         `{command} connect [service]`  connect a service\n\
         `{command} list`  your connections\n\
         `{command} tools [connection]`  what they can do\n\
         `{command} test [connection]`  check that they work\n\
         `{command} disconnect [connection]`  remove one\n\
         `{command} usage [export]`  what you used, and what it cost\n\
         `{command} model [name]`  which model answers you\n\
         `{command} channel [choice]`  when I answer in this channel, and how\n\
         `{command} cards`  for admins: the services that can be connected\n\
         `{command}`  a menu of all this\n\n\
         In a thread, mention me with the word instead: _@patchbay list_.",
        command
    );
    let promise =
        text!("Your connections serve your questions only. I ask before I change anything.");
    Message::new(text.to(language))
        .block(actions(vec![button(
            &text!("Connect a service").to(language),
            crate::slack::actions::CONNECT,
            "",
            Style::Primary,
        )]))
        .block(context(&promise.to(language)))
}
