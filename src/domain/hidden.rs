//! Characters that nobody sees, or that turn others round: with them a text says one thing to whoever reads it and
//! another to a machine.

/// Makes the sign before it an emoji. It is seen by that, unless there is no sign before it.
const EMOJI: char = '\u{fe0f}';

/// Whether a character shows nothing, or turns others round. The one that makes a sign an emoji is none of them.
pub fn is_hidden(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    control
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with everything that is hidden spelled out: `\u{200b}`.
pub fn spelled(text: &str) -> String {
    let mut before = EMOJI;
    let mut spelled = String::with_capacity(text.len());
    for c in text.chars() {
        // Of several in a row only the first is seen.
        let hides =
            is_hidden(c) || c == '\r' || (c == EMOJI && (before == EMOJI || before.is_ascii()));
        match hides {
            true => spelled.extend(c.escape_unicode()),
            false => spelled.push(c),
        }
        before = c;
    }
    spelled
}

/// The text without what is hidden.
pub fn without(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_stays_and_what_is_not_is_spelled() {
        let seen = "Ødegård 日本 ❤️ 👍🏽\n\tשלום";
        assert_eq!(
            (spelled(seen), without(seen)),
            (seen.to_owned(), seen.to_owned())
        );
        for hidden in [
            '\u{200b}',
            '\u{e0041}',
            '\u{e0101}',
            '\u{3164}',
            '\u{2028}',
            '\u{fe01}',
            '\u{1b}',
        ] {
            let text = format!("a{hidden}b");
            assert_eq!(spelled(&text), format!("a{}b", hidden.escape_unicode()));
            assert_eq!(without(&text), "ab");
        }
        assert_eq!(spelled("❤\u{fe0f}\u{fe0f}"), "❤\u{fe0f}\\u{fe0f}");
        assert_eq!(spelled("a\u{fe0f}"), "a\\u{fe0f}");
        assert_eq!(spelled("a\r"), "a\\u{d}");
    }
}
