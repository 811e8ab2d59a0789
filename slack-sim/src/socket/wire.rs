//! The TCP connection below a socket, for what no protocol above it can do.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use socket2::{SockRef, Socket};
use tokio::net::TcpListener;

/// A second handle of a connection; it stays open until every clone is gone.
#[derive(Clone)]
pub(crate) struct Wire(Arc<io::Result<Socket>>);

impl Connected<IncomingStream<'_, TcpListener>> for Wire {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(Arc::new(SockRef::from(stream.io()).try_clone()))
    }
}

impl Wire {
    /// Has the kernel end the connection with a reset as soon as nobody holds it any more.
    pub(crate) fn reset(self) -> io::Result<()> {
        match &*self.0 {
            Ok(socket) => socket.set_linger(Some(Duration::ZERO)),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }
}
