//! Names and texts of somebody else's, made fit for a card.

use crate::domain::hidden::is_hidden;
use crate::error::quotable;
use crate::signals::masks::masked;

/// The longest name of a card.
pub const LONGEST_NAME: usize = 30;

/// A card's name made of another: `githubIntegration` becomes `github-integration`.
pub fn name(text: &str) -> Option<String> {
    let mut name = String::new();
    let mut small = false;
    for c in text.chars() {
        if c.is_ascii_uppercase() && small {
            name.push('-');
        }
        small = c.is_ascii_lowercase();
        name.push(if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        });
    }
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    let name: String = parts.join("-").chars().take(LONGEST_NAME).collect();
    Some(name.trim_end_matches('-').to_owned()).filter(|name| !name.is_empty())
}

/// A name as words: `GITHUB_PAT` becomes `Github pat`.
pub fn words(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let shouted = !spaced.chars().any(char::is_lowercase);
    let spaced = if shouted {
        spaced.to_lowercase()
    } else {
        spaced
    };
    let mut rest = spaced.trim().chars();
    let first = rest.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + rest.as_str()
}

/// A text in one line, without what nobody sees and what looks like a token.
pub fn clean(text: &str) -> Option<String> {
    let seen: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_hidden(*c))
        .collect();
    let words: Vec<&str> = seen.split_whitespace().collect();
    Some(masked(&words.join(" "))).filter(|text| !text.is_empty())
}

pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{}…", kept.trim_end())
}

/// A name of the file's, short and plain enough to repeat.
pub fn shown(name: &str) -> String {
    quotable(&clean(name).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_of_cards() {
        let check = |from: &str, to: Option<&str>| assert_eq!(name(from).as_deref(), to, "{from}");
        check("notion", Some("notion"));
        check("githubIntegration", Some("github-integration"));
        check("stock_api", Some("stock-api"));
        check("My Server (v2)!", Some("my-server-v2"));
        check("--a--", Some("a"));
        check("MCP", Some("mcp"));
        check("Größe", Some("gr-e"));
        check("天気", None);
        check("{{ x }}", Some("x"));
        check(&"a".repeat(40), Some(&"a".repeat(30)));
        check("", None);
    }

    #[test]
    fn texts_are_made_plain() {
        let check = |from: &str, to: Option<&str>| assert_eq!(clean(from).as_deref(), to, "{from}");
        check(" Orders\n of\tthe shop ", Some("Orders of the shop"));
        check("a\u{202e}b\u{200b}c\u{1b}[31m", Some("abc[31m"));
        check("\u{feff}", None);
        check("with ghp_0123456789abcdefghij", Some("with •••"));
        check("天気 🌦️", Some("天気 🌦️"));
        assert_eq!(words("GITHUB_PAT"), "Github pat");
        assert_eq!(words("apiKey"), "ApiKey");
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abc def", 5), "abc…");
    }
}
