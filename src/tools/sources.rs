//! Where tools run: one source per kind of service.

pub mod http;
pub mod redis;
pub mod sql;
