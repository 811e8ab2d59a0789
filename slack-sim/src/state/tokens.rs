//! Tokens: whose they are, what they allow, and until when.

use std::collections::HashMap;

use crate::clock::Time;
use crate::config::AppConfig;
use crate::error::ApiError;
use crate::ids;

/// Who acts with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Bot,
    /// The app itself, for its sockets.
    App,
    /// The person who installed the app.
    User,
}

/// What a token stands for.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) kind: TokenKind,
    /// The user who acts: the bot, or the person who installed the app.
    pub(crate) user: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires: Option<Time>,
    /// The error that it now gets instead of answers.
    ended: Option<&'static str>,
}

/// Every token ever given out.
pub(crate) struct Tokens(HashMap<String, Grant>);

impl Grant {
    pub(crate) fn new(kind: TokenKind, user: &str, scopes: &[String]) -> Self {
        Self {
            kind,
            user: user.to_owned(),
            scopes: scopes.to_vec(),
            expires: None,
            ended: None,
        }
    }

    pub(crate) fn works(&self, now: Time) -> bool {
        self.ended.is_none() && self.expires.is_none_or(|at| now < at)
    }
}

impl Tokens {
    /// Those of the app as it is installed at first.
    pub(crate) fn of(app: &AppConfig, bot_user: &str) -> Self {
        let bot = Grant::new(TokenKind::Bot, bot_user, &app.scopes);
        let own = Grant::new(TokenKind::App, ids::APP, &["connections:write".to_owned()]);
        Self(HashMap::from([
            (app.bot_token.clone(), bot),
            (app.app_token.clone(), own),
        ]))
    }

    /// What a token allows, or Slack's word for why it allows nothing.
    pub(crate) fn check(&self, now: Time, token: &str) -> Result<&Grant, ApiError> {
        let grant = self.0.get(token);
        let grant = grant.ok_or_else(|| ApiError::from("invalid_auth"))?;
        match (grant.ended, grant.works(now)) {
            (Some(code), _) => Err(code.into()),
            (None, false) => Err("token_expired".into()),
            (None, true) => Ok(grant),
        }
    }

    /// Whether the token was given out here, whatever has become of it.
    pub(crate) fn know(&self, token: &str) -> bool {
        self.0.contains_key(token)
    }

    pub(crate) fn add(&mut self, token: String, grant: Grant) {
        self.0.insert(token, grant);
    }

    /// Whether a token was ended before its time.
    pub(crate) fn was_ended(&self, token: &str) -> bool {
        self.0.get(token).is_none_or(|grant| grant.ended.is_some())
    }

    /// Whether a bot token works that has one of these scopes.
    pub(crate) fn bot_has(&self, now: Time, scopes: &[&str]) -> bool {
        let mut bots = self.0.values();
        bots.any(|grant| {
            let has = |wanted: &&str| grant.scopes.iter().any(|scope| scope == wanted);
            grant.kind == TokenKind::Bot
                && grant.works(now)
                && (scopes.is_empty() || scopes.iter().any(has))
        })
    }

    /// Changes what every bot token allows.
    pub(crate) fn set_bot_scopes(&mut self, scopes: &[String]) {
        for grant in self.0.values_mut() {
            if grant.kind == TokenKind::Bot {
                grant.scopes = scopes.to_vec();
            }
        }
    }

    /// Ends one token; gives what it was.
    pub(crate) fn revoke(&mut self, token: &str) -> Option<Grant> {
        let grant = self.0.get_mut(token)?;
        grant.ended = Some("token_revoked");
        Some(grant.clone())
    }

    /// Ends all that people and the bot have, with this error; gives those that worked until now.
    pub(crate) fn end_all(&mut self, now: Time, code: &'static str) -> Vec<Grant> {
        let mut ended = Vec::new();
        for grant in self.0.values_mut() {
            if grant.kind != TokenKind::App && grant.works(now) {
                grant.ended = Some(code);
                ended.push(grant.clone());
            }
        }
        ended
    }
}
