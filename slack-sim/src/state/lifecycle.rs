//! The app's life in the workspace: installed, its tokens revoked, uninstalled, told that it hears too much.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::tokens::{Grant, TokenKind, Tokens};
use super::{Effect, Workspace};
use crate::clock::Time;
use crate::error::ApiError;
use crate::ids;

/// What Slack delivers to an app in an hour, for each workspace.
const EVENTS_AN_HOUR: u32 = 30_000;
/// What is delivered to an app that may do nothing any more.
const FAREWELLS: [&str; 2] = ["app_uninstalled", "tokens_revoked"];

/// How many events went out, by minute, the last hour alone.
#[derive(Default)]
pub(super) struct Delivered {
    minutes: VecDeque<(u64, u32)>,
    /// The last minute for which the app was told that it hears too much.
    told: Option<u64>,
}

impl Delivered {
    /// Counts an event; false when it is one too many.
    fn count(&mut self, minute: u64) -> bool {
        while self
            .minutes
            .front()
            .is_some_and(|(at, _)| at + 60 <= minute)
        {
            self.minutes.pop_front();
        }
        if self.minutes.iter().map(|(_, count)| count).sum::<u32>() >= EVENTS_AN_HOUR {
            return false;
        }
        match self.minutes.back_mut() {
            Some((at, count)) if *at == minute => *count += 1,
            _ => self.minutes.push_back((minute, 1)),
        }
        true
    }
}

impl Workspace {
    /// Whether the app is in the workspace with a bot that may do something.
    pub(crate) fn is_installed(&self, now: Time) -> bool {
        self.tokens.bot_has(now, &[])
    }

    /// Installs the app anew, with the token it had at first, in every channel: of this workspace or of its organisation.
    pub(crate) fn install(&mut self, for_org: bool) {
        self.org_install = for_org;
        self.tokens = Tokens::of(&self.app, &self.own.bot_user);
        self.let_in();
    }

    /// Lets the bot into every channel.
    pub(super) fn let_in(&mut self) {
        for channel in &mut self.channels {
            channel.members.insert(self.own.bot_user.clone());
        }
    }

    /// Ends one token and tells the app.
    pub(crate) fn revoke(&mut self, now: Time, token: &str) {
        let ended = self.tokens.revoke(token);
        self.tell_revoked(now, ended.as_slice());
    }

    /// Ends every token that people and the bot have, as an admin does, and tells the app.
    pub(crate) fn revoke_all(&mut self, now: Time) {
        let ended = self.tokens.end_all(now, "token_revoked");
        self.tell_revoked(now, &ended);
    }

    /// Takes the app out of the workspace and tells it.
    pub(crate) fn uninstall(&mut self, now: Time) {
        let ended = self.take_out(now);
        self.tell_revoked(now, &ended);
        let at = self.next_ts(now);
        self.emit(now, json!({"type": "app_uninstalled", "event_ts": at}));
    }

    /// Ends the tokens and takes the bot out of the channels; gives the tokens that worked until now.
    pub(super) fn take_out(&mut self, now: Time) -> Vec<Grant> {
        for channel in &mut self.channels {
            channel.members.remove(&self.own.bot_user);
        }
        self.tokens.end_all(now, "account_inactive")
    }

    fn tell_revoked(&mut self, now: Time, ended: &[Grant]) {
        if ended.is_empty() {
            return;
        }
        let of = |kind| -> Vec<&str> {
            let these = ended.iter().filter(|grant| grant.kind == kind);
            these.map(|grant| grant.user.as_str()).collect()
        };
        let tokens = json!({"oauth": of(TokenKind::User), "bot": of(TokenKind::Bot)});
        let at = self.next_ts(now);
        let event = json!({"type": "tokens_revoked", "tokens": tokens, "event_ts": at});
        self.emit(now, event);
    }

    /// Tells the app that it hears too much in this minute.
    pub(crate) fn limit_events(&mut self, now: Time) {
        let minute = now.seconds() / 60;
        self.delivered.told = Some(minute);
        self.effects.push(Effect::Event(json!({
            "token": ids::VERIFICATION_TOKEN,
            "type": "app_rate_limited",
            "team_id": self.own.team,
            "minute_rate_limited": minute * 60,
            "api_app_id": ids::APP,
        })));
    }

    /// Whether an event may go out to the app: its bot must be there and be allowed to know, and it must not be too much.
    pub(super) fn may_hear(&mut self, now: Time, subscription: &str) -> bool {
        if !self.app.events.iter().any(|event| event == subscription) {
            return false;
        }
        if FAREWELLS.contains(&subscription) {
            return true;
        }
        if !self.tokens.bot_has(now, scopes_of(subscription)) {
            return false;
        }
        let minute = now.seconds() / 60;
        if !self.tiers.on || self.delivered.count(minute) {
            return true;
        }
        if self.delivered.told != Some(minute) {
            self.limit_events(now);
        }
        false
    }

    /// Checks who asks to take the app out of the workspace.
    pub(crate) fn check_client(&self, id: &str, secret: &str) -> Result<(), ApiError> {
        if id != self.app.client_id {
            return Err("invalid_client_id".into());
        }
        if secret != self.app.client_secret {
            return Err("bad_client_secret".into());
        }
        Ok(())
    }
}

/// The scopes of which an app needs one to hear of this.
fn scopes_of(subscription: &str) -> &'static [&'static str] {
    match subscription {
        "app_mention" => &["app_mentions:read"],
        "channel_deleted" | "channel_left" => &["channels:read"],
        "group_deleted" | "group_left" => &["groups:read"],
        "file_created" | "file_deleted" | "file_shared" => &["files:read"],
        "member_joined_channel" | "member_left_channel" => &["channels:read", "groups:read"],
        "message.channels" => &["channels:history"],
        "message.groups" => &["groups:history"],
        "message.im" => &["im:history"],
        "message.mpim" => &["mpim:history"],
        "reaction_added" | "reaction_removed" => &["reactions:read"],
        "user_change" => &["users:read"],
        _ => &[],
    }
}

/// The payload of `app_rate_limited` is no event but stands alone, so its name is its own type.
pub(crate) fn name_of(payload: &Value) -> Option<&str> {
    let named = payload["event"]["type"].as_str();
    named.or_else(|| payload["type"].as_str())
}
