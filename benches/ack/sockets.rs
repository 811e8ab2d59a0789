//! Socket Mode: each kind of delivery, from the envelope's leaving the simulated Slack to its
//! acknowledgement, one at a time; and the processor time that it took.

use std::time::{Duration, Instant};

use anyhow::ensure;
use slack_sim::{Limits, Sim, SimConfig};

use crate::load::Outcome;
use crate::requests::{KINDS, Kind, Requests};
use crate::servers::{Launcher, Server, Transport};
use crate::sink::Sink;

const ROUNDS: usize = 3;
/// Of each kind in a round.
const DELIVERIES: usize = 40;
/// Between one acknowledgement and the next delivery.
const PAUSE: Duration = Duration::from_millis(20);
/// What comes after an acknowledgement is part of its processor time, and not seen from outside.
const AFTERWARDS: Duration = Duration::from_millis(500);

/// One kind of delivery to one app.
#[derive(Debug, Default)]
pub struct Taken {
    pub acknowledged: Outcome,
    /// Microseconds of processor time for a delivery, each round's.
    pub cpu: Vec<f64>,
}

/// By kind, in the order of [`KINDS`].
pub type Side = [Taken; 3];

/// An app and the workspace it serves.
struct App {
    sim: Sim,
    server: Server,
    requests: Requests,
    /// One for each mention of a round: Slack takes a message a second in a channel.
    channels: Vec<String>,
    taken: Side,
}

/// The three kinds in turns: Patchbay, which stores them first, and Bolt, which answers them as well.
pub async fn measure(launcher: &Launcher) -> anyhow::Result<[Side; 2]> {
    let sink = Sink::start().await?;
    let sim = workspace().await?;
    let server = launcher.patchbay("socket", Transport::Socket, &sim.api_url())?;
    let mut patchbay = App::new(sim, server, &sink).await?;
    let sim = workspace().await?;
    let api_url = sim.api_url();
    let server = launcher.bolt("bolt-socket", Transport::Socket, &api_url, "answers");
    let mut bolt = App::new(sim, server.await?, &sink).await?;
    for round in 0..ROUNDS {
        let order = if round % 2 == 0 {
            [&mut patchbay, &mut bolt]
        } else {
            [&mut bolt, &mut patchbay]
        };
        for app in order {
            app.round().await?;
        }
    }
    Ok([patchbay.stop().await?, bolt.stop().await?])
}

/// A workspace that holds nobody back: its limits are no part of what is measured.
pub async fn workspace() -> anyhow::Result<Sim> {
    let limits = Limits {
        posts_per_second: 1e6,
        post_burst: 1e6,
        tiers: false,
    };
    let config = SimConfig {
        limits,
        ..SimConfig::default()
    };
    Sim::start(config).await
}

impl App {
    async fn new(sim: Sim, server: Server, sink: &Sink) -> anyhow::Result<Self> {
        ensure!(
            sim.connected().await,
            "an app opened no socket; its log:\n{}",
            server.log()
        );
        let channels =
            (0..DELIVERIES).map(|number| sim.add_channel(&format!("m{number:02}x"), true));
        let channels = channels.collect::<Result<_, _>>()?;
        let mut app = Self {
            sim,
            server,
            requests: Requests::new(sink.address),
            channels,
            taken: Side::default(),
        };
        // The first ones open connections and fill caches.
        app.round().await?;
        app.taken = Side::default();
        Ok(app)
    }

    async fn round(&mut self) -> anyhow::Result<()> {
        for (index, kind) in KINDS.into_iter().enumerate() {
            let before = self.server.cpu()?;
            for number in 0..DELIVERIES {
                let channel = self.channels[number].clone();
                self.one(index, kind, &channel).await;
                tokio::time::sleep(PAUSE).await;
            }
            tokio::time::sleep(AFTERWARDS).await;
            let used = self.server.cpu()?.saturating_sub(before);
            let each = used.as_secs_f64() * 1e6 / DELIVERIES as f64;
            self.taken[index].cpu.push(each);
        }
        Ok(())
    }

    async fn one(&mut self, index: usize, kind: Kind, channel: &str) {
        let envelope = self.requests.envelope(kind, channel);
        let sent = Instant::now();
        let reports = self.sim.deliver(envelope).await;
        let latency = sent.elapsed();
        let outcome = &mut self.taken[index].acknowledged;
        outcome.sent += 1;
        match reports.as_slice() {
            [report] if report.acked => outcome.latencies.push(latency),
            _ => {
                let what = "no acknowledgement".to_owned();
                *outcome.errors.entry(what).or_default() += 1;
            }
        }
    }

    async fn stop(self) -> anyhow::Result<Side> {
        self.server.stop().await?;
        self.sim.stop().await;
        Ok(self.taken)
    }
}
