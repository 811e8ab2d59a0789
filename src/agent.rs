//! The agent: asks a model, runs the tools it wants, until there is an answer.
//!
//! [`turn`] decides and does nothing; [`Agent::drive`] does and decides nothing. What happened is
//! in the journal before anybody sees it, so a run can stop anywhere and be taken up again.

mod driver;
pub mod prompt;
pub mod turn;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::executor::Executor;
use crate::llm::ChatModel;
use crate::store::Store;
use crate::tools::Tools;

pub use driver::Ended;

/// What a run is held to.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// The most times a model is asked in one run.
    pub max_rounds: u32,
    /// The most tool calls that run at once.
    pub parallel_calls: usize,
    /// The most tool calls taken from one reply; the model is told of the others.
    pub calls_per_reply: usize,
    /// The most tokens of one reply.
    pub max_output_tokens: u32,
    /// How many earlier exchanges of the same thread the model reads.
    pub remembered_exchanges: i64,
    /// How long one run may take, the waiting for people aside.
    #[serde(with = "humantime_serde")]
    pub time_limit: Duration,
}

/// Everything a run needs.
#[derive(Clone)]
pub struct Agent {
    model: Arc<dyn ChatModel>,
    tools: Tools,
    executor: Executor,
    store: Store,
    clock: Clock,
    config: AgentConfig,
}

impl Agent {
    /// An agent that asks `model`.
    pub fn new(
        model: Arc<dyn ChatModel>,
        tools: Tools,
        executor: Executor,
        store: Store,
        clock: Clock,
        config: AgentConfig,
    ) -> Self {
        Self {
            model,
            tools,
            executor,
            store,
            clock,
            config,
        }
    }

    /// How long one run may take.
    pub fn time_limit(&self) -> Duration {
        self.config.time_limit
    }
}
