//! `patchbay doctor` — what works, what is missing, and where to get it.

use std::process::ExitCode;

use super::say;
use crate::cards::Registry;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::llm::catalogue::Catalogue;
use crate::llm::demo::DemoModel;
use crate::net;
use crate::secrets::Sealer;
use crate::slack::client::CallError;
use crate::slack::socket::Failure;
use crate::slack::{SlackClient, Transport};
use crate::store::Store;

pub async fn run(config: &Config) -> Result<ExitCode> {
    let checks = [
        report(
            "settings",
            config.validate().map(|()| "complete".to_owned()),
        ),
        report("database", database(config).await),
        report(
            "sealing key",
            Sealer::from_config(&config.secrets).map(|_| "usable".to_owned()),
        ),
        report("slack", slack(config).await),
        report("sockets", sockets(config).await),
        report("model", model(config).await),
        report("run cards", cards(config)),
        report("SQLite files", sqlite_files(config)),
    ];
    let healthy = checks.iter().all(|works| *works);
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn database(config: &Config) -> Result<String> {
    Store::reach(&config.database).await?;
    let store = Store::connect(&config.database).await?;
    store.ping().await?;
    store.close().await;
    Ok("answers".to_owned())
}

async fn slack(config: &Config) -> Result<String> {
    if config.slack.bot_token.is_none() {
        return Err(
            Error::new(Kind::Invalid, "Not tried: there is no bot token.")
                .hint("docs/slack-app.md says where to get one."),
        );
    }
    let client = SlackClient::new(&config.slack)?;
    let identity = client.identity().await.map_err(why)?;
    Ok(format!("signed in to {identity}"))
}

/// Refused, or not reached: two different people mend that.
fn why(error: CallError) -> Error {
    let (sentence, hint) = match &error {
        CallError::Refused(code) => (
            format!("Slack refuses the bot token (`{code}`)."),
            "Copy it again into SLACK_BOT_TOKEN, after the last reinstall of the app.",
        ),
        CallError::RateLimited(wait) => (
            format!("Slack asks to wait {} seconds.", wait.as_secs()),
            "Try again then.",
        ),
        CallError::Unheard(how) => (
            format!("Slack cannot be reached ({how})."),
            "Check slack.api_url, and that this machine reaches slack.com.",
        ),
    };
    Error::from(error).reworded(sentence, Some(hint.into()))
}

/// Whether a socket can be opened: an address for one is asked for, and not used.
async fn sockets(config: &Config) -> Result<String> {
    if config.slack.transport == Transport::Http {
        return Ok("not used: Slack sends requests over HTTP".to_owned());
    }
    if config.slack.app_token.is_none() {
        return Err(
            Error::new(Kind::Invalid, "Not tried: there is no app token.")
                .hint("docs/slack-app.md says where to get one."),
        );
    }
    let asked = SlackClient::new(&config.slack)?.socket_address().await;
    let said = |failure: Failure| Error::new(Kind::Upstream, format!("{failure}."));
    asked.map_err(|error| said(error.into()))?;
    Ok("Slack gives them out".to_owned())
}

async fn model(config: &Config) -> Result<String> {
    let catalogue = Catalogue::new(&config.models, &config.well_known, net::plain_client()?);
    let model = catalogue.choose().await?;
    let rules = match model.name() {
        DemoModel::NAME => ", fixed rules to show the product. Set a key for a language model",
        _ => ". Its key was not tried",
    };
    Ok(format!("answers come from {}{rules}", model.name()))
}

/// A broken card is left out when the bot starts; here it is a fault.
fn cards(config: &Config) -> Result<String> {
    let (registry, problems) = Registry::load(config.cards.directory.as_deref());
    match problems.as_slice() {
        [] => Ok(format!("{} can be connected", registry.all().len())),
        [first, ..] => Err(Error::new(
            Kind::Invalid,
            format!("{} problems, the first: {first}.", problems.len()),
        )
        .hint("`patchbay cards lint` with the folder lists them all.")),
    }
}

fn sqlite_files(config: &Config) -> Result<String> {
    let files = &config.tools.sqlite_databases;
    let missing = files.iter().find(|(_, path)| !path.is_file());
    match missing {
        None => Ok(format!("{} offered", files.len())),
        Some((name, path)) => Err(Error::new(
            Kind::NotFound,
            format!("`{name}` leads to {}, where no file is.", path.display()),
        )
        .hint("Correct tools.sqlite_databases.")),
    }
}

fn report(what: &str, outcome: Result<String>) -> bool {
    match outcome {
        Ok(detail) => {
            say(&format!("ok       {what}: {detail}"));
            true
        }
        Err(error) => {
            say(&format!("missing  {what}: {}", error.sentence()));
            // The others have a sentence for each cause.
            if let (Some(cause), "database") = (error.cause(), what) {
                say(&format!("         cause: {cause:#}"));
            }
            false
        }
    }
}
