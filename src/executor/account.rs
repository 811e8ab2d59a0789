//! What is told of a call: its span in a trace, its counts for the operator, its row of usage.

use std::time::Duration;

use serde_json::{Value, json};

use super::wrap::Wrapped;
use super::{Caller, Executor, Ready};
use crate::domain::card::ToolAction;
use crate::error::{Kind, Result};
use crate::signals::traces::SpanKind;
use crate::signals::{Span, masks};
use crate::store::ToolUsageRow;

impl Executor {
    /// One call in a trace, by the names of OpenTelemetry's GenAI conventions.
    pub(super) fn span(&self, caller: Caller<'_>, ready: &Ready) -> Span {
        let (traces, tool) = (&self.signals.traces, &ready.bound.tool.name);
        let name = format_args!("execute_tool {tool}");
        let mut span = traces.begin(SpanKind::Internal, name, caller.trace);
        span.set("gen_ai.operation.name", "execute_tool");
        span.set_with("gen_ai.tool.name", || tool.clone());
        span.set("gen_ai.tool.type", "function");
        span.set_with("gen_ai.tool.call.id", || ready.call_id.clone());
        span.set_with("patchbay.card", || ready.bound.card.name.clone());
        span.set("patchbay.risk", ready.risk.name());
        if matches!(ready.bound.tool.run, ToolAction::Mcp(_)) {
            span.set("mcp.method.name", "tools/call");
        }
        if traces.have_content() {
            span.set_with("gen_ai.tool.call.arguments", || {
                masks::masked(&Value::Object(ready.arguments.clone()).to_string())
            });
        }
        span
    }

    /// Counts the call, and says in its span how it ended.
    pub(super) fn count(
        &self,
        ready: &Ready,
        result: &Result<Wrapped>,
        took: Duration,
        span: &mut Span,
    ) {
        let card = &ready.bound.card.name;
        let (outcome, took) = match result {
            Ok(wrapped) if wrapped.from_memory => ("from_memory", None),
            Ok(_) => ("done", Some(took)),
            Err(error) if *error.kind() == Kind::Timeout => ("timeout", Some(took)),
            Err(_) => ("failed", Some(took)),
        };
        span.set("patchbay.outcome", outcome);
        match outcome {
            "timeout" => span.fail("timeout"),
            "failed" => span.fail("tool_error"),
            _ => {}
        }
        self.signals
            .metrics
            .tool_called(card, ready.risk, outcome, took);
    }

    /// Keeps what the call used.
    pub(super) async fn record(
        &self,
        caller: Caller<'_>,
        ready: &Ready,
        result: &Result<Wrapped>,
        millis: f64,
    ) {
        let row = ToolUsageRow {
            connection: ready.bound.connection.id.clone(),
            asker: caller.asker.clone(),
            run: Some(caller.run.clone()),
            agent: caller.agent.to_owned(),
            service: ready.bound.card.name.clone(),
            tool: ready.bound.tool.name.clone(),
            millis,
            success: result.is_ok(),
            error: result.as_ref().err().map(|error| {
                json!({ "kind": format!("{:?}", error.kind()), "message": error.message().to_string() })
            }),
            tokens_saved: result.as_ref().map_or(0, |wrapped| wrapped.tokens_saved),
            result_tokens: result.as_ref().map_or(0, |wrapped| wrapped.tokens),
            cost: match result {
                Ok(wrapped) if wrapped.from_memory => None,
                Ok(_) | Err(_) => ready.bound.tool.cost.map(|cost| cost.per_call),
            },
            at: self.clock.now(),
        };
        // The call happened: losing its usage row must not turn it into a failure.
        if let Err(error) = self.store.record_tool_usage(&row).await {
            tracing::error!(error.cause = ?error.cause(), tool = row.tool, "the usage of a tool call was not recorded");
        }
    }
}
