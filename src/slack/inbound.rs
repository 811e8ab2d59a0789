//! What Slack sent, as one type: both transports come through this parser.
//!
//! The parser reads raw JSON and asks for no more than it needs, because Slack leaves out or
//! nulls fields (`team` on organisation-wide installs) and adds new ones.

mod around;
mod changes;
mod clicks;
mod messages;
mod overheard;

use std::collections::BTreeMap;

use serde_json::Value;

use super::mrkdwn;
use crate::domain::language::Language;
use crate::domain::principal::Principal;
use crate::domain::run::Asked;
use crate::ids::{ChannelId, MessageTs, TeamId, UserId};

pub use overheard::{Overheard, heard};

/// How a payload came: the outer kind on both transports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// `events_api`, or a JSON body at the events address.
    Event,
    /// `slash_commands`, or a form at the commands address.
    Command,
    /// `interactive`, or a form with a `payload` at the interactivity address.
    Interactive,
}

/// One delivery, and what all its redeliveries have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// The same for every delivery of the same thing.
    pub dedupe_key: String,
    /// What is wanted.
    pub inbound: Inbound,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound {
    /// Somebody typed the slash command.
    Command(Command),
    /// Somebody clicked.
    Action(Action),
    /// Somebody submitted a modal.
    Submission(Submission),
    /// Somebody chose a shortcut.
    Shortcut(Shortcut),
    /// Something happened around the bot.
    Notice(Notice),
    /// Somebody asked the agent.
    Question(Question),
    /// Somebody said something without addressing the bot.
    Overheard(Overheard),
    /// Somebody edited or deleted what they had written.
    Change(Change),
    /// Somebody pressed Stop in a thread where the agent is at work.
    Stop(Stop),
    /// Nothing is wanted of us; says why.
    Ignored(&'static str),
}

impl Inbound {
    /// Who can be answered in private.
    pub fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Command(Command { caller, .. })
            | Self::Action(Action { caller, .. })
            | Self::Submission(Submission { caller, .. })
            | Self::Shortcut(Shortcut { caller, .. }) => Some(caller),
            Self::Question(_)
            | Self::Overheard(_)
            | Self::Change(_)
            | Self::Notice(_)
            | Self::Stop(_)
            | Self::Ignored(_) => None,
        }
    }

    /// In which language they read it; English where nobody can be answered in private.
    pub fn language(&self) -> Language {
        let caller = self.caller();
        caller.map_or_else(Language::default, |caller| caller.language)
    }

    /// The same, to note what is learned of them.
    pub fn caller_mut(&mut self) -> Option<&mut Caller> {
        match self {
            Self::Command(Command { caller, .. })
            | Self::Action(Action { caller, .. })
            | Self::Submission(Submission { caller, .. })
            | Self::Shortcut(Shortcut { caller, .. }) => Some(caller),
            Self::Question(_)
            | Self::Overheard(_)
            | Self::Change(_)
            | Self::Notice(_)
            | Self::Stop(_)
            | Self::Ignored(_) => None,
        }
    }
}

/// Who did it, and how to answer them.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// The person.
    pub person: Principal,
    /// The language they read: English until Slack was asked.
    pub language: Language,
    /// Where they were, if anywhere.
    pub channel: Option<ChannelId>,
    /// The thread they were in, when they wrote to the bot or clicked.
    pub thread: Option<MessageTs>,
    /// Opens a modal within three seconds.
    pub trigger: Option<String>,
    /// Answers privately for half an hour.
    pub response_url: Option<String>,
}

/// `/mcp test github`.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Who, where.
    pub caller: Caller,
    /// What came after the command.
    pub text: String,
}

/// A click.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Who, where.
    pub caller: Caller,
    /// Which button.
    pub id: String,
    /// What the button carries.
    pub value: String,
    /// The modal it was in, if it was in one.
    pub view: Option<View>,
}

/// A modal as Slack sends it back.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Its identity.
    pub id: String,
    /// What we put there and nobody saw.
    pub metadata: String,
    /// Whether it is their Home rather than a modal.
    pub home: bool,
}

