//! Whether the words of a link name the place that it leads to.

use url::Url;

use super::{Reference, ReferenceKind};

impl Reference {
    /// The host that it leads to, as a browser would write it.
    pub fn host(&self) -> Option<String> {
        let target = match self.kind {
            ReferenceKind::Email => format!("mailto://{}", self.target),
            _ if self.target.to_ascii_lowercase().starts_with("www.") => {
                format!("https://{}", self.target)
            }
            _ => self.target.clone(),
        };
        let url = Url::parse(&target).ok()?;
        url.host_str().map(|host| bare(host).to_owned())
    }

    /// Whether its words name a host that it does not lead to.
    pub fn misleads(&self) -> bool {
        let Some(words) = &self.words else {
            return false;
        };
        // An address that is its own words hides nothing, however odd.
        if *words == self.target {
            return false;
        }
        let host = self.host();
        hosts_in(words).any(|named| Some(named) != host)
    }

    /// Whether it is an address that a browser would open.
    pub fn is_on_the_web(&self) -> bool {
        let target = self.target.to_ascii_lowercase();
        ["http://", "https://", "www."]
            .iter()
            .any(|start| target.starts_with(start))
    }
}

/// The hosts that words name, as a browser would read them: other scripts' dots and digits, capitals
/// and invisible characters do not hide one.
fn hosts_in(words: &str) -> impl Iterator<Item = String> {
    let shown: String = words
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .collect();
    let ends = |c: char| c.is_whitespace() || "/\\:?#()<>,;\"'|@[]`*".contains(c);
    let words: Vec<_> = shown.split(ends).map(str::to_owned).collect();
    words.into_iter().filter_map(|word| host(&word))
}

fn host(word: &str) -> Option<String> {
    let url = Url::parse(&format!("http://{word}/")).ok()?;
    let host = bare(url.host_str()?.trim_matches('.')).to_owned();
    let numbers = host
        .bytes()
        .all(|byte| byte == b'.' || byte.is_ascii_digit());
    if numbers {
        // A browser reads `1.5` as an address as well; four numbers look like one.
        return (word.split('.').count() == 4).then_some(host);
    }
    let (before, last) = host.rsplit_once('.')?;
    let is_domain = last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    (!before.is_empty() && (is_domain || last.starts_with("xn--"))).then_some(host)
}

fn bare(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}
