//! The parts of the bot that tools go through, on SQLite with its default settings, and a service for
//! them on loopback.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;

use anyhow::{Context as _, bail};
use axum::Router;
use patchbay::app::sources;
use patchbay::cards::{Registry, parse};
use patchbay::clock::Clock;
use patchbay::config::{Config, Environment};
use patchbay::domain::card::Card;
use patchbay::domain::connection::{Connection, ConnectionStatus};
use patchbay::domain::principal::Principal;
use patchbay::domain::tool::{ToolCall, ToolOutcome};
use patchbay::executor::{Caller, Check, Executor, ToolLimits};
use patchbay::ids::{ConnectionId, RunId, TeamId, UserId};
use patchbay::secrets::{Sealer, Secrets};
use patchbay::signals::Signals;
use patchbay::store::Store;
use patchbay::tasks::Tasks;
use patchbay::tools::{Sources, Tools};
use serde_json::json;

/// The connections that one stranger has.
const OF_ONE_STRANGER: usize = 4;

/// The answer of the service to everything.
const ANSWER: &str =
    r#"{"items": [{"id": 1, "title": "One"}, {"id": 2, "title": "Two"}], "total": 2}"#;

/// A service on a thread of its own.
pub struct Server {
    pub url: String,
    /// The thread's number, as `/proc` has it.
    pub thread: String,
}

pub struct House {
    pub server: Server,
    store: Store,
    secrets: Secrets,
    sources: Sources,
    cards: Registry,
    tools: Tools,
    executor: Executor,
    limits: ToolLimits,
    folder: std::path::PathBuf,
}

impl House {
    /// Without anybody in it.
    pub async fn build(folder: &Path, server: Server) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder.join("cards"))?;
        let pairs = [
            ("SLACK_BOT_TOKEN", "xoxb-bench"),
            ("SLACK_APP_TOKEN", "xapp-bench"),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = Environment::from_pairs(pairs.into_iter())?;
        let mut config = Config::load(None, &environment)?;
        config.database.url = format!("sqlite:{}", folder.join("patchbay.db").display());
        config.secrets.key_file = folder.join("patchbay.key");
        config.network.allow_loopback();
        let store = Store::connect(&config.database).await?;
        store.migrate().await?;
        let sealer = Arc::new(Sealer::from_config(&config.secrets)?);
        let secrets = Secrets::new(store.clone(), sealer, Clock::System);
        let sources = sources(&config, &store, &Tasks::default()).await?;
        let (cards, _) = Registry::load(None);
        let tools = Tools::new(
            store.clone(),
            secrets.clone(),
            cards.clone(),
            sources.clone(),
        );
        Ok(Self {
            executor: executor(&tools, &store, config.tools.limits()),
            limits: config.tools.limits(),
            server,
            store,
            secrets,
            sources,
            cards,
            tools,
            folder: folder.to_owned(),
        })
    }

    pub fn person(&self, name: &str) -> Principal {
        Principal::new(TeamId::new("T1"), UserId::new(name))
    }

    /// Gives somebody connections, each with so many tools.
    pub async fn connect(
        &mut self,
        who: &Principal,
        connections: usize,
        tools: usize,
    ) -> anyhow::Result<()> {
        let text = card(tools);
        let folder = self.folder.join("cards");
        std::fs::write(folder.join("bench.yaml"), &text)?;
        let (cards, problems) = Registry::load(Some(&folder));
        if let Some(problem) = problems.first() {
            bail!("the card of the benchmark: {problem}");
        }
        self.cards = cards;
        self.tools = self.fresh();
        self.executor = executor(&self.tools, &self.store, self.limits);
        let card =
            parse("bench.yaml", &text).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        for number in 0..connections {
            self.add(who, &card, number).await?;
        }
        Ok(())
    }

    /// Gives others so many connections together.
    pub async fn crowd(&self, connections: usize) -> anyhow::Result<()> {
        let card =
            parse("bench.yaml", &card(20)).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
        for number in 0..connections {
            let stranger = self.person(&format!("stranger-{}", number / OF_ONE_STRANGER));
            self.add(&stranger, &card, number % OF_ONE_STRANGER).await?;
        }
        Ok(())
    }

    async fn add(&self, owner: &Principal, card: &Card, number: usize) -> anyhow::Result<()> {
        let connection = Connection {
            id: ConnectionId::generate(),
            owner: owner.clone(),
            name: format!("bench-{number}")
                .parse()
                .map_err(|_| anyhow::anyhow!("a name"))?,
            card: card.name.clone(),
            config: [("address".to_owned(), self.server.url.clone())].into(),
            credential: None,
            status: ConnectionStatus::Active,
            secret_fields: Default::default(),
            tools: card.tools.iter().map(|tool| tool.name.clone()).collect(),
            created_at: Clock::System.now(),
            last_used: None,
            usage_count: 0,
        };
        self.store.add_connection(&connection).await?;
        Ok(())
    }

    /// Tools that nobody asked for yet: nothing of them is kept.
    fn fresh(&self) -> Tools {
        let (store, secrets) = (self.store.clone(), self.secrets.clone());
        Tools::new(store, secrets, self.cards.clone(), self.sources.clone())
    }

    pub async fn list_anew(&self, who: &Principal, tools: usize) -> anyhow::Result<()> {
        expect(self.fresh().all_of(who).await?.all().len(), tools)
    }

    pub async fn list(&self, who: &Principal, tools: usize) -> anyhow::Result<()> {
        expect(self.tools.all_of(who).await?.all().len(), tools)
    }

    pub async fn search(&self, who: &Principal) -> anyhow::Result<()> {
        let listing = self.tools.all_of(who).await?;
        let first = listing
            .search("which orders of last week are not paid yet?")
            .next();
        first.context("nothing was found")?;
        Ok(())
    }

    /// One call, as the agent makes it.
    pub async fn call(&self, who: &Principal) -> anyhow::Result<()> {
        let run = RunId::generate();
        let caller = Caller {
            asker: who,
            run: &run,
            agent: "bench",
            trace: None,
        };
        let call = ToolCall {
            id: "1".to_owned(),
            name: "bench-0__list_orders_0".to_owned(),
            arguments: json!({ "status": "paid", "limit": 10 }),
            provider_data: None,
        };
        let ready = match self.executor.check(caller, &call, &[]).await? {
            Check::Ready(ready) => ready,
            other => bail!("{other:?}"),
        };
        match self.executor.run(caller, &ready).await {
            ToolOutcome::Done { .. } => Ok(()),
            other => bail!("{other:?}"),
        }
    }

    /// The request that such a call sends, and nothing else.
    pub async fn request(&self, client: &reqwest::Client) -> anyhow::Result<()> {
        let url = format!("{}/orders/0?status=paid&limit=10", self.server.url);
        let answer = client.get(url).send().await?.error_for_status()?;
        let answer: serde_json::Value = answer.json().await?;
        expect(answer["items"].as_array().map_or(0, Vec::len), 2)
    }
}

