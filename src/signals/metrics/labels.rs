//! What metrics are told apart by.

use prometheus_client::encoding::EncodeLabelSet;

use crate::domain::tool::Risk;

/// What kind of delivery.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct DeliveryLabels {
    pub kind: &'static str,
}

/// How a run ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct RunLabels {
    pub outcome: &'static str,
}

/// Which model.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ModelLabels {
    provider: String,
    model: String,
}

/// Which model, and how it answered.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ModelCallLabels {
    provider: String,
    model: String,
    outcome: &'static str,
}

/// Which model's tokens, of which kind.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct TokenLabels {
    provider: String,
    model: String,
    r#type: &'static str,
}

/// Which card's tools, by what they can do.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ToolLabels {
    card: String,
    risk: &'static str,
}

/// Which card's tools, by what they can do and what came of the call.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ToolCallLabels {
    card: String,
    risk: &'static str,
    outcome: &'static str,
}

/// What became of a question to a person.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ApprovalLabels {
    pub decision: &'static str,
}

/// Which method of Slack's.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct MethodLabels {
    pub method: &'static str,
}

/// Which method of Slack's, and what Slack said.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct SlackCallLabels {
    pub method: &'static str,
    pub outcome: &'static str,
}

/// What became of a message.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct MessageLabels {
    pub outcome: &'static str,
}

impl ModelLabels {
    pub(super) fn new(name: &str) -> Self {
        let (provider, model) = parts(name);
        Self { provider, model }
    }
}

impl ModelCallLabels {
    pub(super) fn new(name: &str, outcome: &'static str) -> Self {
        let (provider, model) = parts(name);
        Self {
            provider,
            model,
            outcome,
        }
    }
}

impl TokenLabels {
    pub(super) fn new(name: &str, kind: &'static str) -> Self {
        let (provider, model) = parts(name);
        Self {
            provider,
            model,
            r#type: kind,
        }
    }
}

impl ToolLabels {
    pub(super) fn new(card: &str, risk: Risk) -> Self {
        Self {
            card: card.to_owned(),
            risk: risk.name(),
        }
    }
}

impl ToolCallLabels {
    pub(super) fn new(card: &str, risk: Risk, outcome: &'static str) -> Self {
        Self {
            card: card.to_owned(),
            risk: risk.name(),
            outcome,
        }
    }
}

/// The two parts of `provider/model`.
fn parts(name: &str) -> (String, String) {
    let (provider, model) = name.split_once('/').unwrap_or(("", name));
    (provider.to_owned(), model.to_owned())
}
