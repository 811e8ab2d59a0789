//! A limit for every test that has a bot or a database: libtest knows none, and a test that hangs would hold the
//! whole run until somebody ends it, without its name.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Several times what the longest takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Tests that were seen to begin: the thread of each, its name, and when.
static BEGUN: LazyLock<Mutex<HashMap<PathBuf, (String, Instant)>>> = LazyLock::new(|| {
    thread::spawn(|| {
        loop {
            thread::sleep(Duration::from_secs(5));
            look();
        }
    });
    Mutex::default()
});

/// Counts from now on how long the test of this thread takes, whose thread ends with it.
pub fn begins() {
    let this = thread::current();
    let Some(name) = this.name().filter(|name| name.contains("::")) else {
        return;
    };
    let thread = std::fs::read_link("/proc/thread-self").unwrap();
    let begun = (name.to_owned(), Instant::now());
    let mut all = BEGUN.lock().unwrap();
    all.entry(PathBuf::from("/proc").join(thread))
        .and_modify(|known| {
            // Threads' numbers are used again.
            if known.0 != begun.0 {
                *known = begun.clone();
            }
        })
        .or_insert(begun);
}

#[expect(
    clippy::disallowed_methods,
    reason = "libtest's main does not return either"
)]
fn look() {
    let mut all = BEGUN.lock().unwrap();
    all.retain(|thread, _| thread.exists());
    let Some((name, _)) = all.values().find(|(_, begun)| begun.elapsed() > LIMIT) else {
        return;
    };
    // Not by `eprintln!`, which would be kept for the report of a test.
    let told = format!(
        "\ntest {name} ... FAILED: it does not end; {} of this process's threads are at work\n",
        at_work()
    );
    std::io::stderr().write_all(told.as_bytes()).ok();
    std::process::exit(101);
}

/// How many threads besides this one do not wait: none where everybody waits for another.
fn at_work() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let states = threads.filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        Some(stat.rsplit_once(") ")?.1.starts_with('R'))
    });
    states.filter(|works| *works).count().saturating_sub(1)
}
