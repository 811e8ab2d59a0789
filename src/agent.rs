//! The agent: asks a model, runs the tools it wants, until there is an answer.
//!
//! [`turn`] decides and does nothing; [`Agent::drive`] does and decides nothing. What happened is
//! in the journal before anybody sees it, so a run can stop anywhere and be taken up again.

mod driver;
pub mod models;
pub mod prompt;
pub mod turn;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::executor::Executor;
use crate::store::Store;
use crate::tools::Tools;

pub use driver::Ended;
pub use models::Models;

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

impl AgentConfig {
    /// What is wrong with this section, a sentence each.
    pub fn validate(&self) -> Vec<String> {
        let at_least_one = [
            ("max_rounds", self.max_rounds as usize),
            ("parallel_calls", self.parallel_calls),
            ("calls_per_reply", self.calls_per_reply),
            ("max_output_tokens", self.max_output_tokens as usize),
        ];
        let zero = at_least_one.iter().filter(|(_, value)| *value == 0);
        let mut problems: Vec<String> = zero
            .map(|(name, _)| format!("agent.{name} must be at least 1"))
            .collect();
        if self.remembered_exchanges < 0 {
            problems.push("agent.remembered_exchanges must not be negative".to_owned());
        }
        problems
    }
}

/// Everything a run needs.
#[derive(Clone)]
pub struct Agent {
    models: Models,
    tools: Tools,
    executor: Executor,
    store: Store,
    clock: Clock,
    config: AgentConfig,
}

impl Agent {
    /// An agent that asks these models.
    pub fn new(
        models: Models,
        tools: Tools,
        executor: Executor,
        store: Store,
        clock: Clock,
        config: AgentConfig,
    ) -> Self {
        Self {
            models,
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
