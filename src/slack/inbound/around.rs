//! What is neither a command, a click, a form nor a question: shortcuts, and what happens around
//! the bot; and the questions that are commands after all.

use serde_json::{Value, json};

use super::{
    Caller, Command, Inbound, Malformed, Notice, Question, Received, Shortcut, ShortcutMessage,
    ignored, required, team, text,
};
use crate::domain::language::Language;
use crate::domain::principal::Principal;
use crate::ids::{ChannelId, MessageTs, UserId};
use crate::slack::mrkdwn;

/// A shortcut, on a message or from anywhere.
pub(super) fn shortcut(payload: &Value, caller: Caller) -> Result<Received, Malformed> {
    let callback = required(payload, "/callback_id", "callback_id")?;
    let trigger = required(payload, "/trigger_id", "trigger_id")?;
    let ts = text(payload, "/message/thread_ts").or_else(|| text(payload, "/message/ts"));
    let said = text(payload, "/message/text").unwrap_or_default();
    Ok(Received {
        dedupe_key: format!("shortcut:{trigger}"),
        inbound: Inbound::Shortcut(Shortcut {
            callback: callback.to_owned(),
            message: ts.map(|ts| ShortcutMessage {
                thread: MessageTs::new(ts),
                text: mrkdwn::unescape(said),
            }),
            caller,
        }),
    })
}

/// What Slack says of the app as a whole, if it is that.
pub(super) fn about_the_app(payload: &Value) -> Option<Received> {
    let bots = payload.pointer("/event/tokens/bot");
    let notice = match text(payload, "/event/type").or(text(payload, "/type"))? {
        "app_rate_limited" => Notice::HeldBack,
        "user_change" => Notice::Changed(Principal::new(
            team(payload).ok()?,
            UserId::new(text(payload, "/event/user/id")?),
        )),
        "app_uninstalled" => Notice::Farewell {
            left: team(payload).ok(),
        },
        // Tokens of people may be among them; the bot works without any.
        "tokens_revoked" if bots.is_some_and(|bots| bots != &json!([])) => {
            Notice::Farewell { left: None }
        }
        _ => return None,
    };
    Some(Received {
        dedupe_key: String::new(),
        inbound: Inbound::Notice(notice),
    })
}

/// Somebody opened the bot, or it joined a channel.
pub(super) fn notice(payload: &Value, event: &Value, kind: &str) -> Result<Received, Malformed> {
    let user = required(event, "/user", "event.user")?;
    let channel = text(event, "/channel").map(ChannelId::new);
    let bot = text(payload, "/authorizations/0/user_id").unwrap_or_default();
    let team = team(payload)?;
    let notice = match (kind, text(event, "/tab"), channel) {
        ("app_home_opened", Some("home"), _) => {
            Notice::HomeOpened(Principal::new(team, UserId::new(user)))
        }
        ("app_home_opened", Some("messages"), Some(channel)) => Notice::MessagesOpened {
            person: Principal::new(team, UserId::new(user)),
            channel,
        },
        ("member_joined_channel", _, Some(channel)) if user == bot => Notice::Joined {
            team,
            channel,
            bot: bot.to_owned(),
            inviter: text(event, "/inviter").map(UserId::new),
        },
        _ => return Ok(ignored("somebody else joined, or another tab was opened")),
    };
    Ok(Received {
        dedupe_key: String::new(),
        inbound: Inbound::Notice(notice),
    })
}

/// The bot is no longer in a channel.
pub(super) fn gone(payload: &Value, event: &Value, kind: &str) -> Result<Received, Malformed> {
    let channel = required(event, "/channel", "event.channel")?;
    Ok(Received {
        dedupe_key: String::new(),
        inbound: Inbound::Notice(Notice::Gone {
            team: team(payload)?,
            channel: ChannelId::new(channel),
            for_good: !kind.ends_with("_left"),
        }),
    })
}

impl Command {
    /// A question that is a command, word for word.
    pub fn spoken(question: Question) -> Self {
        // In a channel nobody sees that a thread has something private in it before they open it.
        let stands_alone = question.thread == question.asked.message;
        let direct = question.channel.as_str().starts_with('D');
        let thread = (direct || !stands_alone).then_some(question.thread);
        Self {
            text: mrkdwn::straighten(&question.text.unwrap_or_default()),
            caller: Caller {
                person: question.asker,
                language: Language::default(),
                channel: Some(question.channel),
                thread,
                trigger: None,
                response_url: None,
            },
        }
    }
}
