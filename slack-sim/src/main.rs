//! `slack-sim`: runs simulated workspaces until it is interrupted.

use std::io::Write;

use clap::Parser;
use slack_sim::{AppConfig, Delivery, Limits, Sim, SimConfig, WorkspaceConfig};

/// Slack workspaces on loopback, speaking Slack's real protocol.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, env = "SLACK_SIM_PORT", default_value_t = 8701)]
    port: u16,
    /// How to reach the app: `socket`, or the base address for signed POSTs.
    #[arg(long, env = "SLACK_SIM_DELIVERY", default_value = "socket", value_parser = delivery)]
    delivery: Delivery,
    /// Another workspace, with the app in it; may be given several times.
    #[arg(long, value_name = "NAME")]
    workspace: Vec<String>,
    /// Another workspace, into which somebody has yet to let the app over OAuth.
    #[arg(long, value_name = "NAME")]
    workspace_without_app: Vec<String>,
    /// Let every method be called as often as the app likes.
    #[arg(long)]
    no_rate_limits: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let workspaces = workspaces(&options);
    let config = SimConfig {
        port: options.port,
        app: AppConfig {
            delivery: options.delivery,
            ..AppConfig::default()
        },
        workspaces: workspaces.clone(),
        limits: Limits {
            tiers: !options.no_rate_limits,
            ..Limits::default()
        },
        ..SimConfig::default()
    };
    let app = config.app.clone();
    let sim = Sim::start(config).await?;
    let mut out = std::io::stdout();
    writeln!(out, "workspace      {}", sim.url())?;
    writeln!(out, "Web API        {}", sim.api_url())?;
    writeln!(out, "bot token      {}", app.bot_token)?;
    writeln!(out, "app token      {}", app.app_token)?;
    writeln!(out, "signing secret {}", app.signing_secret)?;
    writeln!(
        out,
        "client         {} {}",
        app.client_id, app.client_secret
    )?;
    writeln!(out, "OAuth          {}/oauth/v2/authorize", sim.url())?;
    for WorkspaceConfig {
        name, installed, ..
    } in &workspaces
    {
        let token = match installed {
            true => sim.workspace(name)?.bot_token(),
            false => "none before the app is installed".to_owned(),
        };
        writeln!(out, "in {name}: bot token {token}")?;
    }
    tokio::signal::ctrl_c().await?;
    sim.stop().await;
    Ok(())
}

/// The workspaces beside the first.
fn workspaces(options: &Options) -> Vec<WorkspaceConfig> {
    let with = options.workspace.iter();
    let with = with.map(|name| WorkspaceConfig::new(name));
    let without = options.workspace_without_app.iter();
    let without = without.map(|name| WorkspaceConfig::new(name).without_app());
    with.chain(without).collect()
}

fn delivery(word: &str) -> Result<Delivery, String> {
    if word == "socket" {
        return Ok(Delivery::Socket);
    }
    if word.starts_with("http://") || word.starts_with("https://") {
        return Ok(Delivery::Http {
            request_url: word.to_owned(),
        });
    }
    Err("give `socket` or the app's base address".to_owned())
}
