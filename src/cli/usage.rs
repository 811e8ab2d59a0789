//! `patchbay usage` — everything that was used, for whoever pays for it.

use std::process::ExitCode;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::write;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::ids::TeamId;
use crate::store::{Span, Store, UseOf};
use crate::usage::{Columns, export};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print every call and completion as CSV, the oldest first. The bot may be running.
    Export {
        /// The first day, by the clock of UTC: 2026-11-01. Without it, from the beginning.
        #[arg(long, value_name = "DAY")]
        from: Option<NaiveDate>,
        /// The last day. Without it, until now.
        #[arg(long, value_name = "DAY")]
        to: Option<NaiveDate>,
        /// One workspace alone, by its id: T0123ABCD.
        #[arg(long, value_name = "ID")]
        team: Option<String>,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    let Command::Export { from, to, team } = command;
    let team = team.map(TeamId::new);
    let span = Span {
        of: team.as_ref().map(UseOf::Workspace),
        from: from.map_or(DateTime::UNIX_EPOCH, midnight),
        to: to.map_or_else(|| Clock::System.now(), after),
    };
    if span.from >= span.to {
        return Err(Error::new(Kind::Invalid, "--from is after --to.")
            .hint("Both days count: give the same day twice for one day."));
    }
    let store = Store::connect(&config.database).await?;
    export(&store, span, Columns::OfEverybody, usize::MAX, write).await?;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// The end of that day.
fn after(day: NaiveDate) -> DateTime<Utc> {
    midnight(day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX))
}
