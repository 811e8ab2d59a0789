//! `patchbay doctor` — what works, what is missing, and where to get it.

use std::process::ExitCode;

use super::say;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::llm::catalogue::Catalogue;
use crate::net;
use crate::secrets::Sealer;
use crate::slack::SlackClient;
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
        report("model", model(config).await),
    ];
    let healthy = checks.iter().all(|works| *works);
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn database(config: &Config) -> Result<String> {
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
    let identity = SlackClient::new(&config.slack)?
        .identity()
        .await
        .map_err(|error| {
            Error::from(error).reworded(
                "Slack does not accept the bot token, or cannot be reached.".to_owned(),
                Some("Check SLACK_BOT_TOKEN, and that this machine reaches slack.com.".to_owned()),
            )
        })?;
    Ok(format!("signed in to {identity}"))
}

async fn model(config: &Config) -> Result<String> {
    let catalogue = Catalogue::new(&config.models, &config.well_known, net::plain_client()?);
    let model = catalogue.choose().await?;
    Ok(format!("answers come from {}", model.name()))
}

fn report(what: &str, outcome: Result<String>) -> bool {
    match outcome {
        Ok(detail) => {
            say(&format!("ok       {what}: {detail}"));
            true
        }
        Err(error) => {
            say(&format!("missing  {what}: {}", error.sentence()));
            false
        }
    }
}
