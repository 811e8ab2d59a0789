//! The slash command: its grammar, and one file per verb.

mod cards;
mod channel;
mod connect;
mod disconnect;
mod help;
mod list;
mod model;
mod test;
pub(in crate::slack) mod tools;
pub mod usage;

use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

use super::inbound::{Caller, Command};
use super::modals;
use super::router::Reply;
use crate::app::App;
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result, closest, quotable};
use crate::text;

pub use help::screen as help_screen;
pub use list::line as connection_line;
pub use model::{menu as model_menu, screen as model_screen};
pub use test::screen as test_screen;
pub use usage::model_line;

/// Slips of the keyboard within which a verb is still recognised.
const MOST_SLIPS: usize = 2;

/// Everything that can be typed after the command.
#[derive(Debug, Parser, PartialEq)]
#[command(
    no_binary_name = true,
    disable_help_flag = true,
    disable_help_subcommand = true
)]
struct Grammar {
    #[command(subcommand)]
    verb: Verb,
}

/// What was typed, understood.
#[derive(Debug, Subcommand, PartialEq)]
pub enum Verb {
    Connect { service: Option<String> },
    Cards,
    List,
    Tools { connection: Option<String> },
    Test { connection: Option<String> },
    Disconnect { connection: Option<String> },
    Usage { what: Option<usage::Word> },
    Model { name: Option<String> },
    Channel { choice: Option<channel::Word> },
    Help,
}

/// Does what was typed.
pub async fn run(app: &Arc<App>, command: &Command) -> Result<Reply> {
    let caller = &command.caller;
    if command.text.trim().is_empty()
        && let Some(trigger) = &caller.trigger
    {
        let view = modals::menu::view(&app.config.slack.command, caller);
        app.slack.open_view(trigger, &view).await?;
        return Ok(Reply::Shown);
    }
    match parse(&command.text, &app.config.slack.command)? {
        Verb::Connect { service } => connect::run(app, caller, service.as_deref()).await,
        Verb::Cards => cards::run(app, caller).await,
        Verb::List => list::run(app, caller).await,
        Verb::Tools { connection } => tools::run(app, caller, connection.as_deref()).await,
        Verb::Test { connection } => test::run(app, caller, connection.as_deref()).await,
        Verb::Disconnect { connection } => {
            disconnect::run(app, caller, connection.as_deref()).await
        }
        Verb::Usage { what } => usage::run(app, caller, what).await,
        Verb::Model { name } => model::run(app, caller, name.as_deref()).await,
        Verb::Channel { choice } => channel::run(app, caller, choice).await,
        Verb::Help => Ok(help::run(caller.language, &app.config.slack.command)),
    }
}

/// Whether a message is a command, word for word: then it is no question.
pub fn is_spoken(text: &str) -> bool {
    !text.trim().is_empty() && parse(text, "").is_ok()
}

/// Reads what was typed after the command; `command` is only for the sentences.
pub fn parse(text: &str, command: &str) -> Result<Verb> {
    let help = text!("`{command} help` lists what I understand.", command);
    let Some(words) = shlex::split(text) else {
        return Err(Error::new(
            Kind::Invalid,
            text!("There is a quote that is never closed."),
        )
        .hint(help));
    };
    if words.is_empty() {
        return Ok(Verb::Help);
    }
    // Verbs may be typed in any case; names are folded where they are parsed.
    let lowered = words.iter().enumerate().map(|(index, word)| match index {
        0 => word.to_lowercase(),
        _ => word.clone(),
    });
    Grammar::try_parse_from(lowered)
        .map(|grammar| grammar.verb)
        .map_err(|error| misunderstood(&error, &words, command).hint(help))
}

/// Our own sentence for what clap found.
fn misunderstood(error: &clap::Error, words: &[String], command: &str) -> Error {
    let first = quotable(&words[0]);
    let message = match error.kind() {
        ErrorKind::InvalidSubcommand => match suggestion(&first) {
            Some(verb) => text!(
                "I do not know `{command} {first}`. Did you mean `{command} {verb}`?",
                command,
                first,
                verb
            ),
            None => text!("I do not know `{command} {first}`.", command, first),
        },
        ErrorKind::InvalidValue => match words.get(1) {
            Some(word) => no_such_choice(&first, &quotable(word), command),
            None => text!("`{command} {first}` needs another word.", command, first),
        },
        _ => text!(
            "`{command} {first}` does not take that many words.",
            command,
            first
        ),
    };
    Error::new(Kind::Invalid, message)
}

