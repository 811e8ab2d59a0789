//! One connection for one call, which ends with it, and reads no more than the call may.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, Pipeline, RedisError, Value};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::failure;
use super::url::RedisUrl;
use crate::error::{Error, Result};
use crate::net::AddressPolicy;
use crate::tasks::Companion;

/// A connection that was let in.
pub(super) struct Session {
    connection: MultiplexedConnection,
    // Carries the bytes; when it is dropped, the socket closes.
    _work: Companion,
    full: Arc<AtomicBool>,
}

impl Session {
    /// Connects to an address that was checked, not to a name that may change its mind meanwhile;
    /// a certificate is still checked against the name. At most `bytes` are read.
    pub(super) async fn open(
        url: &RedisUrl,
        addresses: &AddressPolicy,
        tls: &Arc<ClientConfig>,
        bytes: usize,
    ) -> Result<Self> {
        let checked = addresses.resolve(&url.host, url.port).await?;
        let socket = reach(&checked).await.map_err(failure::unreachable)?;
        if !url.tls {
            return Self::begin(url, socket, bytes).await;
        }
        let name = ServerName::try_from(url.host.clone()).map_err(failure::no_tls_name)?;
        let connecting = TlsConnector::from(tls.clone()).connect(name, socket);
        let socket = connecting.await.map_err(failure::no_tls)?;
        Self::begin(url, socket, bytes).await
    }

    async fn begin<S>(url: &RedisUrl, socket: S, bytes: usize) -> Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let full = Arc::new(AtomicBool::new(false));
        let socket = Metered {
            socket,
            left: bytes,
            full: full.clone(),
        };
        // The call has a limit of its own, and drops the connection.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let login = url.login();
        let opened = MultiplexedConnection::new_with_config(&login, socket, config).await;
        let (connection, work) = opened.map_err(|error| match full.load(Ordering::Relaxed) {
            true => failure::not_redis(error),
            false => failure::not_let_in(error),
        })?;
        Ok(Self {
            connection,
            _work: Companion::new(work),
            full,
        })
    }

    /// Whether the server answers at all. A user who may not `PING` was let in all the same.
    pub(super) async fn check(mut self) -> Result<()> {
        let answer = self
            .connection
            .send_packed_command(&redis::cmd("PING"))
            .await;
        match answer.map_err(|error| self.failed(error))? {
            Value::ServerError(refusal) if refusal.code() != "NOPERM" => {
                Err(failure::not_let_in(refusal.into()))
            }
            _ => Ok(()),
        }
    }

    /// The answer to one command; a refusal is an error.
    pub(super) async fn ask(&mut self, command: &Cmd) -> Result<Value> {
        let answer = self.connection.send_packed_command(command).await;
        match answer.map_err(|error| self.failed(error))? {
            Value::ServerError(refusal) => Err(failure::refused(refusal.into())),
            answer => Ok(answer),
        }
    }

    /// The answers to several commands in their order; a refusal is one of the answers.
    pub(super) async fn ask_all(&mut self, commands: &Pipeline) -> Result<Vec<Value>> {
        let count = commands.cmd_iter().count();
        if count == 0 {
            return Ok(Vec::new());
        }
        let answers = self
            .connection
            .send_packed_commands(commands, 0, count)
            .await;
        answers.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: RedisError) -> Error {
        match self.full.load(Ordering::Relaxed) {
            true => failure::too_large(error),
            false => failure::broken(error),
        }
    }
}

/// The first of the addresses that takes the connection.
async fn reach(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A socket from which so much may be read and no more.
struct Metered<S> {
    socket: S,
    left: usize,
    full: Arc<AtomicBool>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(context, buffer))?;
        match self.left.checked_sub(buffer.filled().len() - before) {
            Some(left) => {
                self.left = left;
                Poll::Ready(Ok(()))
            }
            None => {
                self.full.store(true, Ordering::Relaxed);
                Poll::Ready(Err(io::Error::other("more than may be read")))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
