//! The judge against the rules that Slack documents, and against what it must not be fooled by.

use serde_json::{Value, json};

use super::{ReferenceKind, references};

/// Kind, target and words of everything in a body, one a line.
fn told(body: &Value) -> String {
    let lines = references(body).into_iter().map(|found| {
        let kind = json!(found.kind);
        let words = found.words.map(|words| format!(" “{words}”"));
        let auto = if found.automatic { " by itself" } else { "" };
        let kind = kind.as_str().unwrap_or_default();
        format!("{kind} {}{}{auto}", found.target, words.unwrap_or_default())
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn check(body: Value, expected: &[&str]) {
    assert_eq!(told(&body), expected.join("\n"), "{body}");
}

fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

fn markdown(text: &str) -> Value {
    json!({ "type": "markdown", "text": text })
}

#[test]
fn mrkdwn_by_slacks_documentation() {
    for (text, expected) in [
        ("Hey <@U012AB3CD>, thanks", &["user U012AB3CD"][..]),
        (
            "<@W1|alice> <#C1|general>",
            &["user W1 “alice”", "channel C1 “general”"],
        ),
        ("<#C024BE7LR>", &["channel C024BE7LR"]),
        ("<!subteam^SAZ94GDB8>", &["group SAZ94GDB8"]),
        (
            "<!here> <!channel> <!everyone|x>",
            &[
                "broadcast here",
                "broadcast channel",
                "broadcast everyone “x”",
            ],
        ),
        (
            "<!date^1392734382^Posted {date_num}|then>",
            &["date 1392734382 “then”"],
        ),
        (
            "<!date^1392734382^{date}^https://a.example|x>",
            &["date 1392734382 “x”", "link https://a.example “x”"],
        ),
        (
            "<http://a.example|This *is* &amp; that>",
            &["link http://a.example “This *is* & that”"],
        ),
        ("<mailto:bob@a.example|Bob>", &["email bob@a.example “Bob”"]),
        (
            "<javascript:alert(1)|x> <y>",
            &["unknown javascript:alert(1) “x”", "unknown y"],
        ),
        ("&lt;!here&gt; &amp;lt;@U1&amp;gt; a < b", &[]),
        ("<<!here>> `<@U1>`", &["broadcast here", "user U1"]),
        ("<\n!here>", &["broadcast here"]),
    ] {
        check(mrkdwn(text), expected);
    }
}

#[test]
fn what_slack_finds_by_itself() {
    let text = "See https://a.example/x. @here in #general, mail a@b.example, not `https://c.example`, #12";
    let body = json!({ "type": "mrkdwn", "text": text });
    let all = [
        "link https://a.example/x by itself",
        "broadcast here by itself",
        "channel general by itself",
        "email a@b.example by itself",
    ];
    check(body, &all);
    check(mrkdwn(text), &[]);
    check(json!({ "text": text }), &[all[0], all[3]]);
    check(json!({ "text": text, "blocks": [] }), &[]);
    check(
        json!({ "type": "plain_text", "text": "<!here> https://a.example" }),
        &[],
    );
}

#[test]
fn markdown_and_slacks_mentions_in_it() {
    for (text, expected) in [
        (
            "[docs](https://a.example)",
            &["link https://a.example “docs”"][..],
        ),
        (
            "[a][1]\n\n[1]: https://a.example",
            &["link https://a.example “a”"],
        ),
        (
            "![cat](https://a.example/c.png)",
            &["image https://a.example/c.png “cat”"],
        ),
        (
            "<https://a.example>",
            &["link https://a.example “https://a.example”"],
        ),
        (
            "<https://a.example|b.example>",
            &["link https://a.example “b.example”"],
        ),
        ("https://a.example", &["link https://a.example by itself"]),
        ("<!here> `<@U1>`", &["broadcast here", "user U1"]),
        (
            "[x](javascript:alert(1))",
            &["link javascript:alert(1) “x”"],
        ),
        (
            "`https://a.example` `[x](https://a.example)` a < b > c",
            &[],
        ),
        ("<\u{2060}!here>", &[]),
    ] {
        check(markdown(text), expected);
    }
}

#[test]
fn every_place_of_a_message_or_a_view() {
    let rich = json!({ "type": "rich_text", "elements": [{ "type": "rich_text_section", "elements": [
        { "type": "text", "text": "<!here> is only text" },
        { "type": "user", "user_id": "U1" },
        { "type": "broadcast", "range": "here" },
        { "type": "link", "url": "https://a.example", "text": "b" },
    ] }] });
    let in_rich = ["user U1", "broadcast here", "link https://a.example “b”"];
    check(rich.clone(), &in_rich);
    check(
        json!({ "blocks": [{ "type": "table", "rows": [[{ "type": "raw_text", "text": "<!here>" }, rich]] }] }),
        &in_rich,
    );
    check(
        json!({ "type": "task_card", "task_id": "<!here>", "title": "<@U1>", "details": rich,
        "sources": [{ "type": "url", "url": "https://a.example", "text": "b.example" }] }),
        &[
            "user U1",
            in_rich[0],
            in_rich[1],
            in_rich[2],
            "link https://a.example “b.example”",
        ],
    );
    check(
        json!({ "type": "plan", "title": "<!here>", "tasks": [{ "title": "<#C1>" }] }),
        &["broadcast here", "channel C1"],
    );
    check(
        json!({ "chunks": [
        { "type": "markdown_text", "text": "[a](https://a.example)" },
        { "type": "task_update", "id": "1", "title": "<!here>", "output": "<@U1>" },
        { "type": "plan_update", "title": "<#C1>" },
        { "type": "blocks", "blocks": [mrkdwn("<@U2>")] },
    ] }),
        &[
            "link https://a.example “a”",
            "broadcast here",
            "user U1",
            "channel C1",
            "user U2",
        ],
    );
    check(
        json!({ "view": { "type": "home", "private_metadata": "<@U1>", "blocks": [
        { "type": "section", "text": mrkdwn("<@U2>"), "accessory": { "type": "image", "image_url": "https://a.example/x", "alt_text": "<!here>" } },
        { "type": "actions", "elements": [
            { "type": "button", "url": "https://a.example", "text": { "type": "plain_text", "text": "Go" }, "value": "<!here>",
              "confirm": { "text": mrkdwn("<!everyone>") } },
        ] },
    ] } }),
        &[
            "user U2",
            "image https://a.example/x",
            "link https://a.example “Go”",
            "broadcast everyone",
        ],
    );
    check(
        json!({ "attachments": [{ "pretext": "<!here>", "title_link": "https://a.example", "title": "b" }] }),
        &["broadcast here", "link https://a.example “b”"],
    );
}

#[test]
fn words_that_name_another_host_mislead() {
    let misleads = |words: &str| {
        let body = markdown(&format!("[{words}](https://docs.a.example/x)"));
        let found = references(&body);
        assert_eq!(found[0].kind, ReferenceKind::Link, "{words}");
        found[0].misleads()
    };
    for words in [
        "b.example",
        "https://b.example/x",
        "go to B.Example now",
        "b\u{ad}ank.example",
        "ｂ.example",
        "b。example",
        "docs.a.example or b.example",
        "https://docs.a.example@b.example",
        "10.0.0.1",
        "`b.example`",
    ] {
        assert!(misleads(words), "{words}");
    }
    for words in [
        "the docs",
        "docs.a.example",
        "https://www.docs.a.example/x",
        "1.5 e.g. v2.0",
        "Docs.A.Example.",
    ] {
        assert!(!misleads(words), "{words}");
    }
}
