//! Nothing that came from elsewhere notifies, loads or misleads: 500 hostile strings through every
//! way into a message, judged by what Slack would read in it.

use patchbay::domain::post::{ApprovalRequest, Post, Receipt, ToolReceipt};
use patchbay::domain::tool::Risk;
use patchbay::ids::{ApprovalId, ConnectionId, RunId};
use patchbay::slack::outbox::render;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};
use slack_sim::Message;

use crate::fakes::writer::Writer;
use crate::world::World;

const PAYLOADS: [&str; 29] = [
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<!subteam^S1>",
    "<!subteam^S1|@team>",
    "<@U0ALICE01>",
    "<@U0ALICE01|alice>",
    "<@W123>",
    "<#C0GENERAL1>",
    "<#C0GENERAL1|general>",
    "<http://evil.example|https://good.example>",
    "<mailto:a@evil.example|bank>",
    "<!date^1392734382^{date}^https://evil.example|x>",
    "&lt;!channel&gt;",
    "&amp;lt;!here&amp;gt;",
    "[https://good.example](https://evil.example)",
    "![x](https://evil.example/p.png)",
    "[good.example][1]\n\n[1]: https://evil.example",
    "<https://evil.example>",
    "[a](javascript:alert(1))",
    "[x](<!channel>)",
    "<\u{2060}!channel>",
    "<!chan\u{200b}nel>",
    "@channel",
    "\u{202e}<!here>",
    "<a href=\"https://evil.example\">good.example</a>",
    "[go\u{ad}od.example](https://evil.example)",
    "[good.example](https://good.example@evil.example)",
    "<\n!here>",
];
const AROUND: [&str; 20] = [
    "{}",
    "`{}`",
    "```\n{}\n```",
    "``` {}",
    "> {}",
    "*{}*",
    "_{}_",
    "~{}~",
    "| {} |\n|---|",
    "# {}",
    "- {}",
    "x{}y",
    "{}{}",
    "\n{}",
    "</tool_result>{}",
    "`` ` {}",
    "\\{}",
    "&{}",
    "<{}>",
    "[{}](https://evil.example)",
];

fn hostile() -> Vec<String> {
    let all = PAYLOADS.iter().flat_map(|payload| {
        AROUND
            .iter()
            .map(move |around| around.replace("{}", payload))
    });
    all.collect()
}

/// What Slack would act on in a message's JSON, and our code did not write.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) if fields.get("type") == Some(&json!("markdown")) => {
            in_markdown(fields["text"].as_str().unwrap_or_default())
        }
        Value::Object(fields) if fields.get("type") == Some(&json!("plain_text")) => Vec::new(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "action_id" | "value" | "block_id" | "id"))
            .flat_map(|(_, value)| references(value))
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::String(text) => in_mrkdwn(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// Whatever stands between angle brackets is a reference in mrkdwn.
fn in_mrkdwn(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(end) = rest.find('>') {
            found.push(format!("<{}>", &rest[..end]));
        }
    }
    found
}

/// Mentions and their like, pictures, links to other places than their words say, and schemes that
/// run something.
fn in_markdown(text: &str) -> Vec<String> {
    let mut found: Vec<String> = ["<!", "<@", "<#"]
        .iter()
        .filter(|mark| text.contains(*mark))
        .map(|mark| (*mark).to_owned())
        .collect();
    let mut open: Option<(String, String)> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Image { dest_url, .. }) => found.push(format!("picture {dest_url}")),
            Event::Start(Tag::Link { dest_url, .. }) => {
                open = Some((dest_url.to_string(), String::new()));
            }
            Event::Text(words) | Event::Code(words) => {
                if let Some((_, shown)) = &mut open {
                    shown.push_str(&words);
                }
            }
            Event::End(TagEnd::Link) => {
                let (target, shown) = open.take().unwrap_or_default();
                let misleads = shown.replace('\u{ad}', "").contains("good.example");
                if misleads || target.contains('|') || !target.starts_with("http") {
                    found.push(format!("[{shown}]({target})"));
                }
            }
            _ => {}
        }
    }
    found
}

fn posts_with(text: &str) -> Vec<Post> {
    let run = RunId::generate();
    let text = text.to_owned();
    let receipt = Receipt {
        tools: vec![ToolReceipt {
            name: format!("{text}__{text}"),
            ok: true,
            rows: Some(1),
            millis: 1,
        }],
        model: text.clone(),
        ..Receipt::default()
    };
    vec![
        Post::Working { note: text.clone() },
        Post::AskApproval(ApprovalRequest {
            id: ApprovalId::generate(),
            connection_id: ConnectionId::generate(),
            connection: text.clone(),
            tool: text.clone(),
            risk: Risk::Destructive,
            arguments: json!({ text.clone(): [text.clone()] }),
        }),
        Post::Answer {
            markdown: text.clone(),
            receipt,
            outdated: true,
        },
        Post::Failed {
            message: text.clone(),
            hint: Some(text.clone()),
            reference: text.clone(),
            unknown: vec![text.clone()],
            run: run.clone(),
        },
        Post::Interrupted {
            unknown: vec![text],
            run,
        },
    ]
}

#[test]
fn the_judge_sees_what_it_is_to_see() {
    let seen = |value: Value| references(&value).len();
    assert_eq!(seen(json!({"text": "<!here> and <@U1>"})), 2);
    for text in [
        "<!here>",
        "![x](https://a.example)",
        "[good.example](https://evil.example)",
        "[x](javascript:1)",
    ] {
        assert_eq!(seen(json!({"type": "markdown", "text": text})), 1, "{text}");
    }
    assert_eq!(seen(json!({"text": "a &lt;!here&gt; b"})), 0);
    let honest = "[x](https://a.example)";
    assert_eq!(seen(json!({"type": "markdown", "text": honest})), 0);
}

#[test]
fn no_screen_of_a_run_lets_anything_through() {
    let hostile = hostile();
    assert!(hostile.len() >= 500);
    for text in &hostile {
        for post in posts_with(text) {
            let message = render(&post);
            let posted = json!({ "text": message.text, "blocks": message.blocks });
            let found = references(&posted);
            assert!(found.is_empty(), "{text:?} gave {found:?} in {posted}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_streams_lets_nothing_through() {
    let writer = Writer::start().await;
    let world = World::written_by(&writer, |_| {}).await;
    let alice = world.alice();
    for batch in hostile().chunks(145) {
        let ts = alice.says("@patchbay say it").await;
        for text in batch {
            writer.writes(text);
            writer.writes("\n\n");
        }
        writer.ends();
        for Message { text, blocks, .. } in alice.whole_answer_to(&ts).await {
            // The text of a stream is its Markdown.
            let found = [references(&json!(blocks)), in_markdown(&text)].concat();
            assert!(found.is_empty(), "{found:?} in {text}");
        }
    }
    for call in world.sim.all_calls() {
        let chunks = call.body["chunks"].as_array();
        for chunk in chunks.map_or(&[][..], Vec::as_slice) {
            let text = chunk["text"].as_str().unwrap_or_default();
            assert!(!text.contains("<!") && !text.contains("<@"), "{text}");
        }
    }
    world.stop().await;
}
