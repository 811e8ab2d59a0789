//! Tools of a Redis database: find keys, read one, run a command that only reads; and set, expire and
//! delete keys.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use async_trait::async_trait;
use rustls::ClientConfig;
use serde_json::{Map, Value};
use tokio::time::timeout;

use self::allowed::ReadOnlyCommand;
use self::keys::Search;
use self::read::Page;
use self::session::Session;
use self::url::RedisUrl;
use self::write::Change;
use super::given::{misplaced, text};
use crate::domain::card::{CardTool, RedisOperation, RedisService, ToolAction};
use crate::domain::preview::Preview;
use crate::domain::tool::ToolOutput;
use crate::error::{Error, Kind, Result};
use crate::net::AddressPolicy;
use crate::text;
use crate::tools::{Target, ToolSource};

mod allowed;
mod failure;
mod info;
mod keys;
mod read;
mod session;
mod shown;
mod url;
mod write;

/// How long a server may take to let us in.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// Where the tools of Redis databases run: a connection for each call, which leaves nothing behind.
#[derive(Clone)]
pub struct RedisSource {
    addresses: AddressPolicy,
    tls: Arc<ClientConfig>,
    limits: Limits,
}

/// How much one call may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes that the server sends in all.
    pub bytes: usize,
    /// How long it may work.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 1024 * 1024,
            time: Duration::from_secs(20),
        }
    }
}

impl RedisSource {
    /// Reaches servers that `addresses` allows, with the certificates that `tls` trusts.
    pub fn new(addresses: AddressPolicy, tls: Arc<ClientConfig>) -> Self {
        Self {
            addresses,
            tls,
            limits: Limits::default(),
        }
    }

    /// The same with other limits.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    async fn open(&self, target: &Target) -> Result<Session> {
        let Some(url) = target.secrets.get(service(target)?.field()) else {
            return Err(Error::new(
                Kind::Unauthenticated,
                text!("This connection has no database URL."),
            )
            .hint(text!("Connect it again and fill in the URL.")));
        };
        let url = RedisUrl::parse(url)?;
        let opening = Session::open(&url, &self.addresses, &self.tls, self.limits.bytes);
        timeout(CONNECT_TIME, opening)
            .await
            .map_err(|_| failure::silent(CONNECT_TIME, url.tls))?
    }
}

#[async_trait]
impl ToolSource for RedisSource {
    async fn check(&self, target: &Target) -> Result<()> {
        let session = self.open(target).await?;
        timeout(CONNECT_TIME, session.check())
            .await
            .map_err(|_| failure::silent(CONNECT_TIME, false))?
    }

    async fn call(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<ToolOutput> {
        let request = Request::read(tool, arguments)?;
        let mut session = self.open(target).await?;
        let changes = matches!(request, Request::Change(_));
        // On a time-out the session is dropped, and its socket with it.
        let answer = timeout(self.limits.time, request.run(&mut session)).await;
        answer.map_err(|_| match changes {
            true => failure::may_have_been_done(),
            false => failure::too_slow(),
        })?
    }

    async fn preview(
        &self,
        target: &Target,
        tool: &CardTool,
        arguments: &Map<String, Value>,
    ) -> Result<Option<Preview>> {
        let Request::Change(change) = Request::read(tool, arguments)? else {
            return Ok(None);
        };
        let mut session = self.open(target).await?;
        let looking = timeout(self.limits.time, change.preview(&mut session)).await;
        looking.map_err(|_| failure::too_slow())?.map(Some)
    }
}

/// One operation with its arguments, checked before anything is opened.
enum Request {
    Find(Search),
    Read(Page),
    Command(ReadOnlyCommand),
    Info,
    Change(Change),
}

impl Request {
    fn read(tool: &CardTool, arguments: &Map<String, Value>) -> Result<Self> {
        let ToolAction::Redis(operation) = &tool.run else {
            let name = &tool.name;
            return Err(Error::internal(anyhow!("tool `{name}` is not of Redis")));
        };
        Ok(match operation {
            RedisOperation::FindKeys => Self::Find(Search::read(arguments)?),
            RedisOperation::ReadKey => Self::Read(Page::read(arguments)?),
            RedisOperation::RunCommand => {
                let words = texts(arguments, "arguments");
                Self::Command(ReadOnlyCommand::parse(text(arguments, "command")?, words)?)
            }
            RedisOperation::ServerInfo => Self::Info,
            RedisOperation::SetValue => Self::Change(Change::Set {
                key: text(arguments, "key")?.to_owned(),
                value: text(arguments, "value")?.to_owned(),
                expire: number(arguments, "expire_seconds"),
            }),
            RedisOperation::SetExpiry => Self::Change(Change::Expire {
                key: text(arguments, "key")?.to_owned(),
                seconds: number(arguments, "seconds"),
            }),
            RedisOperation::DeleteKeys => Self::Change(Change::delete(texts(arguments, "keys"))?),
        })
    }

    async fn run(self, session: &mut Session) -> Result<ToolOutput> {
        match self {
            Self::Find(search) => search.run(session).await,
            Self::Read(page) => page.run(session).await,
            Self::Command(command) => shown::reply(&session.ask(&command.into_command()).await?),
            Self::Info => info::read(session).await,
            Self::Change(change) => change.make(session).await,
        }
    }
}

fn texts(arguments: &Map<String, Value>, name: &str) -> Vec<String> {
    let list = arguments.get(name).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn number(arguments: &Map<String, Value>, name: &str) -> Option<u64> {
    arguments.get(name).and_then(Value::as_u64)
}

fn service(target: &Target) -> Result<&RedisService> {
    let service = target.card.service.redis.as_ref();
    service.ok_or_else(|| misplaced(target, "Redis"))
}