fn executor(tools: &Tools, store: &Store, limits: ToolLimits) -> Executor {
    let (tools, store) = (tools.clone(), store.clone());
    Executor::new(tools, store, Clock::System, limits, Signals::default())
}

/// A client with nothing set.
pub fn bare() -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "it asks this program alone")]
    reqwest::Client::new()
}

fn expect(found: usize, expected: usize) -> anyhow::Result<()> {
    if found == expected {
        return Ok(());
    }
    bail!("{found} instead of {expected}")
}

/// A card with so many tools, of the size that tools of real cards have.
fn card(tools: usize) -> String {
    let tool = |number: usize| {
        json!({
            "name": format!("list_orders_{number}"),
            "description": "Lists the orders of the shop, the newest first, with what was bought, for how much, and whether it is paid.",
            "risk": "read",
            "input": {
                "type": "object",
                "properties": {
                    "status": { "type": "string", "description": "Only those in this state.", "enum": ["open", "paid", "sent"] },
                    "limit": { "type": "integer", "description": "How many to return.", "minimum": 1, "maximum": 100, "default": 20 },
                },
                "additionalProperties": false,
            },
            "run": { "http": {
                "method": "GET", "path": format!("/orders/{number}"),
                "query": { "status": "{{ status }}", "limit": "{{ limit }}" },
            } },
        })
    };
    json!({
        "name": "bench", "title": "Bench", "icon": "⏱️", "noun": "order", "description": "Orders of a shop.",
        "service": { "http": { "base_url": "{{ address }}", "health": { "method": "GET", "path": "/" } } },
        "fields": [{ "name": "address", "label": "Address" }],
        "tools": (0..tools).map(tool).collect::<Vec<_>>(),
    })
    .to_string()
}

impl Server {
    /// Starts one.
    pub fn start() -> anyhow::Result<Self> {
        serve()
    }

    /// One of another process.
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            thread: String::new(),
        }
    }
}

fn serve() -> anyhow::Result<Server> {
    let (started, up) = mpsc::channel();
    std::thread::spawn(move || -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
            let thread = std::fs::read_link("/proc/thread-self")?;
            let thread = thread.file_name().context("a thread has a number")?;
            started.send(Server {
                url: format!("http://{}", listener.local_addr()?),
                thread: thread.to_string_lossy().into_owned(),
            })?;
            let json = [(reqwest::header::CONTENT_TYPE, "application/json")];
            let app = Router::new().fallback(async move || (json, ANSWER));
            Ok(axum::serve(listener, app).await?)
        })
    });
    up.recv().context("the service did not start")
}
