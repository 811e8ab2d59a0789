//! Two processes on one SQLite folder: the second is refused with who has it, until the first is gone.

use std::process::{Child, Command, Output};
use std::time::Duration;

use slack_sim::{Sim, SimConfig};

use crate::restart::site::hellos;

/// The shipped binary; killed when dropped.
struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn patchbay(sim: &Sim, folder: &std::path::Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("SLACK_BOT_TOKEN", "xoxb-sim")
        .env("SLACK_APP_TOKEN", "xapp-sim")
        .env("PATCHBAY_SLACK__API_URL", sim.api_url())
        .env("DATABASE_URL", "sqlite:data/patchbay.db")
        .env("PATCHBAY_HTTP__LISTEN", "127.0.0.1:0")
        .env("PATCHBAY_MODELS__DEFAULT", "demo/demo");
    command
}

/// A process that ends by itself, and soon: one that is let in never does.
async fn ends(command: Command) -> Output {
    let mut command = tokio::process::Command::from(command);
    let output = command.kill_on_drop(true).output();
    let ended = tokio::time::timeout(Duration::from_secs(60), output).await;
    ended.expect("it is let in").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_a_folder_is_told_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let sim = Sim::start(SimConfig::default()).await.unwrap();
    let first = Bot(patchbay(&sim, folder.path(), &["serve"]).spawn().unwrap());
    assert!(sim.connected().await, "the first one is not let in");
    let playground = ["playground", "--port", "0", "--data", "data"];
    for arguments in [&["serve"][..], &playground, &["migrate"]] {
        let refused = ends(patchbay(&sim, folder.path(), arguments)).await;
        assert!(!refused.status.success(), "{arguments:?}");
        let told = String::from_utf8(refused.stderr).unwrap();
        let who = format!(
            "The folder `data` is in use by another Patchbay (process {}).",
            first.0.id()
        );
        assert!(told.contains(&who) && told.contains("--data"), "{told}");
    }
    // Looking is let in.
    let looked = ends(patchbay(&sim, folder.path(), &["doctor"])).await;
    let told = String::from_utf8(looked.stdout).unwrap();
    assert!(told.contains("database: answers"), "{told}");
    // Killed without a word, it leaves nothing behind that keeps the next one out.
    drop(first);
    let before = hellos(&sim);
    let _next = Bot(patchbay(&sim, folder.path(), &["serve"]).spawn().unwrap());
    let again = |sim: &Sim| (hellos(sim) > before).then_some(());
    let again = sim.until(Duration::from_secs(60), again).await;
    assert!(again.is_some(), "the next one is not let in");
    sim.stop().await;
}
