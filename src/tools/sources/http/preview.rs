//! A request as the person reads it who is asked to allow it.

use std::fmt::Write as _;

use reqwest::Request;
use serde_json::Value;
use url::Url;

use crate::domain::preview::{Preview, PreviewPart};
use crate::domain::secret::MASK;
use crate::text;

/// The most characters of a body: what it is made of stands in the arguments, whole.
const LONGEST_BODY: usize = 1_500;

/// The method, the URL, the headers with what is secret masked, and the body.
pub(in crate::tools::sources) fn of(request: &Request) -> Preview {
    let body = request.body().and_then(|body| body.as_bytes());
    with_body(request, body.map(pretty).as_deref())
}

/// The same with the body as people read it.
pub(in crate::tools::sources) fn with_body(request: &Request, body: Option<&str>) -> Preview {
    let mut shown = format!("{} {}", request.method(), readable(request.url()));
    for (name, value) in request.headers() {
        let value = match value.to_str() {
            Ok(text) if !value.is_sensitive() => text,
            Ok(_) | Err(_) => MASK,
        };
        // Writing to a string cannot fail.
        let _ = write!(shown, "\n{name}: {value}");
    }
    if let Some(body) = body {
        shown.push_str("\n\n");
        shown.push_str(&clipped(body));
    }
    Preview {
        parts: vec![
            PreviewPart::Note(text!("This is sent:")),
            PreviewPart::Exact(shown),
        ],
    }
}

/// The URL with its parameters as they are meant, each in a line of its own.
fn readable(url: &Url) -> String {
    let mut address = url.clone();
    address.set_query(None);
    let mut shown = address.to_string();
    for (index, (name, value)) in url.query_pairs().enumerate() {
        let sign = if index == 0 { '?' } else { '&' };
        // Writing to a string cannot fail.
        let _ = write!(shown, "\n{sign}{}={}", one_line(&name), one_line(&value));
    }
    shown
}

fn one_line(text: &str) -> String {
    let spelled = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(spelled).collect()
}

fn pretty(body: &[u8]) -> String {
    let json = serde_json::from_slice::<Value>(body);
    let pretty = json.and_then(|json| serde_json::to_string_pretty(&json));
    pretty.unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned())
}

fn clipped(text: &str) -> String {
    match text.char_indices().nth(LONGEST_BODY) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
