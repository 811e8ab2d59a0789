//! The integration tests: one binary, a module for each theme.

#![expect(clippy::unwrap_used, reason = "what cannot be set up has failed")]

mod llm;
