//! The methods of the Web API: which token each takes, what it must be allowed, and how often it may be called.

use serde_json::Value;

use super::args::Args;
use super::{
    apps, assistant, blocks, chat, conversations, files, oauth, reactions, streams, users, views,
};
use crate::error::ApiError;
use crate::state::{Tier, TokenKind};
use crate::team::Team;

pub(super) type Handler = fn(&Team, &Args) -> Result<Value, ApiError>;

/// One method.
pub(super) struct Method {
    /// Which kinds of token it takes; none for one that anybody may call.
    pub(super) tokens: &'static [TokenKind],
    pub(super) needs: Needs,
    pub(super) tier: Tier,
    pub(super) handler: Handler,
}

/// What a token must be allowed.
#[derive(Clone, Copy)]
pub(super) enum Needs {
    Nothing,
    /// One of these scopes.
    Any(&'static [&'static str]),
    /// This right in the kind of conversation that is meant, as in `channels:history`.
    InPlace(&'static str),
}

const ASSISTANT: Needs = Needs::Any(&["assistant:write"]);
const READ_FILES: Needs = Needs::Any(&["files:read"]);
const REACT: Needs = Needs::Any(&["reactions:write"]);
const TEAM: Needs = Needs::Any(&["team:read"]);
const USERS: Needs = Needs::Any(&["users:read"]);
const WRITE: Needs = Needs::Any(&["chat:write"]);
const WRITE_FILES: Needs = Needs::Any(&["files:write"]);
/// What an agent says it is doing.
const STATUS: Needs = Needs::Any(&["chat:write", "assistant:write"]);

/// The method of this name, as Slack's reference has it.
pub(super) fn method(name: &str) -> Option<Method> {
    Some(match name {
        "api.test" => open(Tier::Four, apps::test),
        "apps.connections.open" => Method {
            tokens: &[TokenKind::App],
            ..open(Tier::Three, apps::open_connection)
        },
        "apps.event.authorizations.list" => Method {
            tokens: &[TokenKind::App],
            ..open(Tier::Special(600), apps::authorizations)
        },
        "apps.uninstall" => bot(Needs::Nothing, Tier::One, apps::uninstall),
        "auth.revoke" => anyone(Needs::Nothing, Tier::Three, apps::revoke),
        "auth.test" => anyone(Needs::Nothing, Tier::Special(200), apps::auth_test),
        "agents.sessions.rename" => bot(STATUS, Tier::Three, assistant::rename_session),
        "agents.sessions.setStatus" => bot(STATUS, Tier::Three, assistant::set_session_status),
        "assistant.threads.setStatus" => bot(STATUS, Tier::Special(600), assistant::set_status),
        "assistant.threads.setSuggestedPrompts" => {
            bot(ASSISTANT, Tier::Four, assistant::set_prompts)
        }
        "assistant.threads.setTitle" => bot(ASSISTANT, Tier::Four, assistant::set_title),
        "blocks.validate" => bot(Needs::Nothing, Tier::Special(600), blocks::validate),
        "bots.info" => bot(USERS, Tier::Three, users::bot_info),
        "chat.appendStream" => bot(WRITE, Tier::Four, streams::append),
        "chat.delete" => bot(WRITE, Tier::Three, chat::delete),
        "chat.getPermalink" => bot(Needs::Nothing, Tier::Special(600), chat::permalink),
        "chat.postEphemeral" => bot(WRITE, Tier::Four, chat::post_ephemeral),
        // Counted by channel, where it is carried out.
        "chat.postMessage" => bot(WRITE, Tier::Uncounted, chat::post_message),
        "chat.startStream" => bot(WRITE, Tier::Two, streams::start),
        "chat.stopStream" => bot(WRITE, Tier::Two, streams::stop),
        "chat.update" => bot(WRITE, Tier::Three, chat::update),
        "conversations.history" => bot(
            Needs::InPlace("history"),
            Tier::Three,
            conversations::history,
        ),
        "conversations.info" => bot(Needs::InPlace("read"), Tier::Three, conversations::info),
        "conversations.list" => bot(Needs::InPlace("read"), Tier::Two, conversations::list),
        "conversations.members" => bot(Needs::InPlace("read"), Tier::Four, conversations::members),
        "conversations.open" => bot(Needs::InPlace("write"), Tier::Three, conversations::open),
        "conversations.replies" => bot(
            Needs::InPlace("history"),
            Tier::Three,
            conversations::replies,
        ),
        "files.completeUploadExternal" => bot(WRITE_FILES, Tier::Four, files::complete),
        "files.delete" => bot(WRITE_FILES, Tier::Three, files::delete),
        "files.getUploadURLExternal" => bot(WRITE_FILES, Tier::Four, files::upload_url),
        "files.info" => bot(READ_FILES, Tier::Four, files::info),
        "files.list" => bot(READ_FILES, Tier::Three, files::list),
        "oauth.v2.access" => open(Tier::Special(600), oauth::access),
        "reactions.add" => bot(REACT, Tier::Three, reactions::add),
        "reactions.remove" => bot(REACT, Tier::Two, reactions::remove),
        "team.info" => anyone(TEAM, Tier::Three, apps::team_info),
        "users.info" => anyone(USERS, Tier::Four, users::info),
        "users.list" => anyone(USERS, Tier::Two, users::list),
        "views.open" => bot(Needs::Nothing, Tier::Four, views::open),
        "views.publish" => bot(Needs::Nothing, Tier::Four, views::publish),
        "views.push" => bot(Needs::Nothing, Tier::Four, views::push),
        "views.update" => bot(Needs::Nothing, Tier::Four, views::update),
        _ => return None,
    })
}

fn open(tier: Tier, handler: Handler) -> Method {
    Method {
        tokens: &[],
        needs: Needs::Nothing,
        tier,
        handler,
    }
}

fn bot(needs: Needs, tier: Tier, handler: Handler) -> Method {
    Method {
        tokens: &[TokenKind::Bot],
        needs,
        tier,
        handler,
    }
}

/// For the bot and for the person who installed the app.
fn anyone(needs: Needs, tier: Tier, handler: Handler) -> Method {
    Method {
        tokens: &[TokenKind::Bot, TokenKind::User],
        ..bot(needs, tier, handler)
    }
}
