//! Logging: one line per thing that happened, for people or for machines.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::EnvFilter;

use crate::config::{LogConfig, LogFormat};
use crate::error::{Error, Kind, Result};

/// Starts logging to standard error; once per process.
pub fn start(config: &LogConfig) -> Result<()> {
    let filter = EnvFilter::try_new(&config.level).map_err(|error| {
        Error::new(Kind::Invalid, "`log.level` cannot be read.")
            .hint("Use error, warn, info, debug or trace, or `info,patchbay::agent=debug`.")
            .source(error)
    })?;
    // These log whole frames, socket tickets, bodies or bound values.
    let filter = [
        "slack_morphism=off",
        "genai=off",
        "sqlx=warn",
        "tungstenite=off",
        "tokio_tungstenite=off",
        "hyper=warn",
        "rustls=warn",
    ]
    .iter()
    .filter_map(|directive| directive.parse().ok())
    .fold(filter, EnvFilter::add_directive);
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match config.format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| Error::internal(anyhow::anyhow!("{error}")))
}
