//! `api.test`, `auth.*` and `apps.*`: the app itself, its tokens and its sockets.

use serde_json::{Value, json};

use super::args::Args;
use crate::error::ApiError;
use crate::ids;
use crate::payloads;
use crate::shared::Shared;
use crate::state::TokenKind;

pub(super) fn test(_shared: &Shared, args: &Args) -> Result<Value, ApiError> {
    match args.text("error") {
        Some(code) => Err(code.into()),
        None => Ok(json!({"args": args.body()})),
    }
}

pub(super) fn auth_test(shared: &Shared, args: &Args) -> Result<Value, ApiError> {
    let now = shared.clock.now();
    let token = args.token().ok_or_else(|| ApiError::from("not_authed"))?;
    shared.look(|ws| {
        let grant = ws.tokens.check(now, token)?;
        let mut answer = json!({
            "url": format!("{}/", ws.base_url),
            "team": ws.team_name,
            "user": ws.user_name(&grant.user),
            "team_id": ids::TEAM,
            "user_id": grant.user,
            "is_enterprise_install": ws.org_install,
        });
        if grant.kind == TokenKind::Bot {
            answer["bot_id"] = json!(ids::BOT);
        }
        if ws.org_install {
            let enterprise = ws.enterprise();
            answer["enterprise_id"] = enterprise["id"].clone();
            answer["team_id"] = enterprise["id"].clone();
            answer["team"] = enterprise["name"].clone();
        }
        Ok(answer)
    })
}

/// Whose installation an event went to.
pub(super) fn authorizations(shared: &Shared, args: &Args) -> Result<Value, ApiError> {
    args.required("event_context")?;
    Ok(json!({"authorizations": shared.look(payloads::authorizations)}))
}

pub(super) fn open_connection(shared: &Shared, _args: &Args) -> Result<Value, ApiError> {
    let ticket = shared
        .sockets
        .issue(shared.clock.now())
        .ok_or_else(|| ApiError::from("internal_error"))?;
    let socket = shared.url.replacen("http://", "ws://", 1);
    let url = format!("{socket}/link/?ticket={ticket}&app_id={}", ids::APP);
    Ok(json!({"url": url}))
}

pub(super) fn revoke(shared: &Shared, args: &Args) -> Result<Value, ApiError> {
    let token = args.token().ok_or_else(|| ApiError::from("not_authed"))?;
    let in_earnest = !args.flag("test");
    if in_earnest {
        shared.act(|ws, now| ws.revoke(now, token));
    }
    Ok(json!({"revoked": in_earnest}))
}

pub(super) fn uninstall(shared: &Shared, args: &Args) -> Result<Value, ApiError> {
    let (id, secret) = (args.required("client_id")?, args.required("client_secret")?);
    shared.act(|ws, now| {
        ws.check_client(id, secret)?;
        ws.uninstall(now);
        Ok(json!({}))
    })
}
