//! Text that came from elsewhere, made harmless for Slack: it may look like anything and notify nobody.

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

/// For the Markdown block: `<!here>`, `<@U1>` and `<#C1>` get an invisible word joiner after the
/// bracket, which leaves ordinary Markdown and code as they were.
pub fn defuse(markdown: &str) -> String {
    ["!", "@", "#"]
        .iter()
        .fold(markdown.to_owned(), |text, mark| {
            text.replace(&format!("<{mark}"), &format!("<\u{2060}{mark}"))
        })
}

/// Slack's escapes undone, for text that leaves Slack towards a model.
pub fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
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
        assert!(!defuse("<!here> <@U1> <#C1>").contains("<!"));
        assert_eq!(defuse("a < b and `x <= 1`"), "a < b and `x <= 1`");
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
