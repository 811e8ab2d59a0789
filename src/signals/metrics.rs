//! What is counted while it happens, in a registry per app.
//!
//! Labels are words of ours, of the operator's settings or of run cards: never a person, a channel, a
//! connection or anything that somebody typed, so that there is a bounded number of series.

mod labels;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use self::labels::{
    ApprovalLabels, DeliveryLabels, MessageLabels, MethodLabels, ModelCallLabels, ModelLabels,
    RunLabels, SlackCallLabels, TokenLabels, ToolCallLabels, ToolLabels,
};
use crate::domain::tool::Risk;
use crate::domain::usage::{Cost, TokenUsage};

/// What the names of all metrics begin with.
pub const PREFIX: &str = "patchbay";

/// Upper bounds of buckets, in seconds. What Slack waits three seconds for.
const ACKS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.5, 3.0];
/// One call to a service, or to Slack.
const CALLS: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
/// What a model writes, and a run as a whole; the bounds of the GenAI conventions.
const WORK: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

type Counts<L> = Family<L, Counter>;
type Amounts<L> = Family<L, Counter<f64, AtomicU64>>;
type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// The metrics of one app. Copies count together.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    acks: Times<DeliveryLabels>,
    refused: Counter,
    runs: Counts<RunLabels>,
    work: Histogram,
    models: Counts<ModelCallLabels>,
    model_times: Times<ModelLabels>,
    first_tokens: Times<ModelLabels>,
    tokens: Counts<TokenLabels>,
    cost: Amounts<ModelLabels>,
    unpriced: Counts<ModelLabels>,
    tools: Counts<ToolCallLabels>,
    tool_times: Times<ToolLabels>,
    unknown_calls: Counter,
    approvals: Counts<ApprovalLabels>,
    slack: Counts<SlackCallLabels>,
    slack_times: Times<MethodLabels>,
    messages: Counts<MessageLabels>,
    redactions: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut new = New(Registry::with_prefix(PREFIX));
        let inner = Inner {
            acks: new.add(
                "slack_ack_seconds",
                "How long a delivery of Slack's took until it was acknowledged or not",
                times(|| Histogram::new(ACKS)),
            ),
            refused: new.add(
                "slack_refused",
                "Deliveries of Slack's that could not be stored, and so were not acknowledged",
                Counter::default(),
            ),
            runs: new.add(
                "runs",
                "Questions that have their outcome",
                Family::default(),
            ),
            work: new.add(
                "run_work_seconds",
                "How long a question was worked on until its outcome or until a person was asked",
                Histogram::new(WORK),
            ),
            models: new.add("model_calls", "Requests to models", Family::default()),
            model_times: new.add(
                "model_call_seconds",
                "How long a model took for a whole reply",
                times(|| Histogram::new(WORK)),
            ),
            first_tokens: new.add(
                "model_first_token_seconds",
                "How long it was until the first piece of a reply",
                times(|| Histogram::new(WORK)),
            ),
            tokens: new.add(
                "model_tokens",
                "Tokens used; those read from and written to a cache are in the input as well",
                Family::default(),
            ),
            cost: new.add(
                "model_cost_dollars",
                "Estimated cost of models in US dollars",
                Family::default(),
            ),
            unpriced: new.add(
                "model_unpriced_replies",
                "Replies of models that no table of prices knows",
                Family::default(),
            ),
            tools: new.add("tool_calls", "Calls of tools", Family::default()),
            tool_times: new.add(
                "tool_call_seconds",
                "How long a call that was sent to its service took",
                times(|| Histogram::new(CALLS)),
            ),
            unknown_calls: new.add(
                "tool_calls_unknown",
                "Calls that may have changed something and whose outcome nobody heard",
                Counter::default(),
            ),
            approvals: new.add(
                "approvals",
                "Questions to people whether a call may run, and what came of them",
                Family::default(),
            ),
            slack: new.add("slack_calls", "Calls to Slack", Family::default()),
            slack_times: new.add(
                "slack_call_seconds",
                "How long Slack took to answer",
                times(|| Histogram::new(CALLS)),
            ),
            messages: new.add(
                "messages",
                "Tries to bring a message of a question to Slack",
                Family::default(),
            ),
            redactions: new.add(
                "redactions",
                "Texts of services in which a secret was found and masked",
                Counter::default(),
            ),
            registry: new.0,
        };
        let metrics = Self(Arc::new(inner));
        // What is to alarm must be there before it happens the first time, or it would not be seen to
        // grow.
        for outcome in ["answered", "failed", "interrupted", "stopped", "withdrawn"] {
            metrics
                .0
                .runs
                .get_or_create(&RunLabels { outcome })
                .inc_by(0);
        }
        for outcome in ["sent", "put_off", "redirected", "given_up"] {
            metrics
                .0
                .messages
                .get_or_create(&MessageLabels { outcome })
                .inc_by(0);
        }
        metrics
    }
}

fn times<L>(new: fn() -> Histogram) -> Times<L>
where
    L: Clone + std::hash::Hash + Eq,
{
    Family::new_with_constructor(new)
}

/// A registry that is being filled.
struct New(Registry);

