//! The way to the collector: OTLP over HTTP with the one HTTP client, from a bounded queue.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Handle;
use tokio_util::context::TokioContext;

use super::kept::Kept;
use crate::error::{Error, Kind, Result};
use crate::net::read_body;

/// What every collector's address ends with.
const PATH: &str = "/v1/traces";
/// How long a collector may take for one batch.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most of its answer that is read.
const LONGEST_ANSWER: usize = 64 * 1024;

/// What makes spans and sends them. How many wait at most, and how many go at once, is said by the
/// variables that all of OpenTelemetry's libraries know (`OTEL_BSP_…`).
pub(super) fn provider(
    endpoint: &str,
    headers: Option<&SecretString>,
    http: reqwest::Client,
) -> Result<SdkTracerProvider> {
    let collector = Collector {
        silent: Arc::default(),
        http,
        runtime: Handle::current(),
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address(endpoint))
        .with_headers(headers.map(pairs).unwrap_or_default())
        .with_http_client(collector)
        .build()
        .map_err(|error| {
            Error::new(
                Kind::Invalid,
                "`traces.endpoint` cannot be used as a collector's address.",
            )
            .hint("It is a URL such as http://localhost:4318.")
            .source(error)
        })?;
    let batches = BatchSpanProcessor::builder(exporter).build();
    Ok(SdkTracerProvider::builder()
        .with_resource(resource())
        .with_span_processor(Kept(batches))
        .build())
}

/// Who sends: what `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say, else our name.
fn resource() -> Resource {
    let said = Resource::builder().build();
    let name = said.iter().find(|(key, _)| key.as_str() == "service.name");
    let nameless = name.is_none_or(|(_, name)| name.as_str().starts_with("unknown_service"));
    let ours = Resource::builder();
    let ours = match nameless {
        true => ours.with_service_name("patchbay"),
        false => ours,
    };
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    ours.with_attribute(version).build()
}

/// `OTEL_EXPORTER_OTLP_ENDPOINT` names the collector, and `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` the
/// whole address.
fn address(endpoint: &str) -> String {
    let base = endpoint.trim_end_matches('/');
    match base.ends_with(PATH) {
        true => base.to_owned(),
        false => format!("{base}{PATH}"),
    }
}

fn pairs(headers: &SecretString) -> HashMap<String, String> {
    let pairs = headers.expose_secret().split(',');
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| {
            let value = percent_decode_str(value.trim()).decode_utf8_lossy();
            (name.trim().to_owned(), value.into_owned())
        })
        .collect()
}

/// The HTTP client, lent to a thread that knows no runtime.
#[derive(Clone, Debug)]
struct Collector {
    /// Whether the last batch was lost.
    silent: Arc<AtomicBool>,
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request).await;
        let why = match &sent {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answered {}", answer.status())),
            Err(error) => Some(error.to_string()),
        };
        self.say(why.as_deref());
        sent
    }
}

impl Collector {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let sending = async move {
            let mut request = reqwest::Request::try_from(request)?;
            *request.timeout_mut() = Some(PATIENCE);
            let response = http.execute(request).await?;
            let status = response.status();
            let body = read_body("the collector", response, LONGEST_ANSWER, PATIENCE).await;
            let body = body.map_err(|error| error.sentence())?;
            let answer = Response::builder().status(status);
            Ok(answer.body(Bytes::from(body.bytes))?)
        };
        TokioContext::new(sending, self.runtime.clone()).await
    }

    /// Says once that traces are lost, and why, and once that they are not any more.
    fn say(&self, why: Option<&str>) {
        let was_silent = self.silent.swap(why.is_some(), Ordering::Relaxed);
        match why {
            Some(why) if !was_silent => {
                tracing::warn!("the collector of traces takes none, so they are lost: {why}");
            }
            None if was_silent => tracing::info!("the collector takes traces again"),
            Some(_) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_named_as_opentelemetry_names_it() {
        for named in ["http://c:4318", "http://c:4318/", "http://c:4318/v1/traces"] {
            assert_eq!(address(named), "http://c:4318/v1/traces");
        }
        assert_eq!(address("https://c/otlp"), "https://c/otlp/v1/traces");
        let headers = pairs(&"authorization=Basic%20a=b, x-team = 7".into());
        assert_eq!(headers["authorization"], "Basic a=b");
        assert_eq!(headers["x-team"], "7");
        assert_eq!(headers.len(), 2);
    }
}
