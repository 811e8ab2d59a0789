//! The network inside: a public server, a name server, and listeners at every other address there is.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UdpSocket};

use super::namespace::Folder;
use super::public::PublicServer;

/// The one server that may be connected to.
pub const PUBLIC: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34)),
    IpAddr::V6(Ipv6Addr::new(0x2606, 0x2800, 0x220, 1, 0, 0, 0, 1)),
];
/// Its port for plain HTTP.
pub const PLAIN: u16 = 8080;
/// Every port that something in these tests leads to.
const PORTS: [u16; 10] = [22, 25, 80, 443, 3128, 5432, 6379, 8443, PLAIN, 9999];
/// How long a connection that was opened may take to be accepted.
const PATIENCE: Duration = Duration::from_secs(20);

/// Counts every connection in the namespace.
pub struct Network {
    accepted: Arc<Mutex<Vec<SocketAddr>>>,
    names: Arc<Mutex<BTreeMap<String, u32>>>,
    /// What is at the public addresses.
    pub server: Arc<PublicServer>,
}

impl Network {
    pub async fn start(folder: &Folder) -> Self {
        let (accepted, server) = (Arc::default(), Arc::new(PublicServer::new(folder)));
        for port in PORTS {
            // Both families; as every address is local, this is every address.
            let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))
                .await
                .unwrap();
            background(accept(listener, Arc::clone(&accepted), server.clone()));
        }
        let names: Arc<Mutex<BTreeMap<String, u32>>> = Arc::default();
        let socket = UdpSocket::bind("0.0.0.0:53").await.unwrap();
        background(super::names::serve(socket, names.clone()));
        Self {
            accepted,
            names,
            server,
        }
    }

    /// Where connections were opened to since the last time this was asked. The kernel's count of
    /// them has to agree, so a connection to a port without a listener is found as well.
    pub async fn opened(&self) -> Vec<SocketAddr> {
        let all_accepted = async {
            while self.accepted.lock().unwrap().len() as u64 != connects() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let settled = tokio::time::timeout(PATIENCE, all_accepted).await;
        let mut accepted = self.accepted.lock().unwrap();
        let (found, counted) = (accepted.len(), connects());
        assert!(
            settled.is_ok(),
            "{found} connections came and {counted} were opened"
        );
        let seen = accepted
            .iter()
            .copied()
            .filter(|address| address.port() != 0)
            .collect();
        // They still count, but are told once.
        accepted.iter_mut().for_each(|address| address.set_port(0));
        seen
    }

    /// The same, but for the public server.
    pub async fn forbidden(&self) -> Vec<SocketAddr> {
        let opened = self.opened().await;
        opened
            .into_iter()
            .filter(|address| !PUBLIC.contains(&address.ip()))
            .collect()
    }

    /// The same where others connect to ports of their own meanwhile: whatever came to these
    /// listeners before now.
    pub async fn forbidden_so_far(&self) -> Vec<SocketAddr> {
        let public = |accepted: &[SocketAddr], port| {
            accepted
                .iter()
                .filter(|address| **address == SocketAddr::new(PUBLIC[0], port))
                .count()
        };
        for port in PORTS {
            let before = public(&self.accepted.lock().unwrap(), port);
            // A listener hands out connections in their order.
            drop(TcpStream::connect((PUBLIC[0], port)).await.unwrap());
            let arrived = async {
                while public(&self.accepted.lock().unwrap(), port) == before {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            };
            tokio::time::timeout(PATIENCE, arrived).await.unwrap();
        }
        let accepted = self.accepted.lock().unwrap();
        accepted
            .iter()
            .copied()
            .filter(|address| !PUBLIC.contains(&address.ip()))
            .collect()
    }

    /// How often a name was looked up.
    pub fn lookups(&self, name: &str) -> u32 {
        self.names.lock().unwrap().get(name).copied().unwrap_or(0)
    }
}

async fn accept(
    listener: TcpListener,
    accepted: Arc<Mutex<Vec<SocketAddr>>>,
    server: Arc<PublicServer>,
) {
    while let Ok((socket, _)) = listener.accept().await {
        let to = socket.local_addr().unwrap();
        let to = SocketAddr::new(to.ip().to_canonical(), to.port());
        accepted.lock().unwrap().push(to);
        if PUBLIC.contains(&to.ip()) {
            let server = server.clone();
            background(async move { server.serve(socket, to.port()).await });
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
fn background(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

/// How many TCP connections were opened in this namespace, whatever came of them.
fn connects() -> u64 {
    let table = fs::read_to_string("/proc/self/net/snmp").unwrap();
    let mut lines = table.lines().filter_map(|line| line.strip_prefix("Tcp: "));
    let (names, numbers) = (lines.next().unwrap(), lines.next().unwrap());
    let at = names
        .split(' ')
        .position(|name| name == "ActiveOpens")
        .unwrap();
    numbers.split(' ').nth(at).unwrap().parse().unwrap()
}
