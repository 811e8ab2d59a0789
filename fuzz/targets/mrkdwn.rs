//! What strangers wrote on its way to Slack: whatever it is, it mentions nobody and no link misleads.
//! The judge is the simulated Slack's reader.

#![no_main]

use libfuzzer_sys::fuzz_target;
use patchbay::slack::markdown::harmless;
use patchbay::slack::mrkdwn::{code, code_block, defuse, escape, mentioned, readable, unescape};
use serde_json::{Value, json};
use slack_sim::{Reference, ReferenceKind, references};

fuzz_target!(|text: &str| {
    let escaped = escape(text);
    assert_eq!(unescape(&escaped), text);
    assert_eq!(readable(&escaped, |_| "somebody".to_owned()), text);
    assert_eq!(mentioned(&escaped).count(), 0);

    for mrkdwn in [escaped, code(text), code_block(text)] {
        let block = json!({ "type": "mrkdwn", "text": mrkdwn, "verbatim": true });
        judge(&block, |_| false);
    }
    let code = code(text);
    assert!(
        code.len() >= 2 && !code[1..code.len() - 1].contains(['`', '\n']),
        "{code:?}"
    );
    let block = code_block(text);
    assert_eq!(block.matches("```").count(), 2, "{block:?}");

    let markdown = |text: String| json!({ "type": "markdown", "text": text });
    judge(&markdown(harmless(text)), |reference| {
        match reference.kind {
            ReferenceKind::Link => reference.is_on_the_web() && !reference.misleads(),
            // A bare address: what is shown is what is written to.
            ReferenceKind::Email => {
                reference.automatic || reference.words.as_deref() == Some(reference.target.as_str())
            }
            _ => false,
        }
    });
    // Without links taken apart, the least that holds is that nobody is notified.
    judge(&markdown(defuse(text)), |reference| !notifies(reference));
});

fn judge(body: &Value, may_stand: impl Fn(&Reference) -> bool) {
    let found = references(body);
    let wrong: Vec<_> = found.iter().filter(|found| !may_stand(found)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}\nin {body}");
}

fn notifies(reference: &Reference) -> bool {
    use ReferenceKind::{Broadcast, Channel, Group, User};
    matches!(reference.kind, User | Group | Channel | Broadcast)
}
