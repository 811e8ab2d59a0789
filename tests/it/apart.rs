//! Tests that have a process to themselves: memory is counted by process.

/// Runs the test `name`, which is `inside`, in a process of its own.
pub fn apart(name: &str, inside: impl Future<Output = ()>) {
    const INSIDE: &str = "PATCHBAY_TEST_APART";
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(inside);
    }
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .status();
    assert!(
        status.unwrap().success(),
        "it failed in its own process, see above"
    );
}

/// The memory that this process holds; from here on [`peak`] is that of what follows.
pub fn peak_from_here() -> u64 {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    peak()
}

/// The most memory that this process held, in bytes.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse::<u64>().unwrap() * 1024
}
