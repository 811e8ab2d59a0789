//! Spans for an OpenTelemetry collector: off unless an endpoint is set, and never waited for.
//!
//! The names of spans and attributes are those of the GenAI conventions where there are such. What
//! people and services say is in none of them unless the operator wants it.

mod collector;
mod kept;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
pub use opentelemetry::trace::SpanKind;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId,
    TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::domain::trace::TraceParent;
use crate::error::Result;

/// How long the last spans may take to be sent when the app stops.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Where spans are sent, and what is in them.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TracesConfig {
    /// The collector, over HTTP; nothing is recorded without one.
    pub endpoint: Option<String>,
    /// What is sent along, as `name=value,name=value`.
    #[serde(skip_serializing)]
    pub headers: Option<SecretString>,
    /// Whether questions, answers, arguments and results are in the spans.
    pub content: bool,
}

/// Where spans go. Copies send to the same place.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Open>>);

struct Open {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    content: bool,
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Traces({})", self.0.is_some())
    }
}

/// Something that takes time. It ends when it is dropped; where nothing is recorded it is nothing.
#[derive(Debug, Default)]
pub struct Span(Option<Box<opentelemetry_sdk::trace::Span>>);

impl Traces {
    /// Spans to the configured collector, sent through `http`; none without an endpoint.
    pub fn start(config: &TracesConfig, http: reqwest::Client) -> Result<Self> {
        let Some(endpoint) = &config.endpoint else {
            return Ok(Self::default());
        };
        let provider = collector::provider(endpoint, config.headers.as_ref(), http)?;
        Ok(Self(Some(Arc::new(Open {
            tracer: provider.tracer("patchbay"),
            provider,
            content: config.content,
        }))))
    }

    /// Whether what people and services say belongs into spans.
    pub fn have_content(&self) -> bool {
        self.0.as_ref().is_some_and(|open| open.content)
    }

    /// Begins a span below `parent`, or a trace of its own.
    pub fn begin(
        &self,
        kind: SpanKind,
        name: fmt::Arguments<'_>,
        parent: Option<&TraceParent>,
    ) -> Span {
        self.build(parent, || {
            SpanBuilder::from_name(name.to_string()).with_kind(kind)
        })
    }

    /// A span that is over: somebody waited from then to then.
    pub fn past(
        &self,
        name: fmt::Arguments<'_>,
        parent: Option<&TraceParent>,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> PastSpan {
        let span = self.build(parent, || {
            SpanBuilder::from_name(name.to_string()).with_start_time(from)
        });
        PastSpan { span, to }
    }

    fn build(&self, parent: Option<&TraceParent>, builder: impl FnOnce() -> SpanBuilder) -> Span {
        let Some(open) = &self.0 else {
            return Span(None);
        };
        let context = match parent.and_then(context_of) {
            Some(parent) => Context::new().with_remote_span_context(parent),
            None => Context::new(),
        };
        let span = open.tracer.build_with_context(builder(), &context);
        Span(Some(Box::new(span)))
    }

    /// Sends what was not sent yet, unless that takes long; blocks.
    pub fn stop(&self) {
        let Some(open) = &self.0 else {
            return;
        };
        if let Err(error) = open.provider.shutdown_with_timeout(LAST_WORDS) {
            tracing::warn!("the last spans were not sent: {error}");
        }
    }
}

impl Span {
    /// Where what comes of it belongs.
    pub fn parent(&self) -> Option<TraceParent> {
        let context = self.0.as_ref()?.span_context();
        context.is_valid().then(|| {
            TraceParent::new(
                &context.trace_id().to_string(),
                &context.span_id().to_string(),
                context.is_sampled(),
            )
        })
    }

    /// Says something about it.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(name, value));
        }
    }

    /// Says something that is only made where it is wanted.
    pub fn set_with<V: Into<Value>>(&mut self, name: &'static str, value: impl FnOnce() -> V) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(name, value()));
        }
    }

    /// It came to nothing, in this way.
    pub fn fail(&mut self, how: &'static str) {
        self.set("error.type", how);
        if let Some(span) = &mut self.0 {
            span.set_status(Status::error(how));
        }
    }

    /// It goes on from there.
    pub fn follow(&mut self, earlier: Option<&TraceParent>) {
        if let (Some(span), Some(earlier)) = (&mut self.0, earlier.and_then(context_of)) {
            span.add_link(earlier, Vec::new());
        }
    }

    /// Nobody is to see it: nothing came of it.
    pub fn forget(&mut self) {
        self.set(kept::FORGOTTEN, true);
    }
}

/// A span that is over once it is dropped, at the time it ended.
#[derive(Debug)]
pub struct PastSpan {
    span: Span,
    to: DateTime<Utc>,
}

impl std::ops::Deref for PastSpan {
    type Target = Span;

    fn deref(&self) -> &Span {
        &self.span
    }
}

impl std::ops::DerefMut for PastSpan {
    fn deref_mut(&mut self) -> &mut Span {
        &mut self.span
    }
}

impl Drop for PastSpan {
    fn drop(&mut self) {
        if let Some(span) = &mut self.span.0 {
            span.end_with_timestamp(self.to.into());
        }
    }
}

fn context_of(parent: &TraceParent) -> Option<SpanContext> {
    let (trace, span, sampled) = parent.parts()?;
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::default().with_sampled(sampled),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_is_recorded_a_span_is_nothing() {
        let traces = Traces::default();
        let mut span = traces.begin(SpanKind::Internal, format_args!("x"), None);
        span.set("gen_ai.operation.name", "chat");
        span.set_with("never", || -> String {
            unreachable!("nobody asked for it")
        });
        span.fail("timeout");
        assert!(span.parent().is_none() && !traces.have_content());
        traces.stop();
    }

    #[test]
    fn a_parent_that_is_none_begins_a_trace_of_its_own() {
        let nonsense = TraceParent::new(&"0".repeat(32), &"0".repeat(16), true);
        assert!(context_of(&nonsense).is_none());
        let good = TraceParent::new(&"1".repeat(32), &"2".repeat(16), true);
        let context = context_of(&good).unwrap();
        assert!(context.is_sampled() && context.is_remote());
        assert_eq!(context.trace_id().to_string(), "1".repeat(32));
    }
}
