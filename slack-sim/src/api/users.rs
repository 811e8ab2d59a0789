//! `users.*` and `bots.info`.

use serde_json::{Value, json};

use super::args::Args;
use super::pages::page;
use crate::error::ApiError;
use crate::team::Team;

pub(super) fn info(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let user = args.required("user")?;
    let object = team
        .look(|ws| ws.user_json(user, args.flag("include_locale")))
        .ok_or_else(|| ApiError::from("user_not_found"))?;
    Ok(json!({"user": object}))
}

pub(super) fn list(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let with_locale = args.flag("include_locale");
    let members = team.look(|ws| {
        ws.people
            .iter()
            .map(|person| person.id.as_str())
            .chain([ws.own.bot_user.as_str()])
            .filter_map(|id| ws.user_json(id, with_locale))
            .collect()
    });
    page(args, "members", members)
}

pub(super) fn bot_info(team: &Team, args: &Args) -> Result<Value, ApiError> {
    team.look(|ws| {
        if args.text("bot").is_some_and(|bot| bot != ws.own.bot) {
            return Err("bot_not_found".into());
        }
        Ok(json!({"bot": ws.bot_json()}))
    })
}
