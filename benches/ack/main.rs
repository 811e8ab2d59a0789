//! How soon the bot is up and a delivery acknowledged, next to floors and Bolt for Python, all in one run.

mod commits;
mod floor;
mod load;
mod numbers;
mod print;
mod requests;
mod rounds;
mod servers;
mod sink;
mod sockets;
mod startup;
mod streams;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use servers::Launcher;

/// The whole of it takes about three minutes; a machine on which it takes longer says nothing.
const LIMIT: Duration = Duration::from_secs(300);

#[derive(Debug, Parser)]
struct Arguments {
    /// The core that servers are bound to; this program should be bound to another.
    #[arg(long)]
    core: Option<String>,
    /// The Python that has the packages of `requirements.txt`.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a floor: this program starts itself so.
    Floor {
        kind: String,
        port: u16,
        folder: PathBuf,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(Command::Floor { kind, port, folder }) = &arguments.command {
        return floor::serve(kind, *port, folder).await;
    }
    // Beside the build: the system's own place for such things may be memory, where no commit waits.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let measured = tokio::time::timeout(LIMIT, measure(&arguments, folder.path())).await;
    measured.context("it took too long")?
}

async fn measure(arguments: &Arguments, folder: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    let launcher = Launcher {
        core: arguments.core.clone(),
        python: arguments.python.clone(),
        folder: folder.to_owned(),
    };
    let mut print = print::Printer::default();
    print.conditions(&launcher);

    let serve = startup::serve(&launcher.unbound()).await?;
    let playground = startup::playground(&launcher.unbound()).await?;
    print.starts(&serve, &playground);

    let report = rounds::measure(&launcher).await?;
    print.rounds(&report);
    print.commits(&commits::measure(&launcher).await?);
    print.sockets(&sockets::measure(&launcher).await?);
    print.streams(&streams::measure(&launcher).await?);
    print.bars(started.elapsed());
    Ok(())
}
