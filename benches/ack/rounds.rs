//! Signed requests over HTTP: every server in every round, forwards and backwards in turn.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use crate::load::{self, Outcome};
use crate::numbers::{milliseconds, percentile};
use crate::requests::Requests;
use crate::servers::{Launcher, Server, Transport};
use crate::sink::Sink;

pub const ROUNDS: usize = 6;
/// Requests for the processor time, over connections.
pub const COUNT: usize = 400;
pub const CONNECTIONS: usize = 8;
/// Requests a second for the latency.
pub const RATE: u32 = 50;
const OPEN: Duration = Duration::from_secs(2);
/// The busy hour: what the acknowledgement must stand.
pub const BUSY_RATE: u32 = 200;
const BUSY: Duration = Duration::from_secs(6);

/// The servers by what they do for an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Empty,
    Hmac,
    Insert,
    /// The same program again: what differs between the two is noise.
    InsertAgain,
    Patchbay,
    Bolt,
    BoltAnswers,
}

impl Who {
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "axum, empty",
            Self::Hmac => "axum, signature",
            Self::Insert => "axum, signature, 1 insert",
            Self::InsertAgain => "the same again (A/A)",
            Self::Patchbay => "Patchbay: stored, acked, answered",
            Self::Bolt => "Bolt Python: acked",
            Self::BoltAnswers => "Bolt Python: acked, answered",
        }
    }

    fn answers(self) -> bool {
        matches!(self, Self::Patchbay | Self::BoltAnswers)
    }
}

/// One server and what was measured of it.
pub struct Measured {
    pub who: Who,
    server: Server,
    /// Microseconds of processor time for a request, a value a round.
    pub cpu: Vec<f64>,
    /// Milliseconds, a value a round.
    pub p50: Vec<f64>,
    /// Acknowledgements a second with every connection busy, a value a round.
    pub acks: Vec<f64>,
    pub steady: Outcome,
    pub busy: Option<Outcome>,
    pub errors: Outcome,
    pub memory: f64,
    /// What the fine clock missed of the coarse one.
    pub unseen_cpu: Duration,
}

/// Everything that was measured over HTTP.
pub struct Report {
    pub servers: Vec<Measured>,
    /// Requests that Patchbay acknowledged, and deliveries in its database.
    pub acknowledged: usize,
    pub stored: usize,
}

struct Bench {
    sink: Sink,
    requests: Arc<Requests>,
    answers: usize,
}

pub async fn measure(launcher: &Launcher) -> anyhow::Result<Report> {
    let sink = Sink::start().await?;
    let requests = Arc::new(Requests::new(sink.address));
    let mut servers = start(launcher, &sink.api_url()).await?;
    let mut bench = Bench {
        sink,
        requests,
        answers: 0,
    };
    for server in &mut servers {
        bench.warm_up(server).await?;
    }
    for round in 0..ROUNDS {
        for server in &mut servers {
            bench.round(server).await?;
        }
        servers.reverse();
        eprintln!("round {} of {ROUNDS} is done", round + 1);
    }
    for server in &mut servers {
        if matches!(server.who, Who::Insert | Who::Patchbay) {
            bench.busy(server).await?;
        }
    }
    finish(servers).await
}

async fn start(launcher: &Launcher, api_url: &str) -> anyhow::Result<Vec<Measured>> {
    let patchbay = launcher.patchbay("patchbay", Transport::Http, api_url)?;
    let bolt = |name, depth| launcher.bolt(name, Transport::Http, api_url, depth);
    Ok(vec![
        Measured::new(Who::Empty, launcher.floor("empty", "empty").await?),
        Measured::new(Who::Hmac, launcher.floor("hmac", "hmac").await?),
        Measured::new(Who::Insert, launcher.floor("insert", "insert").await?),
        Measured::new(Who::Patchbay, patchbay.ready().await?),
        Measured::new(Who::InsertAgain, launcher.floor("again", "insert").await?),
        Measured::new(Who::Bolt, bolt("bolt", "acks").await?),
        Measured::new(Who::BoltAnswers, bolt("bolt-answers", "answers").await?),
    ])
}

