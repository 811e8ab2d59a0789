//! What whoever operates this sees of it from outside: metrics.

pub mod metrics;
pub mod process;

pub use metrics::Metrics;
