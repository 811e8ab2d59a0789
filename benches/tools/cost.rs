//! What something costs in processor time of this process, without that of its server.

use std::fmt;
use std::time::Duration;

use crate::house::Server;

/// Of one time.
pub struct Cost(Duration);

impl Cost {
    /// Does something so often, and says what one time took.
    pub async fn of(
        server: &Server,
        times: usize,
        what: impl AsyncFn() -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let before = all_but(server)?;
        for _ in 0..times {
            what().await?;
        }
        let spent = all_but(server)?.saturating_sub(before);
        Ok(Self(spent / u32::try_from(times)?))
    }
}

/// In microseconds.
pub fn micros(costs: &[Cost]) -> Vec<f64> {
    costs
        .iter()
        .map(|cost| cost.0.as_secs_f64() * 1e6)
        .collect()
}

/// The processor time that the threads of this process have used, but for the server's.
fn all_but(server: &Server) -> anyhow::Result<Duration> {
    let mut total = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let task = task?;
        if task.file_name().to_string_lossy() == server.thread {
            continue;
        }
        // A thread may end while we look.
        let times = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let first = times.split(' ').next().unwrap_or_default();
        total += first.parse::<u64>().unwrap_or_default();
    }
    Ok(Duration::from_nanos(total))
}

/// A median with its range.
#[derive(Clone, Copy)]
pub struct Spread {
    pub median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self {
            median: sorted[sorted.len() / 2],
            least: sorted[0],
            most: sorted[sorted.len() - 1],
        }
    }

    /// Taken within each round.
    pub fn ratio(ours: &[f64], theirs: &[f64]) -> Self {
        let ratios: Vec<f64> = ours
            .iter()
            .zip(theirs)
            .map(|(ours, theirs)| ours / theirs)
            .collect();
        Self::of(&ratios)
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.median < 10.0 { 2 } else { 0 };
        let text = format!(
            "{:.digits$} ({:.digits$}\u{2013}{:.digits$})",
            self.median, self.least, self.most
        );
        f.pad(&text)
    }
}
