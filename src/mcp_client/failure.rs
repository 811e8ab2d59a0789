//! What went wrong with an MCP server, as one sentence and a next step.

use rmcp::model::ErrorData;
use rmcp::service::{ClientInitializeError, ServiceError};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::streamable_http_client::StreamableHttpError;

use super::Server;
use crate::domain::secret;
use crate::error::{Error, Kind};
use crate::{net, text};

/// The most characters that are shown of a server's message.
const LONGEST_MESSAGE: usize = 300;

/// No session came about.
pub(super) fn not_opened(server: &Server, error: ClientInitializeError) -> Error {
    let title = &server.title;
    match error {
        ClientInitializeError::TransportError { error, .. } => transport(title, error),
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => {
            not_opened(server, *fallback)
        }
        ClientInitializeError::JsonRpcError(refusal) => said(server, &refusal),
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => Error::new(
            Kind::Upstream,
            text!(
                "{service} speaks no version of MCP that I speak.",
                service = title
            ),
        )
        .hint(text!("Ask whoever runs the server to bring it up to date.")),
        error => odd_answer(title).source(anyhow::anyhow!("{error}")),
    }
}

/// A request within a session failed.
pub(super) fn refused(server: &Server, error: ServiceError) -> Error {
    let title = &server.title;
    match error {
        ServiceError::McpError(refusal) => said(server, &refusal),
        ServiceError::TransportSend(error) => transport(title, error),
        ServiceError::TransportClosed => broken_off(title),
        error => odd_answer(title).source(error),
    }
}

/// What the server says is wrong.
fn said(server: &Server, refusal: &ErrorData) -> Error {
    let reason = secret::without(&plain(&refusal.message), &server.secrets).into_owned();
    Error::new(
        Kind::Invalid,
        text!(
            "{happened} It said: “{quote}”.",
            happened = text!("{service} could not do that.", service = &server.title),
            quote = reason
        ),
    )
    .hint(text!("Change what is asked for and try again."))
    .source(anyhow::anyhow!("JSON-RPC error {}", refusal.code.0))
}

/// The tool wants to ask the person something first.
pub(super) fn asks_back(title: &str) -> Error {
    Error::new(
        Kind::Upstream,
        text!(
            "{service} wants to ask you something before it goes on, which I cannot pass on yet.",
            service = title
        ),
    )
    .hint(text!(
        "Say all it may need in the call, or use another tool."
    ))
}

/// An answer, and none that the protocol has there.
pub(super) fn odd_answer(title: &str) -> Error {
    Error::new(
        Kind::Upstream,
        text!(
            "{service} does not answer as an MCP server does.",
            service = title
        ),
    )
    .hint(text!(
        "Check that the address is that of its MCP endpoint; it often ends in `/mcp`."
    ))
}

fn broken_off(title: &str) -> Error {
    Error::new(
        Kind::Upstream,
        text!("The connection to {service} broke off.", service = title),
    )
    .hint(text!("Try again in a minute."))
}

fn transport(title: &str, error: DynamicTransportError) -> Error {
    type Failure = StreamableHttpError<reqwest::Error>;
    let error = match error.error.downcast::<Failure>() {
        Ok(error) => *error,
        Err(other) => return broken_off(title).source(anyhow::anyhow!("{other}")),
    };
    match error {
        StreamableHttpError::Client(error) => net::failure(title, error),
        // An address that was refused.
        StreamableHttpError::Io(error) => match error.downcast::<Error>() {
            Ok(refusal) => refusal,
            Err(error) => broken_off(title).source(error),
        },
        StreamableHttpError::AuthRequired(_) => unauthenticated(title),
        StreamableHttpError::InsufficientScope(_) => forbidden(title),
        StreamableHttpError::HttpStatus(status) if status.status == 429 => Error::new(
            Kind::RateLimited { retry_after: None },
            text!(
                "{service} says that this is too many requests.",
                service = title
            ),
        )
        .hint(text!("Try again in a minute.")),
        StreamableHttpError::HttpStatus(status) => Error::new(
            Kind::Upstream,
            text!(
                "{service} had a problem of its own ({code}).",
                service = title,
                code = u64::from(status.status)
            ),
        )
        .hint(text!("Try again in a minute.")),
        StreamableHttpError::UnexpectedServerResponse(said) if said.starts_with("HTTP 401") => {
            unauthenticated(title)
        }
        StreamableHttpError::UnexpectedServerResponse(said) if said.starts_with("HTTP 403") => {
            forbidden(title)
        }
        StreamableHttpError::ResponseBodyTooLarge { .. } => too_large(title),
        StreamableHttpError::Sse(error) if error.to_string().contains("maximum size") => {
            too_large(title)
        }
        StreamableHttpError::UnexpectedEndOfStream
        | StreamableHttpError::TransportChannelClosed => broken_off(title),
        error => odd_answer(title).source(anyhow::anyhow!("{error}")),
    }
}

fn unauthenticated(title: &str) -> Error {
    Error::new(
        Kind::Unauthenticated,
        text!(
            "{service} does not accept this credential.",
            service = title
        ),
    )
    .hint(text!("Connect again with a token that is valid now."))
}

fn forbidden(title: &str) -> Error {
    Error::new(
        Kind::Forbidden,
        text!(
            "{service} does not let this credential do that.",
            service = title
        ),
    )
    .hint(text!(
        "Give the credential that permission, or use one that has it."
    ))
}

fn too_large(title: &str) -> Error {
    Error::new(
        Kind::Upstream,
        text!(
            "{service} answered with more than I read at once.",
            service = title
        ),
    )
    .hint(text!("Ask for less at once."))
}

/// One line, not too long.
fn plain(message: &str) -> String {
    let letters = message.chars().take(LONGEST_MESSAGE);
    let line: String = letters
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    line.trim().trim_end_matches('.').to_owned()
}
