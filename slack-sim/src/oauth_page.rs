//! `/oauth/v2/authorize`: the page on which a person lets the app into the workspace.

use axum::Form;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::control::comes_from_here;
use crate::error::Refused;
use crate::person::Request;
use crate::sim::Sim;
use crate::state::{User, Workspace};

const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a person decided.
#[derive(Deserialize)]
pub(crate) struct Decision {
    query: String,
    /// The id of the workspace; the first where none is given.
    team: Option<String>,
    user: String,
    /// `allow` or `cancel`.
    decision: String,
    /// `on` for the whole organisation.
    org: Option<String>,
}

pub(crate) async fn show(State(sim): State<Sim>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    match page_for(&sim, &query) {
        Ok(page) => shown(StatusCode::OK, page),
        Err(refused) => shown(StatusCode::BAD_REQUEST, refusal(&refused)),
    }
}

pub(crate) async fn decide(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Form(it): Form<Decision>,
) -> Response {
    if !comes_from_here(&headers) {
        let refused = Refused("Decide on the page of this workspace.".to_owned());
        return shown(StatusCode::FORBIDDEN, refusal(&refused));
    }
    match decided(&sim, &it) {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(refused) => shown(StatusCode::BAD_REQUEST, refusal(&refused)),
    }
}

/// The address that the browser goes to.
fn decided(sim: &Sim, it: &Decision) -> Result<String, Refused> {
    let sim = match &it.team {
        Some(which) => sim.workspace(which)?,
        None => sim.clone(),
    };
    if it.decision == "allow" {
        return sim.authorize(&it.user, &it.query, it.org.is_some());
    }
    let request = sim.team().look(|ws| Request::read(ws, &it.query));
    Ok(request?.refused())
}

/// The page for the workspace that the address names, as Slack lets it, or for the first.
fn page_for(sim: &Sim, query: &str) -> Result<String, Refused> {
    let (rest, named) = without_team(query);
    let sim = match named {
        Some(which) => sim.workspace(&which)?,
        None => sim.clone(),
    };
    let here = sim.team_id();
    let all = sim
        .team()
        .workspaces()
        .iter()
        .map(|ws| (ws.own.team.clone(), ws.team_name.clone()))
        .collect::<Vec<_>>();
    let choices = if all.len() > 1 {
        choices(&all, &here, &rest)
    } else {
        String::new()
    };
    sim.team()
        .look(|ws| Ok(page(ws, &Request::read(ws, query)?, &choices, &rest)))
}

/// The query without the workspace that it names, and that.
fn without_team(query: &str) -> (String, Option<String>) {
    let (mut rest, mut named) = (Vec::new(), None);
    for pair in query.split('&') {
        match pair.strip_prefix("team=") {
            Some(which) => named = Some(which.to_owned()).filter(|which| !which.is_empty()),
            None => rest.push(pair),
        }
    }
    (rest.join("&"), named)
}

/// Links to the same question for each workspace.
fn choices(all: &[(String, String)], here: &str, query: &str) -> String {
    let items: String = all
        .iter()
        .map(|(id, name)| {
            let current = if id == here {
                " aria-current=\"true\""
            } else {
                ""
            };
            let address = escaped(&format!("?{query}&team={id}"));
            let name = escaped(name);
            format!("<li><a href=\"{address}\"{current}>{name}</a></li>")
        })
        .collect();
    format!("<nav class=\"consent-teams\" aria-label=\"Workspace\"><ul>{items}</ul></nav>")
}

fn shown(status: StatusCode, page: String) -> Response {
    let headers = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    (status, headers, Html(page)).into_response()
}

fn page(ws: &Workspace, request: &Request, choices: &str, query: &str) -> String {
    let asks = |title: &str, scopes: &[String]| {
        if scopes.is_empty() {
            return String::new();
        }
        let items: String = scopes
            .iter()
            .map(|scope| format!("<li><code>{}</code></li>", escaped(scope)))
            .collect();
        format!("<h2>{title}</h2><ul>{items}</ul>")
    };
    let option = |one: &User| {
        let (name, full) = (escaped(&one.name), escaped(&one.real_name));
        format!("<option value=\"{name}\">{full}</option>")
    };
    let people: String = ws.people.iter().map(option).collect();
    let (app, team) = (escaped(&ws.app.name), escaped(&ws.team_name));
    frame(
        &format!("Allow {app} into {team}?"),
        &format!(
            "{choices}{}{}<form method=\"post\"><input type=\"hidden\" name=\"query\" value=\"{}\">\
             <input type=\"hidden\" name=\"team\" value=\"{}\">\
             <p><label>You are <select class=\"input\" name=\"user\">{people}</select></label></p>\
             <p><label><input type=\"checkbox\" name=\"org\"> For every workspace of the organisation</label></p>\
             <p class=\"consent-foot\"><button class=\"button\" name=\"decision\" value=\"cancel\">Cancel</button> \
             <button class=\"button primary\" name=\"decision\" value=\"allow\">Allow</button></p></form>",
            asks("The bot may", &request.bot_scopes),
            asks("In your name, the app may", &request.user_scopes),
            escaped(query),
            ws.own.team,
        ),
    )
}

fn refusal(refused: &Refused) -> String {
    let why = escaped(&refused.to_string());
    frame(
        "This app cannot be installed",
        &format!("<p>{why}</p><p>Go back to the app and start again from there.</p>"),
    )
}

fn frame(title: &str, inside: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/assets/style.css\"><link rel=\"stylesheet\" href=\"/assets/consent.css\"></head>\
         <body class=\"consent\"><main><h1>{title}</h1>{inside}</main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
