//! `patchbay prices` — see the prices that costs are estimated from, and bring them up to date.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use url::Url;

use super::say;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::llm::prices::{Listed, Prices, Table, imported};
use crate::net;

/// The largest list that is read; the real one has some megabytes.
const LARGEST: usize = 32 * 1024 * 1024;
/// How long an address may take to give it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Changes that are told one by one.
const MOST_TOLD: usize = 20;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show the prices in force, in US dollars per million tokens.
    List {
        /// Only models whose name has this in it.
        part: Option<String>,
    },
    /// Take the prices of LiteLLM's list into the file that `models.prices_file` names. They hold for
    /// what is asked from then on; what was recorded keeps its cost.
    Refresh {
        /// The list: a file, or an https address.
        source: String,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    let file = &config.models.prices_file;
    match command {
        Command::List { part } => list(&Prices::open(file)?, part.as_deref().unwrap_or("")),
        Command::Refresh { source } => refresh(file, &source).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(prices: &Prices, part: &str) {
    let tables = prices.tables();
    // Of a model in both, the first table's line is the one in force.
    let mut in_force: BTreeMap<&str, (&Listed, &str)> = BTreeMap::new();
    for table in &tables {
        for (model, listed) in table.listed().filter(|(model, _)| model.contains(part)) {
            in_force.entry(model).or_insert((listed, table.version()));
        }
    }
    for (model, (listed, version)) in in_force {
        say(&format!("{model}  {}  ({version})", line(listed)));
    }
    say("Models of `ollama`, `lm_studio` and `demo` cost nothing; any other is unpriced.");
}

fn line(listed: &Listed) -> String {
    let named = [
        ("input", Some(listed.input)),
        ("output", Some(listed.output)),
        ("cached input", listed.cached_input),
        ("cache write", listed.cache_write),
    ];
    let given = named
        .iter()
        .filter_map(|(name, price)| Some(format!("{name} {}", price.as_ref()?)));
    given.collect::<Vec<_>>().join(", ")
}

async fn refresh(file: &Path, source: &str) -> Result<()> {
    let text = match source.contains("://") {
        true => fetched(source).await?,
        false => std::fs::read_to_string(source).map_err(|error| {
            let what = format!("The file `{source}` cannot be read.");
            Error::new(Kind::NotFound, what)
                .hint("Give a file, or an https address.")
                .source(error)
        })?,
    };
    let table = imported(&text, source, Clock::System.now())?;
    let before = Prices::open(file)?;
    let own = Table::read(file)?;
    let table = match &own {
        Some(own) => table.with_own_lines_of(own),
        None => table,
    };
    let changes = changes(&before, &table);
    let kept = table.write(file)?;
    say(&format!(
        "{} models have a price now, version {}, in `{}`.",
        table.listed().count(),
        table.version(),
        file.display()
    ));
    if let Some(kept) = kept {
        say(&format!("The table before it is in `{}`.", kept.display()));
    }
    match changes.len() {
        0 => say("No price that was in force has changed."),
        count => say(&format!("Prices that changed: {count}.")),
    }
    for change in changes.iter().take(MOST_TOLD) {
        say(change);
    }
    if changes.len() > MOST_TOLD {
        say("… and others; `patchbay prices list` shows all.");
    }
    say("A bot that is running takes them when it is sent SIGHUP, or at its next start.");
    Ok(())
}

/// What was in force and is otherwise now.
fn changes(before: &Prices, now: &Table) -> Vec<String> {
    let tables = before.tables();
    let old = |model: &str| {
        let mut lines = tables.iter().flat_map(|table| table.listed());
        lines
            .find(|(name, _)| *name == model)
            .map(|(_, listed)| listed)
    };
    let changed = now.listed().filter_map(|(model, listed)| {
        let old = old(model).filter(|old| line(old) != line(listed))?;
        Some(format!("  {model}: {}; it was {}", line(listed), line(old)))
    });
    changed.collect()
}

/// The operator names the address, so it may be anywhere; but nobody on the way may change it.
async fn fetched(address: &str) -> Result<String> {
    let url = Url::parse(address)
        .ok()
        .filter(|url| url.scheme() == "https");
    let url = url.ok_or_else(|| {
        Error::new(Kind::Invalid, format!("`{address}` is no https address."))
            .hint("Prices from elsewhere are taken over https, or from a file.")
    })?;
    let who = url.host_str().unwrap_or_default().to_owned();
    let sent = net::plain_client()?.get(url).timeout(PATIENCE).send().await;
    let response = sent.map_err(|error| net::failure(&who, error))?;
    if !response.status().is_success() {
        let what = format!("{who} answered with {}.", response.status());
        return Err(Error::new(Kind::Upstream, what)
            .hint("Redirects are not followed: give the address that has the list itself."));
    }
    let body = net::read_body(&who, response, LARGEST, PATIENCE).await?;
    if body.truncated {
        return Err(Error::new(
            Kind::Invalid,
            format!("{who} answered with more than 32 MB, which is no price list."),
        )
        .hint("Give the address that has the list itself."));
    }
    String::from_utf8(body.bytes).map_err(|error| {
        Error::new(Kind::Invalid, format!("{who} answered with no text."))
            .hint("Give the address that has the list itself.")
            .source(error)
    })
}
