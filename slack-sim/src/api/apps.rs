//! `api.test`, `auth.*` and `apps.*`: the app itself, its tokens and its sockets.

use serde_json::{Value, json};

use super::args::Args;
use crate::error::ApiError;
use crate::ids;
use crate::payloads;
use crate::state::TokenKind;
use crate::team::Team;

pub(super) fn test(_team: &Team, args: &Args) -> Result<Value, ApiError> {
    match args.text("error") {
        Some(code) => Err(code.into()),
        None => Ok(json!({"args": args.body()})),
    }
}

pub(super) fn auth_test(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let now = team.clock.now();
    let token = args.token().ok_or_else(|| ApiError::from("not_authed"))?;
    team.look(|ws| {
        let grant = ws.tokens.check(now, token)?;
        let mut answer = json!({
            "url": format!("{}/", ws.base_url),
            "team": ws.team_name,
            "user": ws.user_name(&grant.user),
            "team_id": ws.own.team,
            "user_id": grant.user,
            "is_enterprise_install": ws.org_install,
        });
        if grant.kind == TokenKind::Bot {
            answer["bot_id"] = json!(ws.own.bot);
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

/// The workspace of the token; any other there is none.
pub(super) fn team_info(team: &Team, args: &Args) -> Result<Value, ApiError> {
    team.look(|ws| {
        let asked = args.text("team").or(args.text("domain"));
        if asked.is_some_and(|which| which != ws.own.team && which != ws.domain()) {
            return Err("team_not_found".into());
        }
        let mut about = json!({
            "id": ws.own.team,
            "name": ws.team_name,
            "url": format!("{}/", ws.base_url),
            "domain": ws.domain(),
            "email_domain": "",
            "icon": {"image_default": true},
            "is_verified": false,
        });
        if ws.org_install {
            let enterprise = ws.enterprise();
            about["enterprise_id"] = enterprise["id"].clone();
            about["enterprise_name"] = enterprise["name"].clone();
        }
        Ok(json!({"team": about}))
    })
}

/// Whose installation an event went to.
pub(super) fn authorizations(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let context = args.required("event_context")?;
    // The app's token is no workspace's; where the event came from, its context says.
    let from = Team::holding(team, |ws| context.contains(&ws.own.team));
    let from = from.as_ref().unwrap_or(team);
    Ok(json!({"authorizations": from.look(payloads::authorizations)}))
}

pub(super) fn open_connection(team: &Team, _args: &Args) -> Result<Value, ApiError> {
    let ticket = team
        .sockets
        .issue(team.clock.now())
        .ok_or_else(|| ApiError::from("internal_error"))?;
    let socket = team.url.replacen("http://", "ws://", 1);
    let url = format!("{socket}/link/?ticket={ticket}&app_id={}", ids::APP);
    Ok(json!({"url": url}))
}

pub(super) fn revoke(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let token = args.token().ok_or_else(|| ApiError::from("not_authed"))?;
    let in_earnest = !args.flag("test");
    if in_earnest {
        team.act(|ws, now| ws.revoke(now, token));
    }
    Ok(json!({"revoked": in_earnest}))
}

pub(super) fn uninstall(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let (id, secret) = (args.required("client_id")?, args.required("client_secret")?);
    team.act(|ws, now| {
        ws.check_client(id, secret)?;
        ws.uninstall(now);
        Ok(json!({}))
    })
}
