//! Text that came from elsewhere, made harmless for Slack: it may look like anything and notify nobody.

use chrono::{DateTime, Utc};

/// For mrkdwn: `&`, `<` and `>` lose their meaning, so no link, mention or broadcast is left.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// For code in mrkdwn: escaped, and unable to end the code it stands in.
pub fn code(text: &str) -> String {
    format!("`{}`", escape(text).replace('`', "'").replace('\n', " "))
}

/// For a block of code in mrkdwn.
pub fn code_block(text: &str) -> String {
    format!("```\n{}\n```", escape(text).replace("```", "'''"))
}

/// A time, which Slack writes by each reader's own clock and in their language.
pub fn moment(at: DateTime<Utc>) -> String {
    format!(
        "<!date^{}^{{date_short_pretty}} {{time}}|{}>",
        at.timestamp(),
        at.format("%Y-%m-%d %H:%M UTC")
    )
}

/// Takes up no room and joins words.
const JOINER: char = '\u{2060}';

/// For the Markdown block: `<!here>`, `<@U1>`, `<#C1>` and `<https://a|b>` get an invisible word
/// joiner after the bracket, which leaves ordinary Markdown and code as they were.
pub fn defuse(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some(at) = rest.find('<') {
        let (before, after) = rest.split_at(at + 1);
        out.push_str(before);
        if means_something(after) {
            out.push(JOINER);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Whether Slack's own markup begins with what follows a bracket. A bare address is Markdown as well.
fn means_something(after: &str) -> bool {
    if after.starts_with(JOINER) {
        return false;
    }
    let inside = after.split('>').next().unwrap_or_default();
    let is_named_link = inside
        .split_once('|')
        .is_some_and(|(target, _)| target.contains(':'));
    inside.trim_start().starts_with(['!', '@', '#']) || is_named_link
}

/// Slack's escapes undone, for text that leaves Slack towards a model.
pub fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// The people that Slack's marks in a text name.
pub fn mentioned(text: &str) -> impl Iterator<Item = &str> {
    text.split("<@").skip(1).filter_map(|rest| {
        let id = rest.split(['>', '|']).next()?;
        let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric());
        is_id.then_some(id)
    })
}

/// A text as people read it: names in the place of Slack's marks, escapes undone.
pub fn readable(text: &str, name: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let Some((mark, after)) = after.split_once('>') else {
            out.push('<');
            rest = after;
            continue;
        };
        let (what, label) = match mark.split_once('|') {
            Some((what, label)) => (what, Some(label)),
            None => (mark, None),
        };
        if let Some(user) = what.strip_prefix('@') {
            out.push_str(&format!("@{}", name(user)));
        } else if let Some(channel) = what.strip_prefix('#') {
            out.push_str(&format!("#{}", label.unwrap_or(channel)));
        } else if let Some(group) = what.strip_prefix('!') {
            let group = label.unwrap_or(group).trim_start_matches('@');
            out.push_str(&format!("@{group}"));
        } else if what.contains("://") || what.starts_with("mailto:") {
            match label.filter(|label| !what.ends_with(label)) {
                Some(label) => out.push_str(&format!("{label} ({what})")),
                None => out.push_str(what),
            }
        } else {
            out.push_str(&format!("<{mark}>"));
        }
        rest = after;
    }
    out.push_str(rest);
    unescape(&out)
}

/// Curly quotes and invisible characters, which Slack's editors put in, as a keyboard types them.
pub fn straighten(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'))
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' | '\u{201a}' => '\'',
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => '"',
            '\u{a0}' => ' ',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_elsewhere_can_notify() {
        assert_eq!(
            escape("<!channel> & <@U1>"),
            "&lt;!channel&gt; &amp; &lt;@U1&gt;"
        );
        assert_eq!(code("a`b\n<!here>"), "`a'b &lt;!here&gt;`");
        assert_eq!(
            defuse("<!here> <@U1> < #C1> `<http://a.example|b>` <https://a.example>"),
            "<\u{2060}!here> <\u{2060}@U1> <\u{2060} #C1> `<\u{2060}http://a.example|b>` <https://a.example>"
        );
        assert_eq!(defuse("a < b and `x <= 1`"), "a < b and `x <= 1`");
    }

    #[test]
    fn marks_become_what_people_read() {
        let name = |user: &str| format!("name of {user}");
        let check = |text: &str, expected: &str| assert_eq!(readable(text, name), expected);
        check("ask <@U1>, &lt;b&gt;", "ask @name of U1, <b>");
        check("<#C1|data> <#C2> <!here>", "#data #C2 @here");
        check("<!subteam^S1|@team> hi", "@team hi");
        check("<https://a.b/c|the page>", "the page (https://a.b/c)");
        check(
            "<https://a.b|a.b> <mailto:x@a.b|x@a.b>",
            "https://a.b mailto:x@a.b",
        );
        check("a < b and <odd> and 1 <", "a < b and <odd> and 1 <");
        let people: Vec<&str> = mentioned("<@U1> and <@U2|x>, not <@> or <@ U3>").collect();
        assert_eq!(people, ["U1", "U2"]);
    }

    #[test]
    fn what_slack_editors_put_in_is_taken_out() {
        assert_eq!(
            straighten("test “sales db” ‘x’\u{200b}\u{a0}y"),
            "test \"sales db\" 'x' y"
        );
        assert_eq!(unescape("a &lt;b&gt; &amp;amp;"), "a <b> &amp;");
    }
}
