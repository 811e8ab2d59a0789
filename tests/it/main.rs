//! The integration tests: one binary, a file per theme.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod alone;
mod apart;
mod apis;
mod browser;
mod cards;
mod cli;
mod connected;
mod doctor;
mod fakes;
mod finding;
mod github;
mod http_cards;
mod klaviyo;
mod limit;
mod llm;
mod logs;
mod metrics;
mod net;
mod oracle;
mod redis;
mod restart;
mod servers;
mod slack;
mod sql;
mod ssrf;
mod store;
mod stories;
mod supabase;
mod tidy;
mod traces;
mod world;
