//! The world of a story: the real bot, a simulated Slack workspace, a database, and people in it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use patchbay::app::App;
use patchbay::clock::Clock;
use patchbay::config::{Config, Environment};
use patchbay::domain::principal::Principal;
use patchbay::ids::{TeamId, UserId};
use patchbay::llm::catalogue::ProviderConfig;
use patchbay::slack::Transport;
use patchbay::tools::BoundTool;
use patchbay::tools::sources::sql::{SAMPLE, ensure_sample};
use serde_json::Value;
use slack_sim::{
    Click, ClickOutcome, CommandOutcome, Delivery, Handmade, Message, Sim, SimConfig,
    SubmitOutcome, View,
};

use crate::fakes::postgres::Postgres;
use crate::fakes::writer::Writer;
use crate::limit;

/// How long anything may take before a story fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Which database the bot keeps its own things in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// One bot in one workspace. Everything it made is gone with it.
pub struct World {
    pub app: Arc<App>,
    pub sim: Sim,
    /// Where the bot listens.
    pub address: SocketAddr,
    _folder: tempfile::TempDir,
}

/// A person at their keyboard, in a channel.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    sim: &'a Sim,
    pub name: &'a str,
    pub channel: &'a str,
}

impl World {
    /// The bot on SQLite over sockets, answering with the demo model.
    pub async fn start() -> Self {
        Self::start_on(Engine::Sqlite, Transport::Socket).await
    }

    /// The same, where answers come whole instead of growing.
    pub async fn answering_at_once() -> Self {
        Self::start_with(Engine::Sqlite, Transport::Socket, |config| {
            config.slack.answers = patchbay::slack::Answers::Final;
        })
        .await
    }

    /// The same, where `writer` is the model.
    pub async fn written_by(writer: &Writer, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_model(writer.provider(), change).await
    }

    /// The same, where a provider's model `any` answers.
    pub async fn start_model(provider: ProviderConfig, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_with(Engine::Sqlite, Transport::Socket, |config| {
            answered_by(config, provider);
            change(config);
        })
        .await
    }

    pub async fn start_on(engine: Engine, transport: Transport) -> Self {
        Self::start_with(engine, transport, |_| {}).await
    }

    /// The bot with settings of the story's own.
    pub async fn start_with(
        engine: Engine,
        transport: Transport,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        Self::start_among(SimConfig::default(), engine, transport, change).await
    }

    /// The same, in a workspace of the story's own.
    pub async fn start_among(
        workspace: SimConfig,
        engine: Engine,
        transport: Transport,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        limit::begins();
        let folder = tempfile::tempdir().unwrap();
        let workspace = SimConfig {
            app: patchbay::cli::simulated::app(),
            ..workspace
        };
        let sim = Sim::start(workspace).await.unwrap();
        let mut config = config(&sim, folder.path(), engine, transport).await;
        change(&mut config);
        let app = App::build(config, Clock::shifted()).await.unwrap();
        let address = app.start().await.unwrap();
        match transport {
            Transport::Socket => assert!(sim.connected().await, "no socket was opened"),
            Transport::Http => {
                let request_url = format!("http://{address}");
                sim.set_delivery(Delivery::Http { request_url })
                    .await
                    .unwrap();
            }
        }
        Self {
            app,
            sim,
            address,
            _folder: folder,
        }
    }

    pub fn alice(&self) -> Person<'_> {
        self.person("alice")
    }

    pub fn bob(&self) -> Person<'_> {
        self.person("bob")
    }

    /// One of the people, as the bot knows them.
    pub fn principal(&self, name: &str) -> Principal {
        let id = format!("U0{:0<6}1", name.to_uppercase());
        Principal::new(TeamId::new("T0SIM0001"), UserId::new(id))
    }

    /// The tools that one of the people has switched on.
    pub async fn tools_of(&self, name: &str) -> Vec<BoundTool> {
        let tools = self.app.tools.all_of(&self.principal(name)).await.unwrap();
        tools.all().iter().filter(|tool| tool.on).cloned().collect()
    }

    pub fn person<'a>(&'a self, name: &'a str) -> Person<'a> {
        Person {
            sim: &self.sim,
            name,
            channel: "general",
        }
    }

    pub async fn stop(self) {
        self.app.stop().await;
        self.sim.stop().await;
    }
}

