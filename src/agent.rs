//! The agent: asks a model, runs the tools it wants, until there is an answer.
//!
//! [`turn`] decides and does nothing; [`Agent::drive`] does and decides nothing. What happened is
//! in the journal before anybody sees it, so a run can stop anywhere and be taken up again.

mod driver;
mod meter;
pub mod models;
pub mod prompt;
pub mod recall;
mod toolbox;
pub mod turn;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::executor::Executor;
use crate::signals::Signals;
use crate::store::Store;
use crate::tools::Tools;

pub use driver::Ended;
pub use meter::Meter;
pub use models::Models;
use recall::Recall;

/// The most messages of a thread that may be kept for models.
const MOST_THREAD_MESSAGES: i64 = 200;

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
    /// The most tokens of tools that a model reads; who has more of them lets it find what it needs.
    pub tool_tokens: usize,
    /// How many earlier exchanges of the same thread the model reads.
    pub remembered_exchanges: i64,
    /// How many messages of others in the same thread are kept, and read by the model; 0 for none.
    pub thread_messages: i64,
    /// How long Slack may take to tell what was said in a thread before the bot was asked there.
    #[serde(with = "humantime_serde")]
    pub thread_wait: Duration,
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
            ("tool_tokens", self.tool_tokens),
        ];
        let zero = at_least_one.iter().filter(|(_, value)| *value == 0);
        let mut problems: Vec<String> = zero
            .map(|(name, _)| format!("agent.{name} must be at least 1"))
            .collect();
        if self.remembered_exchanges < 0 {
            problems.push("agent.remembered_exchanges must not be negative".to_owned());
        }
        if !(0..=MOST_THREAD_MESSAGES).contains(&self.thread_messages) {
            problems.push(format!(
                "agent.thread_messages must be between 0 and {MOST_THREAD_MESSAGES}"
            ));
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
    /// Whoever knows what was said in a thread.
    recall: mpsc::Sender<Recall>,
}

impl Agent {
    /// An agent that asks these models; `recall` reaches whoever knows what was said in a thread.
    pub fn new(
        models: Models,
        tools: Tools,
        executor: Executor,
        store: Store,
        clock: Clock,
        config: AgentConfig,
        recall: mpsc::Sender<Recall>,
    ) -> Self {
        Self {
            models,
            tools,
            executor,
            store,
            clock,
            config,
            recall,
        }
    }

    /// Where runs are counted and traced.
    pub fn signals(&self) -> &Signals {
        self.executor.signals()
    }

    /// How long one run may take.
    pub fn time_limit(&self) -> Duration {
        self.config.time_limit
    }
}