impl New {
    fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }
}

impl Metrics {
    /// All that was counted.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// A delivery was answered.
    pub fn answered_delivery(&self, kind: &'static str, refused: bool, took: Duration) {
        observe(&self.0.acks, &DeliveryLabels { kind }, took);
        if refused {
            self.0.refused.inc();
        }
    }

    /// A run has its outcome.
    pub fn run_ended(&self, outcome: &'static str) {
        let labels = RunLabels { outcome };
        self.0.runs.get_or_create(&labels).inc();
    }

    /// A stretch of work on a run is over.
    pub fn worked(&self, took: Duration) {
        self.0.work.observe(took.as_secs_f64());
    }

    /// A model, named `provider/model`, replied or did not.
    pub fn model_called(&self, model: &str, outcome: &'static str, took: Duration) {
        let labels = ModelCallLabels::new(model, outcome);
        self.0.models.get_or_create(&labels).inc();
        observe(&self.0.model_times, &ModelLabels::new(model), took);
    }

    /// The first piece of a model's reply came.
    pub fn first_token(&self, model: &str, took: Duration) {
        observe(&self.0.first_tokens, &ModelLabels::new(model), took);
    }

    /// What a model's reply used and cost.
    pub fn completed(&self, model: &str, used: &TokenUsage, cost: &Cost) {
        for (kind, tokens) in [
            ("input", used.input),
            ("cached_input", used.cached_input),
            ("cache_write", used.cache_write),
            ("output", used.output),
        ] {
            let labels = TokenLabels::new(model, kind);
            let tokens = u64::try_from(tokens).unwrap_or(0);
            self.0.tokens.get_or_create(&labels).inc_by(tokens);
        }
        let labels = ModelLabels::new(model);
        match cost.amount() {
            Some(amount) => {
                let dollars = (amount.0.max(0) as f64) / 1e9;
                self.0.cost.get_or_create(&labels).inc_by(dollars);
            }
            None => {
                self.0.unpriced.get_or_create(&labels).inc();
            }
        }
    }

    /// A tool of a card was called; `took` where its service was.
    pub fn tool_called(
        &self,
        card: &str,
        risk: Risk,
        outcome: &'static str,
        took: Option<Duration>,
    ) {
        let labels = ToolCallLabels::new(card, risk, outcome);
        self.0.tools.get_or_create(&labels).inc();
        if let Some(took) = took {
            observe(&self.0.tool_times, &ToolLabels::new(card, risk), took);
        }
    }

    /// So many calls of a run that ended may have changed something.
    pub fn calls_unknown(&self, count: usize) {
        self.0.unknown_calls.inc_by(count as u64);
    }

    /// A person was asked whether a call may run, or a question was decided.
    pub fn approval(&self, decision: &'static str) {
        let labels = ApprovalLabels { decision };
        self.0.approvals.get_or_create(&labels).inc();
    }

    /// Slack was called, or was to be; `took` where it was.
    pub fn slack_called(
        &self,
        method: &'static str,
        outcome: &'static str,
        took: Option<Duration>,
    ) {
        let labels = SlackCallLabels { method, outcome };
        self.0.slack.get_or_create(&labels).inc();
        if let Some(took) = took {
            observe(&self.0.slack_times, &MethodLabels { method }, took);
        }
    }

    /// A message was sent, or was not.
    pub fn message(&self, outcome: &'static str) {
        let labels = MessageLabels { outcome };
        self.0.messages.get_or_create(&labels).inc();
    }

    /// A secret was masked in what a service said.
    pub fn redacted(&self) {
        self.0.redactions.inc();
    }
}

fn observe<L: Clone + std::hash::Hash + Eq>(times: &Times<L>, labels: &L, took: Duration) {
    times.get_or_create(labels).observe(took.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text::encode;

    use super::*;
    use crate::domain::money::NanoDollars;

    #[test]
    fn what_was_counted_is_told_with_its_labels() {
        let metrics = Metrics::default();
        metrics.model_called("house/big/new", "ok", Duration::from_millis(300));
        let used = TokenUsage {
            input: 1_000,
            output: 20,
            ..TokenUsage::default()
        };
        let cost = Cost::Estimated {
            amount: NanoDollars(2_500_000),
            prices: "1".to_owned(),
        };
        metrics.clone().completed("house/big/new", &used, &cost);
        metrics.completed("house/other", &used, &Cost::Unpriced);
        let mut text = String::new();
        encode(&mut text, metrics.registry()).unwrap();
        for line in [
            r#"patchbay_model_calls_total{provider="house",model="big/new",outcome="ok"} 1"#,
            r#"patchbay_model_call_seconds_count{provider="house",model="big/new"} 1"#,
            r#"patchbay_model_tokens_total{provider="house",model="big/new",type="input"} 1000"#,
            r#"patchbay_model_cost_dollars_total{provider="house",model="big/new"} 0.0025"#,
            r#"patchbay_model_unpriced_replies_total{provider="house",model="other"} 1"#,
        ] {
            assert!(text.lines().any(|had| had == line), "{line}\n{text}");
        }
    }
}
