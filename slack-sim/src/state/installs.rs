//! Installing the app over OAuth: codes that people's consent gives, tokens for them, and tokens that are renewed.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::tokens::{Grant, TokenKind};
use super::{Channel, Workspace};
use crate::clock::Time;
use crate::error::ApiError;
use crate::ids;

/// How long a code may be turned into tokens.
const CODE: Duration = Duration::from_secs(10 * 60);
/// How long a token lives that is to be renewed.
const TOKEN: Duration = Duration::from_secs(12 * 60 * 60);

/// What a person agreed to.
#[derive(Clone, Debug)]
pub(crate) struct Consent {
    /// Whoever installs the app.
    pub(crate) user: String,
    pub(crate) bot_scopes: Vec<String>,
    pub(crate) user_scopes: Vec<String>,
    /// Where the code was sent.
    pub(crate) redirect_uri: String,
    /// Whether the app named that address itself.
    pub(crate) named_redirect: bool,
    /// Whether it is for every workspace of the organisation.
    pub(crate) for_org: bool,
}

/// Codes and refresh tokens that have not been used yet.
#[derive(Default)]
pub(super) struct Installs {
    codes: HashMap<String, (Consent, Time)>,
    renewals: HashMap<String, Renewal>,
}

/// What a refresh token stands for.
#[derive(Clone)]
struct Renewal {
    grant: Grant,
    installer: String,
    for_org: bool,
    /// The access token that it came with, and the one before.
    access: String,
    before: Option<String>,
}

impl Workspace {
    /// Whether this is a code or a refresh token that was given out here and has not been used.
    pub(crate) fn gave_out(&self, secret: &str) -> bool {
        let installs = &self.installs;
        installs.codes.contains_key(secret) || installs.renewals.contains_key(secret)
    }

    /// A code for what a person agreed to.
    pub(crate) fn new_code(&mut self, now: Time, consent: Consent) -> String {
        let code = format!("{}.{}", ids::random(6), ids::random(16));
        let until = now + CODE;
        self.installs.codes.retain(|_, (_, expires)| now < *expires);
        self.installs.codes.insert(code.clone(), (consent, until));
        code
    }

    /// Turns a code into tokens, once.
    pub(crate) fn redeem_code(
        &mut self,
        now: Time,
        code: &str,
        redirect_uri: Option<&str>,
    ) -> Result<Value, ApiError> {
        let found = self.installs.codes.remove(code);
        let (consent, expires) = found.ok_or_else(|| ApiError::from("invalid_code"))?;
        if now >= expires {
            return Err("invalid_code".into());
        }
        let same = match redirect_uri {
            Some(given) => given == consent.redirect_uri,
            None => !consent.named_redirect,
        };
        if !same {
            return Err("bad_redirect_uri".into());
        }
        // An app that had been taken out, or was never in, is in no conversation.
        if !self.channels.iter().any(Channel::has_bot) {
            self.let_in();
        }
        self.org_install = consent.for_org;
        let installer = consent.user.clone();
        let mut answer = self.about_install(&installer);
        if !consent.bot_scopes.is_empty() {
            let grant = Grant::new(TokenKind::Bot, &self.own.bot_user, &consent.bot_scopes);
            let given = self.give(now, grant, &installer, None);
            for (field, value) in given.as_object().into_iter().flatten() {
                answer[field] = value.clone();
            }
            answer["bot_user_id"] = json!(self.own.bot_user);
        }
        if !consent.user_scopes.is_empty() {
            let grant = Grant::new(TokenKind::User, &installer, &consent.user_scopes);
            let given = self.give(now, grant, &installer, None);
            for (field, value) in given.as_object().into_iter().flatten() {
                answer["authed_user"][field] = value.clone();
            }
        }
        Ok(answer)
    }

    /// Turns a refresh token into new tokens, once. The access token before the last ends.
    pub(crate) fn renew(&mut self, now: Time, refresh_token: &str) -> Result<Value, ApiError> {
        let found = self.installs.renewals.remove(refresh_token);
        let renewal = found.ok_or_else(|| ApiError::from("invalid_refresh_token"))?;
        if self.tokens.was_ended(&renewal.access) {
            return Err("token_revoked".into());
        }
        if let Some(old) = &renewal.before {
            self.tokens.revoke(old);
        }
        let mut answer = self.about_install(&renewal.installer);
        answer["is_enterprise_install"] = json!(renewal.for_org);
        let given = self.give(now, renewal.grant, &renewal.installer, Some(renewal.access));
        for (field, value) in given.as_object().into_iter().flatten() {
            answer[field] = value.clone();
        }
        answer["bot_user_id"] = json!(self.own.bot_user);
        Ok(answer)
    }

    /// Gives out a token, and one to renew it with where tokens are renewed.
    fn give(
        &mut self,
        now: Time,
        mut grant: Grant,
        installer: &str,
        before: Option<String>,
    ) -> Value {
        let kind = match grant.kind {
            TokenKind::User => "xoxp",
            TokenKind::Bot | TokenKind::App => "xoxb",
        };
        let mut given = json!({
            "scope": grant.scopes.join(","),
            "token_type": if grant.kind == TokenKind::User { "user" } else { "bot" },
        });
        let secret = ids::random(16);
        if !self.app.token_rotation {
            let token = format!("{kind}-{secret}");
            given["access_token"] = json!(token);
            self.tokens.add(token, grant);
            return given;
        }
        let token = format!("xoxe.{kind}-1-{secret}");
        let refresh = format!("xoxe-1-{}", ids::random(16));
        grant.expires = Some(now + TOKEN);
        let renewal = Renewal {
            grant: grant.clone(),
            installer: installer.to_owned(),
            for_org: self.org_install,
            access: token.clone(),
            before,
        };
        given["access_token"] = json!(token);
        given["refresh_token"] = json!(refresh);
        given["expires_in"] = json!(TOKEN.as_secs());
        self.tokens.add(token, grant);
        self.installs.renewals.insert(refresh, renewal);
        given
    }

    /// Where the app is now installed, and by whom.
    fn about_install(&self, installer: &str) -> Value {
        let team = json!({"id": self.own.team, "name": self.team_name});
        json!({
            "app_id": ids::APP,
            "authed_user": {"id": installer},
            "team": if self.org_install { Value::Null } else { team },
            "enterprise": self.enterprise(),
            "is_enterprise_install": self.org_install,
        })
    }

    /// The organisation, where the app is installed in it.
    pub(crate) fn enterprise(&self) -> Value {
        if self.org_install {
            json!({"id": ids::ENTERPRISE, "name": format!("{} Group", self.team_name)})
        } else {
            Value::Null
        }
    }
}
