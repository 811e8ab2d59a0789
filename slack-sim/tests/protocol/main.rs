//! The simulator as an app meets it: driven by plain HTTP and WebSocket clients, not by its own code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod agent_blocks;
mod app;
mod builtins;
mod control;
mod faults;
mod files;
mod groups;
mod http_delivery;
mod messages;
mod oauth;
mod organisations;
mod own_messages;
mod people;
mod permalinks;
mod private_channels;
mod response_urls;
mod scopes;
mod socket;
mod streams;
mod suggestions;
mod views;
mod web_api;
mod workspaces;
