//! A real Redis server for the length of one test run: on loopback, with nothing on disk.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, Value};

/// Passwords that the tests look for where they must not be.
pub const OWNER_PASSWORD: &str = "owner-r3dis-canary";
pub const READER_PASSWORD: &str = "reader#r3dis/c@nary";

pub struct Redis {
    port: u16,
    databases: AtomicU32,
    // Ends the server when the pipe to it closes: at the end of this process, however it ends.
    _watchdog: Child,
}

/// One test's own database of the server.
pub struct Database {
    port: u16,
    number: u32,
    connection: MultiplexedConnection,
}

impl Redis {
    /// The server that all tests share; the first caller waits for it to start.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<Redis> = OnceLock::new();
        SERVER.get_or_init(|| Self::start(""))
    }

    /// A server of its own, with further lines of configuration.
    pub fn start(more: &str) -> Self {
        (0..5)
            .find_map(|_| try_start(more))
            .expect("Redis starts on one of five free ports; on Debian: apt install redis-server")
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// An empty database, and a connection to it as the one who may do everything.
    pub async fn database(&self) -> Database {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let url = format!(
            "redis://default:{OWNER_PASSWORD}@127.0.0.1:{}/{number}",
            self.port
        );
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let client = Client::open(url).unwrap();
        let connection = client.get_multiplexed_async_connection_with_config(&config);
        Database {
            port: self.port,
            number,
            connection: connection.await.expect("the server lets us in"),
        }
    }
}

impl Database {
    /// The address for someone with that name and password, the latter as it stands in a URL.
    pub fn url(&self, user: &str, password: &str) -> String {
        format!(
            "redis://{user}:{password}@127.0.0.1:{}/{}",
            self.port, self.number
        )
    }

    pub fn owner(&self) -> String {
        self.url("", OWNER_PASSWORD)
    }

    /// Someone who may only read, with a password that a URL cannot hold as it is.
    pub fn reader(&self) -> String {
        self.url("reader", "reader%23r3dis%2Fc%40nary")
    }

    /// Runs a command, its words between spaces.
    pub async fn run(&self, line: &str) -> Value {
        let mut command = Cmd::new();
        for word in line.split(' ') {
            command.arg(word);
        }
        self.send(&command).await
    }

    pub async fn send(&self, command: &Cmd) -> Value {
        let answer = self.connection.clone().send_packed_command(command).await;
        answer.expect("the server answers")
    }

    /// Sends many commands at once.
    pub async fn send_all(&self, commands: &redis::Pipeline) {
        let mut connection = self.connection.clone();
        let sent = commands.query_async::<()>(&mut connection).await;
        sent.expect("the commands run");
    }

    /// Every key with what it holds and when it goes away, and the server's configuration.
    pub async fn state(&self) -> Vec<(Vec<u8>, Value, Value)> {
        let Value::Array(keys) = self.run("KEYS *").await else {
            panic!("keys are a list");
        };
        let mut state = Vec::new();
        for key in keys {
            let Value::BulkString(key) = key else {
                panic!("a key is bytes");
            };
            let held = self.send(redis::cmd("DUMP").arg(&key)).await;
            let until = self.send(redis::cmd("PEXPIRETIME").arg(&key)).await;
            state.push((key, held, until));
        }
        state.sort_by(|one, other| one.0.cmp(&other.0));
        let config = self.run("CONFIG GET *").await;
        state.push((b"(config)".to_vec(), config, self.run("DBSIZE").await));
        state.push((
            b"(users, functions)".to_vec(),
            self.run("ACL LIST").await,
            self.run("FUNCTION DUMP").await,
        ));
        state
    }
}

fn try_start(more: &str) -> Option<Redis> {
    let port = TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let config = format!(
        "port {port}\nbind 127.0.0.1\ndatabases 1000\nsave \"\"\nappendonly no\nlogfile \"\"\n\
         loglevel warning\nenable-debug-command no\n\
         user default on >{OWNER_PASSWORD} ~* &* +@all\n\
         user reader on >{READER_PASSWORD} ~* resetchannels -@all +@read +ping +info +select\n{more}"
    );
    // A shell that waits for the end of its input, which is the end of this process.
    let mut watchdog = watch(port)?;
    watchdog
        .stdin
        .as_mut()
        .expect("a pipe")
        .write_all(format!("{config}\n(end)\n").as_bytes())
        .ok()?;
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if Instant::now() > deadline || watchdog.try_wait().ok()?.is_some() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(Redis {
        port,
        databases: AtomicU32::new(0),
        _watchdog: watchdog,
    })
}

/// Takes the configuration, starts the server with it, and ends it when nobody holds the pipe any more.
fn watch(port: u16) -> Option<Child> {
    use std::os::unix::process::CommandExt as _;
    const RUN: &str = "home=$(mktemp -d) && cd \"$home\" || exit 1
        while IFS= read -r line && [ \"$line\" != '(end)' ]; do printf '%s\\n' \"$line\"; done >redis.conf
        redis-server redis.conf >/dev/null 2>&1 </dev/null & server=$!
        (while kill -0 $server 2>/dev/null; do sleep 1; done; kill $$ 2>/dev/null) & looking=$!
        cat >/dev/null; kill $looking; kill -9 $server; cd /; rm -rf \"$home\"";
    let place = format!("redis-{port}");
    Command::new("sh")
        .args(["-c", RUN, &place])
        .current_dir(Path::new("/"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C in a terminal goes to the tests' group; this one is still needed then.
        .process_group(0)
        .spawn()
        .ok()
}
