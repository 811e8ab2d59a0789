//! The shipped binary in processes of its own, one after another, before one workspace.

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use serde_json::json;
use slack_sim::{Message, Sim, SimConfig};

use crate::fakes::github::TOKEN;
use crate::limit;

pub const PATIENCE: Duration = Duration::from_secs(30);

/// A workspace, and the folder and database of the bots that serve it one after another.
pub struct Site {
    pub sim: Sim,
    pub folder: tempfile::TempDir,
    database: String,
}

impl Site {
    pub async fn on_sqlite() -> Self {
        Self::on(|folder| format!("sqlite:{}", folder.join("bot.db").display())).await
    }

    pub async fn on(database: impl FnOnce(&Path) -> String) -> Self {
        limit::begins();
        let folder = tempfile::tempdir().unwrap();
        Self {
            sim: Sim::start(SimConfig::default()).await.unwrap(),
            database: database(folder.path()),
            folder,
        }
    }

    pub fn start(&self, model: &[(&str, &str)]) -> Bot {
        let folder = self.folder.path();
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("bot.log"))
            .unwrap();
        // Whoever has a file of settings says there what is logged.
        let has_file = model.iter().any(|(name, _)| *name == "PATCHBAY_CONFIG");
        let level = (!has_file).then_some(("PATCHBAY_LOG__LEVEL", "trace"));
        let child = Command::new(env!("CARGO_BIN_EXE_patchbay"))
            .current_dir(folder)
            .env_clear()
            .envs(model.iter().copied().chain(level))
            .env("SLACK_BOT_TOKEN", "xoxb-sim")
            .env("SLACK_APP_TOKEN", "xapp-sim")
            .env("PATCHBAY_SLACK__API_URL", self.sim.api_url())
            .env("PATCHBAY_SLACK__HANDLER_TIMEOUT", "3s")
            .env("DATABASE_URL", &self.database)
            .env("PATCHBAY_SECRETS__KEY_FILE", folder.join("patchbay.key"))
            .env("PATCHBAY_HTTP__LISTEN", "127.0.0.1:0")
            .env("PATCHBAY_RUNS__LEASE", "2s")
            .env("PATCHBAY_RUNS__POLL", "100ms")
            .env("PATCHBAY_NETWORK__ALLOW", "[\"127.0.0.1:*\"]")
            .stderr(log)
            .spawn()
            .unwrap();
        Bot(child)
    }

    /// A bot, once the workspace reaches it; sockets of one that was killed may still be counted.
    pub async fn connected(&self, model: &[(&str, &str)]) -> Bot {
        let before = hellos(&self.sim);
        let bot = self.start(model);
        let heard = |sim: &Sim| (hellos(sim) > before).then_some(());
        let heard = self.sim.until(Duration::from_secs(60), heard).await;
        heard.expect("no socket was opened");
        bot
    }

    /// What alice says in #general; its timestamp.
    pub async fn asks(&self, question: &str) -> String {
        let question = format!("@patchbay {question}");
        self.sim.say("alice", "general", &question).await.unwrap()
    }
}

impl Site {
    /// Connects alice to a GitHub.
    pub async fn connects_github(&self, base_url: &str) {
        let sim = &self.sim;
        sim.command("alice", "general", "/mcp", "connect github")
            .await;
        let form = |sim: &Sim| sim.top_view("alice").unwrap();
        let form = sim.until(PATIENCE, form).await.unwrap();
        let fields = json!({ "token": TOKEN, "base_url": base_url });
        assert!(sim.submit("alice", form.id(), fields).await.ok);
        let made = |sim: &Sim| {
            let view = sim.top_view("alice").unwrap()?;
            view.all_text().contains("Connected").then_some(())
        };
        sim.until(PATIENCE, made).await.expect("a connection");
    }
}

/// How many sockets were opened so far.
pub fn hellos(sim: &Sim) -> usize {
    let entries = sim.log(0).into_iter();
    entries.filter(|entry| entry.what == "hello").count()
}

/// The shipped binary in a process of its own; killed when dropped.
pub struct Bot(pub Child);

impl Bot {
    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub const DEMO: &[(&str, &str)] = &[("PATCHBAY_MODELS__DEFAULT", "demo/demo")];

/// Answers come from the model at this address.
pub fn written_by(url: &str) -> [(&'static str, &str); 4] {
    [
        ("PATCHBAY_MODELS__DEFAULT", "house/any"),
        (
            "PATCHBAY_MODELS__PROVIDERS__HOUSE__KIND",
            "openai_compatible",
        ),
        ("PATCHBAY_MODELS__PROVIDERS__HOUSE__BASE_URL", url),
        ("PATCHBAY_MODELS__PROVIDERS__HOUSE__MODELS", "[\"any\"]"),
    ]
}

/// The same, whole.
pub fn written_whole_by(url: &str) -> Vec<(&'static str, &str)> {
    let whole = ("PATCHBAY_SLACK__ANSWERS", "final");
    written_by(url).into_iter().chain([whole]).collect()
}

pub fn replies(sim: &Sim, ts: &str) -> Vec<Message> {
    let thread = sim.thread("alice", "general", ts).unwrap();
    thread.into_iter().filter(Message::is_from_bot).collect()
}

pub async fn reply_when(sim: &Sim, ts: &str, wanted: impl Fn(&str) -> bool) -> Message {
    let look = |sim: &Sim| {
        replies(sim, ts)
            .into_iter()
            .find(|message| wanted(&look_of(message)))
    };
    let found = sim.until(PATIENCE, look).await;
    found.unwrap_or_else(|| panic!("no such reply; the thread holds {:#?}", replies(sim, ts)))
}

/// The text of a message, marked where it may still grow.
pub fn look_of(message: &Message) -> String {
    let growing = if message.is_growing() { "⏳" } else { "" };
    format!("{growing}{}", message.all_text())
}
