//! Sends requests and times the answers: as many as can be taken, or at a fixed rate whatever comes back.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::requests::Requests;

/// Slack itself gives up after three seconds; later answers are still timed.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came back.
#[derive(Debug, Default)]
pub struct Outcome {
    pub sent: usize,
    pub latencies: Vec<Duration>,
    /// Everything that was no empty `200`, by what it was.
    pub errors: BTreeMap<String, usize>,
    pub took: Duration,
}

/// One connection that is kept alive.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(4096),
        })
    }

    /// Sends a whole request; gives the status and the body of the answer.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        self.received.clear();
        self.stream.write_all(request).await?;
        let (head, length) = loop {
            if let Some(found) = head(&self.received)? {
                break found;
            }
            self.read().await?;
        };
        while self.received.len() < head + length {
            self.read().await?;
        }
        let status = self.received.get(9..12).unwrap_or_default();
        let status = std::str::from_utf8(status)?.parse()?;
        Ok((status, self.received.split_off(head)))
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            bail!("the connection was closed");
        }
        Ok(())
    }

    /// Whether it was acknowledged: an empty `200`, else what it was instead.
    async fn acknowledged(&mut self, request: &[u8]) -> Result<(), String> {
        match tokio::time::timeout(PATIENCE, self.exchange(request)).await {
            Ok(Ok((200, body))) if body.is_empty() => Ok(()),
            Ok(Ok((200, _))) => Err("200 with a body".to_owned()),
            Ok(Ok((status, _))) => Err(status.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no answer in 10 s".to_owned()),
        }
    }
}

/// Where the head of an answer ends and how long its body is, once the head is there.
fn head(received: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&received[..end])?.to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .context("an answer without content-length")?;
    Ok(Some((end + 4, length.trim().parse()?)))
}

/// The answer to one GET on a connection of its own.
pub async fn get(address: SocketAddr, path: &str) -> anyhow::Result<(u16, Vec<u8>)> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    let mut connection = Connection::open(address).await?;
    connection.exchange(request.as_bytes()).await
}

impl Outcome {
    fn add(&mut self, latency: Duration, result: Result<(), String>) {
        match result {
            Ok(()) => self.latencies.push(latency),
            Err(what) => *self.errors.entry(what).or_default() += 1,
        }
    }

    /// Takes in another outcome.
    pub fn merge(&mut self, other: Self) {
        self.sent += other.sent;
        self.latencies.extend(other.latencies);
        for (what, count) in other.errors {
            *self.errors.entry(what).or_default() += count;
        }
        self.took += other.took;
    }
}

/// So many requests over so many connections, each sending the next when the last was answered.
pub async fn closed(
    address: SocketAddr,
    requests: &Arc<Requests>,
    connections: usize,
    count: usize,
) -> anyhow::Result<Outcome> {
    let mut lanes = JoinSet::new();
    let started = Instant::now();
    for _ in 0..connections {
        let requests = requests.clone();
        let mut connection = Connection::open(address).await?;
        lanes.spawn(async move {
            let mut outcome = Outcome::default();
            for _ in 0..count / connections {
                let request = requests.next();
                let sent = Instant::now();
                let result = connection.acknowledged(&request).await;
                outcome.add(sent.elapsed(), result);
                outcome.sent += 1;
            }
            outcome
        });
    }
    let mut total = Outcome::default();
    for outcome in lanes.join_all().await {
        total.merge(outcome);
    }
    total.took = started.elapsed();
    Ok(total)
}

/// Requests at a fixed rate: none waits for the answer to another.
pub async fn open(
    address: SocketAddr,
    requests: &Arc<Requests>,
    rate: u32,
    duration: Duration,
) -> anyhow::Result<Outcome> {
    let idle = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..4 {
        let connection = Connection::open(address).await?;
        locked(&idle).push(connection);
    }
    let mut pending = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    let started = Instant::now();
    while started.elapsed() < duration {
        ticks.tick().await;
        let (idle, request) = (idle.clone(), requests.next());
        pending.spawn(async move {
            let sent = Instant::now();
            let result = over_any(&idle, address, &request).await;
            (sent.elapsed(), result)
        });
    }
    let mut outcome = Outcome {
        sent: pending.len(),
        ..Outcome::default()
    };
    for (latency, result) in pending.join_all().await {
        outcome.add(latency, result);
    }
    outcome.took = started.elapsed();
    Ok(outcome)
}

async fn over_any(
    idle: &Mutex<Vec<Connection>>,
    address: SocketAddr,
    request: &[u8],
) -> Result<(), String> {
    let free = locked(idle).pop();
    let mut connection = match free {
        Some(connection) => connection,
        None => Connection::open(address)
            .await
            .map_err(|error| error.to_string())?,
    };
    connection.acknowledged(request).await?;
    locked(idle).push(connection);
    Ok(())
}

fn locked(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
