//! The public server inside: sends requests on to wherever their path says, over HTTP/1 and HTTP/2.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::namespace::Folder;

/// A server of the tests' own.
pub struct PublicServer {
    tls: TlsAcceptor,
    /// Who wanted to log in to the database, over TLS.
    pub logins: Mutex<Vec<String>>,
}

/// A path at which it answers with that status and location.
pub fn redirecting(code: u16, location: &str) -> String {
    format!("/{code}/{}", hex(location))
}

/// A path from which so many redirects stay here before one leads to that location.
pub fn chained(hops: usize, location: &str) -> String {
    format!("/chain/{hops}/{}", hex(location))
}

impl PublicServer {
    pub fn new(folder: &Folder) -> Self {
        let (certificate, key) = folder.certificate();
        let certificate = CertificateDer::from_pem_slice(&certificate).unwrap();
        let key = PrivateKeyDer::from_pem_slice(&key).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self {
            tls: Arc::new(config).into(),
            logins: Mutex::default(),
        }
    }

    /// Answers on one connection until it ends; a client may leave at any time.
    pub async fn serve(&self, socket: TcpStream, port: u16) {
        match port {
            443 | 8443 => {}
            5432 => return self.database(socket).await,
            _ => return http1(socket).await,
        }
        let Ok(stream) = self.tls.accept(socket).await else {
            return;
        };
        match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => http2(stream).await,
            _ => http1(stream).await,
        }
    }

    /// As a PostgreSQL server up to where it learns who is there.
    async fn database(&self, mut socket: TcpStream) {
        const ASKS_FOR_TLS: [u8; 4] = 80_877_103_u32.to_be_bytes();
        if message(&mut socket).await.as_deref() != Some(&ASKS_FOR_TLS) {
            return;
        }
        socket.write_all(b"S").await.ok();
        let Ok(mut stream) = self.tls.accept(socket).await else {
            return;
        };
        if let Some(message) = message(&mut stream).await {
            let login = String::from_utf8_lossy(&message).into_owned();
            self.logins.lock().unwrap().push(login);
        }
    }
}

/// A message of a PostgreSQL client before it is let in: its length, and the rest.
async fn message(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let length = stream.read_u32().await.ok()?;
    let mut rest = vec![0; usize::try_from(length).ok()?.checked_sub(4)?.min(4096)];
    stream.read_exact(&mut rest).await.ok()?;
    Some(rest)
}

async fn http1(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut read = Vec::new();
    loop {
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(length @ 1..) => read.extend_from_slice(&piece[..length]),
            _ => return,
        }
        if !read.windows(4).any(|end| end == b"\r\n\r\n") {
            continue;
        }
        let head = String::from_utf8_lossy(&read).into_owned();
        let (code, location) = answer(head.split(' ').nth(1).unwrap_or_default());
        let location = location
            .map(|to| format!("location: {to}\r\n"))
            .unwrap_or_default();
        // Each request comes by a connection of its own.
        let answer = format!(
            "HTTP/1.1 {code} X\r\n{location}connection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        stream.write_all(answer.as_bytes()).await.ok();
        stream.shutdown().await.ok();
        return;
    }
}

async fn http2(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let (code, location) = answer(request.uri().path());
        let mut response = axum::http::Response::builder().status(code);
        if let Some(to) = location {
            response = response.header("location", to);
        }
        let sent = respond.send_response(response.body(()).unwrap(), false);
        if let Ok(mut body) = sent {
            body.send_data(Bytes::from_static(b"{}"), true).ok();
        }
    }
}

fn answer(target: &str) -> (u16, Option<String>) {
    let path = target.split('?').next().unwrap_or_default();
    let mut parts = path.trim_matches('/').splitn(4, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("chain"), Some("0"), Some(to)) => (302, Some(text(to))),
        (Some("chain"), Some(hops), Some(to)) => {
            let left = hops.parse::<usize>().unwrap() - 1;
            (302, Some(format!("/chain/{left}/{to}")))
        }
        (Some(code), Some(to), _) if code.starts_with('3') => {
            (code.parse().unwrap(), Some(text(to)))
        }
        _ => (200, None),
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn text(hex: &str) -> String {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    String::from_utf8((0..hex.len()).step_by(2).map(byte).collect()).unwrap()
}
