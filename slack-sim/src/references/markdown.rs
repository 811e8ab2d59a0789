//! Standard Markdown, of the `markdown` block and of streams; Slack's mentions work in it as well.

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use super::mrkdwn::{angle, next_angle};
use super::{Automatic, Found, ReferenceKind};

impl Found {
    /// Reads Markdown. What is between angle brackets counts wherever it stands.
    pub(super) fn markdown(&mut self, text: &str, at: &str) {
        self.angles(text, at);
        let mut open: Vec<(ReferenceKind, String, String)> = Vec::new();
        let mut plain = String::new();
        let mut in_code = false;
        let options =
            Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
        for event in Parser::new_ext(text, options) {
            match event {
                Event::Start(Tag::Image { dest_url, .. }) => {
                    open.push((ReferenceKind::Image, dest_url.into(), String::new()));
                }
                Event::Start(Tag::Link {
                    dest_url,
                    link_type,
                    ..
                }) => {
                    let email = link_type == LinkType::Email || dest_url.starts_with("mailto:");
                    let kind = if email {
                        ReferenceKind::Email
                    } else {
                        ReferenceKind::Link
                    };
                    let target = dest_url.trim_start_matches("mailto:").to_owned();
                    open.push((kind, target, String::new()));
                }
                Event::End(TagEnd::Image | TagEnd::Link) => {
                    if let Some((kind, target, words)) = open.pop() {
                        // `<address|words>` was found above.
                        if !(words == target && target.contains('|')) {
                            self.add(kind, &target, Some(&words), at);
                        }
                        // A picture's words may be those of the link around it.
                        if let Some((_, _, outer)) = open.last_mut() {
                            outer.push_str(&words);
                        }
                    }
                }
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                Event::Text(words) | Event::InlineHtml(words) | Event::Html(words) if !in_code => {
                    match open.last_mut() {
                        Some((_, _, shown)) => shown.push_str(&words),
                        None => plain.push_str(&words),
                    }
                }
                Event::Code(words) => {
                    if let Some((_, _, shown)) = open.last_mut() {
                        shown.push_str(&words);
                    }
                    plain.push('\n');
                }
                Event::Start(_) | Event::End(_) | Event::SoftBreak | Event::HardBreak => {
                    plain.push('\n');
                }
                _ => {}
            }
        }
        self.automatic(&plain, Automatic::Links, at);
    }

    /// Mentions and their like, and links in Slack's own form that carry other words.
    fn angles(&mut self, text: &str, at: &str) {
        let mut rest = text;
        while let Some((_, inside, after)) = next_angle(rest) {
            let found = angle(inside);
            let bare = matches!(found.kind, ReferenceKind::Link | ReferenceKind::Email)
                && found.words.is_none();
            if found.kind != ReferenceKind::Unknown && !bare {
                self.angle(&found, at);
            }
            rest = after;
        }
    }
}