impl Measured {
    fn new(who: Who, server: Server) -> Self {
        Self {
            who,
            server,
            cpu: Vec::new(),
            p50: Vec::new(),
            acks: Vec::new(),
            steady: Outcome::default(),
            busy: None,
            errors: Outcome::default(),
            memory: 0.0,
            unseen_cpu: Duration::ZERO,
        }
    }

    /// Keeps the errors and how many were sent; latencies are kept where they belong.
    fn count(&mut self, outcome: &Outcome) {
        self.errors.merge(Outcome {
            sent: outcome.sent,
            errors: outcome.errors.clone(),
            ..Outcome::default()
        });
    }
}

impl Bench {
    /// Connections are opened and caches filled before anything counts.
    async fn warm_up(&mut self, measured: &mut Measured) -> anyhow::Result<()> {
        let address = measured.server.address;
        let outcome = load::closed(address, &self.requests, CONNECTIONS, COUNT / 2).await?;
        measured.count(&outcome);
        self.settle(measured.who, &outcome).await
    }

    async fn round(&mut self, measured: &mut Measured) -> anyhow::Result<()> {
        let address = measured.server.address;
        let before = measured.server.cpu()?;
        let outcome = load::closed(address, &self.requests, CONNECTIONS, COUNT).await?;
        self.settle(measured.who, &outcome).await?;
        let used = measured.server.cpu()?.saturating_sub(before);
        let sent = outcome.sent as f64;
        measured.cpu.push(used.as_secs_f64() * 1e6 / sent);
        measured.acks.push(sent / outcome.took.as_secs_f64());
        measured.count(&outcome);

        let outcome = load::open(address, &self.requests, RATE, OPEN).await?;
        measured.p50.push(percentile(&outcome.latencies, 50));
        measured.count(&outcome);
        self.settle(measured.who, &outcome).await?;
        measured.steady.merge(outcome);
        Ok(())
    }

    async fn busy(&mut self, measured: &mut Measured) -> anyhow::Result<()> {
        let address = measured.server.address;
        let outcome = load::open(address, &self.requests, BUSY_RATE, BUSY).await?;
        measured.count(&outcome);
        self.settle(measured.who, &outcome).await?;
        measured.busy = Some(outcome);
        Ok(())
    }

    /// Waits until everything that was acknowledged is answered, and a little more for what is
    /// written down after an answer.
    async fn settle(&mut self, who: Who, outcome: &Outcome) -> anyhow::Result<()> {
        if who.answers() {
            self.answers += outcome.latencies.len();
            let answered = self.sink.until(self.answers).await;
            answered.with_context(|| who.name())?;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        Ok(())
    }
}

async fn finish(mut servers: Vec<Measured>) -> anyhow::Result<Report> {
    let (mut acknowledged, mut stored) = (0, 0);
    for measured in &mut servers {
        measured.memory = measured.server.memory()?;
        let coarse = measured.server.coarse_cpu()?;
        measured.unseen_cpu = coarse.saturating_sub(measured.server.cpu()?);
        if measured.who == Who::Patchbay {
            let failed: usize = measured.errors.errors.values().sum();
            acknowledged = measured.errors.sent - failed;
            stored = deliveries(&measured.server.folder.join("data/patchbay.db")).await?;
        }
    }
    servers.sort_by_key(|measured| measured.who as usize);
    Ok(Report {
        servers,
        acknowledged,
        stored,
    })
}

async fn deliveries(database: &Path) -> anyhow::Result<usize> {
    let options = SqliteConnectOptions::new().filename(database);
    let pool = SqlitePool::connect_with(options).await?;
    let (count,): (i64,) = sqlx::query_as("select count(*) from inbox")
        .fetch_one(&pool)
        .await?;
    pool.close().await;
    Ok(usize::try_from(count)?)
}

/// How late the slowest acknowledgement was, in milliseconds.
pub fn slowest(outcome: &Outcome) -> f64 {
    let slowest = outcome.latencies.iter().max();
    slowest.map_or(f64::NAN, |latency| milliseconds(*latency))
}
