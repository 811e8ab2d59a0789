//! The protocol's HTTP over the guarded client: every request passes the check of its address, none is
//! sent on elsewhere, and no answer is read beyond its measure.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::common::client_side_sse::NeverRetry;
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpClientTransportConfig, StreamableHttpError,
    StreamableHttpPostResponse, StreamableHttpResponseLimits,
};
use sse_stream::Sse;

use super::{LARGEST_ANSWER, Server};
use crate::net::GuardedClient;

/// How much of an error that is no message of the protocol is read.
const LARGEST_REFUSAL: usize = 4 * 1024;
/// The most events of one answer, progress and the like included.
const MOST_EVENTS: usize = 10_000;

type Failure = StreamableHttpError<reqwest::Error>;
type Headers = HashMap<HeaderName, HeaderValue>;
type Events = BoxStream<'static, Result<Sse, SseError>>;

/// The guarded client as the protocol's library takes one.
#[derive(Clone)]
pub(super) struct Guarded {
    client: GuardedClient,
}

impl Guarded {
    pub(super) fn new(client: GuardedClient) -> Self {
        Self { client }
    }

    /// The way to one server.
    pub(super) fn transport(self, server: &Server) -> StreamableHttpClientTransport<Self> {
        let headers = server.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.clone()));
        let mut config = StreamableHttpClientTransportConfig::with_uri(server.url.as_str())
            .custom_headers(headers.collect())
            .max_json_response_size(LARGEST_ANSWER)
            .max_sse_event_size(LARGEST_ANSWER)
            .max_error_response_size(LARGEST_REFUSAL)
            .reinit_on_expired_session(false);
        config.retry_config = Arc::new(NeverRetry::default());
        StreamableHttpClientTransport::with_client(self, config)
    }

    /// The client for an address that was checked; the library's own requests are sent with it.
    fn checked(&self, uri: &str) -> Result<reqwest::Client, Failure> {
        let url = uri.parse().map_err(|_| io::Error::other("no URL"))?;
        let client = self.client.checked(&url).map_err(io::Error::other)?;
        Ok(client.clone())
    }
}

impl StreamableHttpClient for Guarded {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session, token, headers, limits)
            .await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let client = self.checked(&uri)?;
        let posted = client
            .post_message_with_response_limits(uri, message, session, token, headers, limits)
            .await?;
        Ok(match posted {
            StreamableHttpPostResponse::Sse(events, session) => {
                let events = events.take(MOST_EVENTS).boxed();
                StreamableHttpPostResponse::Sse(events, session)
            }
            other => other,
        })
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        token: Option<String>,
        headers: Headers,
    ) -> Result<(), Failure> {
        let client = self.checked(&uri)?;
        client.delete_session(uri, session, token, headers).await
    }

    /// What a server would say by itself nobody here listens to yet; answers come with their calls.
    async fn get_stream(
        &self,
        _uri: Arc<str>,
        _session: Option<Arc<str>>,
        _last_event: Option<String>,
        _token: Option<String>,
        _headers: Headers,
    ) -> Result<Events, Failure> {
        Err(StreamableHttpError::ServerDoesNotSupportSse)
    }
}
