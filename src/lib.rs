//! Patchbay: a Slack bot that gives every person in a workspace their own tools.
//!
//! Four rings; arrows only point inward (`tests/it/tidy.rs` holds them to it).

// core: the nouns and rules; knows no Slack, no HTTP status, no SQL text
pub mod executor;
pub mod tools;
// ground: the outside world behind small doors
pub mod llm;
pub mod net;
// domain: the words everyone uses
pub mod clock;
pub mod domain;
pub mod error;
pub mod ids;
