//! Counts what SQLite committed, by reading its write-ahead log from outside.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::load::Connection;
use crate::requests::{KINDS, Kind, Requests};
use crate::servers::{Launcher, Transport};
use crate::sink::Sink;

const DELIVERIES: usize = 20;

/// Commits for one delivery of a kind.
#[derive(Debug)]
pub struct Commits {
    pub kind: Kind,
    /// When it was acknowledged.
    pub acknowledged: f64,
    /// When it was answered and finished.
    pub finished: f64,
}

/// A log, as far as it is counted: it starts over with another salt.
#[derive(Debug)]
struct Log {
    salt: [u8; 8],
    commits: usize,
}

/// Deliveries of each kind, one after the other, with the answers held back until all are acknowledged.
pub async fn measure(launcher: &Launcher) -> anyhow::Result<Vec<Commits>> {
    let sink = Sink::start().await?;
    let requests = Arc::new(Requests::new(sink.address));
    let server = launcher.patchbay("commits", Transport::Http, &sink.api_url())?;
    let server = server.ready().await?;
    let file = server.folder.join("data/patchbay.db-wal");
    let mut found = Vec::new();
    for kind in KINDS {
        let mut connection = Connection::open(server.address).await?;
        sink.hold(true);
        let before = read(&file)?;
        for _ in 0..DELIVERIES {
            let (status, _) = connection.exchange(&requests.of(kind)).await?;
            ensure!(status == 200, "a {kind:?} was answered with {status}");
        }
        let acknowledged = read(&file)?;
        let expected = sink.answers() + DELIVERIES;
        sink.hold(false);
        sink.until(expected).await?;
        // What comes after an answer is not seen from outside.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let finished = read(&file)?;
        ensure!(
            before.salt == finished.salt,
            "the log started over while it was counted"
        );
        let each = |log: &Log| (log.commits - before.commits) as f64 / DELIVERIES as f64;
        found.push(Commits {
            kind,
            acknowledged: each(&acknowledged),
            finished: each(&finished),
        });
    }
    server.stop().await?;
    Ok(found)
}

/// Reads a log in the format that SQLite documents (fileformat2, section 4.1).
fn read(file: &Path) -> anyhow::Result<Log> {
    const HEADER: usize = 32;
    const FRAME_HEADER: usize = 24;
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let header = bytes.get(..HEADER).context("an empty log")?;
    let page = u32::from_be_bytes(header[8..12].try_into()?);
    let salt: [u8; 8] = header[16..24].try_into()?;
    let frames = bytes[HEADER..].chunks_exact(FRAME_HEADER + usize::try_from(page)?);
    // Frames of an earlier round of the log may follow; the last frame of each commit says how
    // large the database is, the others say 0.
    let commits = frames
        .take_while(|frame| frame[8..16] == salt)
        .filter(|frame| frame[4..8] != [0; 4])
        .count();
    Ok(Log { salt, commits })
}