/// A word that a verb does not know, and those that it does.
fn no_such_choice(verb: &str, typed: &str, command: &str) -> Text {
    let words: &[&str] = match verb {
        "usage" => &usage::Word::WORDS,
        _ => &channel::Word::WORDS,
    };
    let meant = match closest(typed, words.iter().copied()) {
        Some(word) => text!(
            "Did you mean `{command} {verb} {word}`?",
            command,
            verb,
            word
        ),
        None => text!(
            "It takes one of these: `{words}`.",
            words = words.join("`, `")
        ),
    };
    text!(
        "`{command} {verb}` does not know `{typed}`. {meant}",
        command,
        verb,
        typed,
        meant
    )
}

/// The verb that is fewest slips away: clap's own measure prefers `disconnect` for `connct`.
fn suggestion(typed: &str) -> Option<String> {
    let typed = typed.to_lowercase();
    let slips = |verb: &str| strsim::damerau_levenshtein(&typed, verb);
    let grammar = Grammar::command();
    let verbs = grammar.get_subcommands().map(clap::Command::get_name);
    let near = verbs
        .map(|verb| (slips(verb), verb))
        .filter(|(slips, _)| *slips <= MOST_SLIPS);
    near.min_by_key(|(slips, _)| *slips)
        .map(|(_, verb)| verb.to_owned())
}

/// The connection that is meant: the one named, or the only one there is.
async fn meant(app: &App, caller: &Caller, name: Option<&str>) -> Result<Meant> {
    if let Some(name) = name {
        let connection = app.connections.find(&caller.person, name).await?;
        return Ok(Meant::These(vec![connection]));
    }
    let connections = app.connections.list(&caller.person).await?;
    Ok(if connections.is_empty() {
        Meant::None
    } else {
        Meant::These(connections)
    })
}

enum Meant {
    None,
    These(Vec<crate::domain::connection::Connection>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_understood_or_suggested() {
        let check = |text: &str, expected: std::result::Result<Verb, &str>| match (
            parse(text, "/mcp"),
            expected,
        ) {
            (Ok(verb), Ok(expected)) => assert_eq!(verb, expected, "{text:?}"),
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{error} lacks {part:?}");
            }
            (outcome, expected) => panic!("{text:?}: {outcome:?}, expected {expected:?}"),
        };
        check("  ", Ok(Verb::Help));
        check("  LIST ", Ok(Verb::List));
        check("connect", Ok(Verb::Connect { service: None }));
        check(
            "connect github",
            Ok(Verb::Connect {
                service: Some("github".to_owned()),
            }),
        );
        check(
            "test \"sales db\"",
            Ok(Verb::Test {
                connection: Some("sales db".to_owned()),
            }),
        );
        check("channel", Ok(Verb::Channel { choice: None }));
        check(
            "channel threads",
            Ok(Verb::Channel {
                choice: Some(channel::Word::Threads),
            }),
        );
        check(
            "channel thraeds",
            Err("Did you mean `/mcp channel threads`?"),
        );
        check("channel revenue", Err("It takes one of these: `mentions`"));
        check("tset", Err("Did you mean `/mcp test`?"));
        check("connct", Err("Did you mean `/mcp connect`?"));
        check("disconect", Err("Did you mean `/mcp disconnect`?"));
        check("lst", Err("Did you mean `/mcp list`?"));
        check("😀", Err("I do not know `/mcp 😀`."));
        check("مرحبا", Err("I do not know"));
        check("test \"a", Err("never closed"));
        check("list everything now", Err("does not take that many words"));
        check("--help", Err("--help"));
        check("usage", Ok(Verb::Usage { what: None }));
        check(
            "usage export",
            Ok(Verb::Usage {
                what: Some(usage::Word::Export),
            }),
        );
        check("usage exprot", Err("Did you mean `/mcp usage export`?"));
        check(
            "Model demo/demo",
            Ok(Verb::Model {
                name: Some("demo/demo".to_owned()),
            }),
        );
    }

    #[test]
    fn only_what_is_a_command_word_for_word_is_no_question() {
        for command in ["list", "Tools github", "connect", "help", "model gpt-5"] {
            assert!(is_spoken(command), "{command}");
        }
        for question in [
            "",
            "list my customers",
            "which tools do I have?",
            "test the shop database",
            "hello",
            "usage of disks",
        ] {
            assert!(!is_spoken(question), "{question}");
        }
    }
}
