//! Leaves out spans of which nothing came, such as a delivery that Slack repeated.

use std::time::Duration;

use opentelemetry::{Context, Key, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor};

/// What marks them.
pub(super) const FORGOTTEN: &str = "patchbay.forgotten";

/// Passes on what is not marked.
#[derive(Debug)]
pub(super) struct Kept(pub BatchSpanProcessor);

impl SpanProcessor for Kept {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.0.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        let marked = span.attributes.iter().any(|attribute| {
            attribute.key == Key::from_static_str(FORGOTTEN) && attribute.value == Value::Bool(true)
        });
        if !marked {
            self.0.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}
