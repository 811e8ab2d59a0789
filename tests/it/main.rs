//! The integration tests: one binary, a file per theme.

mod cards;
mod fakes;
mod github;
mod llm;
mod net;
mod restart;
mod sql;
mod stories;
mod tidy;
mod world;
