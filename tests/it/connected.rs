//! A card of an HTTP API connected to a service on loopback, without a bot around it.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay::cards::{argument_validator, validate_fields};
use patchbay::domain::card::Card;
use patchbay::error::Error;
use patchbay::net::{AddressPolicy, guarded_client};
use patchbay::tools::sources::http::HttpSource;
use patchbay::tools::{Target, ToolSource};
use serde_json::Value;

/// A card's tools, and the service that they are connected to.
pub struct Connected<S> {
    pub service: S,
    pub source: HttpSource,
    pub target: Target,
}

impl<S> Connected<S> {
    /// Connects the service, which listens at that host and port, with what somebody fills in.
    pub fn over(
        service: S,
        address: &str,
        card: Arc<Card>,
        filled: impl Into<BTreeMap<String, String>>,
    ) -> Self {
        let policy = AddressPolicy::new(vec![address.parse().unwrap()]);
        let fields = validate_fields(&card, &filled.into()).unwrap();
        Self {
            service,
            source: HttpSource::new(guarded_client(&policy).unwrap()),
            target: Target {
                card,
                config: fields.config,
                secrets: fields.secrets,
                key: None,
            },
        }
    }

    /// Calls a tool with arguments that its schema allows.
    pub async fn call(&self, tool: &str, arguments: Value) -> Result<String, Error> {
        let tool = self.target.card.tool(tool).unwrap();
        let validator = argument_validator(&tool.input).unwrap();
        assert!(validator.is_valid(&arguments), "{}: {arguments}", tool.name);
        let arguments = arguments.as_object().unwrap();
        let called = self.source.call(&self.target, tool, arguments).await;
        called.map(|output| output.text)
    }

    /// Calls a tool that works, and returns what a model would read.
    pub async fn asks(&self, tool: &str, arguments: Value) -> Value {
        let text = self.call(tool, arguments).await.unwrap();
        serde_json::from_str(&text).unwrap_or(text.into())
    }
}

/// What a program of `tests/peers` says: a library that others wrote, speaking to the same service.
pub fn seen_by(program: &str, arguments: &[&str]) -> Value {
    let peers = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/");
    let output = std::process::Command::new("node")
        .arg(format!("{peers}{program}"))
        .args(arguments)
        .output()
        .expect("these tests need Node, and `npm ci --prefix tests/peers`");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}
