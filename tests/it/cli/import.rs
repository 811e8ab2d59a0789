//! `cards import`: the files of others become cards, and what is secret in them stays there.

use std::path::Path;

use patchbay::slack::Transport;
use serde_json::json;

use super::patchbay;
use crate::servers::{SHOP_TOKEN, Server};
use crate::world::{Engine, World};

/// What the examples hold that nobody else may read.
const SECRETS: [&str; 7] = [
    "live-4c1f0c8e21",
    "hunter2-hunter2",
    "lin-9f8e7d6c5b4a",
    "crm-0a1b2c3d4e",
    "sk-of-the-model-0123456789",
    "sk-ak0123456789",
    "north",
];

/// What was said of a file of this text and name, and the cards made of it, by file.
fn imported(name: &str, text: impl AsRef<[u8]>) -> (bool, String, Vec<(String, String)>) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join(name), text).unwrap();
    std::fs::create_dir(folder.join("cards")).unwrap();
    let (well, said, error) = patchbay(folder, &["cards", "import", name, "--to", "cards"]);
    let files = std::fs::read_dir(folder.join("cards")).unwrap();
    let mut cards: Vec<_> = files
        .map(|file| file.unwrap())
        .map(|file| (file.file_name(), std::fs::read_to_string(file.path())))
        .map(|(name, text)| (name.into_string().unwrap(), text.unwrap()))
        .collect();
    cards.sort();
    if well {
        let (good, problems, _) = patchbay(folder, &["cards", "lint", "cards"]);
        assert!(good, "{problems}");
    }
    (well, said + &error, cards)
}

fn example(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cli/import");
    std::fs::read(folder.join(name)).unwrap()
}

/// One server of Claude's, and the one card made of it, or why there is none.
fn server(description: &str) -> Result<String, String> {
    let text = format!(r#"{{"mcpServers": {{"shop": {description}}}}}"#);
    match imported("mcp.json", text) {
        (true, _, cards) => Ok(cards.into_iter().next().unwrap().1),
        (false, said, cards) => {
            assert!(cards.is_empty());
            Err(said)
        }
    }
}

#[test]
fn the_files_of_others_become_cards() {
    for file in [
        "claude.json",
        "claude_desktop_config.json",
        "cursor.json",
        "litellm.yaml",
        "server.json",
        "vscode.json",
    ] {
        let (well, said, cards) = imported(file, example(file));
        assert!(well, "{said}");
        let cards = cards
            .iter()
            .map(|(name, text)| format!("\n--- {name}\n{text}"));
        let shown = said + &cards.collect::<String>();
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{file}: {secret} in {shown}");
        }
        insta::with_settings!({ snapshot_path => "import", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(file, shown);
        });
    }
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("mcp.json"), example("cursor.json")).unwrap();
    let import = || patchbay(folder, &["cards", "import", "mcp.json"]);
    assert!(import().0);
    let card = folder.join("jot.yaml");
    let written = std::fs::read_to_string(&card).unwrap();
    // Neither a file of that name nor a card.
    let (well, said, _) = import();
    assert!(
        !well && said.contains("jot: left out. There is a card `jot` already"),
        "{said}"
    );
    std::fs::rename(&card, folder.join("mine.yml")).unwrap();
    let (well, said, _) = import();
    assert!(
        !well && said.contains("There is a card `jot` already"),
        "{said}"
    );
    std::fs::remove_file(folder.join("mine.yml")).unwrap();
    std::os::unix::fs::symlink("elsewhere", &card).unwrap();
    let (well, said, _) = import();
    assert!(
        !well && said.contains("There is a card `jot` already"),
        "{said}"
    );
    assert!(!folder.join("elsewhere").exists());
    std::fs::remove_file(&card).unwrap();
    assert!(import().0);
    assert_eq!(std::fs::read_to_string(&card).unwrap(), written);
    // Two servers whose names become the same.
    let both = r#"{"mcpServers": {"my_shop": {"url": "https://a.example.com"}, "My Shop": {"url": "https://b.example.com"}}}"#;
    let (well, said, cards) = imported("mcp.json", both);
    assert!(
        well && said.contains("My Shop: left out. There is a card `my-shop` already"),
        "{said}"
    );
    assert!(cards[0].1.contains("https://a.example.com"));
}

