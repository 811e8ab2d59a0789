//! Forms as people fill them in: pasted, half-finished, and wrong.

use secrecy::ExposeSecret;

use super::*;
use crate::cards::Registry;

fn fill(card: &str, given: &[(&str, &str)]) -> Result<Fields, BTreeMap<String, String>> {
    let registry = Registry::embedded().unwrap();
    let given = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let filled = validate_fields(&registry.get(card).unwrap(), &given);
    filled.map_err(|wrong| {
        let wrong = wrong.into_iter();
        wrong
            .map(|(field, text)| (field, text.to_string()))
            .collect()
    })
}

#[test]
fn a_good_form_is_split_into_open_and_secret() {
    let fields = fill("github", &[("token", "ghp_abc123")]).unwrap();
    assert_eq!(fields.secrets["token"].expose_secret(), "ghp_abc123");
    assert_eq!(fields.config["base_url"], "https://api.github.com");
    assert!(!format!("{fields:?}").contains("abc123"));
}

#[test]
fn what_pasting_adds_is_taken_away() {
    for pasted in [
        "  ghp_abc123\n",
        "\u{201c}ghp_abc123\u{201d}",
        "`ghp_abc123`",
        "'ghp_abc123'",
        "\u{feff}ghp_\u{200b}abc123\u{a0}",
        "\u{2068}ghp_abc123\u{2069}",
    ] {
        let fields = fill("github", &[("token", pasted)]).unwrap();
        assert_eq!(
            fields.secrets["token"].expose_secret(),
            "ghp_abc123",
            "{pasted:?}"
        );
    }
    let given = [
        ("token", "ghp_a"),
        ("base_url", "<https://ghe.example.com/api/v3>"),
    ];
    let fields = fill("github", &given).unwrap();
    assert_eq!(fields.config["base_url"], "https://ghe.example.com/api/v3");
}

#[test]
fn what_is_wrong_is_said_per_field_and_repeats_no_secret() {
    let check = |card: &str, field: &str, value: &str, expected: &str| {
        let wrong = fill(card, &[(field, value)]).unwrap_err();
        assert!(wrong[field].contains(expected), "{value:?}: {wrong:?}");
        assert!(
            !wrong.values().any(|text| text.contains("hunter2")),
            "{wrong:?}"
        );
    };
    check("github", "token", "", "Access token is missing.");
    check(
        "github",
        "token",
        "hunter2",
        "begins with `ghp_` or `github_pat_`",
    );
    check("github", "token", "ghp_", "begins with");
    check("github", "token", "ghp_hunter2 hunter2", "spaces");
    check(
        "github",
        "token",
        &format!("ghp_{}", "x".repeat(2_000)),
        "2,000",
    );
    check(
        "github",
        "base_url",
        "ghe.example.com",
        "https://api.example.com",
    );
    check(
        "github",
        "base_url",
        "https://a:hunter2@ghe.example.com",
        "user name or password",
    );
    check(
        "github",
        "base_url",
        "javascript:alert(1)",
        "https://api.example.com",
    );
    check("github", "tokn", "hunter2", "does not ask for this");
    check("postgres", "url", "mysql://u:hunter2@h/db", "postgresql://");
    check("postgres", "url", "postgres://u:hunter2#x@host/db", "%23");
    check(
        "postgres",
        "url",
        "postgres://u:[YOUR-PASSWORD]@host/db",
        "[YOUR-PASSWORD]",
    );
    check(
        "postgres",
        "url",
        "postgres://hunter2.example.com/db",
        "user is missing",
    );
    check(
        "postgres",
        "url",
        "postgres://u:hunter2@host",
        "database's name is missing",
    );
    check("postgres", "url", "postgres:///db", "host is missing");
}

#[test]
fn an_empty_field_takes_its_default() {
    assert_eq!(fill("sqlite", &[]).unwrap().config["file"], "sample");
    assert_eq!(
        fill("sqlite", &[("file", " ")]).unwrap().config["file"],
        "sample"
    );
}