/// The provider's model `any` answers, as `house/any`.
pub fn answered_by(config: &mut Config, provider: ProviderConfig) {
    config.models.default = Some("house/any".to_owned());
    config.models.providers.insert("house".to_owned(), provider);
}

/// A delivery of any kind, made by hand.
pub fn handmade(kind: &str, payload: Value) -> Handmade {
    Handmade {
        kind: kind.to_owned(),
        payload,
        text: None,
        times: None,
        concurrent: false,
    }
}

/// Settings for the simulated workspace, in a folder of their own.
pub async fn config(
    sim: &Sim,
    folder: &std::path::Path,
    engine: Engine,
    transport: Transport,
) -> Config {
    let pairs = [
        ("SLACK_BOT_TOKEN", "xoxb-sim"),
        ("SLACK_APP_TOKEN", "xapp-sim"),
        ("SLACK_SIGNING_SECRET", "sim-signing-secret"),
        ("PATCHBAY_HTTP__LISTEN", "127.0.0.1:0"),
        ("PATCHBAY_MODELS__DEFAULT", "demo/demo"),
        ("PATCHBAY_RUNS__POLL", "100ms"),
    ];
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut config = Config::load(None, &Environment::from_pairs(pairs).unwrap()).unwrap();
    config.slack.transport = transport;
    config.slack.api_url = sim.api_url();
    config.secrets.key_file = folder.join("patchbay.key");
    config.models.prices_file = folder.join("prices.json");
    config.network.allow_loopback();
    config.database.url = match engine {
        Engine::Sqlite => format!("sqlite:{}", folder.join("patchbay.db").display()),
        Engine::Postgres => Postgres::shared().create_database().await.owner,
    };
    let shop = folder.join("shop.db");
    ensure_sample(&shop).await.unwrap();
    config
        .tools
        .sqlite_databases
        .insert(SAMPLE.to_owned(), shop);
    config
}

impl<'a> Person<'a> {
    /// The same person in another channel; `dm` is their conversation with the bot.
    pub fn in_channel(self, channel: &'a str) -> Self {
        Self { channel, ..self }
    }

    /// Types a slash command: `/mcp list`.
    pub async fn types(&self, command: &str) -> CommandOutcome {
        let (command, text) = command.split_once(' ').unwrap_or((command, ""));
        self.sim
            .command(self.name, self.channel, command, text)
            .await
    }

    /// Types a slash command and reads what only they are shown next.
    pub async fn asks_privately(&self, command: &str) -> Message {
        let before = self.private_messages().len();
        let outcome = self.types(command).await;
        assert!(outcome.ok, "{command}: {outcome:?}");
        self.private_message_after(before).await
    }

    /// Everything only they are shown in this channel, in its threads as well, oldest first.
    pub fn private_messages(&self) -> Vec<Message> {
        let top = self.sim.messages(self.name, self.channel).unwrap();
        let threads = top.iter().flat_map(|root| {
            let thread = self.sim.thread(self.name, self.channel, &root.ts);
            thread.unwrap().into_iter().skip(1)
        });
        let mut private: Vec<Message> = threads.chain(top.iter().cloned()).collect();
        private.retain(|message| message.ephemeral);
        private.sort_by(|one, other| one.ts.cmp(&other.ts));
        private
    }

    pub async fn private_message_after(&self, before: usize) -> Message {
        let look = |_: &Sim| self.private_messages().into_iter().nth(before);
        self.sim
            .until(PATIENCE, look)
            .await
            .unwrap_or_else(|| panic!("{} was shown nothing", self.name))
    }

    /// Says something and returns where.
    pub async fn says(&self, text: &str) -> String {
        self.sim.say(self.name, self.channel, text).await.unwrap()
    }

    /// Says something in a thread and returns where.
    pub async fn replies_in(&self, thread: &str, text: &str) -> String {
        let said = self.sim.reply(self.name, self.channel, thread, text).await;
        said.unwrap()
    }

    /// Gives a message of theirs other words.
    pub async fn edits(&self, ts: &str, text: &str) {
        let edited = self.sim.edit(self.name, self.channel, ts, text).await;
        edited.unwrap();
    }