/// A submitted modal.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// Who.
    pub caller: Caller,
    /// Which form.
    pub callback: String,
    /// The modal.
    pub view: View,
    /// What was filled in, by block.
    pub values: BTreeMap<String, String>,
}

/// A shortcut that was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortcut {
    /// Who, where.
    pub caller: Caller,
    /// Which one.
    pub callback: String,
    /// The message it was chosen on, if it was on one.
    pub message: Option<ShortcutMessage>,
}

/// The message that a shortcut was chosen on.
#[derive(Clone, Debug, PartialEq)]
pub struct ShortcutMessage {
    /// The thread it is in, or begins.
    pub thread: MessageTs,
    /// What it says.
    pub text: String,
}

/// What happens around the bot.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A person looks at their Home.
    HomeOpened(Principal),
    /// A person looks at their conversation with the bot.
    MessagesOpened {
        /// Who.
        person: Principal,
        /// The conversation.
        channel: ChannelId,
    },
    /// The bot is gone from a channel.
    Gone {
        /// The workspace.
        team: TeamId,
        /// The channel.
        channel: ChannelId,
        /// Whether there is no coming back to what was chosen there.
        for_good: bool,
    },
    /// The bot is in a channel from now on.
    Joined {
        /// The workspace.
        team: TeamId,
        /// The channel.
        channel: ChannelId,
        /// The bot's own name in mentions.
        bot: String,
        /// Who invited it, if Slack says so.
        inviter: Option<UserId>,
    },
    /// A workspace took the app out, or a bot's token ended. Whether it is this bot's is not said:
    /// the event may be late, or about another installation.
    Farewell {
        /// The workspace that the app was taken out of.
        left: Option<TeamId>,
    },
    /// Something about a person is another now: their name, their language, what they may do.
    Changed(Principal),
    /// Slack holds events back, because there are too many.
    HeldBack,
}

/// A message to the agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Who asked.
    pub asker: Principal,
    /// Where.
    pub channel: ChannelId,
    /// The thread the answer goes to.
    pub thread: MessageTs,
    /// The message it stands in, and the version of its words.
    pub asked: Asked,
    /// What, without the mention; or why it cannot be taken.
    pub text: Result<String, Unanswerable>,
}

/// What happened to a message after it was sent. Its author did it, except that others may delete.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The key under which the message itself is delivered.
    pub original: String,
    /// What it asks now; of a deleted message, what it asked.
    pub question: Question,
    /// What it says now, as Slack has it.
    pub words: String,
    /// Whether it is gone.
    pub deleted: bool,
    /// Whether its earlier words addressed the bot by themselves.
    pub addressed_before: bool,
    /// Whether its words do now.
    pub addressed: bool,
    /// Whether it cannot be for the bot where it does not address it.
    pub for_others: bool,
}

/// The Stop button of a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// Who pressed it.
    pub by: Principal,
    /// Where.
    pub channel: ChannelId,
    /// In which thread.
    pub thread: MessageTs,
}

/// Why a message to the agent cannot be a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswerable {
    /// Only a mention.
    Empty,
    /// More than a model should be given.
    TooLong,
    /// Many were taken in a short time that nobody addressed to the bot.
    TooMany,
}

