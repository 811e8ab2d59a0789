//! Socket Mode: from the envelope's leaving the simulated Slack to its acknowledgement, one at a time.

use std::time::{Duration, Instant};

use anyhow::ensure;
use slack_sim::{Sim, SimConfig};

use crate::load::Outcome;
use crate::servers::{Launcher, Server, Transport};

const ROUNDS: usize = 3;
const COMMANDS: usize = 60;
/// Between one acknowledgement and the next command.
const PAUSE: Duration = Duration::from_millis(20);

/// An app and the workspace it serves.
struct Side {
    sim: Sim,
    server: Server,
    outcome: Outcome,
}

/// `/mcp help` in turns: Patchbay, which stores it first, and Bolt, which answers it as well.
pub async fn measure(launcher: &Launcher) -> anyhow::Result<[Outcome; 2]> {
    let sim = Sim::start(SimConfig::default()).await?;
    let server = launcher.patchbay("socket", Transport::Socket, &sim.api_url())?;
    let mut patchbay = Side::new(sim, server).await?;
    let sim = Sim::start(SimConfig::default()).await?;
    let api_url = sim.api_url();
    let server = launcher.bolt("bolt-socket", Transport::Socket, &api_url, "answers");
    let mut bolt = Side::new(sim, server.await?).await?;
    for _ in 0..ROUNDS {
        patchbay.round().await;
        bolt.round().await;
    }
    Ok([patchbay.stop().await?, bolt.stop().await?])
}

impl Side {
    async fn new(sim: Sim, server: Server) -> anyhow::Result<Self> {
        ensure!(
            sim.connected().await,
            "an app opened no socket; its log:\n{}",
            server.log()
        );
        let mut side = Self {
            sim,
            server,
            outcome: Outcome::default(),
        };
        // The first ones open connections and fill caches.
        side.round().await;
        side.outcome = Outcome::default();
        Ok(side)
    }

    async fn round(&mut self) {
        for _ in 0..COMMANDS {
            let sent = Instant::now();
            let acked = self.sim.command("alice", "general", "/mcp", "help").await;
            let latency = sent.elapsed();
            self.outcome.sent += 1;
            match acked.error {
                None => self.outcome.latencies.push(latency),
                Some(error) => *self.outcome.errors.entry(error).or_default() += 1,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn stop(self) -> anyhow::Result<Outcome> {
        self.server.stop().await?;
        self.sim.stop().await;
        Ok(self.outcome)
    }
}
