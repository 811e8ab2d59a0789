//! `patchbay cards` — check, test, begin and import run cards before people meet them.

mod diff;
mod golden;
mod import;
mod workspace;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use super::{say, write};
use crate::cards::{EMBEDDED, LintReport, Registry, SCHEMA, lint, parse};
use crate::config::Config;
use crate::domain::card::Card;
use crate::error::{Error, Kind, Result};

/// What `cards new` writes; `NAME` becomes the name that was asked for.
const SKELETON: &str = include_str!("cards/skeleton.yaml");

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check the built-in cards, and those of a folder.
    Lint {
        /// A folder of YAML files.
        directory: Option<PathBuf>,
    },
    /// Run the tests that cards hold, offline: the built-in cards', or those of a file or folder.
    Test {
        /// A YAML file, or a folder of them.
        path: Option<PathBuf>,
    },
    /// Begin a card: writes NAME.yaml.
    New {
        /// What people will type after `/mcp connect`.
        name: String,
        /// The folder for it.
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        to: PathBuf,
    },
    /// Print the schema of cards, by which an editor completes and checks them.
    Schema,
    /// Make cards of the MCP servers in a file of Claude, Cursor, VS Code, LiteLLM or the MCP registry.
    Import(import::Arguments),
    #[command(flatten)]
    OfWorkspace(workspace::Command),
}

pub async fn run(command: Command, config: impl FnOnce() -> Result<Config>) -> Result<ExitCode> {
    match &command {
        Command::Lint { directory } => Ok(lint_all(directory.as_deref())),
        Command::Test { path } => test(path.as_deref()).await,
        Command::New { name, to } => begin(name, to),
        Command::Schema => {
            write(SCHEMA);
            Ok(ExitCode::SUCCESS)
        }
        Command::Import(arguments) => import::run(arguments),
        Command::OfWorkspace(command) => workspace::run(&config()?, command).await,
    }
}

fn lint_all(directory: Option<&Path>) -> ExitCode {
    let (registry, problems) = Registry::load(directory);
    // Whoever names a folder wants to see that its cards were found.
    let own = directory.map(lint);
    let lines = own.iter().flat_map(LintReport::good);
    lines.for_each(|card| say(&card));
    for problem in &problems {
        say(&problem.to_string());
    }
    let cards = own.map_or(registry.all().len(), |own| own.cards.len());
    let cards = count(cards, "card");
    if problems.is_empty() {
        say(&format!("{cards}, no problems"));
        return ExitCode::SUCCESS;
    }
    say(&format!("{cards} good; problems: {}", problems.len()));
    ExitCode::FAILURE
}

fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

async fn test(path: Option<&Path>) -> Result<ExitCode> {
    let (cards, problems) = match path {
        Some(path) => {
            let report = lint(path);
            (report.cards, report.problems)
        }
        None => embedded(),
    };
    for problem in &problems {
        say(&problem.to_string());
    }
    let (mut ran, mut failed) = (0, problems.len());
    for (file, card) in cards {
        for outcome in golden::run(&card).await? {
            ran += 1;
            if let Err(difference) = outcome.result {
                failed += 1;
                say(&format!("{file}: {}\n{difference}", outcome.name));
            }
        }
    }
    say(&format!(
        "{}, {}",
        count(ran, "test"),
        count(failed, "problem")
    ));
    Ok(match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

type Cards = (Vec<(String, Arc<Card>)>, Vec<crate::cards::CardProblem>);

fn embedded() -> Cards {
    let (mut cards, mut problems) = (Vec::new(), Vec::new());
    for (file, text) in EMBEDDED {
        match parse(file, text) {
            Ok(card) => cards.push((file.to_owned(), Arc::new(card))),
            Err(found) => problems.extend(found),
        }
    }
    (cards, problems)
}

fn begin(name: &str, folder: &Path) -> Result<ExitCode> {
    let text = SKELETON.replace("NAME", name);
    if let Err(problems) = parse(name, &text) {
        let reason = problems
            .first()
            .map(|problem| problem.reason.clone())
            .unwrap_or_default();
        return Err(Error::new(
            Kind::Invalid,
            format!("A card cannot be called that: {reason}."),
        )
        .hint("Use lower-case letters, digits and `-`, such as `help-desk`."));
    }
    let path = folder.join(format!("{name}.yaml"));
    let file = path.strip_prefix(".").unwrap_or(&path).display();
    let written = OpenOptions::new().write(true).create_new(true).open(&path);
    written
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound => "Make the folder first.",
                _ => "Is there a file of that name already? Choose another name, or remove it.",
            };
            let what = format!("{file} cannot be written.");
            Error::new(Kind::Conflict, what).hint(hint).source(error)
        })?;
    let folder = folder.display();
    say(&format!(
        "Wrote {file}. Change it to fit the service, then run: patchbay cards lint {folder} && patchbay cards test {file}"
    ));
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_skeleton_is_a_good_card_whose_tests_hold() {
        let text = SKELETON.replace("NAME", "help-desk");
        let card = parse("help-desk.yaml", &text).unwrap_or_else(|problems| panic!("{problems:?}"));
        let outcomes = golden::run(&card).await.unwrap();
        assert!(!outcomes.is_empty());
        for outcome in outcomes {
            assert_eq!(outcome.result, Ok(()), "{}", outcome.name);
        }
        let changes = [
            ("GET /tickets", "GET /ticket", "-GET /ticket?"),
            (
                "title: Printer is out of paper",
                "title: Other",
                "-    \"title\": \"Other\"",
            ),
            ("query: printer", "number: 7", "do not fit"),
            ("type: array", "type: string", "does not fit `output`"),
        ];
        for (from, to, said) in changes {
            assert!(text.contains(from), "{from}");
            let at = text.rfind(from).unwrap();
            let changed = format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
            let card = parse("help-desk.yaml", &changed).unwrap();
            let outcomes = golden::run(&card).await.unwrap();
            let difference = outcomes[0].result.clone().unwrap_err();
            assert!(difference.contains(said), "{to}: {difference}");
        }
    }

    #[tokio::test]
    async fn the_tests_of_the_built_in_cards_hold() {
        let (cards, problems) = embedded();
        assert!(problems.is_empty());
        for (file, card) in cards {
            for outcome in golden::run(&card).await.unwrap() {
                assert_eq!(outcome.result, Ok(()), "{file}: {}", outcome.name);
            }
        }
    }
}
