//! Whether a call may be made: its token, the token's scopes, and how often the method has been called.

use axum::http::{HeaderMap, HeaderValue};

use super::args::Args;
use super::methods::{Method, Needs};
use crate::clock::Time;
use crate::error::ApiError;
use crate::state::{ChannelKind, Workspace};

/// What a call was allowed, as the headers of its answer say it.
#[derive(Clone, Debug, Default)]
pub(super) struct Scopes {
    pub(super) provided: Vec<String>,
    pub(super) accepted: Vec<String>,
}

impl Scopes {
    /// Says it in the answer's headers, as Slack does for calls with a token.
    pub(super) fn add_to(&self, headers: &mut HeaderMap) {
        for (name, scopes) in [
            ("x-oauth-scopes", &self.provided),
            ("x-accepted-oauth-scopes", &self.accepted),
        ] {
            if let Ok(value) = HeaderValue::from_str(&scopes.join(","))
                && !scopes.is_empty()
            {
                headers.insert(name, value);
            }
        }
    }
}

/// Lets a call pass or says why not.
pub(super) fn authorize(
    ws: &mut Workspace,
    now: Time,
    name: &str,
    method: &Method,
    args: &Args,
    scopes: &mut Scopes,
) -> Result<(), ApiError> {
    if !method.tokens.is_empty() {
        let token = args.token().ok_or_else(|| ApiError::from("not_authed"))?;
        let grant = ws.tokens.check(now, token)?;
        if !method.tokens.contains(&grant.kind) {
            return Err("not_allowed_token_type".into());
        }
        scopes.provided.clone_from(&grant.scopes);
        scopes.accepted = accepted(ws, method.needs, args);
        let has_one = scopes
            .accepted
            .iter()
            .any(|scope| scopes.provided.contains(scope));
        if !scopes.accepted.is_empty() && !has_one {
            return Err(ApiError::missing_scope(
                &scopes.accepted.join(","),
                &scopes.provided.join(","),
            ));
        }
    }
    ws.tiers.take(now, name, method.tier)
}

/// The scopes of which one will do.
fn accepted(ws: &Workspace, needs: Needs, args: &Args) -> Vec<String> {
    match needs {
        Needs::Nothing => Vec::new(),
        Needs::Any(scopes) => scopes.iter().map(|&scope| scope.to_owned()).collect(),
        Needs::InPlace(right) => {
            let kinds = places(ws, right, args);
            kinds.iter().map(|kind| format!("{kind}:{right}")).collect()
        }
    }
}

/// The kinds of conversations that a call is about, as scopes name them.
fn places(ws: &Workspace, right: &str, args: &Args) -> Vec<&'static str> {
    let kind = args.text("channel").map(|which| {
        let found = ws.channel_for_app(which);
        found.map_or(&ChannelKind::Public, |channel| &channel.kind)
    });
    match (right, kind, args.text("users")) {
        ("write", _, Some(users)) if users.contains(',') => vec!["mpim"],
        ("write", _, _) | (_, Some(ChannelKind::Im(_)), _) => vec!["im"],
        (_, Some(ChannelKind::Private), _) => vec!["groups"],
        (_, Some(ChannelKind::Mpim), _) => vec!["mpim"],
        (_, Some(ChannelKind::Public), _) => vec!["channels"],
        // `conversations.list` names kinds instead of a channel.
        (_, None, _) => {
            let types = args.text("types").unwrap_or("public_channel").split(',');
            types.filter_map(|kind| kind_of(kind.trim())).collect()
        }
    }
}

fn kind_of(listed: &str) -> Option<&'static str> {
    Some(match listed {
        "public_channel" => "channels",
        "private_channel" => "groups",
        "mpim" => "mpim",
        "im" => "im",
        _ => return None,
    })
}
