//! From starting the program to being of use: `serve` against the simulated Slack, and the playground.

use std::time::{Duration, Instant};

use serde_json::Value;
use slack_sim::{Sim, SimConfig};

use crate::servers::{Launcher, Server, Transport};

const STARTS: usize = 9;

/// How long one kind of start took.
#[derive(Debug)]
pub struct Starts {
    pub what: &'static str,
    /// The first, which makes the database.
    pub first: Duration,
    /// The others, which find it.
    pub later: Vec<Duration>,
}

/// `patchbay serve` on the HTTP transport, until `/readyz` says yes.
pub async fn serve(launcher: &Launcher) -> anyhow::Result<Starts> {
    let sim = Sim::start(SimConfig::default()).await?;
    let mut times = Vec::new();
    for _ in 0..=STARTS {
        let started = Instant::now();
        let server = launcher.patchbay("serve", Transport::Http, &sim.api_url())?;
        let server = server.ready().await?;
        times.push(started.elapsed());
        server.stop().await?;
    }
    sim.stop().await;
    Ok(starts("patchbay serve, to /readyz", times))
}

/// `patchbay playground`, until its page is served and until the bot is connected to it.
pub async fn playground(launcher: &Launcher) -> anyhow::Result<[Starts; 2]> {
    let (mut page, mut connected) = (Vec::new(), Vec::new());
    for _ in 0..=STARTS {
        let started = Instant::now();
        let mut server = launcher.playground("playground")?;
        server.until("/", |body| !body.is_empty()).await?;
        page.push(started.elapsed());
        wait_for_sockets(&mut server).await?;
        connected.push(started.elapsed());
        server.stop().await?;
    }
    Ok([
        starts("patchbay playground, to its page", page),
        starts("patchbay playground, to the bot being connected", connected),
    ])
}

async fn wait_for_sockets(server: &mut Server) -> anyhow::Result<()> {
    let connected = |body: &[u8]| {
        let state: Value = serde_json::from_slice(body).unwrap_or_default();
        state["sockets"].as_u64() > Some(0)
    };
    server.until("/sim/state", connected).await
}

fn starts(what: &'static str, times: Vec<Duration>) -> Starts {
    Starts {
        what,
        first: times[0],
        later: times[1..].to_vec(),
    }
}
