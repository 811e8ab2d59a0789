//! The programs that are measured: started the way they run in production, each with one processor core.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::process::{Child, Command};

use crate::load;
use crate::requests::SIGNING_SECRET;

const PATCHBAY: &str = env!("CARGO_BIN_EXE_patchbay");
/// How long a start may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// How programs are started here.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// The core they are bound to, where there is more than one.
    pub core: Option<String>,
    /// The Python that has Bolt.
    pub python: PathBuf,
    /// Where they keep their files.
    pub folder: PathBuf,
}

/// A running program; it ends with this value.
pub struct Server {
    pub address: SocketAddr,
    pub folder: PathBuf,
    child: Child,
}

/// How Slack reaches an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Http,
    Socket,
}

impl Transport {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Socket => "socket",
        }
    }
}

impl Launcher {
    /// A launcher whose programs may use every core, as on the machine of whoever starts one.
    pub fn unbound(&self) -> Self {
        Self {
            core: None,
            ..self.clone()
        }
    }

    /// `patchbay serve` on SQLite; not waited for.
    pub fn patchbay(
        &self,
        name: &str,
        transport: Transport,
        api_url: &str,
    ) -> anyhow::Result<Server> {
        self.patchbay_with(name, transport, api_url, &[])
    }

    /// The same with settings of its own.
    pub fn patchbay_with(
        &self,
        name: &str,
        transport: Transport,
        api_url: &str,
        settings: &[(&'static str, String)],
    ) -> anyhow::Result<Server> {
        let address = free_address()?;
        let folder = self.folder(name)?;
        let mut command = self.command(Path::new(PATCHBAY));
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        command
            .arg("serve")
            .env("PATCHBAY_SLACK__TRANSPORT", transport.name())
            .env("PATCHBAY_SLACK__API_URL", api_url)
            .env("PATCHBAY_HTTP__LISTEN", address.to_string())
            .env("SLACK_BOT_TOKEN", "xoxb-sim")
            .env("SLACK_APP_TOKEN", "xapp-sim")
            .env("SLACK_SIGNING_SECRET", SIGNING_SECRET);
        start(command, address, folder)
    }

    /// `patchbay playground`; not waited for.
    pub fn playground(&self, name: &str) -> anyhow::Result<Server> {
        let address = free_address()?;
        let folder = self.folder(name)?;
        let mut command = self.command(Path::new(PATCHBAY));
        command
            .args(["playground", "--port"])
            .arg(address.port().to_string());
        start(command, address, folder)
    }

    /// One of the floors.
    pub async fn floor(&self, name: &str, kind: &str) -> anyhow::Result<Server> {
        let address = free_address()?;
        let folder = self.folder(name)?;
        let mut command = self.command(&std::env::current_exe()?);
        command
            .args(["floor", kind])
            .arg(address.port().to_string())
            .arg(&folder);
        start(command, address, folder)?.ready().await
    }

    /// The app on Bolt for Python; over sockets it is not waited for.
    pub async fn bolt(
        &self,
        name: &str,
        transport: Transport,
        api_url: &str,
        depth: &str,
    ) -> anyhow::Result<Server> {
        let address = free_address()?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/bolt.py");
        let mut command = self.command(&self.python);
        command
            .args([script, transport.name()])
            .arg(address.port().to_string())
            .args([api_url, depth]);
        let server = start(command, address, self.folder(name)?)?;
        match transport {
            Transport::Http => server.ready().await,
            Transport::Socket => Ok(server),
        }
    }

    fn folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Nothing of this process's environment gets in: keys in it would change what is measured.
    fn command(&self, program: &Path) -> Command {
        let mut command = match &self.core {
            Some(core) => {
                let mut bound = Command::new("taskset");
                bound.args(["-c", core]).arg(program);
                bound
            }
            None => Command::new(program),
        };
        command.env_clear();
        for name in ["PATH", "HOME"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
    }
}

fn start(mut command: Command, address: SocketAddr, folder: PathBuf) -> anyhow::Result<Server> {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))?;
    let child = command
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()?;
    Ok(Server {
        address,
        folder,
        child,
    })
}

/// An address on loopback that nothing listens on.
fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}

impl Server {
    /// Waits until it says that it is ready.
    pub async fn ready(mut self) -> anyhow::Result<Self> {
        self.until("/readyz", |_| true).await?;
        Ok(self)
    }

    /// Waits until a GET is answered with 200 and a body that will do.
    pub async fn until(
        &mut self,
        path: &str,
        will_do: impl Fn(&[u8]) -> bool,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Ok((200, body)) = load::get(self.address, path).await
                && will_do(&body)
            {
                return Ok(());
            }
            if Instant::now() > deadline || self.child.try_wait()?.is_some() {
                bail!("a program did not start; its log:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// What it printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The processor time that its threads have used. The kernel counts it in nanoseconds here;
    /// `/proc/PID/stat` has it in hundredths of a second.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let pid = self.child.id().context("it ended")?;
        let mut total = 0;
        for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            // A thread may end while we look.
            let times = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            let first = times.split(' ').next().unwrap_or_default();
            total += first.parse::<u64>().unwrap_or_default();
        }
        Ok(Duration::from_nanos(total))
    }

    /// The same from `/proc/PID/stat`: coarse, but threads that ended are in it.
    pub fn coarse_cpu(&self) -> anyhow::Result<Duration> {
        let pid = self.child.id().context("it ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name before the last parenthesis may hold anything; user and system time are the
        // 12th and 13th field after it.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let times = fields.split_whitespace().skip(11).take(2);
        let hundredths: u64 = times.filter_map(|time| time.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(hundredths * 10))
    }

    /// The most memory it ever had, in MiB.
    pub fn memory(&self) -> anyhow::Result<f64> {
        let pid = self.child.id().context("it ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<f64>().ok());
        Ok(peak.context("no VmHWM")? / 1024.0)
    }

    /// Ends it.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}
