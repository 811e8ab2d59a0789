//! What comes from a workspace in which this bot is not. An app may be installed in several, and
//! Slack sends what happens in each to whoever runs the app; but the bot token is one workspace's.
//! Whatever is answered with it would go to the wrong one, or nowhere.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::blocks::Message;
use super::inbound::Envelope;
use super::receive::Ack;
use crate::app::App;
use crate::ids::TeamId;

/// How long sockets wait to learn whose the token is, and how often that is asked until it is known.
const AT_FIRST: Duration = Duration::from_secs(3);
const ASKED_AGAIN: Duration = Duration::from_secs(30);

/// What somebody hears there who used a command or a shortcut. In which language they read, this
/// token cannot ask.
const NOT_HERE: &str = "⚠️ Patchbay is not set up for this workspace, so nothing was done. Ask whoever runs it to set up an app and a Patchbay of its own for it.";

/// Asks Slack whose the token is, again and again until it is known. Until then nothing is foreign.
pub async fn learn(app: Arc<App>) {
    while let Err(error) = app.slack.learn_itself().await {
        tracing::debug!("Slack did not say whose the bot token is: {error}");
        tokio::time::sleep(ASKED_AGAIN).await;
    }
}

/// The same once, for a moment: what comes over the first socket should be told apart already.
pub async fn learn_in_time(app: &App) {
    // Without an answer it is taken in all the same.
    let _ = tokio::time::timeout(AT_FIRST, app.slack.learn_itself()).await;
}

/// The answer to something from a workspace in which the bot is not; nothing where it is, or where
/// that cannot be told.
pub fn decline(app: &Arc<App>, envelope: Envelope, payload: &Value) -> Option<Ack> {
    let origins = origins(envelope, payload);
    let from = origins.first()?;
    if !origins.iter().all(|team| app.slack.is_elsewhere(team)) {
        return None;
    }
    if app.slack.standing().is_news(from) {
        tracing::warn!(
            "the app is installed in {from} too, but this Patchbay has the bot token of another workspace: what people do there is not answered. Uninstall the app there, or give that workspace an app and a Patchbay of its own"
        );
    } else {
        tracing::debug!("left out something from {from}");
    }
    let told = json!({ "response_type": "ephemeral", "text": NOT_HERE });
    match envelope {
        Envelope::Command => Some(Ack::Body(told)),
        Envelope::Interactive => {
            tell(app, payload);
            Some(Ack::Empty)
        }
        Envelope::Event => Some(Ack::Empty),
    }
}

/// Answers where that takes no token: through the address that came along.
fn tell(app: &Arc<App>, payload: &Value) {
    let Some(url) = payload["response_url"].as_str().map(str::to_owned) else {
        return;
    };
    let telling = {
        let app = app.clone();
        async move {
            let message = Message::new(NOT_HERE);
            if let Err(error) = app.slack.respond(&url, &message, false).await {
                tracing::warn!("somebody in another workspace could not be told so: {error}");
            }
        }
    };
    app.tasks.spawn("slack.foreign", telling);
}

/// The workspaces for whose installation something was sent, as far as it says; none for what is
/// heeded wherever it is from.
///
/// Clicks in messages are on the bot's own, so they are its business.
fn origins(envelope: Envelope, payload: &Value) -> Vec<TeamId> {
    let org_wide = &payload["is_enterprise_install"];
    if *org_wide == json!(true) || *org_wide == json!("true") {
        return Vec::new();
    }
    let places: &[&str] = match (envelope, kind(payload)) {
        // What was said in a workspace that takes the app out is forgotten, whichever it is.
        (Envelope::Event, "app_uninstalled" | "tokens_revoked") => &[],
        (Envelope::Event, "app_rate_limited") | (Envelope::Command, _) => &["/team_id"],
        (Envelope::Event, _) => return installations(payload),
        (Envelope::Interactive, "shortcut" | "message_action") => &["/team/id", "/user/team_id"],
        (Envelope::Interactive, _) => &["/view/app_installed_team_id"],
    };
    places
        .iter()
        .filter_map(|place| payload.pointer(place)?.as_str())
        .map(TeamId::new)
        .collect()
}

fn kind(payload: &Value) -> &str {
    let event = payload["event"]["type"].as_str();
    event.or(payload["type"].as_str()).unwrap_or_default()
}

/// Whom an event may be for: whose installation it names, and the author's workspace beside it. In a
/// channel that companies share the outer `team_id` alone is another one's, and where several of
/// them have the app Slack names just one. An installation of a whole organisation is no workspace's.
fn installations(payload: &Value) -> Vec<TeamId> {
    let team = |place: &Value| place.as_str().map(TeamId::new);
    let listed = payload["authorizations"].as_array();
    let listed = listed.into_iter().flatten();
    let named: Option<Vec<_>> = listed.map(|one| team(&one["team_id"])).collect();
    let Some(mut teams) = named else {
        return Vec::new();
    };
    teams.extend(team(&payload["context_team_id"]));
    if !teams.is_empty() {
        teams.extend(team(&payload["team_id"]));
    }
    teams
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(envelope: Envelope, payload: &Value, expected: &[&str]) {
        let expected: Vec<_> = expected.iter().copied().map(TeamId::new).collect();
        assert_eq!(origins(envelope, payload), expected, "{payload}");
    }

    #[test]
    fn the_installation_counts_and_not_the_author() {
        let own = json!({ "team_id": "T1" });
        let org = json!({ "team_id": null, "enterprise_id": "E1" });
        let event = |authorizations: Value| {
            json!({
                "type": "event_callback", "team_id": "T9", "context_team_id": "T1",
                "authorizations": authorizations, "event": { "type": "message" },
            })
        };
        check(Envelope::Event, &event(json!([own])), &["T1", "T1", "T9"]);
        check(Envelope::Event, &event(json!([org])), &[]);
        check(Envelope::Event, &event(json!([])), &["T1", "T9"]);
        let outer = json!({ "team_id": "T9", "event": { "type": "message" } });
        check(Envelope::Event, &outer, &[]);
        let left = json!({ "team_id": "T9", "authorizations": [own], "event": { "type": "app_uninstalled" } });
        check(Envelope::Event, &left, &[]);
        let held = json!({ "type": "app_rate_limited", "team_id": "T9" });
        check(Envelope::Event, &held, &["T9"]);
    }

    #[test]
    fn commands_and_shortcuts_say_where_and_clicks_are_on_ones_own() {
        let command = |org: &str| json!({ "team_id": "T9", "is_enterprise_install": org });
        check(Envelope::Command, &command("false"), &["T9"]);
        check(Envelope::Command, &command("true"), &[]);
        let from = |kind: &str| json!({ "type": kind, "team": { "id": "T9" }, "user": { "id": "U1", "team_id": "T1" } });
        check(Envelope::Interactive, &from("shortcut"), &["T9", "T1"]);
        check(Envelope::Interactive, &from("block_actions"), &[]);
        let mut submitted = from("view_submission");
        submitted["view"] = json!({ "app_installed_team_id": "T1" });
        check(Envelope::Interactive, &submitted, &["T1"]);
        submitted["is_enterprise_install"] = json!(true);
        check(Envelope::Interactive, &submitted, &[]);
    }
}
