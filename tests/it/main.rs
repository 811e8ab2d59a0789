//! One test binary: a file per theme, against the real parts.

mod fakes;
mod sql;
