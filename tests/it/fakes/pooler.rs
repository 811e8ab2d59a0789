//! A real pooler between a test and its PostgreSQL server: one session for all, as hosted ones do.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};

use super::postgres::{
    OWNER_PASSWORD, Postgres, READER_PASSWORD, SUPERUSER_PASSWORD, server_command,
};

/// Debian's PgBouncer in transaction mode with a single session for each user of each database:
/// whoever comes next is in the session that the last one left.
pub struct Pooler {
    port: u16,
    server: u16,
    _shell: Child,
}

impl Pooler {
    /// One in front of that server.
    pub fn start(server: &Postgres) -> Self {
        (0..5)
            .find_map(|_| Self::try_start(server))
            .expect("PgBouncer starts on one of five free ports; on Debian: apt install pgbouncer")
    }

    /// The URL of the server, by way of the pooler.
    pub fn through(&self, url: &str) -> String {
        url.replace(&format!(":{}/", self.server), &format!(":{}/", self.port))
    }

    fn try_start(server: &Postgres) -> Option<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let users = server.home().join(format!("pooler-{port}.users"));
        let settings = server.home().join(format!("pooler-{port}.ini"));
        let known = format!(
            "\"postgres\" \"{SUPERUSER_PASSWORD}\"
\"patchbay_owner\" \"{OWNER_PASSWORD}\"
\"patchbay_reader\" \"{READER_PASSWORD}\"
"
        );
        std::fs::write(&users, known).expect("a file beside the server");
        let text = format!(
            "[databases]
* = host=127.0.0.1 port={}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {}
pool_mode = transaction
default_pool_size = 1
max_client_conn = 100
ignore_startup_parameters = extra_float_digits
",
            server.port(),
            users.display(),
        );
        std::fs::write(&settings, text).expect("a file beside the server");
        // Ends when the pipe to the shell closes: at the latest with this process, however it ends.
        let serve = "/usr/sbin/pgbouncer \"$0\" 2>&1 & cat >/dev/null; kill $!";
        let mut shell = server_command(Path::new("sh"))
            .args(["-c", serve])
            .arg(&settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh");
        let log = BufReader::new(shell.stdout.take().expect("a pipe"));
        let mut lines = log.lines().map_while(Result::ok);
        let is_up = lines.any(|line| line.contains("process up"));
        // What it goes on to say is read, so that the pipe never fills.
        std::thread::spawn(move || lines.for_each(drop));
        is_up.then_some(Self {
            port,
            server: server.port(),
            _shell: shell,
        })
    }
}
