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

const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a person decided.
#[derive(Deserialize)]
pub(crate) struct Decision {
    query: String,
    user: String,
    /// `allow` or `cancel`.
    decision: String,
    /// `on` for the whole organisation.
    org: Option<String>,
}

pub(crate) async fn show(State(sim): State<Sim>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let page = sim.shared().look(|ws| {
        let request = Request::read(ws, &query)?;
        let people = ws
            .people
            .iter()
            .map(|one| (one.name.as_str(), one.real_name.as_str()));
        Ok::<_, Refused>(page(&ws.app.name, &ws.team_name, &request, people, &query))
    });
    match page {
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
    let address = if it.decision == "allow" {
        sim.authorize(&it.user, &it.query, it.org.is_some())
    } else {
        sim.shared()
            .look(|ws| Ok(Request::read(ws, &it.query)?.refused()))
    };
    match address {
        Ok(address) => Redirect::to(&address).into_response(),
        Err(refused) => shown(StatusCode::BAD_REQUEST, refusal(&refused)),
    }
}

fn shown(status: StatusCode, page: String) -> Response {
    let headers = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    (status, headers, Html(page)).into_response()
}

fn page<'a>(
    app: &str,
    team: &str,
    request: &Request,
    people: impl Iterator<Item = (&'a str, &'a str)>,
    query: &str,
) -> String {
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
    let people: String = people
        .map(|(name, full)| {
            format!(
                "<option value=\"{}\">{}</option>",
                escaped(name),
                escaped(full)
            )
        })
        .collect();
    frame(
        &format!("Allow {} into {}?", escaped(app), escaped(team)),
        &format!(
            "{}{}<form method=\"post\"><input type=\"hidden\" name=\"query\" value=\"{}\">\
             <p><label>You are <select class=\"input\" name=\"user\">{people}</select></label></p>\
             <p><label><input type=\"checkbox\" name=\"org\"> For every workspace of the organisation</label></p>\
             <p class=\"consent-foot\"><button class=\"button\" name=\"decision\" value=\"cancel\">Cancel</button> \
             <button class=\"button primary\" name=\"decision\" value=\"allow\">Allow</button></p></form>",
            asks("The bot may", &request.bot_scopes),
            asks("In your name, the app may", &request.user_scopes),
            escaped(query),
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
