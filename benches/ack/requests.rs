//! Slack's signed requests, each with identifiers of its own: a second delivery of one would be cheaper.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use serde_json::{Value, json};
use slack_sim::Handmade;
use url::form_urlencoded::Serializer;

/// What every server is told, and the simulated workspace as well.
pub const SIGNING_SECRET: &str = "sim-signing-secret";

const FORM: &str = "application/x-www-form-urlencoded";

/// The three kinds of things that Slack sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `/mcp help`
    Command,
    /// `@patchbay`, and nothing else.
    Event,
    /// A click on a button that changes nothing.
    Click,
}

pub const KINDS: [Kind; 3] = [Kind::Command, Kind::Event, Kind::Click];

/// Makes requests, all different.
pub struct Requests {
    key: hmac::Key,
    /// Where answers go.
    slack: SocketAddr,
    made: AtomicU64,
}

/// The key that Slack signs with.
pub fn key() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, SIGNING_SECRET.as_bytes())
}

impl Requests {
    pub fn new(slack: SocketAddr) -> Self {
        Self {
            key: key(),
            slack,
            made: AtomicU64::new(0),
        }
    }

    /// The next request, the three kinds in turn.
    pub fn next(&self) -> Vec<u8> {
        let turn = self.made.load(Ordering::Relaxed) % 3;
        self.of(match turn {
            0 => Kind::Command,
            1 => Kind::Event,
            _ => Kind::Click,
        })
    }

    /// A delivery of one kind, as the simulated workspace puts it into an envelope.
    pub fn envelope(&self, kind: Kind, channel: &str) -> Handmade {
        let (_, id, response_url) = self.identifiers();
        let (envelope, payload) = match kind {
            Kind::Command => ("slash_commands", command(&id, &response_url)),
            Kind::Event => ("events_api", mention(&id, channel)),
            Kind::Click => ("interactive", click(&id, &response_url)),
        };
        Handmade {
            kind: envelope.to_owned(),
            payload,
            text: None,
            times: None,
            concurrent: false,
        }
    }

    /// The time in seconds, an identifier that nothing else has, and where its answer goes.
    fn identifiers(&self) -> (u64, String, String) {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let response_url = format!("http://{}/response/{number}", self.slack);
        (now, format!("{now}.{number:06}"), response_url)
    }

    /// A request of one kind, as it goes over the wire.
    pub fn of(&self, kind: Kind) -> Vec<u8> {
        let (now, id, response_url) = self.identifiers();
        let (path, content_type, body) = match kind {
            Kind::Command => ("commands", FORM, form(&command(&id, &response_url))),
            Kind::Event => {
                // Slack takes a message a second in a channel, and Patchbay keeps to that.
                let channel = format!("C{}", id.replace('.', ""));
                (
                    "events",
                    "application/json",
                    mention(&id, &channel).to_string(),
                )
            }
            Kind::Click => {
                let payload = json!({ "payload": click(&id, &response_url).to_string() });
                ("interactivity", FORM, form(&payload))
            }
        };
        let tag = hmac::sign(&self.key, format!("v0:{now}:{body}").as_bytes());
        let signature: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
        format!(
            "POST /slack/{path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: Slackbot 1.0\r\naccept: */*\r\n\
             content-type: {content_type}\r\ncontent-length: {}\r\n\
             x-slack-request-timestamp: {now}\r\nx-slack-signature: v0={signature}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

fn form(fields: &Value) -> String {
    let pairs = fields.as_object().into_iter().flatten();
    let pairs = pairs.map(|(name, value)| (name, value.as_str().unwrap_or_default()));
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn command(id: &str, response_url: &str) -> Value {
    json!({
        "token": "verification", "team_id": "T0SIM0001", "team_domain": "simulated",
        "channel_id": "C0GENERAL1", "channel_name": "general",
        "user_id": "U0ALICE01", "user_name": "alice", "command": "/mcp", "text": "help",
        "api_app_id": "A0SIM0001", "is_enterprise_install": "false",
        "response_url": response_url, "trigger_id": format!("{id}.trigger"),
    })
}

fn mention(id: &str, channel: &str) -> Value {
    json!({
        "token": "verification", "team_id": "T0SIM0001", "context_team_id": "T0SIM0001",
        "context_enterprise_id": null, "api_app_id": "A0SIM0001",
        "event": {
            "type": "app_mention", "user": "U0ALICE01", "text": "<@U0BOT0001>", "ts": id, "event_ts": id,
            "channel": channel, "team": "T0SIM0001", "client_msg_id": id,
            "blocks": [{ "type": "rich_text", "block_id": "b1", "elements": [{
                "type": "rich_text_section", "elements": [{ "type": "user", "user_id": "U0BOT0001" }],
            }] }],
        },
        "type": "event_callback", "event_id": format!("Ev{id}"), "event_time": 1_700_000_000,
        "authorizations": [{
            "enterprise_id": null, "team_id": "T0SIM0001", "user_id": "U0BOT0001",
            "is_bot": true, "is_enterprise_install": false,
        }],
        "is_ext_shared_channel": false, "event_context": "4-context",
    })
}

fn click(id: &str, response_url: &str) -> Value {
    json!({
        "type": "block_actions", "api_app_id": "A0SIM0001", "token": "verification",
        "user": { "id": "U0ALICE01", "username": "alice", "name": "alice", "team_id": "T0SIM0001" },
        "team": { "id": "T0SIM0001", "domain": "simulated" },
        "enterprise": null, "is_enterprise_install": false,
        "container": { "type": "message", "message_ts": id, "channel_id": "C0GENERAL1", "is_ephemeral": true },
        "channel": { "id": "C0GENERAL1", "name": "general" },
        "trigger_id": format!("{id}.trigger"), "response_url": response_url,
        "state": { "values": {} },
        "actions": [{
            "type": "button", "block_id": "b1", "action_id": "dismiss", "value": "x",
            "text": { "type": "plain_text", "text": "Cancel", "emoji": true }, "action_ts": id,
        }],
    })
}
