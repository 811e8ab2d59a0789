//! A collector of traces that reads them by OTLP's published definitions: `tests/otlp/collector.py`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::world::PATIENCE;

pub struct Collector {
    port: u16,
    _server: Child,
}

/// A span as the collector read it.
#[derive(Clone, Debug, Deserialize)]
pub struct Span {
    pub trace: String,
    pub id: String,
    /// Empty for the first of its trace.
    pub parent: String,
    pub name: String,
    pub start: u64,
    pub end: u64,
    pub failed: bool,
    pub attributes: Map<String, Value>,
    /// Traces and spans that it goes on from.
    pub links: Vec<(String, String)>,
    pub resource: Map<String, Value>,
    pub authorization: Option<String>,
}

impl Span {
    pub fn says(&self, name: &str) -> &str {
        let said = self.attributes.get(name).and_then(Value::as_str);
        said.unwrap_or_else(|| panic!("nothing says {name}: {self:#?}"))
    }
}

impl Collector {
    /// One on a free port of loopback; it ends with its test.
    pub fn start() -> Self {
        let home = std::env::var_os("HOME").unwrap();
        let python = std::path::Path::new(&home).join(".cache/patchbay/otlp-venv/bin/python");
        let mut server = Command::new(python)
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/otlp/collector.py"
            ))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the collector's Python: scripts/install test");
        let mut port = String::new();
        let mut told = BufReader::new(server.stdout.take().unwrap());
        told.read_line(&mut port).unwrap();
        Self {
            port: port.trim().parse().unwrap(),
            _server: server,
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub async fn spans(&self) -> Vec<Span> {
        let url = format!("{}/spans", self.url());
        let answer = crate::llm::http().get(url).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// All spans, once they are as wanted.
    pub async fn spans_when(&self, wanted: impl Fn(&[Span]) -> bool) -> Vec<Span> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let spans = self.spans().await;
            if wanted(&spans) {
                return spans;
            }
            assert!(tokio::time::Instant::now() < deadline, "{spans:#?}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
}
