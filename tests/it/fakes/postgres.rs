//! A real PostgreSQL server for the length of one test run: fresh, on loopback, thrown away after.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::limit;

const SHOP: &str = include_str!("../../../assets/sample/shop.sql");

/// Passwords that the tests look for where they must not be.
pub const READER_PASSWORD: &str = "reader-s3cret-canary";
pub(super) const OWNER_PASSWORD: &str = "owner-s3cret-canary";
pub(super) const SUPERUSER_PASSWORD: &str = "super-s3cret-canary";

/// A server: the one that all tests of this binary share, or one of a test's own.
pub struct Postgres {
    port: u16,
    home: PathBuf,
    databases: AtomicU32,
    // Stops the server when the pipe to it closes: at the end of this process, however it ends.
    _watchdog: Child,
}

/// One test's own database.
pub struct Database {
    /// Its name.
    pub name: String,
    /// As a role that may only read.
    pub reader: String,
    /// As the role that owns it, without other rights.
    pub owner: String,
    /// As superuser.
    pub superuser: String,
}

impl Postgres {
    /// The server; the first caller waits for it to start.
    pub fn shared() -> &'static Self {
        static SERVER: OnceLock<Postgres> = OnceLock::new();
        SERVER.get_or_init(|| Self::start(&[]))
    }

    /// A server of its own, with further settings, for a test that nobody may disturb; it stops
    /// when this is dropped.
    pub fn alone(settings: &[&str]) -> Self {
        Self::start(settings)
    }

    /// Where its data directory, its log and its socket are.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// An empty database.
    pub async fn create_database(&self) -> Database {
        limit::begins();
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        self.execute(
            "postgres",
            &format!("create database {name} owner patchbay_owner template template0"),
        )
        .await;
        let grants = "
            grant usage on schema public to patchbay_reader;
            alter schema public owner to patchbay_owner;
            alter default privileges for role patchbay_owner grant select on tables to patchbay_reader;
            alter default privileges for role postgres grant select on tables to patchbay_reader";
        self.execute(&name, grants).await;
        let url = |user: &str, password: &str| {
            format!(
                "postgres://{user}:{password}@127.0.0.1:{}/{name}",
                self.port
            )
        };
        Database {
            reader: url("patchbay_reader", READER_PASSWORD),
            owner: url("patchbay_owner", OWNER_PASSWORD),
            superuser: url("postgres", SUPERUSER_PASSWORD),
            name,
        }
    }

    /// A database with the bundled sample in it.
    pub async fn create_sample_database(&self) -> Database {
        let database = self.create_database().await;
        database.run(SHOP).await;
        database.run("analyze").await;
        database
    }

    async fn execute(&self, database: &str, sql: &str) {
        let url = format!(
            "postgres://postgres:{SUPERUSER_PASSWORD}@127.0.0.1:{}/{database}",
            self.port
        );
        execute(&url, sql).await;
    }

    fn start(settings: &[&str]) -> Self {
        let programs = programs();
        let home = tempfile::Builder::new()
            .prefix("patchbay-pg-")
            .tempdir()
            .expect("a temporary directory")
            .keep();
        let data = home.join("data");
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(&home).status();
            assert!(owned.expect("chown").success());
        }
        let watchdog = watch(&programs, &home);
        let secret = home.join("password");
        std::fs::write(&secret, SUPERUSER_PASSWORD).expect("a file in a directory of ours");
        if is_root() {
            Command::new("chown")
                .arg("postgres")
                .arg(&secret)
                .status()
                .expect("chown");
        }
        run(server_command(&programs.join("initdb"))
            .args(["--no-sync", "--username=postgres", "--auth=scram-sha-256"])
            .args(["--encoding=UTF8", "--locale=C.UTF-8"])
            .arg(format!("--pwfile={}", secret.display()))
            .arg("-D")
            .arg(&data));
        let port = (0..5)
            .find_map(|_| try_start(&programs, &home, settings))
            .expect("PostgreSQL starts on one of five free ports");
        let server = Self {
            port,
            home,
            databases: AtomicU32::new(0),
            _watchdog: watchdog,
        };
        server.create_roles();
        server
    }

    fn create_roles(&self) {
        let sql = format!(
            "create role patchbay_reader login password '{READER_PASSWORD}';
             create role patchbay_owner login password '{OWNER_PASSWORD}'"
        );
        let url = format!(
            "postgres://postgres:{SUPERUSER_PASSWORD}@127.0.0.1:{}/postgres",
            self.port
        );
        // The first caller may be inside of a runtime already, so this one gets a thread.
        std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime")
                .block_on(execute(&url, &sql));
        })
        .join()
        .expect("the roles are created");
    }
}

impl Database {
    /// Runs statements as the owner.
    pub async fn run(&self, sql: &str) {
        execute(&self.owner, sql).await;
    }

    /// Runs statements as superuser.
    pub async fn run_as_superuser(&self, sql: &str) {
        execute(&self.superuser, sql).await;
    }

    /// One value of one row, as superuser.
    pub async fn value(&self, sql: &str) -> Option<String> {
        let mut connection = connect(&self.superuser).await;
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut connection)
            .await
            .expect("the statement gives a value")
    }
}

/// A connection to that URL.
pub async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url)
        .await
        .expect("the server lets us in")
}

async fn execute(url: &str, sql: &str) {
    let mut connection = connect(url).await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await
        .expect("the statements run");
    // Closed before the caller goes on: a template or a count of sessions would see it.
    connection.close().await.expect("the connection closes");
}

/// Debian keeps the server's programs out of the path.
pub fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    versions
        .pop()
        .or_else(|| std::env::split_paths(&path).find(|bin| bin.join("initdb").exists()))
        .expect("PostgreSQL's server programs; on Debian: apt install postgresql")
}

/// A program of the server, which refuses to run as root.
pub(super) fn server_command(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/").stdin(Stdio::null());
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout.starts_with(b"0\n")
}

fn run(command: &mut Command) {
    let output = command.output().expect("the program starts");
    assert!(
        output.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Starts the server on a port that was free a moment ago; None if it is not any more.
fn try_start(programs: &Path, home: &Path, settings: &[&str]) -> Option<u16> {
    let port = TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let mut options = vec![
        format!("-c port={port}"),
        "-c listen_addresses=127.0.0.1".to_owned(),
        format!("-c unix_socket_directories={}", home.display()),
        "-c max_connections=200".to_owned(),
        // Nothing here outlives the run.
        "-c fsync=off -c synchronous_commit=off -c full_page_writes=off".to_owned(),
        "-c max_wal_size=256MB -c shared_buffers=32MB -c autovacuum=off".to_owned(),
    ];
    options.extend(settings.iter().map(|setting| format!("-c {setting}")));
    let started = server_command(&programs.join("pg_ctl"))
        .arg("-D")
        .arg(home.join("data"))
        .arg("-l")
        .arg(home.join("log"))
        .args(["-w", "-t", "60", "-s", "-o", &options.join(" "), "start"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    started.expect("pg_ctl").success().then_some(port)
}

/// A shell that waits for the end of its input, which is the end of this process.
fn watch(programs: &Path, home: &Path) -> Child {
    use std::os::unix::process::CommandExt;
    let stop = "cat >/dev/null; \"$0\" -D \"$1/data\" -m immediate -t 20 stop >/dev/null 2>&1; rm -rf \"$1\"";
    server_command(Path::new("sh"))
        .args(["-c", stop])
        .arg(programs.join("pg_ctl"))
        .arg(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C in a terminal goes to the tests' group; this one is still needed then.
        .process_group(0)
        .spawn()
        .expect("sh")
}
