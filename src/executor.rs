//! One call, one pipeline: every tool runs through here, whoever asks.

pub mod sql;
