//! All integration tests in one binary: one link instead of many.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

mod cards;
mod fakes;
mod github;
mod net;
