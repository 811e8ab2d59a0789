//! Coming by the rest of a list: where its next page is, and when there is enough.

use reqwest::Request;
use reqwest::header::{HeaderMap, LINK};
use serde_json::Value;
use url::Url;

use super::shape;
use crate::domain::card::{Keep, Paging};
use crate::domain::tool::ToolOutput;
use crate::error::Result;
use crate::net::Body;

/// A list as it grows, page by page.
pub(super) struct List<'a> {
    title: &'a str,
    keep: &'a Keep,
    items: Vec<Value>,
    /// How many there are in all, where the first page says so.
    total: Option<u64>,
    /// Items on the first page and on the latest.
    first: usize,
    latest: usize,
    pages: usize,
    bytes: usize,
    /// The latest page without its items, and the headers it came with.
    answer: Value,
    headers: HeaderMap,
}

impl<'a> List<'a> {
    /// What the first page has of it.
    pub(super) fn begin(
        title: &'a str,
        keep: &'a Keep,
        headers: HeaderMap,
        body: &Body,
    ) -> Result<Self> {
        let mut answer = shape::parse(title, body)?;
        let total = shape::total(&answer, keep);
        let items = shape::take_items(title, &mut answer, keep)?;
        Ok(Self {
            title,
            keep,
            total,
            first: items.len(),
            latest: items.len(),
            pages: 1,
            bytes: body.bytes.len(),
            items,
            answer,
            headers,
        })
    }

    /// Adds a page.
    pub(super) fn take(&mut self, headers: HeaderMap, body: &Body) -> Result<()> {
        self.pages += 1;
        self.bytes += body.bytes.len();
        self.answer = shape::parse(self.title, body)?;
        let items = shape::take_items(self.title, &mut self.answer, self.keep)?;
        self.headers = headers;
        self.latest = items.len();
        self.items.extend(items);
        Ok(())
    }

    /// How many items there are so far.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// How many pages they came on.
    pub(super) fn pages(&self) -> usize {
        self.pages
    }

    /// How many bytes these were.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The request for the next page after the one that was `sent`; `None` at the end of the list.
    /// A service that names another server is not followed there.
    pub(super) fn next(&self, by: &Paging, sent: &Request) -> Option<Request> {
        let here = sent.url();
        let url = match by {
            Paging::Link => linked(&self.headers, here)?,
            Paging::Url { at } => here.join(&text(&self.answer, at)?).ok()?,
            Paging::Cursor { at, parameter } => {
                with_parameter(here, parameter, &text(&self.answer, at)?)
            }
            // A page that has less than the first one had is the last.
            Paging::Number { .. } | Paging::Offset { .. }
                if self.latest == 0 || self.latest < self.first =>
            {
                return None;
            }
            Paging::Number { parameter, first } => {
                with_parameter(here, parameter, &(first + self.pages as u64).to_string())
            }
            Paging::Offset { parameter } => {
                with_parameter(here, parameter, &self.items.len().to_string())
            }
        };
        // Nor is one that leads in circles.
        if url.origin() != here.origin() || url == *here {
            return None;
        }
        let mut next = sent.try_clone()?;
        *next.url_mut() = url;
        Some(next)
    }

    /// As many items as are wanted, and whether there are `more` than those that came.
    pub(super) fn shown(mut self, wanted: usize, more: bool) -> ToolOutput {
        let more = more || self.items.len() > wanted;
        self.items.truncate(wanted);
        shape::list(&self.items, self.total, self.keep, more).out_of(self.bytes)
    }
}

/// Whether the answer says that there is more of the list.
pub(super) fn has_next(headers: &HeaderMap) -> bool {
    next_link(headers).is_some()
}

/// A text or number in an answer, if there is one.
fn text(answer: &Value, at: &str) -> Option<String> {
    match answer.pointer(at)? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn with_parameter(url: &Url, name: &str, value: &str) -> Url {
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(other, _)| other != name)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut url = url.clone();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair(name, value);
    url
}

/// The next page by RFC 8288.
fn linked(headers: &HeaderMap, from: &Url) -> Option<Url> {
    from.join(&next_link(headers)?).ok()
}

fn next_link(headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all(LINK).iter();
    let links = links.filter_map(|value| value.to_str().ok());
    // A comma may stand in a URL: a link ends where the next one begins.
    let mut links = links.flat_map(|value| value.split('<').skip(1));
    links.find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let mut parameters = parameters.split([';', ',']).map(str::trim);
        let is_next = |text: &str| matches!(text, "rel=\"next\"" | "rel=next");
        parameters.any(is_next).then(|| target.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_among_others() {
        let here: Url = "https://shop.example.com/a?page=1".parse().unwrap();
        let check = |value: &str, expected: Option<&str>| {
            let headers = HeaderMap::from_iter([(LINK, value.parse().unwrap())]);
            let found = linked(&headers, &here).map(|url| url.to_string());
            assert_eq!(found.as_deref(), expected, "{value}");
        };
        let next = Some("https://shop.example.com/a?page=2");
        check("<https://shop.example.com/a?page=2>; rel=\"next\"", next);
        check("</a?page=2>;rel=next", next);
        check(
            "<https://shop.example.com/z>; rel=\"last\", <?page=2>; title=\"x\"; rel=\"next\"",
            next,
        );
        check("<?page=2>; rel=\"prev\",<?page=3>; rel=\"last\"", None);
        check("nonsense", None);
        check(
            "<?ids=1,2>; rel=\"next\"",
            Some("https://shop.example.com/a?ids=1,2"),
        );
    }

    #[test]
    fn a_parameter_takes_the_place_of_the_one_before() {
        let url: Url = "https://shop.example.com/a?page=1&q=x%20y".parse().unwrap();
        let next = with_parameter(&url, "page", "2&z=1");
        assert_eq!(next.query(), Some("q=x+y&page=2%26z%3D1"));
    }
}
