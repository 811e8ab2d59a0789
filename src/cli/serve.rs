//! `patchbay serve` — run the bot until it is told to stop.

use std::path::Path;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, Environment};
use crate::error::{Error, Result};
use crate::telemetry;

pub async fn run(
    config: Config,
    file: Option<&Path>,
    environment: &Environment,
) -> Result<ExitCode> {
    let mut hangup = signal(SignalKind::hangup()).map_err(Error::internal)?;
    let app = App::build(config, Clock::System).await?;
    app.start().await?;
    let ended = wait_for_signal();
    tokio::pin!(ended);
    loop {
        tokio::select! {
            ended = &mut ended => {
                ended?;
                break;
            }
            Some(()) = hangup.recv() => read_again(&app, file, environment),
        }
    }
    tracing::info!("stopping");
    app.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// At SIGHUP: the level of the log and the prices, as they are written now. What cannot be read changes
/// nothing.
fn read_again(app: &App, file: Option<&Path>, environment: &Environment) {
    let level =
        Config::load(file, environment).and_then(|config| telemetry::change_level(&config.log));
    for (what, read) in [
        ("the level of the log", level),
        ("the prices", app.models.prices().reload()),
    ] {
        match read {
            Ok(()) => tracing::info!("read {what} again"),
            Err(error) => tracing::error!(
                error.cause = ?error.cause(),
                "could not read {what} again, so nothing of it changed: {}",
                error.sentence()
            ),
        }
    }
}

/// Resolves at SIGTERM or Ctrl-C.
pub async fn wait_for_signal() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
