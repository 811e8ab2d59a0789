//! Reading an answer without letting the other side decide how much or how long.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;

use super::failure;
use crate::error::{Error, Kind, Result, quotable};
use crate::text;

/// What was read of an answer.
#[derive(Clone, Debug)]
pub struct Body {
    /// The bytes, at most as many as were asked for.
    pub bytes: Vec<u8>,
    /// Whether the answer went on.
    pub truncated: bool,
}

/// Reads at most `cap` bytes within `deadline`; `who` is the service as people know it.
///
/// Nobody is asked to compress, so that `cap` bounds what is held as well as what is sent; what comes
/// compressed all the same is refused unread.
pub async fn read_body(
    who: &str,
    mut response: Response,
    cap: usize,
    deadline: Duration,
) -> Result<Body> {
    if let Some(encoding) = compressed(&response) {
        return Err(Error::new(
            Kind::Upstream,
            text!(
                "{service} answered in a compressed form (`{encoding}`) that it was not asked for.",
                service = who,
                encoding
            ),
        )
        .hint(text!(
            "Whoever runs the server has to switch that off for clients that do not ask."
        )));
    }
    let reading = async {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| failure(who, e))? {
            let room = cap - bytes.len();
            if chunk.len() > room {
                bytes.extend_from_slice(&chunk[..room]);
                return Ok(Body {
                    bytes,
                    truncated: true,
                });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Body {
            bytes,
            truncated: false,
        })
    };
    tokio::time::timeout(deadline, reading)
        .await
        .unwrap_or_else(|_| {
            Err(Error::new(
                Kind::Timeout,
                text!(
                    "{service} began to answer but did not finish in time.",
                    service = who
                ),
            )
            .hint(text!("Try again, or ask for less.")))
        })
}

/// How the body is encoded, if it is.
fn compressed(response: &Response) -> Option<String> {
    let encodings = response.headers().get_all(CONTENT_ENCODING).iter();
    encodings
        .map(|value| quotable(&String::from_utf8_lossy(value.as_bytes())))
        .find(|value| !value.trim().is_empty() && !value.eq_ignore_ascii_case("identity"))
}
