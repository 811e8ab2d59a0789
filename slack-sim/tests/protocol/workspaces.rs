//! Several workspaces with one app: each has its own people, tokens and ids, and nothing of one shows in another.

use serde_json::Value;
use slack_sim::{Limits, Sim, SimConfig, WorkspaceConfig};

mod apart;
mod control;
mod installs;

/// The second workspace's bot token.
const SECOND: &str = "xoxb-sim-2";

/// Two workspaces with the same people and channels, the second seen from itself.
async fn two() -> (Sim, Sim) {
    of(Limits::default(), WorkspaceConfig::new("Second")).await
}

async fn of(limits: Limits, second: WorkspaceConfig) -> (Sim, Sim) {
    let config = SimConfig {
        limits,
        workspaces: vec![second],
        ..SimConfig::default()
    };
    let sim = Sim::start(config).await.unwrap();
    let second = sim.workspace("Second").unwrap();
    (sim, second)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
