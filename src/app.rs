//! The whole bot in one value: build it, start it, stop it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Mutex, Notify, Semaphore, mpsc};

use crate::agent::recall::Recall;
use crate::agent::{Agent, Models};
use crate::cards::{AddedCards, Registry};
use crate::channels::Channels;
use crate::clock::Clock;
use crate::config::Config;
use crate::connections::{Connections, Limits};
use crate::error::{Error, Kind, Result};
use crate::executor::Executor;
use crate::llm::catalogue::Catalogue;
use crate::llm::prices::Prices;
use crate::net;
use crate::runs::{Runs, Shown};
use crate::secrets::{Sealer, Secrets};
use crate::signals::{Metrics, Signals, Traces, masks};
use crate::slack::people::People;
use crate::slack::socket::{self, SocketHealth};
use crate::slack::{
    SlackClient, Transport, foreign, home, outbox, recall, recovery, standing, thread,
};
use crate::store::{Alone, Store};
use crate::tasks::Tasks;
use crate::tools::sources::graphql::GraphqlSource;
use crate::tools::sources::http::HttpSource;
use crate::tools::sources::mcp::McpSource;
use crate::tools::sources::openapi::OpenapiSource;
use crate::tools::sources::redis::RedisSource;
use crate::tools::sources::sql::{SqlSource, SqliteFiles};
use crate::tools::{Sources, Tools};
use crate::usage::Usage;
use crate::{cards, http};

/// How long a stopping app waits for work in progress; what is left is taken up after the restart.
const GRACE: Duration = Duration::from_secs(20);
/// How long it waits for queries that still run, before it leaves them to the database.
const CLOSING: Duration = Duration::from_secs(3);
/// Files of what was used that are made at the same time: each takes some megabytes.
const EXPORTS_AT_ONCE: usize = 2;

/// Every handle that edges need.
pub struct App {
    /// The settings in force.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// Background work.
    pub tasks: Tasks,
    /// What is kept.
    pub store: Store,
    /// The run cards.
    pub cards: Registry,
    /// What is done with those that workspaces add.
    pub added_cards: AddedCards,
    /// People's connections.
    pub connections: Connections,
    /// The tools of everyone's connections.
    pub tools: Tools,
    /// How the bot behaves in which channel.
    pub channels: Channels,
    /// The questions being worked on.
    pub runs: Runs,
    /// What was used.
    pub usage: Usage,
    /// Keeps files of everything that was used from being made too many at a time.
    pub exports: Semaphore,
    /// Slack's Web API.
    pub slack: SlackClient,
    /// Who people are.
    pub people: People,
    /// Whose Home is being brought up to date.
    pub homes: home::Turns,
    /// Whether Slack's frames can arrive.
    pub sockets: SocketHealth,
    /// Told whenever a message may have to be sent.
    pub changed: Arc<Notify>,
    /// What is counted and traced for whoever watches.
    pub signals: Signals,
    /// Which model answers whom.
    pub models: Models,
    /// The model that answers whoever chose none, as `provider/model`.
    pub model: String,
    /// Runs that are to be shown as they go, until somebody does.
    shown: Mutex<Option<mpsc::Receiver<Shown>>>,
    /// Runs that want to know what was said in their threads, until somebody tells them.
    recalls: Mutex<Option<mpsc::Receiver<Recall>>>,
    /// Keeps other processes from a database that is one process's.
    _alone: Option<Alone>,
}

impl App {
    /// Connects to the database and puts the parts together; nothing runs yet.
    pub async fn build(config: Config, clock: Clock) -> Result<Arc<Self>> {
        config.secrets().iter().for_each(masks::remember);
        // Another provider may have been installed by whoever embeds us; either serves.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let store = Store::connect(&config.database).await?;
        let alone = Alone::take(&config.database)?;
        store.migrate().await?;
        let http = net::plain_client()?;
        let catalogue = Catalogue::new(&config.models, &config.well_known, http);
        let model = catalogue.choose().await?;
        let models = Models::new(
            model.clone(),
            Arc::new(catalogue),
            Prices::open(&config.models.prices_file)?,
            store.clone(),
            clock.clone(),
        );
        let model = model.name().to_owned();
        Self::with_models(config, clock, (store, alone), models, model).await
    }

