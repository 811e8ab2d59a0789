//! All integration tests in one binary: one link instead of many.

mod cards;
mod fakes;
mod github;
mod net;
