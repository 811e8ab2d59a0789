//! Markdown that a model wrote, made harmless: it may say anything, but notify nobody, load nothing,
//! and lead nowhere else than it shows.

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use url::Url;

use super::mrkdwn::defuse;

/// How often links are looked for again where one was taken apart.
const MOST_PASSES: usize = 4;

/// The same text with its links honest and its pictures turned into links.
///
/// A link stays as it is when its words name no host, or the one it leads to; else the address
/// stands beside the words. Code is left alone.
pub fn harmless(markdown: &str) -> String {
    let mut text = markdown.to_owned();
    for _ in 0..MOST_PASSES {
        // What is no mark of Slack's any more may be words of a link.
        let defused = defuse(&text);
        match rewritten(&text).or_else(|| rewritten(&defused)) {
            Some(other) => text = other,
            None => return defused,
        }
    }
    // Nested deeper than anybody means it: no link is left.
    defuse(&text.replace("](", "] (").replace("][", "] ["))
}

/// The same text with its dishonest links taken apart; `None` when there are none. What is left of
/// a link may be part of another one.
fn rewritten(markdown: &str) -> Option<String> {
    let mut out = String::with_capacity(markdown.len());
    let mut copied = 0;
    for part in links(markdown) {
        let Some(instead) = part.instead() else {
            continue;
        };
        if part.from < copied {
            continue;
        }
        out.push_str(&markdown[copied..part.from]);
        out.push_str(&instead);
        copied = part.to;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(&markdown[copied..]);
    Some(out)
}

/// A link or picture in the text.
struct Link {
    from: usize,
    to: usize,
    kind: Kind,
    target: String,
    words: String,
    /// Whether there is another link or picture in it.
    nests: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Words,
    Bare,
    Picture,
}

/// The outermost links and pictures, in their order.
fn links(markdown: &str) -> Vec<Link> {
    let mut found: Vec<Link> = Vec::new();
    let mut depth = 0;
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        match event {
            Event::Start(
                ref tag @ (Tag::Link { ref dest_url, .. } | Tag::Image { ref dest_url, .. }),
            ) => {
                if depth == 0 {
                    found.push(Link {
                        from: range.start,
                        to: range.end,
                        kind: kind(tag),
                        target: dest_url.to_string(),
                        words: String::new(),
                        nests: false,
                    });
                } else if let Some(outer) = found.last_mut() {
                    outer.nests = true;
                }
                depth += 1;
            }
            Event::End(TagEnd::Link | TagEnd::Image) => depth -= 1,
            Event::Text(text) | Event::Code(text) if depth > 0 => {
                if let Some(link) = found.last_mut() {
                    link.words.push_str(&text);
                }
            }
            _ => {}
        }
    }
    found
}

fn kind(tag: &Tag<'_>) -> Kind {
    match tag {
        Tag::Image { .. } => Kind::Picture,
        Tag::Link {
            link_type: LinkType::Autolink | LinkType::Email,
            ..
        } => Kind::Bare,
        _ => Kind::Words,
    }
}

impl Link {
    /// What stands in its place, if it may not stay.
    fn instead(&self) -> Option<String> {
        let words = plain(&self.words);
        // Without the slashes it is an address to some who read it, and none to others.
        let is_web = |url: &Url| {
            let after = self.target.get(url.scheme().len()..).unwrap_or_default();
            matches!(url.scheme(), "http" | "https") && after.starts_with("://")
        };
        let target = Url::parse(&self.target).ok().filter(is_web);
        let Some(target) = target else {
            // Nothing else is followed from here: the words stay.
            return Some(words);
        };
        match self.kind {
            // `<http://a|http://b>` is a link with other words to Slack.
            Kind::Bare if self.target.contains('|') => Some(self.target.replace('|', " ")),
            Kind::Bare => None,
            Kind::Words if !self.nests && is_honest(&self.words, &target) => None,
            Kind::Words | Kind::Picture => Some(format!("{words} ({target})")),
        }
    }
}

/// Words without the characters that Markdown or Slack would read as more than words.
fn plain(words: &str) -> String {
    words.replace(['[', ']', '<', '>', '!', '|', '`', '\n'], " ")
}

/// Whether every host that the words name is the one the link leads to.
fn is_honest(words: &str, target: &Url) -> bool {
    let visible: String = words
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .collect();
    let host = target.host_str().unwrap_or_default();
    let bare = |name: &str| name.trim_start_matches("www.").to_ascii_lowercase();
    visible
        .split(|c: char| c.is_whitespace() || "/:?#()<>,;\"'|@".contains(c))
        .filter(|word| names_a_host(word))
        .all(|word| bare(word.trim_end_matches('.')) == bare(host))
}

/// Whether a word looks like a host: labels joined by dots, the last one of letters.
fn names_a_host(word: &str) -> bool {
    let word = word.trim_matches('.');
    let Some((before, last)) = word.rsplit_once(['.', '\u{3002}', '\u{ff0e}', '\u{2024}']) else {
        return false;
    };
    // Numbers and abbreviations (`1.5`, `e.g`) name no host; addresses of four numbers do.
    let numbers =
        word.split('.').count() == 4 && word.bytes().all(|b| b == b'.' || b.is_ascii_digit());
    numbers
        || (!before.is_empty()
            && last.chars().count() >= 2
            && last.chars().all(char::is_alphabetic))
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_say_where_they_lead() {
        let check = |text: &str, expected: &str| assert_eq!(harmless(text), expected, "{text}");
        check(
            "see [the docs](https://docs.rs/a)",
            "see [the docs](https://docs.rs/a)",
        );
        check(
            "[docs.rs](https://docs.rs/a)",
            "[docs.rs](https://docs.rs/a)",
        );
        check(
            "[https://bank.example](https://evil.example)",
            "https://bank.example (https://evil.example/)",
        );
        check(
            "[ba\u{200b}nk.example/login][1]\n\n[1]: https://evil.example",
            "ba\u{200b}nk.example/login (https://evil.example/)\n\n[1]: https://evil.example",
        );
        check("[run](javascript:alert(1)) it", "run it");
        check(
            "<https:evil.example> [it](https:evil.example)",
            "https:evil.example it",
        );
        check("[ttps](https:0a://evil.example)", "ttps");
        check(
            "![cat](https://evil.example/c.png)",
            "cat (https://evil.example/c.png)",
        );
        check("<https://docs.rs>", "<https://docs.rs>");
        check(
            "<http://evil.example|http://good.example>",
            "http://evil.example http://good.example",
        );
    }

    #[test]
    fn what_becomes_a_link_once_slacks_marks_are_none_is_looked_at_as_well() {
        let text = harmless("[bank.example <!X](https://evil.example) >");
        assert!(
            !text.contains("](") && text.contains("(https://evil.example/)"),
            "{text}"
        );
        assert_eq!(harmless(&text), text);
    }

    #[test]
    fn what_is_no_link_stays_as_it_is() {
        for text in [
            "| a | b |\n| --- | --- |\n| [1] | `[x](javascript:1)` |",
            "```\n[https://a.example](https://b.example)\n```",
            "version 1.5 costs $3.50 e.g. today",
            "a < b && c > d",
        ] {
            assert_eq!(harmless(text), text);
        }
    }
}