#[test]
fn what_is_no_such_file_is_said_in_a_sentence() {
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let long = format!("{{\"mcpServers\": \"{}\"}}", "x".repeat(5 * 1024 * 1024));
    let cases: [(Vec<u8>, &str); 17] = [
        (b"".to_vec(), "It is empty."),
        (b" \n\t ".to_vec(), "It is empty."),
        (
            b"{\"mcpServers\": {\n\"a\": sk-secret-1234567890}}".to_vec(),
            "It is not JSON: look at line 2.",
        ),
        (b"{".to_vec(), "It is not JSON: look at line 1."),
        (
            b"a: [\nb: sk-secret-1234567890".to_vec(),
            "It is neither JSON nor YAML: look at line",
        ),
        (b"\xff\xfe{\x00}\x00".to_vec(), "is no text in UTF-8."),
        (b"just words".to_vec(), "I know `mcpServers`"),
        (b"[1, 2]".to_vec(), "I know `mcpServers`"),
        (b"null".to_vec(), "I know `mcpServers`"),
        (
            b"{\"name\": \"x\", \"mcp\": 7}".to_vec(),
            "I know `mcpServers`",
        ),
        (
            b"{\"mcpServers\": []}".to_vec(),
            "`mcpServers` in it is no list of servers by name.",
        ),
        (
            b"{\"servers\": \"x\"}".to_vec(),
            "`servers` in it is no list of servers by name.",
        ),
        (
            b"mcp_servers:\n".to_vec(),
            "`mcp_servers` in it is no list of servers by name.",
        ),
        (
            b"{\"mcpServers\": {}}".to_vec(),
            "`mcpServers` in it is empty.",
        ),
        (
            deep(200_000).into_bytes(),
            "It is not JSON: look at line 1.",
        ),
        (
            format!("a: {}", deep(50_000)).into_bytes(),
            "It is neither JSON nor YAML",
        ),
        (long.into_bytes(), "has more than 4 MB."),
    ];
    for (text, expected) in cases {
        let (well, said, cards) = imported("mcp.json", &text);
        let start: String = String::from_utf8_lossy(&text).chars().take(40).collect();
        assert!(!well && said.contains(expected), "{start}: {said}");
        assert!(
            cards.is_empty() && !said.contains("sk-secret"),
            "{start}: {said}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (_, _, error) = patchbay(folder, &["cards", "import", "nothing.json"]);
    assert!(error.contains("`nothing.json` cannot be read."), "{error}");
    let (_, _, error) = patchbay(folder, &["cards", "import", "."]);
    assert!(error.contains("`.` cannot be read."), "{error}");
    let (_, _, error) = patchbay(folder, &["cards", "import", "/dev/zero"]);
    assert!(error.contains("has more than 4 MB."), "{error}");
    let (_, _, error) = patchbay(folder, &["cards", "import", "x.json", "--to", "none"]);
    assert!(error.contains("There is no folder `none`."), "{error}");
}

#[test]
fn what_a_card_cannot_say_is_left_out() {
    for (description, reason) in [
        ("7", "What stands there is no description of a server."),
        ("{}", "It has no `url`"),
        (r#"{"url": "mcp.example.com"}"#, "Its address is none"),
        (
            r#"{"url": "http://localhost:3000/mcp"}"#,
            "begins with `http://`",
        ),
        (r#"{"url": "file:///etc/passwd"}"#, "not one of the web"),
        (
            r#"{"url": "https://ada:pw123456@a.example.com"}"#,
            "a secret in its address",
        ),
        (
            r#"{"url": "https://a.example.com/mcp?api_key=abc"}"#,
            "a secret in its address",
        ),
        (
            r#"{"url": "https://a.example.com/s/0123abcd4567efgh89ij/mcp"}"#,
            "a secret in its address",
        ),
        (
            r#"{"url": "https://a.example.com/${API_TOKEN}"}"#,
            "a secret in its address",
        ),
        (
            r#"{"url": "https://${X}.example.com", "headers": {"Authorization": "Bearer ${X}"}}"#,
            "a secret in its address",
        ),
        (
            r#"{"url": "https://a.example.com", "type": "ws"}"#,
            "a transport that Patchbay does not",
        ),
        (
            r#"{"url": "https://a.example.com/sse"}"#,
            "the older SSE transport",
        ),
        (
            r#"{"url": "https://a.example.com", "type": "stdio"}"#,
            "a program",
        ),
        (
            r#"{"url": "https://a.example.com", "headers": ["a"]}"#,
            "Its `headers` are no list",
        ),
        (
            r#"{"url": "https://a.example.com", "headers": {"A": {"b": 1}}}"#,
            "One of its `headers` is no text.",
        ),
        (
            r#"{"url": "https://a.example.com", "headers": {"a b": "c"}}"#,
            "other characters than letters",
        ),
        (
            r#"{"command": "npx", "args": ["mcp-remote"]}"#,
            "no address after `mcp-remote`",
        ),
        (
            r#"{"command": "npx", "args": ["mcp-remote", "https://a.example.com", "--header", "x"]}"#,
            "no colon",
        ),
        (
            r#"{"command": "npx", "args": ["mcp-remote", "https://a.example.com", "--transport", "sse-only"]}"#,
            "the older SSE transport",
        ),
        (
            r#"{"url": "https://swordfish9.example.com", "headers": {"X-Token": "swordfish9"}}"#,
            "secrets also stands in its name",
        ),
    ] {
        let said = server(description).unwrap_err();
        assert!(said.contains(reason), "{description}: {said}");
        assert!(
            said.contains("Cards written: 0. Servers left out: 1."),
            "{said}"
        );
    }
    let many: Vec<String> = (0..12)
        .map(|n| format!(r#""X-{n}": "${{V{n}}}""#))
        .collect();
    let many = format!(
        r#"{{"url": "https://a.example.com", "headers": {{{}}}}}"#,
        many.join(",")
    );
    assert!(server(&many).unwrap_err().contains("more than 10 things"));
}

#[test]
fn what_a_stranger_wrote_stays_a_text() {
    // What would be a template, a comment or another line elsewhere.
    let card = server(r#"{"url": "https://a.example.com/{{ token }}/{% if x %}", "description": "{{ token }} # \u202e\u001b[2J\n- evil: true"}"#).unwrap();
    assert!(
        card.contains("url: https://a.example.com/%7B%7B%20token%20%7D%7D/%7B%%20if%20x%20%%7D"),
        "{card}"
    );
    assert!(
        !card.contains(['\u{202e}', '\u{1b}']) && !card.contains("\n- evil"),
        "{card}"
    );
    // A host that only looks like another, in the letters that it is made of.
    let card = server(r#"{"url": "https://аpple.example.com"}"#).unwrap();
    assert!(card.contains("https://xn--pple-43d.example.com"), "{card}");
    // Names in other letters are those of the server's address; what a terminal obeys is not printed.
    let named =
        r#"{"mcpServers": {"天気": {"url": "https://mcp.tenki.example"}, "\u001b[2J\u202e": {}}}"#;
    let (well, said, cards) = imported("mcp.json", named);
    assert!(
        well && said.contains("天気: wrote") && !said.contains(['\u{1b}', '\u{202e}']),
        "{said}"
    );
    assert!(
        cards[0].0 == "tenki.yaml" && cards[0].1.contains("title: 天気"),
        "{cards:?}"
    );
    // A value beside a variable may be a secret itself, and so may a default.
    let card = server(r#"{"url": "https://a.example.com", "headers": {"Cookie": "sid=s3cr3t-one; u=${USER}", "X-Api-Key": "${KEY:-s3cr3t-two}", "X-Password": 12345678, "Accept": "a/b", "Content-Type": "c/d"}}"#).unwrap();
    assert!(
        !card.contains("s3cr3t") && !card.contains("12345678"),
        "{card}"
    );
    assert!(
        card.contains(r#"Cookie: "{{ cookie }}""#) || card.contains(r#"value: "{{ cookie }}""#),
        "{card}"
    );
    assert!(!card.contains("a/b") && !card.contains("c/d"), "{card}");
    // As others write the same.
    for (value, template) in [
        ("Basic dXNlcjpwYXNzd29yZA==", "value: Basic {{ token }}\n"),
        ("bearer abcdefgh", "bearer: \"{{ token }}\""),
        ("abcdefgh", "value: \"{{ authorization }}\""),
        ("Token ${A}:${B}", "value: Token {{ a }}:{{ b }}\n"),
    ] {
        let card = server(&format!(
            r#"{{"url": "https://a.example.com", "headers": {{"Authorization": "{value}"}}}}"#
        ))
        .unwrap();
        assert!(card.contains(template), "{value}: {card}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_card_connects_to_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = r#"{"mcpServers": {"webshop": {
        "type": "http",
        "url": "${SHOP_URL:-https://shop.example.com/mcp}",
        "headers": { "Authorization": "Bearer ${SHOP_TOKEN}" }
    }}}"#;
    std::fs::write(folder.path().join("mcp.json"), file).unwrap();
    let (well, said, error) = patchbay(folder.path(), &["cards", "import", "mcp.json"]);
    assert!(well, "{said}{error}");
    let server = Server::shop();
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |config| {
        config.cards.directory = Some(folder.path().to_owned());
    });
    let world = world.await;
    let alice = world.alice();
    let fields = |token: &str| json!({ "shop_url": server.url, "shop_token": token });
    let told = alice
        .connects("webshop", fields("t-other"))
        .await
        .all_text();
    assert!(told.contains("does not accept this credential"), "{told}");
    let told = alice
        .connects("webshop", fields(SHOP_TOKEN))
        .await
        .all_text();
    assert!(told.contains("Webshop tools now available"), "{told}");
    world.stop().await;
}
