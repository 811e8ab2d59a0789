//! Patchbay: a Slack bot that gives every person in a workspace their own tools.
//!
//! Four rings; arrows only point inward (`tests/it/tidy.rs` holds them to it). A request comes in
//! at an edge, is stored, becomes a call of the core, and what the core returns is shown by an
//! edge. ARCHITECTURE.md walks through it.

// edges: turn a protocol into a core call and a core answer into a protocol
pub mod app;
pub mod cli;
pub mod config;
pub mod http;
pub mod slack;
pub mod telemetry;
// core: the nouns and rules; knows no Slack, no HTTP status, no SQL text
pub mod agent;
pub mod cards;
pub mod channels;
pub mod connections;
pub mod executor;
pub mod runs;
pub mod tools;
pub mod usage;
// ground: the outside world behind small doors
pub mod llm;
pub mod mcp_client;
pub mod net;
pub mod secrets;
pub mod signals;
pub mod store;
pub mod tasks;
// domain: the words everyone uses
pub mod bounded;
pub mod clock;
pub mod domain;
pub mod error;
pub mod ids;
