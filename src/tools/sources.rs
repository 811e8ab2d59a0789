//! The kinds of places where tools run.

pub mod sql;
