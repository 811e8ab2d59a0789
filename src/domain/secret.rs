//! Secrets in what somebody else wrote, who may repeat them.

use std::borrow::Cow;

use secrecy::{ExposeSecret as _, SecretString};

/// What stands in the place of a secret.
pub const MASK: &str = "•••";

/// Shorter secrets would be found in ordinary words.
const SHORTEST: usize = 6;

/// Whether it is too long to be found in ordinary words.
pub fn is_long(secret: &SecretString) -> bool {
    secret.expose_secret().len() >= SHORTEST
}

/// The text with dots in place of these secrets.
pub fn without<'t, 's>(
    text: &'t str,
    secrets: impl IntoIterator<Item = &'s SecretString>,
) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    for secret in secrets.into_iter().map(|secret| secret.expose_secret()) {
        if !secret.is_empty() && text.contains(secret) {
            text = Cow::Owned(text.replace(secret, MASK));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let secrets = ["key-1", "", "word"].map(SecretString::from);
        assert_eq!(
            without("key-1, key-1 and a word", &secrets),
            "•••, ••• and a •••"
        );
        assert!(matches!(
            without("nothing", &secrets),
            Cow::Borrowed("nothing")
        ));
        assert!(is_long(&"123456".into()) && !is_long(&"12345".into()));
    }
}
