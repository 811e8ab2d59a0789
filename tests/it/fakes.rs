//! Stand-ins for what cannot be had here: servers on loopback that speak the real protocol.

pub mod canned;
pub mod collector;
pub mod github;
pub mod hostile;
pub mod klaviyo;
pub mod mcp;
pub mod parrot;
pub mod pooler;
pub mod postgres;
pub mod redis;
pub mod silent;
pub mod supabase;
pub mod writer;
