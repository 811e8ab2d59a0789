//! The command line: `serve` unless told otherwise.

mod cards;
mod config;
mod doctor;
mod manifest;
mod playground;
mod prices;
mod serve;
pub mod simulated;
mod usage;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Environment};
use crate::error::{Error, Result};
use crate::slack::Transport;
use crate::store::{Alone, Store};
use crate::telemetry;

/// A Slack bot that gives every person in a workspace their own tools.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// A file of settings; see `patchbay.toml` in the source.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the bot (the default).
    Serve,
    /// Run the bot with a simulated Slack workspace, in a browser, without any account.
    Playground(playground::Arguments),
    /// Bring the database up to date and exit.
    Migrate,
    /// Check the settings, the database, Slack and the model, and say what is missing.
    Doctor,
    /// Print every setting in force and where it came from, secrets hidden.
    Config,
    /// Work with run cards.
    #[command(subcommand)]
    Cards(cards::Command),
    /// See and bring up to date the prices that costs are estimated from.
    #[command(subcommand)]
    Prices(prices::Command),
    /// Get everything that was used.
    #[command(subcommand)]
    Usage(usage::Command),
    /// Print the Slack app manifest for a transport.
    Manifest(manifest::Arguments),
}

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    match dotenvy::dotenv() {
        Ok(_) => {}
        Err(error) if error.not_found() => {}
        Err(error) => return failed(&unreadable_dotenv(error)),
    }
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Error::internal(error)),
    };
    match runtime.block_on(run(arguments)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode> {
    let environment = Environment::of_process()?;
    let file = arguments.config.as_deref();
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            let config = load(file, &environment)?;
            config.validate()?;
            serve::run(config, file, &environment).await
        }
        Command::Playground(options) => playground::run(load(file, &environment)?, options).await,
        Command::Migrate => {
            let config = load(file, &environment)?;
            let store = Store::connect(&config.database).await?;
            let _alone = Alone::take(&config.database)?;
            store.migrate().await?;
            say("The database is up to date.");
            Ok(ExitCode::SUCCESS)
        }
        Command::Doctor => doctor::run(&Config::load(file, &environment)?).await,
        Command::Config => config::run(file, &environment),
        Command::Cards(command) => cards::run(command, || load(file, &environment)).await,
        Command::Prices(command) => prices::run(&load(file, &environment)?, command).await,
        Command::Usage(command) => usage::run(&load(file, &environment)?, command).await,
        Command::Manifest(options) => {
            say(&options.manifest());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn unreadable_dotenv(error: dotenvy::Error) -> Error {
    let line = match &error {
        // The line itself may be a secret.
        dotenvy::Error::LineParse(_, column) => {
            format!("A line of `.env` cannot be read, at its character {column}.")
        }
        _ => "The file `.env` cannot be read.".to_owned(),
    };
    Error::new(crate::error::Kind::Invalid, line)
        .hint("Put values that have spaces or quotes in single quotes.")
}

fn load(file: Option<&std::path::Path>, environment: &Environment) -> Result<Config> {
    let config = Config::load(file, environment)?;
    telemetry::start(&config.log)?;
    Ok(config)
}

/// Standard output is for what was asked for; logs go to standard error.
fn say(text: &str) {
    write(&format!("{text}\n"));
}

/// The same without the end of a line.
fn write(text: &str) {
    // Whoever read it may have gone, as `head` does; that is no failure of ours.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

#[expect(clippy::print_stderr, reason = "the last word of a failing command")]
fn failed(error: &Error) -> ExitCode {
    eprintln!("patchbay: {}", error.sentence());
    if let Some(cause) = error.cause() {
        eprintln!("cause: {cause:#}");
    }
    ExitCode::FAILURE
}

/// The transports by the names the command line uses.
fn transport(name: &str) -> std::result::Result<Transport, String> {
    match name {
        "socket" => Ok(Transport::Socket),
        "http" => Ok(Transport::Http),
        _ => Err("use `socket` or `http`".to_owned()),
    }
}
