//! The manifest asks Slack for what the code needs, and for nothing else.

use std::collections::BTreeSet;

use patchbay::slack::inbound::{Envelope, Inbound, parse};
use serde_json::{Value, json};

use super::{production, root, sources};

/// A method that is called, and the scopes that Slack's documentation wants for it.
const METHODS: [(&str, &[&str]); 22] = [
    ("agents.sessions.setStatus", &["assistant:write"]),
    // With the app's own token.
    ("apps.connections.open", &[]),
    (
        "assistant.threads.setSuggestedPrompts",
        &["assistant:write"],
    ),
    ("auth.test", &[]),
    ("chat.appendStream", &["chat:write"]),
    ("chat.postEphemeral", &["chat:write"]),
    ("chat.postMessage", &["chat:write"]),
    ("chat.startStream", &["chat:write"]),
    ("chat.stopStream", &["chat:write"]),
    ("chat.update", &["chat:write"]),
    (
        "conversations.history",
        &[
            "channels:history",
            "groups:history",
            "im:history",
            "mpim:history",
        ],
    ),
    (
        "conversations.info",
        &["channels:read", "groups:read", "im:read", "mpim:read"],
    ),
    // Of direct messages of a few people; nobody asks it of a channel.
    ("conversations.members", &["mpim:read"]),
    // With people, one at a time.
    ("conversations.open", &["im:write"]),
    (
        "conversations.replies",
        &[
            "channels:history",
            "groups:history",
            "im:history",
            "mpim:history",
        ],
    ),
    ("files.completeUploadExternal", &["files:write"]),
    ("files.getUploadURLExternal", &["files:write"]),
    ("files.info", &["files:read"]),
    ("users.info", &["users:read"]),
    ("views.open", &[]),
    ("views.publish", &[]),
    ("views.update", &[]),
];

/// An event that may be subscribed to, the type it arrives under, and the scopes for it.
const EVENTS: [(&str, &str, &[&str]); 15] = [
    (
        "agent_session_stopped",
        "agent_session_stopped",
        &["assistant:write"],
    ),
    ("app_home_opened", "app_home_opened", &[]),
    ("app_mention", "app_mention", &["app_mentions:read"]),
    ("app_uninstalled", "app_uninstalled", &[]),
    ("channel_deleted", "channel_deleted", &["channels:read"]),
    ("channel_left", "channel_left", &["channels:read"]),
    ("group_deleted", "group_deleted", &["groups:read"]),
    ("group_left", "group_left", &["groups:read"]),
    (
        "member_joined_channel",
        "member_joined_channel",
        &["channels:read", "groups:read"],
    ),
    ("message.channels", "message", &["channels:history"]),
    ("message.groups", "message", &["groups:history"]),
    ("message.im", "message", &["im:history"]),
    ("message.mpim", "message", &["mpim:history"]),
    ("tokens_revoked", "tokens_revoked", &[]),
    ("user_change", "user_change", &["users:read"]),
];

