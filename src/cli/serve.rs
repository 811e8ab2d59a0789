//! `patchbay serve` — run the bot until it is told to stop.

use std::path::Path;
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};

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
    let mut end = End::heard()?;
    let app = App::build(config, Clock::System).await?;
    app.start().await?;
    loop {
        tokio::select! {
            () = end.asked() => break,
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

/// SIGTERM and Ctrl-C, which are heard from when this is made: what came while the process was still starting is
/// there when it is asked for.
pub struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl End {
    pub fn heard() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(Error::internal)?,
            interrupt: signal(SignalKind::interrupt()).map_err(Error::internal)?,
        })
    }

    /// Resolves once the process was told to end.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
