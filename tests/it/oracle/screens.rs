//! Every screen of a run with every string in every place of it, and the proof that the judge can fail.

use patchbay::domain::language::Language;
use patchbay::domain::money::NanoDollars;
use patchbay::domain::post::{ApprovalRequest, CallEnd, Decided, Post, Receipt, ToolReceipt};
use patchbay::domain::preview::{Preview, PreviewPart};
use patchbay::domain::tool::Risk;
use patchbay::ids::{ApprovalId, ConnectionId, RunId, UserId};
use patchbay::slack::outbox::render;
use serde_json::{Value, json};
use slack_sim::{Reference, ReferenceKind, references};

use super::strings::{PAYLOADS, hostile};
use super::wrong_with;

/// Who decided: the one person that a screen of a run names by itself.
const DECIDER: &str = "U0DECIDER";

fn posts_with(text: &str) -> Vec<Post> {
    let run = RunId::generate();
    let text = text.to_owned();
    let receipt = Receipt {
        tools: vec![ToolReceipt {
            name: format!("{text}__{text}"),
            end: CallEnd::Ran,
            rows: Some(1),
            millis: 1,
        }],
        model: text.clone(),
        instead_of: Some(text.clone()),
        decisions: vec![Decided {
            by: UserId::new(DECIDER),
            allowed: true,
            connection: text.clone(),
            tool: text.clone(),
            arguments: text.clone(),
        }],
        ..Receipt::default()
    };
    vec![
        Post::Working {
            note: text.clone().into(),
        },
        Post::AskApproval(ApprovalRequest {
            id: ApprovalId::generate(),
            connection_id: ConnectionId::generate(),
            connection: text.clone(),
            tool: text.clone(),
            risk: Risk::Destructive,
            arguments: json!({ text.clone(): [text.clone()] }),
            preview: Some(Preview {
                parts: vec![
                    PreviewPart::Note(text.clone().into()),
                    PreviewPart::Exact(text.clone()),
                    PreviewPart::Rows {
                        columns: vec![text.clone()],
                        rows: vec![vec![text.clone()]],
                    },
                ],
            }),
            cost: Some(NanoDollars(2_000_000)),
        }),
        Post::Answer {
            markdown: text.clone(),
            receipt,
            outdated: true,
        },
        Post::Failed {
            message: text.clone().into(),
            hint: Some(text.clone().into()),
            reference: text.clone(),
            unknown: vec![text.clone()],
            run: run.clone(),
        },
        Post::Stopped {
            by: None,
            unknown: vec![text.clone()],
            run: run.clone(),
        },
        Post::Interrupted {
            unknown: vec![text],
            run,
        },
    ]
}

fn screens_with(text: &str) -> impl Iterator<Item = Value> {
    let rendered = posts_with(text)
        .into_iter()
        .map(|post| render(Language::default(), &post));
    rendered.map(|message| json!({ "text": message.text, "blocks": message.blocks }))
}

fn is_the_decider(reference: &Reference) -> bool {
    reference.kind == ReferenceKind::User && reference.target == DECIDER
}

#[test]
fn no_screen_of_a_run_lets_anything_through() {
    let hostile = hostile();
    assert!(hostile.len() >= 500);
    for text in &hostile {
        for screen in screens_with(text) {
            let wrong = wrong_with(&screen, references(&screen), is_the_decider);
            assert!(wrong.is_empty(), "{text:?} gave {wrong:#?} in {screen}");
        }
    }
}

/// The same screens as a bot would send them that forgot to escape.
#[test]
fn the_judge_catches_a_bot_that_does_not_escape() {
    fn mutate(value: &mut Value) {
        match value {
            Value::String(text) => {
                *text = text
                    .replace("&lt;", "<")
                    .replace("&gt;", ">")
                    .replace('\u{2060}', "");
            }
            Value::Array(items) => items.iter_mut().for_each(mutate),
            Value::Object(fields) => fields.values_mut().for_each(mutate),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    for payload in PAYLOADS.iter().filter(|payload| payload.starts_with("<")) {
        for mut screen in screens_with(payload) {
            let shows_it = screen.to_string().contains("&lt;");
            mutate(&mut screen);
            let wrong = wrong_with(&screen, references(&screen), is_the_decider);
            assert!(
                !shows_it || !wrong.is_empty(),
                "{payload:?} passes in {screen}"
            );
        }
    }
    // And one that lets a model's Markdown through as it is.
    for markdown in [
        "[good.example](https://evil.example)",
        "![x](https://evil.example/p.png)",
        "<https://evil.example|good.example>",
        "<!here>",
        "[x](javascript:alert(1))",
    ] {
        let screen = json!({ "blocks": [{ "type": "markdown", "text": markdown }] });
        assert_eq!(
            wrong_with(&screen, references(&screen), |_| false).len(),
            1,
            "{markdown}"
        );
    }
    let honest = json!({ "blocks": [{ "type": "markdown", "text": "[x](https://a.example)" }] });
    assert!(wrong_with(&honest, references(&honest), |_| false).is_empty());
}