fn manifest() -> Value {
    let text = std::fs::read_to_string(root().join("manifest.yml")).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

fn names(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().expect("a list");
    let names: Vec<String> = list
        .iter()
        .map(|name| name.as_str().expect("a name").to_owned())
        .collect();
    let set: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(set.len(), names.len(), "named twice in {names:?}");
    set
}

/// The Web API methods that the bot's own code names.
fn called() -> BTreeSet<String> {
    const FAMILIES: [&str; 9] = [
        "agents.",
        "apps.",
        "assistant.",
        "auth.",
        "chat.",
        "conversations.",
        "files.",
        "users.",
        "views.",
    ];
    let mut found = BTreeSet::new();
    let sources = sources("src/slack");
    // The table of limits names methods without calling them.
    let calling = sources
        .iter()
        .filter(|(path, _)| !path.ends_with("limits.rs"));
    for (_, text) in calling {
        for word in production(text).split('"').skip(1).step_by(2) {
            let is_method = word.chars().all(|c| c.is_ascii_alphabetic() || c == '.')
                && !word.ends_with('.')
                && FAMILIES.iter().any(|family| word.starts_with(family));
            // Names of files look alike.
            if is_method && !word.ends_with(".rs") && !word.ends_with(".com") {
                found.insert(word.to_owned());
            }
        }
    }
    found
}

#[test]
fn every_event_that_is_asked_for_is_heeded_and_the_other_way_round() {
    let asked = names(&manifest()["settings"]["event_subscriptions"]["bot_events"]);
    let known = EVENTS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(
        asked, known,
        "the manifest's events are not those of this file"
    );
    for (name, kind, _) in EVENTS {
        // A person as a whole where it is about one.
        let user = match kind {
            "user_change" => json!({ "id": "U1" }),
            _ => json!("U1"),
        };
        let payload = json!({
            "team_id": "T1", "authorizations": [{ "team_id": "T1", "user_id": "UBOT" }],
            "event": {
                "type": kind, "user": user, "channel": "C1", "ts": "1.2", "thread_ts": "1.1",
                "event_ts": "1.2", "text": "<@UBOT> hello", "tab": "home", "tokens": { "bot": ["UBOT"] },
            },
        });
        let received = parse(Envelope::Event, &payload).unwrap();
        let unknown =
            matches!(received.inbound, Inbound::Ignored(why) if why.contains("another kind"));
        assert!(!unknown, "{name} is asked for and nobody heeds it");
    }
    // What the parser tells apart, by the names in its own source.
    let inbound = std::fs::read_to_string(root().join("src/slack/inbound.rs")).unwrap();
    let from = inbound.find("\nfn event(").expect("the parser of events");
    let body = &inbound[from..];
    let body = &body[..body.find("\n}\n").unwrap()];
    let heeded: BTreeSet<&str> = body
        .lines()
        .filter(|line| line.contains("=>"))
        .flat_map(|line| {
            line.split("=>")
                .next()
                .unwrap()
                .split('"')
                .skip(1)
                .step_by(2)
        })
        .collect();
    assert!(
        heeded.len() > 5,
        "the parser was not understood: {heeded:?}"
    );
    let asked: BTreeSet<&str> = EVENTS.iter().map(|(_, kind, _)| *kind).collect();
    let unasked: Vec<&&str> = heeded.difference(&asked).collect();
    assert!(unasked.is_empty(), "heeded, but not asked for: {unasked:?}");
}

#[test]
fn the_scopes_are_those_that_calls_and_events_need() {
    let granted = names(&manifest()["oauth_config"]["scopes"]["bot"]);
    let mut needed: BTreeSet<String> = BTreeSet::from(["commands".to_owned()]);
    for method in called() {
        let row = METHODS.iter().find(|(name, _)| *name == method);
        let (_, scopes) = row.unwrap_or_else(|| panic!("which scopes does {method} need?"));
        needed.extend(scopes.iter().map(|scope| (*scope).to_owned()));
    }
    for (_, _, scopes) in EVENTS {
        needed.extend(scopes.iter().map(|scope| (*scope).to_owned()));
    }
    assert_eq!(
        granted, needed,
        "left: the manifest's scopes; right: what is needed"
    );
    let documented = std::fs::read_to_string(root().join("docs/slack-app.md")).unwrap();
    for name in granted.iter().chain(&names(
        &manifest()["settings"]["event_subscriptions"]["bot_events"],
    )) {
        assert!(
            documented.contains(&format!("`{name}`")),
            "docs/slack-app.md does not say why `{name}`"
        );
    }
}

#[test]
fn every_method_that_is_called_has_its_row_in_the_table_of_limits() {
    let limits = std::fs::read_to_string(root().join("src/slack/limits.rs")).unwrap();
    let table = limits.find("const RATES").expect("the table");
    let table = &limits[table..];
    let table = &table[..table.find("\n];\n").unwrap()];
    let known: BTreeSet<String> = table
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    let mut called = called();
    // Asked for with the app's own token, by whoever keeps a socket, which waits as Slack says.
    called.remove("apps.connections.open");
    assert_eq!(known, called, "left: the table; right: what is called");
}

#[test]
fn every_shortcut_that_is_offered_is_served_and_the_other_way_round() {
    let offered: BTreeSet<String> = manifest()["features"]["shortcuts"]
        .as_array()
        .expect("shortcuts")
        .iter()
        .map(|shortcut| shortcut["callback_id"].as_str().expect("an id").to_owned())
        .collect();
    let served = [
        patchbay::slack::shortcuts::ASK_ABOUT,
        patchbay::slack::shortcuts::CONNECT_SERVICE,
    ];
    assert_eq!(offered, served.map(str::to_owned).into_iter().collect());
}
