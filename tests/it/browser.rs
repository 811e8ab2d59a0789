//! A newcomer's story: the shipped program, its page, a real browser.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::fakes::postgres::Postgres;

/// How long the playground may take to start.
const START: Duration = Duration::from_secs(30);
/// How long the story may take to tell.
const STORY: Duration = Duration::from_secs(180);

/// The shipped program, running with a page of its own until this is dropped.
struct Playground {
    url: String,
    log: PathBuf,
    data: tempfile::TempDir,
    // Killed on drop.
    _process: Child,
}

impl Playground {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let log = data.path().join("log");
        let mut process = Command::new(env!("CARGO_BIN_EXE_patchbay"))
            .args(["playground", "--port", "0", "--data"])
            .arg(data.path().join("playground"))
            .env_clear()
            .env("PATCHBAY_MODELS__DEFAULT", "demo/planner")
            .current_dir(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = timeout(START, async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, url)) = line.split_once("playground: open ") {
                    return Some(url.to_owned());
                }
            }
            None
        });
        let url = ready.await.ok().flatten();
        // Whatever else it says must find somebody who reads it.
        #[expect(
            clippy::disallowed_methods,
            reason = "it ends with the process it reads"
        )]
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            url: url.unwrap_or_else(|| panic!("no page came up:\n{}", text(&log))),
            log,
            data,
            _process: process,
        }
    }
}

#[tokio::test]
async fn a_newcomer_connects_asks_and_disconnects_in_a_browser() {
    let playground = Playground::start().await;
    let database = Postgres::shared().create_sample_database().await;
    let story = Command::new("node")
        .arg("tests/browser/story.mjs")
        .arg(&playground.url)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PATCHBAY_STORY_POSTGRES_URL", &database.reader)
        // The browser's profile goes where everything of this test goes.
        .env("TMPDIR", playground.data.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let told = timeout(STORY, story).await.expect("the story ends");
    let told = told.expect("node, which `scripts/install test` needs");
    assert!(
        told.status.success(),
        "{}{}\nThe playground's log:\n{}",
        String::from_utf8_lossy(&told.stdout),
        String::from_utf8_lossy(&told.stderr),
        text(&playground.log)
    );
}

fn text(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}
