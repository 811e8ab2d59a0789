//! `users.*` and `bots.info`.

use serde_json::{Value, json};

use super::args::Args;
use super::pages::page;
use crate::error::ApiError;
use crate::ids;
use crate::shared::Shared;

pub(super) fn info(shared: &Shared, args: &Args) -> Result<Value, ApiError> {
    let user = args.required("user")?;
    let object = shared
        .look(|ws| ws.user_json(user, args.flag("include_locale")))
        .ok_or_else(|| ApiError::from("user_not_found"))?;
    Ok(json!({"user": object}))
}

pub(super) fn list(shared: &Shared, args: &Args) -> Result<Value, ApiError> {
    let with_locale = args.flag("include_locale");
    let members = shared.look(|ws| {
        ws.people
            .iter()
            .map(|person| person.id.as_str())
            .chain([ids::BOT_USER])
            .filter_map(|id| ws.user_json(id, with_locale))
            .collect()
    });
    page(args, "members", members)
}

pub(super) fn bot_info(shared: &Shared, args: &Args) -> Result<Value, ApiError> {
    if args.text("bot").is_some_and(|bot| bot != ids::BOT) {
        return Err("bot_not_found".into());
    }
    Ok(json!({"bot": shared.look(|ws| ws.bot_json())}))
}
