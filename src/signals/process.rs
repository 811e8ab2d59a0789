//! What the system says of this process, by the names that Prometheus' own libraries use.

use std::path::Path;

/// A process as Linux tells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Process {
    /// Memory that is really there, in bytes.
    pub resident: u64,
    /// Files, sockets and the like that are open.
    pub open_files: u64,
    /// Time on a processor, in seconds.
    pub cpu_seconds: f64,
}

impl Process {
    /// This process now; nothing where the system does not say.
    pub fn now() -> Option<Self> {
        Self::read(Path::new("/proc/self"))
    }

    fn read(folder: &Path) -> Option<Self> {
        let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
        // The name before it may hold anything, brackets as well.
        let (_, after_name) = stat.rsplit_once(')')?;
        let field = |at: usize| after_name.split_whitespace().nth(at)?.parse::<u64>().ok();
        // Fields 14, 15 and 24 of proc_pid_stat(5); the third is the first here.
        let (user, system, pages) = (field(11)?, field(12)?, field(21)?);
        let ticks = rustix::param::clock_ticks_per_second();
        Some(Self {
            resident: pages * rustix::param::page_size() as u64,
            open_files: std::fs::read_dir(folder.join("fd")).ok()?.count() as u64,
            cpu_seconds: (user + system) as f64 / ticks as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_some_megabytes_with_some_files() {
        let process = Process::now().unwrap();
        assert!(process.resident > 1_000_000, "{process:?}");
        assert!(process.open_files >= 3, "{process:?}");
        assert!(process.cpu_seconds >= 0.0);
    }

    #[test]
    fn a_name_with_brackets_moves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let numbers = (4..=52).map(|n| n.to_string()).collect::<Vec<_>>();
        let stat = format!("7 (a) b) S {}\n", numbers.join(" "));
        std::fs::write(folder.path().join("stat"), stat).unwrap();
        std::fs::create_dir(folder.path().join("fd")).unwrap();
        let process = Process::read(folder.path()).unwrap();
        assert_eq!(process.resident, 24 * rustix::param::page_size() as u64);
        assert_eq!(process.open_files, 0);
    }
}