    async fn with_models(
        config: Config,
        clock: Clock,
        (store, alone): (Store, Option<Alone>),
        models: Models,
        model: String,
    ) -> Result<Arc<Self>> {
        let cards = load_cards(&config, &store).await?;
        let sealer = Arc::new(Sealer::from_config(&config.secrets)?);
        let secrets = Secrets::new(store.clone(), sealer, clock.clone());
        secrets.check_key().await?;
        let tasks = Tasks::default();
        let sources = sources(&config, &store, &tasks).await?;
        let tools = Tools::new(store.clone(), secrets.clone(), cards.clone(), sources);
        let limits = config.tools.limits();
        let signals = Signals {
            metrics: Metrics::default(),
            traces: Traces::start(&config.traces, net::plain_client()?)?,
        };
        let executor = Executor::new(
            tools.clone(),
            store.clone(),
            clock.clone(),
            limits,
            signals.clone(),
        );
        let changed = Arc::new(Notify::new());
        let (show, shown) = mpsc::channel(config.runs.parallel.max(1));
        let (recall, recalls) = mpsc::channel(config.runs.parallel.max(1));
        let agent = Agent::new(
            models.clone(),
            tools.clone(),
            executor,
            store.clone(),
            clock.clone(),
            config.agent,
            recall,
        );
        let runs = Runs::new(
            store.clone(),
            agent,
            clock.clone(),
            tasks.clone(),
            config.runs,
            changed.clone(),
            show,
        );
        let limits = Limits {
            per_person: config.tools.max_connections_per_user,
            test_timeout: limits.timeout,
        };
        Ok(Arc::new(Self {
            connections: Connections::new(
                store.clone(),
                secrets,
                tools.clone(),
                clock.clone(),
                limits,
            ),
            usage: Usage::new(store.clone(), models.clone(), tools.clone(), clock.clone()),
            added_cards: AddedCards::new(cards.clone(), store.clone(), clock.clone()),
            exports: Semaphore::new(EXPORTS_AT_ONCE),
            tools,
            channels: Channels::new(store.clone(), clock.clone()),
            people: People::default(),
            slack: SlackClient::new(&config.slack)?.counted_in(&signals.metrics),
            homes: home::Turns::default(),
            sockets: SocketHealth::default(),
            shown: Mutex::new(Some(shown)),
            recalls: Mutex::new(Some(recalls)),
            _alone: alone,
            signals,
            model,
            models,
            config,
            clock,
            tasks,
            store,
            cards,
            runs,
            changed,
        }))
    }

    /// Starts everything and returns where HTTP listens.
    pub async fn start(self: &Arc<Self>) -> Result<SocketAddr> {
        let listener = TcpListener::bind(self.config.http.listen)
            .await
            .map_err(|error| {
                Error::new(
                    Kind::Unavailable,
                    format!(
                        "The address {} cannot be listened on.",
                        self.config.http.listen
                    ),
                )
                .hint("Something else may be using it: set `http.listen` to another one.")
                .source(error)
            })?;
        let address = listener.local_addr().map_err(Error::internal)?;
        let app = self.clone();
        self.tasks
            .spawn("http", async move { http::serve(app, listener).await });
        for _ in 0..outbox::SENDERS {
            self.tasks.spawn("slack.outbox", outbox::send(self.clone()));
        }
        if let Some(shown) = self.shown.lock().await.take() {
            self.tasks
                .spawn_until_stop("slack.thread", thread::watch(self.clone(), shown));
        }
        if let Some(recalls) = self.recalls.lock().await.take() {
            self.tasks
                .spawn_until_stop("slack.recall", recall::watch(self.clone(), recalls));
        }
        self.tasks
            .spawn_until_stop("slack.recovery", recovery::watch(self.clone()));
        self.tasks
            .spawn_until_stop("slack.standing", standing::watch(self.clone()));
        self.tasks
            .spawn_until_stop("slack.foreign", foreign::learn(self.clone()));
        let watching = cards::watch(self.cards.clone(), self.store.clone(), self.clock.clone());
        self.tasks.spawn_until_stop("cards", watching);
        self.runs.start();
        if self.config.slack.transport == Transport::Socket {
            socket::start(self);
        }
        tracing::info!(
            model = self.model,
            cards = self.cards.all().len(),
            "Patchbay is running; http://{address}/readyz says whether it is ready"
        );
        Ok(address)
    }

    /// Stops taking things in, lets work in progress finish, and closes the database.
    pub async fn stop(&self) {
        if !self.tasks.stop(GRACE).await {
            tracing::warn!("some work was still going on; it will be taken up after the restart");
        }
        let traces = self.signals.traces.clone();
        // It waits for a thread of its own.
        if let Err(error) = tokio::task::spawn_blocking(move || traces.stop()).await {
            tracing::warn!("the traces were not closed: {error}");
        }
        let closing = tokio::time::timeout(CLOSING, self.store.close());
        if closing.await.is_err() {
            tracing::warn!("the database was not closed in time; its server notices");
        }
    }
}

/// A source of each kind, held to what the operator allows.
pub async fn sources(config: &Config, store: &Store, tasks: &Tasks) -> Result<Sources> {
    let policy = config.network.policy();
    let files = SqliteFiles::from(config.tools.sqlite_databases.clone())
        .writable(config.tools.sqlite_writable.clone())
        .never(config.database.file());
    let sql = SqlSource::new(policy.clone(), files).never(store.itself().await?);
    let client = net::guarded_client(&policy)?;
    Ok(Sources {
        graphql: Arc::new(GraphqlSource::new(client.clone())),
        http: Arc::new(HttpSource::new(client.clone())),
        mcp: Arc::new(McpSource::new(client.clone(), tasks.clone())),
        openapi: Arc::new(OpenapiSource::new(client)),
        redis: Arc::new(RedisSource::new(policy, net::tls()?)),
        sql: Arc::new(sql),
    })
}

/// A broken card is left out and named; the rest load.
async fn load_cards(config: &Config, store: &Store) -> Result<Registry> {
    let (cards, problems) = Registry::load(config.cards.directory.as_deref());
    for problem in problems {
        tracing::warn!("a run card was left out: {problem}");
    }
    cards::mirror(&cards, store).await?;
    cards.refresh(store).await?;
    Ok(cards)
}
