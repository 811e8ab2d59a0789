//! `oauth.v2.access`: a code or a refresh token becomes tokens.

use serde_json::Value;

use super::args::Args;
use crate::error::ApiError;
use crate::team::Team;

pub(super) fn access(team: &Team, args: &Args) -> Result<Value, ApiError> {
    let (id, secret) = args.client();
    // It comes without a token: what it is about is in the workspace that gave out the code.
    let given = args.text("code").or(args.text("refresh_token"));
    let from = Team::holding(team, |ws| given.is_some_and(|given| ws.gave_out(given)));
    from.as_ref().unwrap_or(team).act(|ws, now| {
        ws.check_client(&id, &secret)?;
        match args.text("grant_type") {
            None | Some("authorization_code") => {
                let code = args
                    .text("code")
                    .ok_or_else(|| ApiError::from("invalid_code"))?;
                ws.redeem_code(now, code, args.text("redirect_uri"))
            }
            Some("refresh_token") => {
                let token = args.text("refresh_token");
                let token = token.ok_or_else(|| ApiError::from("invalid_refresh_token"))?;
                ws.renew(now, token)
            }
            Some(_) => Err("invalid_grant_type".into()),
        }
    })
}