/// The payload is not what its envelope says; names what is missing, never what was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Slack sent a payload without `{0}`")]
pub struct Malformed(&'static str);

/// Reads one payload.
pub fn parse(envelope: Envelope, payload: &Value) -> Result<Received, Malformed> {
    match envelope {
        Envelope::Command => command(payload),
        Envelope::Interactive => clicks::interactive(payload),
        Envelope::Event => event(payload),
    }
}

fn command(payload: &Value) -> Result<Received, Malformed> {
    let trigger = text(payload, "/trigger_id").ok_or(Malformed("trigger_id"))?;
    let caller = Caller {
        person: Principal::new(
            team(payload)?,
            UserId::new(required(payload, "/user_id", "user_id")?),
        ),
        language: Language::default(),
        channel: text(payload, "/channel_id").map(ChannelId::new),
        thread: None,
        trigger: Some(trigger.to_owned()),
        response_url: text(payload, "/response_url").map(str::to_owned),
    };
    let typed = mrkdwn::straighten(&mrkdwn::unescape(
        text(payload, "/text").unwrap_or_default(),
    ));
    Ok(Received {
        dedupe_key: format!("command:{trigger}"),
        inbound: Inbound::Command(Command {
            caller,
            text: typed,
        }),
    })
}

fn event(payload: &Value) -> Result<Received, Malformed> {
    if let Some(received) = around::about_the_app(payload) {
        return Ok(received);
    }
    let event = payload.get("event").ok_or(Malformed("event"))?;
    let kind = required(event, "/type", "event.type")?;
    match kind {
        "app_mention" | "message" => messages::said(payload, event, kind),
        "agent_session_stopped" => stop(payload, event),
        "app_home_opened" | "member_joined_channel" => around::notice(payload, event, kind),
        "channel_left" | "group_left" | "channel_deleted" | "group_deleted" => {
            around::gone(payload, event, kind)
        }
        _ => Ok(ignored("an event of another kind")),
    }
}

fn stop(payload: &Value, event: &Value) -> Result<Received, Malformed> {
    let team = team(payload)?;
    let channel = required(event, "/channel", "event.channel")?;
    let thread = required(event, "/thread_ts", "event.thread_ts")?;
    let user = required(event, "/user", "event.user")?;
    let at = text(event, "/event_ts").unwrap_or_default();
    Ok(Received {
        dedupe_key: format!("stop:{team}:{channel}:{thread}:{at}"),
        inbound: Inbound::Stop(Stop {
            by: Principal::new(team, UserId::new(user)),
            channel: ChannelId::new(channel),
            thread: MessageTs::new(thread),
        }),
    })
}

fn ignored(why: &'static str) -> Received {
    Received {
        dedupe_key: String::new(),
        inbound: Inbound::Ignored(why),
    }
}

/// The workspace, from wherever this payload has it; an organisation-wide install has `team: null`.
fn team(payload: &Value) -> Result<TeamId, Malformed> {
    const PLACES: [&str; 7] = [
        "/team_id",
        "/team/id",
        "/authorizations/0/team_id",
        "/user/team_id",
        "/view/team_id",
        "/enterprise/id",
        "/authorizations/0/enterprise_id",
    ];
    let found = PLACES
        .iter()
        .find_map(|place| text(payload, place).filter(|id| !id.is_empty()));
    found.map(TeamId::new).ok_or(Malformed("team"))
}

fn required<'a>(value: &'a Value, place: &str, name: &'static str) -> Result<&'a str, Malformed> {
    text(value, place)
        .filter(|text| !text.is_empty())
        .ok_or(Malformed(name))
}

fn text<'a>(value: &'a Value, place: &str) -> Option<&'a str> {
    value.pointer(place).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_click_from_an_organisation_wide_install_is_not_lost() {
        let payload = json!({
            "type": "block_actions", "team": null, "enterprise": { "id": "E1" }, "user": { "id": "U1", "team_id": "T9" },
            "container": { "message_ts": "1.2", "channel_id": "C1" },
            "actions": [{ "action_id": "approve", "value": "apr_1", "action_ts": "3.4" }],
        });
        let Inbound::Action(action) = parse(Envelope::Interactive, &payload).unwrap().inbound
        else {
            panic!()
        };
        assert_eq!(action.caller.person.team, TeamId::new("T9"));
        assert_eq!(
            (action.id.as_str(), action.value.as_str()),
            ("approve", "apr_1")
        );
    }

    #[test]
    fn malformed_payloads_are_errors_that_quote_nothing() {
        for (envelope, payload) in [
            (Envelope::Event, json!({})),
            (
                Envelope::Event,
                json!({ "event": { "type": "message", "text": "s3cret" } }),
            ),
            (Envelope::Command, json!({ "text": "s3cret" })),
            (Envelope::Interactive, json!([])),
            (
                Envelope::Interactive,
                json!({ "type": "view_submission", "user": { "id": "U1" }, "team": { "id": "T1" } }),
            ),
        ] {
            let error = parse(envelope, &payload).unwrap_err().to_string();
            assert!(!error.contains("s3cret"));
        }
    }
}
