//! Where tools run: one source per kind of service.

mod given;
pub mod graphql;
pub mod http;
pub mod openapi;
pub mod redis;
pub mod sql;
