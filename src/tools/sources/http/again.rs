//! When a request is sent again, and how long that waits.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use crate::error::{Error, Kind, Result};

/// The first pause; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(250);
/// Whoever wants to be left alone for longer is not asked again within the same call.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long to wait before a request that ended like this is sent again; `None` where another try
/// would end the same, or is not wanted before long.
pub(super) fn pause(tries: u8, sent: &Result<Response>) -> Option<Duration> {
    let usual = PAUSE * 2_u32.pow(tries.into());
    match sent {
        Ok(response) if is_busy(response.status()) => asked_for(response.headers(), usual),
        Err(error) if broke(error) => Some(usual),
        Ok(_) | Err(_) => None,
    }
}

fn is_busy(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// The connection was not made, or did not last; an address that is refused stays refused.
fn broke(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unavailable | Kind::Upstream)
}

/// What `Retry-After` asks for. A date is not a few seconds.
fn asked_for(headers: &HeaderMap, usual: Duration) -> Option<Duration> {
    let Some(asked) = headers.get(RETRY_AFTER) else {
        return Some(usual);
    };
    let seconds = asked.to_str().ok()?.trim().parse().ok()?;
    let asked = Duration::from_secs(seconds);
    (asked <= LONGEST_PAUSE).then_some(asked.max(usual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_says_how_long_it_wants_to_be_left_alone() {
        let check = |asked: &str, expected: Option<u64>| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, asked.parse().unwrap())]);
            let pause = asked_for(&headers, PAUSE).map(|pause| pause.as_millis() as u64);
            assert_eq!(pause, expected, "{asked}");
        };
        check("0", Some(250));
        check("2", Some(2_000));
        check("5", Some(5_000));
        for long in ["6", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "soon", ""] {
            check(long, None);
        }
        assert_eq!(asked_for(&HeaderMap::new(), PAUSE), Some(PAUSE));
    }
}
