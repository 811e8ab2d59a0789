//! `patchbay cards` — check run cards before people meet them.

use std::path::PathBuf;
use std::process::ExitCode;

use super::say;
use crate::cards::Registry;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Check the built-in cards, and those of a folder.
    Lint {
        /// A folder of YAML files.
        directory: Option<PathBuf>,
    },
}

pub fn run(command: &Command) -> ExitCode {
    let Command::Lint { directory } = command;
    let (registry, problems) = Registry::load(directory.as_deref());
    for problem in &problems {
        say(&problem.to_string());
    }
    let cards = registry.all().len();
    if problems.is_empty() {
        say(&format!("{cards} cards, no problems"));
        return ExitCode::SUCCESS;
    }
    say(&format!("{cards} cards load; problems: {}", problems.len()));
    ExitCode::FAILURE
}
