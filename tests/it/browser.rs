//! The shipped program, its page, a real browser: a newcomer's story, and whether the page is for everybody.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use slack_sim::{Sim, SimConfig, WorkspaceConfig};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::fakes::postgres::Postgres;

/// How long the playground may take to start.
const START: Duration = Duration::from_secs(30);
/// How long the story may take to tell.
const STORY: Duration = Duration::from_secs(300);

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
    let mut story = script("story.mjs", &playground);
    story.env("PATCHBAY_STORY_POSTGRES_URL", &database.reader);
    tell(story, &playground).await;
}

#[tokio::test]
async fn nobody_is_kept_out_of_the_page() {
    let playground = Playground::start().await;
    let config = SimConfig {
        workspaces: vec![
            WorkspaceConfig::new("Second House"),
            WorkspaceConfig::new("Third").without_app(),
        ],
        ..SimConfig::default()
    };
    let sim = Sim::start(config).await.unwrap();
    let mut story = script("accessibility.mjs", &playground);
    story.arg(sim.url());
    tell(story, &playground).await;
    sim.stop().await;
}

/// A script of `tests/browser` at the page of this playground.
fn script(name: &str, playground: &Playground) -> Command {
    let mut script = Command::new("node");
    script
        .arg(format!("tests/browser/{name}"))
        .arg(&playground.url)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        // The browser's profile goes where everything of this test goes.
        .env("TMPDIR", playground.data.path())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    script
}

async fn tell(mut story: Command, playground: &Playground) {
    let told = timeout(STORY, story.output())
        .await
        .expect("the story ends");
    let told = told.expect("node, which `scripts/install test` needs");
    assert!(
        told.status.success(),
        "The playground's log:\n{}\nThe story:\n{}{}",
        text(&playground.log),
        String::from_utf8_lossy(&told.stdout),
        String::from_utf8_lossy(&told.stderr)
    );
}

fn text(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}