    pub async fn deletes(&self, ts: &str) {
        let deleted = self.sim.delete(self.name, self.channel, ts).await;
        deleted.unwrap();
    }

    /// The question whether a call may run, once it is in the thread.
    pub async fn is_asked_to_decide(&self, ts: &str) -> Message {
        let asks = |message: &Message| !message.is_growing() && message.all_text().contains('🔒');
        self.reply_when(ts, asks).await
    }

    /// Asks the bot and reads its answer once it is whole.
    pub async fn asks(&self, question: &str) -> Message {
        let ts = self.says(question).await;
        self.answer_to(&ts).await
    }

    /// The bot's message in this thread, once it says more than that it is at work.
    pub async fn answer_to(&self, ts: &str) -> Message {
        let whole =
            |message: &Message| !message.is_growing() && !message.all_text().starts_with('⏳');
        self.reply_when(ts, whole).await
    }

    /// All of the bot's messages in this thread, once the last one closes an answer with its receipt.
    pub async fn whole_answer_to(&self, ts: &str) -> Vec<Message> {
        let look = |_: &Sim| {
            let replies = self.replies(ts);
            let whole = replies.iter().all(|message| !message.is_growing());
            (whole && replies.last()?.all_text().contains("tokens")).then_some(replies)
        };
        // A long answer is paced by Slack's limits.
        let found = self.sim.until(PATIENCE * 3, look).await;
        found.unwrap_or_else(|| panic!("no whole answer; there is {:#?}", self.replies(ts)))
    }

    /// The bot's message in this thread, once it is as wanted.
    pub async fn reply_when(&self, ts: &str, wanted: impl Fn(&Message) -> bool) -> Message {
        let look = |_: &Sim| self.replies(ts).into_iter().find(|message| wanted(message));
        let found = self.sim.until(PATIENCE, look).await;
        found.unwrap_or_else(|| panic!("no such answer; the thread holds {:#?}", self.replies(ts)))
    }

    /// What the bot wrote in this thread.
    pub fn replies(&self, ts: &str) -> Vec<Message> {
        let thread = self.sim.thread(self.name, self.channel, ts).unwrap();
        thread.into_iter().filter(Message::is_from_bot).collect()
    }

    /// What the bot wrote in this channel, in threads and outside.
    pub fn replies_anywhere(&self) -> Vec<Message> {
        let messages = self.sim.messages(self.name, self.channel).unwrap();
        messages.into_iter().filter(Message::is_from_bot).collect()
    }

    pub async fn clicks(&self, message: &Message, label: &str) -> ClickOutcome {
        self.sim
            .click(self.name, Click::label(message, label))
            .await
    }

    pub async fn clicks_in(&self, view: &View, label: &str) -> ClickOutcome {
        self.sim.click(self.name, Click::label(view, label)).await
    }

    /// The form on top of their screen, once one is there that is as wanted.
    pub async fn form_when(&self, wanted: impl Fn(&View) -> bool) -> View {
        let look = |sim: &Sim| sim.top_view(self.name).unwrap().filter(|view| wanted(view));
        let found = self.sim.until(PATIENCE, look).await;
        found
            .unwrap_or_else(|| panic!("no such form; on top is {:?}", self.sim.top_view(self.name)))
    }

    pub async fn submits(&self, view: &View, values: Value) -> SubmitOutcome {
        self.sim.submit(self.name, view.id(), values).await
    }

    /// Connects a service by its card, and returns what they read afterwards.
    pub async fn connects(&self, card: &str, values: Value) -> Message {
        let before = self.private_messages().len();
        let open = self.sim.top_view(self.name).unwrap();
        let outcome = self.types(&format!("/mcp connect {card}")).await;
        assert!(outcome.ok, "{outcome:?}");
        let new = |view: &View| {
            view.callback_id() == "connect"
                && open.as_ref().is_none_or(|open| open.id() != view.id())
        };
        let form = self.form_when(new).await;
        let outcome = self.submits(&form, values).await;
        assert!(
            outcome.errors.is_empty() && outcome.error.is_none(),
            "{outcome:?}"
        );
        self.private_message_after(before).await
    }
}
