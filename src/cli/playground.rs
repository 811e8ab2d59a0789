//! `patchbay playground` — the whole product in a browser: a simulated workspace, a sample database, a model.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use secrecy::SecretString;
use slack_sim::{AppConfig, Delivery, Limits, Sim, SimConfig};

use super::serve::End;
use super::{say, simulated, transport};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::llm::demo::DemoModel;
use crate::slack::Transport;
use crate::tools::sources::sql::{SAMPLE, ensure_sample};

/// How the playground runs.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where the workspace's page is.
    #[arg(long, default_value_t = 4170)]
    port: u16,
    /// Where the playground keeps its database, its key and the sample data.
    #[arg(long, default_value = "data/playground")]
    data: PathBuf,
    /// How the simulated Slack reaches the bot.
    #[arg(long, default_value = "socket", value_parser = transport)]
    transport: Transport,
}

pub async fn run(mut config: Config, arguments: Arguments) -> Result<ExitCode> {
    let mut end = End::heard()?;
    let workspace = workspace(&arguments);
    let slack = workspace.app.clone();
    let sim = start(workspace).await?;
    // So that the admins' part of the Home can be seen.
    sim.set_admin("alice", true).map_err(Error::internal)?;
    settle(&mut config, &arguments, &sim, &slack)?;
    let app = App::build(config, Clock::System).await?;
    // The folder is this process's alone by now.
    ensure_sample(&arguments.data.join("shop.db")).await?;
    let address = app.start().await?;
    if arguments.transport == Transport::Http {
        let request_url = format!("http://{address}");
        sim.set_delivery(Delivery::Http { request_url })
            .await
            .map_err(Error::internal)?;
    }
    say(&welcome(&sim.url(), &app.model));
    end.asked().await;
    app.stop().await;
    sim.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// A small company with this bot in it.
fn workspace(arguments: &Arguments) -> SimConfig {
    SimConfig {
        port: arguments.port,
        team_name: "Playground".to_owned(),
        app: simulated::app(),
        limits: Limits {
            tiers: true,
            ..Limits::default()
        },
        ..SimConfig::default()
    }
}

async fn start(config: SimConfig) -> Result<Sim> {
    let port = config.port;
    Sim::start(config).await.map_err(|error| {
        Error::new(
            Kind::Unavailable,
            format!("The playground's page cannot be served on port {port}."),
        )
        .hint("Another playground may be running: stop it, or choose another port with --port.")
        .source(error)
    })
}

/// Everything a person would have to fill in, filled in for the simulated workspace.
fn settle(config: &mut Config, arguments: &Arguments, sim: &Sim, slack: &AppConfig) -> Result<()> {
    std::fs::create_dir_all(&arguments.data).map_err(|error| {
        Error::new(
            Kind::Unavailable,
            format!("The folder `{}` cannot be made.", arguments.data.display()),
        )
        .hint("Choose another one with --data.")
        .source(error)
    })?;
    config.slack.transport = arguments.transport;
    config.slack.api_url = sim.api_url();
    config.slack.bot_token = Some(SecretString::from(slack.bot_token.clone()));
    config.slack.app_token = Some(SecretString::from(slack.app_token.clone()));
    config.slack.signing_secret = Some(SecretString::from(slack.signing_secret.clone()));
    config.slack.command = slack.command.clone();
    config.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.database.url = format!("sqlite:{}", arguments.data.join("patchbay.db").display());
    config.secrets.key = None;
    config.secrets.key_file = arguments.data.join("patchbay.key");
    // The playground is one person's machine: what runs on it may be connected to.
    config.network.allow_loopback();
    let sample = arguments.data.join("shop.db");
    config
        .tools
        .sqlite_databases
        .insert(SAMPLE.to_owned(), sample);
    Ok(())
}

fn welcome(url: &str, model: &str) -> String {
    let rules = match model {
        DemoModel::NAME => {
            ": fixed rules, not a language model. With a key such as\nANTHROPIC_API_KEY in the environment, a real one answers"
        }
        _ => "",
    };
    format!(
        "\nPatchbay playground: open {url}\n\n\
         \x20 1. type  /mcp connect sqlite  and press Connect: a sample shop's database\n\
         \x20 2. ask   @patchbay show me all users from my database\n\n\
         Answers come from {model}{rules}.\nPress Ctrl-C to stop.\n"
    )
}
