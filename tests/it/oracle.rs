//! Nothing that came from elsewhere notifies, loads or misleads: more than 500 hostile strings through
//! every way into a message, judged by what the simulated Slack reads in it.

mod routes;
mod screens;
mod strings;

use serde_json::Value;
use slack_sim::{Reference, ReferenceKind, Sim, references};

use crate::world::World;

/// What is wrong with a body that strangers had a part in. In Markdown, which a model wrote, a link to
/// the web may stand if its words name no other place; everywhere else nothing but `ours`.
fn wrong_with(
    body: &Value,
    found: Vec<Reference>,
    ours: impl Fn(&Reference) -> bool,
) -> Vec<Reference> {
    let is_markdown = |at: &str| {
        let place = body.pointer(at).unwrap_or(&Value::Null);
        matches!(place["type"].as_str(), Some("markdown" | "markdown_text"))
            || at.ends_with("/markdown_text")
    };
    let may_stand = |reference: &Reference| match reference.kind {
        ReferenceKind::Link if is_markdown(&reference.at) => {
            reference.is_on_the_web() && !reference.misleads()
        }
        // A bare address of Markdown: what is shown is what is written to.
        ReferenceKind::Email if is_markdown(&reference.at) => {
            reference.automatic || reference.words.as_deref() == Some(reference.target.as_str())
        }
        _ => ours(reference),
    };
    let wrong = found.into_iter().filter(|reference| !may_stand(reference));
    wrong.collect()
}

fn notifies(reference: &Reference) -> bool {
    use ReferenceKind::{Broadcast, Channel, Group, User};
    matches!(reference.kind, User | Group | Channel | Broadcast)
}

/// Judges everything that the bot sent to Slack, over the Web API and to response addresses alike.
fn judge_all(sim: &Sim) -> usize {
    let mut judged = 0;
    let calls = sim.all_calls();
    let answers = sim.log(0).into_iter();
    let answers =
        answers.filter(|entry| entry.direction == "from_app" && entry.transport != "web_api");
    let bodies = calls
        .iter()
        .map(|call| (call.method.clone(), call.body.clone()));
    for (what, body) in bodies.chain(answers.map(|entry| (entry.what, entry.body))) {
        // What a chunk of a stream links to is for the whole message to say: it may go on inside code.
        let is_chunk = what.ends_with("Stream");
        let found = references(&body)
            .into_iter()
            .filter(|one| !is_chunk || notifies(one));
        let wrong = wrong_with(&body, found.collect(), is_who_decided);
        assert!(wrong.is_empty(), "{what}: {wrong:#?}\nin {body}");
        judged += 1;
    }
    judged
}

/// Below an answer stands who allowed what: in the stories of this judge it is the one who asked.
fn is_who_decided(reference: &Reference) -> bool {
    let below = reference.at.starts_with("/blocks/") && reference.at.ends_with("/elements/0");
    reference.kind == ReferenceKind::User && reference.target == "U0ALICE01" && below
}

/// Reads what stands in a thread as Slack would, growing messages with their Markdown.
fn judge_thread(world: &World, ts: &str) -> String {
    let mut texts = String::new();
    for message in world.alice().replies(ts) {
        let mut body = serde_json::to_value(&message).unwrap();
        if message.streaming.is_some() {
            body["markdown_text"] = message.text.clone().into();
            body["text"] = Value::Null;
        }
        let wrong = wrong_with(&body, references(&body), is_who_decided);
        assert!(wrong.is_empty(), "{wrong:#?}\nin {message:#?}");
        texts.push_str(&message.all_text());
    }
    texts
}
