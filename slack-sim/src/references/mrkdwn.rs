//! Slack's own markup: what stands between angle brackets, and what Slack finds in plain text.

use super::ReferenceKind::{Broadcast, Channel, Date, Email, Group, Link, Unknown, User};
use super::{Automatic, Found, Reference, ReferenceKind};

/// Something between angle brackets.
pub(super) struct Angle {
    pub(super) kind: ReferenceKind,
    pub(super) target: String,
    pub(super) words: Option<String>,
    /// The address that a date leads to.
    pub(super) link: Option<String>,
}

impl Found {
    /// Reads mrkdwn.
    pub(super) fn mrkdwn(&mut self, text: &str, automatic: Option<Automatic>, at: &str) {
        let mut rest = text;
        let mut plain = String::new();
        while let Some((before, inside, after)) = next_angle(rest) {
            plain.push_str(before);
            // Nothing in plain text goes on behind a reference.
            plain.push('\n');
            self.angle(&angle(inside), at);
            rest = after;
        }
        plain.push_str(rest);
        if let Some(automatic) = automatic {
            self.automatic(&unescaped(&plain), automatic, at);
        }
    }

    pub(super) fn angle(&mut self, angle: &Angle, at: &str) {
        self.add(angle.kind, &angle.target, angle.words.as_deref(), at);
        if let Some(link) = &angle.link {
            self.add(Link, link, angle.words.as_deref(), at);
        }
    }

    /// Reads text without references for what Slack makes some of by itself; code is left alone.
    pub(super) fn automatic(&mut self, text: &str, automatic: Automatic, at: &str) {
        let text = without_code(text);
        let ends = |c: char| c.is_whitespace() || "<>|\"(){}[]*_~,;".contains(c);
        for word in text.split(ends) {
            let word = word.trim_end_matches(['.', ':', '!', '?', '\'']);
            let Some((kind, target)) = meant(word, automatic) else {
                continue;
            };
            self.list.push(Reference {
                kind,
                target: target.to_owned(),
                words: None,
                automatic: true,
                at: at.to_owned(),
            });
        }
    }
}

/// What Slack takes a word of plain text for.
fn meant(word: &str, automatic: Automatic) -> Option<(ReferenceKind, &str)> {
    let lower = word.to_ascii_lowercase();
    if let Some(start) = ["https://", "http://"]
        .iter()
        .find_map(|scheme| lower.find(scheme))
    {
        return Some((Link, &word[start..]));
    }
    if lower.starts_with("www.") {
        return Some((Link, word));
    }
    if let Some((name, host)) = word.split_once('@')
        && !name.is_empty()
        && host.contains('.')
    {
        return Some((Email, word));
    }
    if automatic == Automatic::Links {
        return None;
    }
    match (word.strip_prefix('@'), word.strip_prefix('#')) {
        (Some(name @ ("here" | "channel" | "everyone")), _) => Some((Broadcast, name)),
        (_, Some(name)) if is_channel_name(name) => Some((Channel, name)),
        _ => None,
    }
}

/// A name that a channel may have; numbers alone are those of issues.
fn is_channel_name(name: &str) -> bool {
    let fits = |c: char| c.is_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    name.chars().all(fits) && name.chars().any(char::is_lowercase)
}

/// The text before the next pair of angle brackets, what is in it, and the text after it.
pub(super) fn next_angle(text: &str) -> Option<(&str, &str, &str)> {
    let first = text.find('<')?;
    let end = first + text[first..].find('>')?;
    let start = text[..end].rfind('<')?;
    Some((&text[..start], &text[start + 1..end], &text[end + 1..]))
}

/// What a pair of angle brackets means, by <https://docs.slack.dev/messaging/formatting-message-text>.
pub(super) fn angle(inside: &str) -> Angle {
    let inside = inside.trim();
    let (target, words) = match inside.split_once('|') {
        Some((target, words)) => (target, Some(unescaped(words))),
        None => (inside, None),
    };
    let of = |kind, target: &str| Angle {
        kind,
        target: unescaped(target),
        words: words.clone(),
        link: None,
    };
    if let Some(id) = target.strip_prefix('@') {
        return of(User, id);
    }
    if let Some(id) = target.strip_prefix('#') {
        return of(Channel, id);
    }
    if let Some(special) = target.strip_prefix('!') {
        let mut parts = special.split('^');
        return match (parts.next().unwrap_or_default(), parts.next()) {
            ("subteam", Some(id)) => of(Group, id),
            ("date", Some(time)) => Angle {
                link: parts.nth(1).map(unescaped),
                ..of(Date, time)
            },
            (who @ ("here" | "channel" | "everyone" | "group"), _) => of(Broadcast, who),
            _ => of(Unknown, target),
        };
    }
    let scheme = target.split(':').next().unwrap_or_default();
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" | "tel" => of(Link, target),
        "mailto" => of(Email, target.get("mailto:".len()..).unwrap_or_default()),
        _ => of(Unknown, target),
    }
}

/// The text without what stands in code.
fn without_code(text: &str) -> String {
    let mut out = String::new();
    for (index, piece) in text.split("```").enumerate() {
        if index % 2 == 1 {
            continue;
        }
        for line in piece.lines() {
            let pieces: Vec<_> = line.split('`').collect();
            for (index, piece) in pieces.iter().enumerate() {
                // A mark that nothing closes is none.
                if index % 2 == 0 || index == pieces.len() - 1 {
                    out.push_str(piece);
                }
                out.push(' ');
            }
            out.push('\n');
        }
    }
    out
}

pub(super) fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
