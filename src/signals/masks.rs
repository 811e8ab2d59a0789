//! Masks what nobody may read in a log or a trace: the secrets of the settings, and whatever looks like a
//! token, whoever wrote it there.
//!
//! It is a net below the discipline of logging no such thing, so it would rather mask a word too many.

use std::collections::VecDeque;
use std::sync::{LazyLock, PoisonError, RwLock};

use regex::Regex;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::secret::{self, MASK};

/// The secrets of this process's settings. A process has one log.
static KNOWN: RwLock<Vec<SecretString>> = RwLock::new(Vec::new());

/// Of people's connections, so many that were opened last.
static LATELY: RwLock<VecDeque<SecretString>> = RwLock::new(VecDeque::new());
const MOST_LATELY: usize = 256;

/// What tokens look like. What is in the group `keep` stays readable, so that one sees what was there.
static SHAPES: LazyLock<Regex> = LazyLock::new(|| {
    let shapes = [
        // Slack's tokens, its addresses that work without one, and the tickets of its sockets.
        r"\bx(?:ox[a-z]|app|wfp)(?:\.[a-z0-9]+)?-[A-Za-z0-9-]{3,}",
        r"(?P<keep_hook>hooks\.slack\.com/[a-z]+/)[A-Za-z0-9/_-]+",
        r"(?P<keep_query>[?&](?:ticket|token|access_token|key|api_key|apikey|secret|signature|code)=)[^&\s\x22']+",
        // GitHub, GitLab, OpenAI and Anthropic, Google, AWS, Supabase, Klaviyo, Stripe.
        r"\b(?:gh[a-z]_|github_pat_|glpat-|sbp_|sb_secret_|pk_|sk_live_|sk_test_|rk_live_)[A-Za-z0-9_-]{8,}",
        r"\bsk-[A-Za-z0-9_-]{8,}",
        r"\b(?:AIza|ya29\.)[A-Za-z0-9_-]{16,}",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        // A JSON Web Token; what HTTP's Authorization says; a password in a URL; a private key.
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
        r"(?P<keep_scheme>(?i:\b(?:bearer|basic)\s+))[A-Za-z0-9._~+/=-]{16,}",
        r"(?P<keep_user>://[^\s/:@\x22']*:)[^\s/@\x22']+@",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)-----END [A-Z ]*PRIVATE KEY-----",
    ];
    Regex::new(&shapes.join("|")).expect("the patterns are written above: a test reads them")
});

/// Masks this secret from now on, in every log line and trace.
pub fn remember(secret: &SecretString) {
    let exposed = secret.expose_secret();
    if !secret::is_long(secret) {
        return;
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.iter().any(|it| it.expose_secret() == exposed) {
        return;
    }
    known.push(secret.clone());
    // As it is written within a line of JSON.
    let quoted = serde_json::Value::from(exposed).to_string();
    let quoted = quoted.trim_matches('"');
    if quoted != exposed {
        known.push(quoted.into());
    }
}

/// Masks this secret of a connection, until so many others were opened.
pub fn remember_lately(secret: &SecretString) {
    let exposed = secret.expose_secret();
    let same = |it: &SecretString| it.expose_secret() == exposed;
    let known = |it: &VecDeque<SecretString>| it.iter().any(same);
    // Mostly it is there, and many may look at the same time.
    let lately = LATELY.read().unwrap_or_else(PoisonError::into_inner);
    if !secret::is_long(secret) || known(&lately) {
        return;
    }
    drop(lately);
    let mut lately = LATELY.write().unwrap_or_else(PoisonError::into_inner);
    if lately.len() >= MOST_LATELY {
        lately.pop_front();
    }
    lately.push_back(secret.clone());
}

/// The text without anything secret that is known or looks like it.
pub fn masked(text: &str) -> String {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let lately = LATELY.read().unwrap_or_else(PoisonError::into_inner);
    let text = secret::without(text, known.iter().chain(&*lately));
    let shaped = SHAPES.replace_all(&text, |found: &regex::Captures<'_>| {
        let kept = ["keep_hook", "keep_query", "keep_scheme", "keep_user"];
        let kept = kept.iter().find_map(|name| found.name(name));
        let at = if found[0].ends_with('@') { "@" } else { "" };
        format!("{}{MASK}{at}", kept.map_or("", |kept| kept.as_str()))
    });
    shaped.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_looks_like_a_token_is_masked() {
        let check = |text: &str, expected: &str| assert_eq!(masked(text), expected);
        check("token xoxb-12-ab, and", "token •••, and");
        check("xapp-1-A0-22-deadbeef", "•••");
        check("xoxe.xoxp-1-Mi0yLTE", "•••");
        check(
            "GET https://hooks.slack.com/commands/T1/2/abc done",
            "GET https://hooks.slack.com/commands/••• done",
        );
        check(
            "wss://wss.slack.com/link/?ticket=12-ab&app_id=3",
            "wss://wss.slack.com/link/?ticket=•••&app_id=3",
        );
        check("ghp_0123456789abcdefghij", "•••");
        check("sk-ant-api03-abcdefgh", "•••");
        check("AIzaSyA0123456789abcdefg", "•••");
        check("AKIAIOSFODNN7EXAMPLE", "•••");
        check("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.sig-nature", "•••");
        check(
            "Authorization: Bearer abcdef1234567890",
            "Authorization: Bearer •••",
        );
        check("postgres://bot:hunter2@db/x", "postgres://bot:•••@db/x");
        check(
            "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----",
            "•••",
        );
    }

    #[test]
    fn ordinary_lines_stay_as_they_are() {
        for line in [
            "connected `github` con_01JABCDEF at https://api.github.com/repos/acme/shop?page=2",
            "Slack answered `invalid_auth`",
            "the bearer of bad news; basic information; sk-8 key=value",
            "2026-11-26T11:00:00.000Z run_01ABC answered a question, 4711 tokens",
            "see https://user@example.com:8080/path and 10.0.0.1:5432",
        ] {
            assert_eq!(masked(line), line);
        }
    }

    #[test]
    fn the_secrets_of_connections_are_forgotten_in_time() {
        remember_lately(&"first-of-many".into());
        remember_lately(&"first-of-many".into());
        assert_eq!(masked("a first-of-many"), "a •••");
        for n in 0..MOST_LATELY {
            remember_lately(&format!("one-of-many-{n}").into());
        }
        assert_eq!(masked("a first-of-many"), "a first-of-many");
        assert_eq!(masked("a one-of-many-7,"), "a •••,");
    }

    #[test]
    fn a_secret_of_the_settings_is_masked_however_it_is_written() {
        remember(&"pass\"word\\one".into());
        remember(&"short".into());
        assert_eq!(masked("it is pass\"word\\one"), "it is •••");
        let json = serde_json::json!({ "cause": "pass\"word\\one" }).to_string();
        assert_eq!(masked(&json), r#"{"cause":"•••"}"#);
        assert_eq!(masked("a short word"), "a short word");
    }
}
