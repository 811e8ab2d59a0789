//! An HTTP service that means harm: each path below it does another one.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// 100 MB of answer, sent in pieces of this.
static PIECE: [u8; 64 * 1024] = [b'x'; 64 * 1024];
const HUGE: usize = 100 * 1024 * 1024;

/// A service on a free port of loopback.
#[derive(Clone)]
pub struct Hostile {
    address: String,
    asked: Arc<AtomicUsize>,
    held: Arc<AtomicUsize>,
    patience: watch::Sender<bool>,
}

impl Hostile {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hostile = Self {
            address: listener.local_addr().unwrap().to_string(),
            asked: Arc::default(),
            held: Arc::default(),
            patience: watch::Sender::new(true),
        };
        let serving = hostile.clone();
        background(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let serving = serving.clone();
                background(async move { serving.serve(socket).await.unwrap_or_default() });
            }
        });
        hostile
    }

    /// Where it does this harm. What is asked of the place itself it answers like any service.
    pub fn url(&self, harm: &str) -> String {
        format!("http://{}/{harm}", self.address)
    }

    /// How many tools asked it for something.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// How many of them it keeps waiting now.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    /// Closes the connections of those it keeps waiting.
    pub fn lets_go(&self) {
        self.patience.send_replace(false);
    }

    async fn serve(&self, mut socket: TcpStream) -> std::io::Result<()> {
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            if socket.read_buf(&mut head).await? == 0 {
                return Ok(());
            }
        }
        let head = String::from_utf8_lossy(&head);
        let target = head.split(' ').nth(1).unwrap_or_default();
        let (harm, rest) = target[1..].split_once('/').unwrap_or_default();
        if rest.is_empty() {
            return send(&mut socket, "", b"{}").await;
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        match harm {
            "hang" => self.hold(&mut socket, b"").await,
            "slow" => {
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n";
                socket.write_all(head).await?;
                self.hold(&mut socket, b" ").await
            }
            "huge" => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {HUGE}\r\n\r\n");
                socket.write_all(head.as_bytes()).await?;
                for _ in 0..HUGE / PIECE.len() {
                    socket.write_all(&PIECE).await?;
                }
                Ok(())
            }
            "headers" => {
                let flood = "x-flood: and on and on and on\r\n".repeat(50_000);
                send(&mut socket, &flood, b"{}").await
            }
            "bomb" => send(&mut socket, "content-encoding: gzip\r\n", bomb()).await,
            "loop" => {
                let again =
                    format!("HTTP/1.1 302 X\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
                socket.write_all(again.as_bytes()).await
            }
            harm => send(&mut socket, "", &body(harm)).await,
        }
    }

    /// Sends `trickle` now and then until it is told to let go, or the other side went away.
    async fn hold(&self, socket: &mut TcpStream, trickle: &[u8]) -> std::io::Result<()> {
        self.held.fetch_add(1, Ordering::SeqCst);
        let mut patience = self.patience.subscribe();
        let trickling = async {
            let mut clock = tokio::time::interval(std::time::Duration::from_millis(50));
            loop {
                clock.tick().await;
                if socket.write_all(trickle).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            _ = patience.wait_for(|patience| !patience) => {}
            () = trickling => {}
        }
        self.held.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }
}

fn body(harm: &str) -> Vec<u8> {
    let items = |count: usize| {
        let items = vec!["{}"; count].join(",");
        format!("{{\"total_count\":{count},\"items\":[{items}]}}").into_bytes()
    };
    match harm {
        "utf8" => b"{\"total_count\":1,\"items\":[{\"full_name\":\"\xff\xfe\"}]}".to_vec(),
        "nan" => b"{\"total_count\":NaN,\"items\":[]}".to_vec(),
        "number" => b"{\"total_count\":1e400,\"items\":[]}".to_vec(),
        "deep" => vec![b'['; 100_000],
        "list" => items(300_000),
        "lists" => items(1_000_000),
        "fine" => items(1),
        other => panic!("there is no harm called {other}"),
    }
}

/// 100 MB of nothing, packed small.
fn bomb() -> &'static [u8] {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    BOMB.get_or_init(|| {
        let packed = Command::new("sh")
            .args(["-c", "head -c 100000000 /dev/zero | gzip -9"])
            .output();
        packed.unwrap().stdout
    })
}

async fn send(socket: &mut TcpStream, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(body).await
}

fn background(work: impl Future<Output = ()> + Send + 'static) {
    #[expect(clippy::disallowed_methods, reason = "it lives as long as its test")]
    tokio::spawn(work);
}
