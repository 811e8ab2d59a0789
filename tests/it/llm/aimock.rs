//! aimock, somebody else's mock of the providers' wire formats, as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A running aimock; it is stopped when dropped.
pub struct Aimock {
    process: Child,
    url: String,
    /// Kept open: aimock writes to it as long as it runs.
    _output: BufReader<ChildStdout>,
    _fixtures: tempfile::NamedTempFile,
}

impl Aimock {
    /// Starts one that knows the conversations of these tests.
    pub fn start() -> Self {
        let program = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/peers/node_modules/@copilotkit/aimock/dist/cli.js"
        );
        assert!(
            std::path::Path::new(program).exists(),
            "run `npm ci --prefix tests/peers` first"
        );
        let fixtures = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
        serde_json::to_writer(&fixtures, &conversations()).unwrap();
        let mut process = Command::new("node")
            .args([
                program,
                "-p",
                "0",
                "-h",
                "127.0.0.1",
                "--strict",
                "--validate-on-load",
                "-f",
            ])
            .arg(fixtures.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tests of models need Node");
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let url = output
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("listening on ")?.1.trim().to_owned()))
            .expect("aimock says where it listens");
        Self {
            process,
            url,
            _output: output,
            _fixtures: fixtures,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Aimock {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn conversations() -> Value {
    let calls = json!([
        {"id": "call_a", "name": "weather__now", "arguments": {"city": "Oslo"}},
        {"id": "call_b", "name": "weather__now", "arguments": {"city": "Rome"}},
    ]);
    let failure = |message: &str, kind: &str, status: u16| json!({"error": {"message": message, "type": kind}, "status": status});
    json!({"fixtures": [
        {"match": {"userMessage": "plain"},
            "response": {"content": "Some plain words, enough of them to come in several pieces."}},
        {"match": {"userMessage": "two cities", "hasToolResult": false},
            "response": {"content": "Let me check both.", "toolCalls": calls,
                "usage": {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}}},
        {"match": {"userMessage": "two cities", "hasToolResult": true},
            "response": {"content": "Oslo is 3C and Rome is 19C."}},
        {"match": {"userMessage": "wrong key"},
            "response": failure("No such key: sk-test-1", "authentication_error", 401)},
        {"match": {"userMessage": "too often"},
            "response": failure("Slow down", "rate_limit_error", 429)},
        {"match": {"userMessage": "broken"}, "response": failure("Boom", "server_error", 500)},
        {"match": {"userMessage": "cut me"}, "latency": 60, "truncateAfterChunks": 3,
            "response": {"content": "A long answer of which only the beginning will ever arrive, for it is cut."}},
    ]})
}
