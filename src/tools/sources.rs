//! Where tools run: one kind of service a file.

pub mod http;
