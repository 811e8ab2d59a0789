//! What whoever operates this sees of it from outside: metrics and traces.

pub mod masks;
pub mod metrics;
pub mod process;
pub mod traces;

pub use metrics::Metrics;
pub use traces::{Span, Traces, TracesConfig};

/// Where what happens is counted and traced. Copies share both.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// What is counted.
    pub metrics: Metrics,
    /// Where spans go.
    pub traces: Traces,
}
