//! The command line as operators use it: the shipped binary on files and databases.

mod import;

use std::path::Path;
use std::process::Command;

use patchbay::config::{Config, Environment};
use patchbay::domain::money::NanoDollars;
use patchbay::domain::principal::Principal;
use patchbay::domain::usage::{CompletionEnd, Cost, TokenUsage};
use patchbay::ids::{RunId, TeamId, UsageId, UserId};
use patchbay::store::{CompletionRow, Store};

/// What it prints in a folder, and what it complains of.
fn patchbay(folder: &Path, words: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_patchbay"))
        .args(words)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn prices_are_brought_up_to_date_and_the_ones_before_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let list = |price: &str| {
        let text = format!(
            r#"{{"gpt-4o": {{"litellm_provider": "openai", "mode": "chat",
                "input_cost_per_token": {price}, "output_cost_per_token": 1e-05}}}}"#
        );
        std::fs::write(folder.join("list.json"), text).unwrap();
    };
    let (_, before, _) = patchbay(folder, &["prices", "list", "openai/gpt-4o"]);
    assert!(
        before
            .contains("openai/gpt-4o  input 2.5, output 10, cached input 1.25  (litellm-1.109.1)"),
        "{before}"
    );

    list("3e-06");
    let (well, said, error) = patchbay(folder, &["prices", "refresh", "list.json"]);
    assert!(well, "{error}");
    assert!(
        said.contains("openai/gpt-4o: input 3, output 10; it was input 2.5"),
        "{said}"
    );
    let (_, now, _) = patchbay(folder, &["prices", "list", "openai/gpt-4o"]);
    assert!(
        now.contains("openai/gpt-4o  input 3, output 10  (20"),
        "{now}"
    );
    assert!(now.contains("openai/gpt-4o-mini  input 0.15"), "{now}");

    // A line that somebody set stays, and the table before is there to read.
    let file = folder.join("data/prices.json");
    let ours =
        r#"{"version": "ours-1", "prices": {"house/big": {"input": 1, "output": 2, "own": true}}}"#;
    std::fs::write(&file, ours).unwrap();
    list("4e-06");
    let (well, said, error) = patchbay(folder, &["prices", "refresh", "list.json"]);
    assert!(
        well && said.contains("prices.ours-1.json"),
        "{said} {error}"
    );
    let kept = std::fs::read_to_string(folder.join("data/prices.ours-1.json")).unwrap();
    assert_eq!(kept, ours);
    let (_, now, _) = patchbay(folder, &["prices", "list"]);
    assert!(now.contains("house/big  input 1, output 2  (20"), "{now}");
    assert!(now.contains("any other is unpriced"), "{now}");

    for (source, said) in [
        ("nothing.json", "cannot be read"),
        ("http://127.0.0.1:1/list.json", "is no https address"),
        ("file:///etc/passwd", "is no https address"),
        ("data/prices.json", "not LiteLLM's price list"),
    ] {
        let (well, _, error) = patchbay(folder, &["prices", "refresh", source]);
        assert!(!well && error.contains(said), "{source}: {error}");
    }
}

#[tokio::test]
async fn what_was_used_is_exported_day_by_day() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("data")).unwrap();
    let url = format!("sqlite:{}", folder.join("data/patchbay.db").display());
    let pair = ("DATABASE_URL".to_owned(), url);
    let config = Config::load(None, &Environment::from_pairs([pair].into_iter()).unwrap());
    let store = Store::connect(&config.unwrap().database).await.unwrap();
    store.migrate().await.unwrap();
    let days = [
        "2026-11-01T00:00:00Z",
        "2026-11-02T23:59:59.999Z",
        "2026-11-03T00:00:00Z",
    ];
    // More than are read at once, and many at the same moment.
    for n in 0..1_200 {
        let row = CompletionRow {
            id: UsageId::generate(),
            asker: Principal::new(TeamId::new(format!("T{}", n % 2)), UserId::new("U1")),
            run: RunId::generate(),
            model: format!("=m{n}"),
            tokens: TokenUsage::default(),
            estimated: false,
            end: CompletionEnd::Whole,
            cost: Cost::Estimated {
                amount: NanoDollars(1),
                prices: "v1".to_owned(),
            },
            millis: 1.0,
            tokens_saved: 0,
            at: days[n / 400].parse().unwrap(),
        };
        store.record_completion(&row).await.unwrap();
    }
    let count = |words: &[&str]| {
        let (well, said, error) = patchbay(folder, &[&["usage", "export"], words].concat());
        assert!(well, "{error}");
        let models: std::collections::BTreeSet<&str> = said
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(8).unwrap())
            .collect();
        assert!(
            models.iter().all(|model| model.starts_with("\"'=m")),
            "{said}"
        );
        // None twice.
        assert_eq!(models.len(), said.lines().count() - 1);
        models.len()
    };
    assert_eq!(count(&[]), 1_200);
    assert_eq!(count(&["--team", "T1"]), 600);
    assert_eq!(count(&["--from", "2026-11-02"]), 800);
    assert_eq!(count(&["--from", "2026-11-02", "--to", "2026-11-02"]), 400);
    assert_eq!(count(&["--to", "2026-10-31"]), 0);
    let backwards = [
        "usage",
        "export",
        "--from",
        "2026-11-02",
        "--to",
        "2026-11-01",
    ];
    let (well, _, error) = patchbay(folder, &backwards);
    assert!(!well && error.contains("--from is after --to"), "{error}");
    store.close().await;
}

#[test]
fn cards_of_a_workspace_are_added_listed_printed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (well, _, error) = patchbay(folder, &["migrate"]);
    assert!(well, "{error}");
    let (well, _, error) = patchbay(folder, &["cards", "new", "desk"]);
    assert!(well, "{error}");
    let of = |words: &[&str]| {
        let words = [&["cards"], words, &["--workspace", "T1"]].concat();
        patchbay(folder, &words)
    };
    let (well, said, error) = of(&["add", "desk.yaml"]);
    assert!(well, "{error}");
    assert!(said.starts_with("Added desk; it speaks to "), "{said}");
    let (_, listed, _) = of(&["list"]);
    let line = listed.lines().find(|line| line.starts_with("desk "));
    assert_eq!(
        line,
        Some(
            "desk                 workspace  0 connections, 0 calls by 0 people in 30 days, written by operator"
        ),
        "{listed}"
    );
    assert!(listed.contains("github               built in"), "{listed}");
    let (_, other, _) = patchbay(folder, &["cards", "list", "--workspace", "T2"]);
    assert!(!other.contains("desk"), "{other}");
    let (_, printed, _) = of(&["export", "desk"]);
    let written = std::fs::read_to_string(folder.join("desk.yaml")).unwrap();
    assert_eq!(printed, written);
    let (_, said, _) = of(&["hide", "github"]);
    assert_eq!(said, "github is not offered any more.\n");
    assert!(of(&["list"]).1.contains("in 30 days, hidden"));

    std::fs::write(folder.join("desk.yaml"), "name: desk\ntitel: x\n").unwrap();
    let (well, said, error) = of(&["add", "desk.yaml"]);
    assert!(!well && said.contains("desk.yaml:2: "), "{said}{error}");
    let (well, said, _) = of(&["remove", "desk"]);
    assert!(
        well && said.contains("Removed desk; 0 connections"),
        "{said}"
    );
    let (well, _, error) = of(&["remove", "github"]);
    assert!(
        !well && error.contains("no card `github` of its own"),
        "{error}"
    );
}
