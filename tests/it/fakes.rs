//! Stand-ins for what a test cannot have: each is a server on loopback speaking the real protocol.

pub mod github;
