//! What the tests run against: real servers where they can be had, fakes where not.

pub mod postgres;
