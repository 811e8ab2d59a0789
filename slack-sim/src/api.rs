//! Slack's Web API: one address a method, JSON or form, GET or POST, always `ok` or an error code.

mod apps;
mod args;
mod assistant;
mod authorize;
mod blocks;
mod chat;
mod conversations;
mod files;
mod methods;
mod oauth;
mod pages;
mod reactions;
mod streams;
mod users;
mod views;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::faults::{Fault, FaultKind};
use crate::log::{Call, Line};
use crate::shared::Shared;
use crate::state::Workspace;
use crate::team::Team;

use args::Args;
use authorize::{Scopes, authorize};

/// How long a call without an answer hangs before its connection is cut.
const HANG: Duration = Duration::from_secs(60);

/// `GET` or `POST /api/{method}`.
pub(crate) async fn call(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let body = match crate::body::Body::read(request).await {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let args = Args::read(query.as_deref(), &headers, &body);
    // A call acts where its token is from. Without one, it is about no workspace.
    let owner = args.token().and_then(|token| {
        let knows = |ws: &Workspace| ws.tokens.know(token);
        Team::holding(&shared, knows).filter(|_| !is_own(&shared, token))
    });
    let from = owner.as_ref().map(Team::id);
    let team = owner.unwrap_or_else(|| Team::first(&shared));
    let entry = shared.record(Line {
        direction: "from_app",
        transport: "web_api",
        team: from.clone(),
        what: name.clone(),
        summary: args.summary(&name),
        body: args.body(),
    });
    let fault = shared.faults.take_for_method(&name);
    let mut scopes = Scopes::default();
    let reply = match fault {
        Some(fault) => answer_wrongly(&team, &name, &args, &fault).await,
        None => Reply::of(answer(&team, &name, &args, &mut scopes)),
    };
    shared.log.add_call(Call {
        method: name,
        team: from,
        body: args.body(),
        response: reply.shown(),
        at: shared.clock.now().millis(),
    });
    shared.record_end(entry, &reply.status(), None);
    let mut response = reply.into_response();
    scopes.add_to(response.headers_mut());
    response
}

/// Whether a token is the app's own, which is no workspace's.
fn is_own(shared: &Shared, token: &str) -> bool {
    shared.config.app.app_token == token
}

/// Carries out a call; `scopes` learns what it was allowed.
fn answer(team: &Team, name: &str, args: &Args, scopes: &mut Scopes) -> Result<Value, ApiError> {
    let method = methods::method(name).ok_or_else(|| ApiError::from("unknown_method"))?;
    team.act(|ws, now| authorize(ws, now, name, &method, args, scopes))?;
    let mut body = (method.handler)(team, args)?;
    body["ok"] = json!(true);
    Ok(body)
}

/// Lets a fault have its way with a call.
async fn answer_wrongly(team: &Team, name: &str, args: &Args, fault: &Fault) -> Reply {
    let delay = fault.delay_ms.map(Duration::from_millis);
    match fault.kind {
        FaultKind::Http500 => Reply::ServerError,
        FaultKind::Html => Reply::Page,
        FaultKind::OkFalse => {
            let code = fault.error.as_deref().unwrap_or("internal_error");
            Reply::Error(code.into())
        }
        FaultKind::RateLimited => {
            Reply::Error(ApiError::rate_limited(fault.retry_after.unwrap_or(1)))
        }
        FaultKind::Timeout => {
            team.clock.sleep(delay.unwrap_or(HANG)).await;
            Reply::Cut
        }
        FaultKind::LostReply => {
            // What it answers is lost; what it does is done.
            let _ = answer(team, name, args, &mut Scopes::default());
            Reply::Cut
        }
        FaultKind::Slow => {
            team.clock
                .sleep(delay.unwrap_or(Duration::from_secs(1)))
                .await;
            Reply::of(answer(team, name, args, &mut Scopes::default()))
        }
        FaultKind::Disconnect => {
            team.sockets.disconnect(crate::socket::Disconnect::Abrupt);
            Reply::of(answer(team, name, args, &mut Scopes::default()))
        }
    }
}

/// What goes back to the app.
enum Reply {
    Ok(Value),
    Error(ApiError),
    ServerError,
    Page,
    /// The connection breaks.
    Cut,
}

impl Reply {
    fn of(result: Result<Value, ApiError>) -> Self {
        match result {
            Ok(body) => Self::Ok(body),
            Err(error) => Self::Error(error),
        }
    }

    fn status(&self) -> String {
        match self {
            Self::Ok(_) => "ok".to_owned(),
            Self::Error(error) => error.code.clone(),
            Self::ServerError => "500".to_owned(),
            Self::Page => "html".to_owned(),
            Self::Cut => "cut".to_owned(),
        }
    }

    /// The answer as the list of calls shows it.
    fn shown(&self) -> Value {
        match self {
            Self::Ok(body) => body.clone(),
            Self::Error(error) => error.body(),
            Self::ServerError | Self::Page | Self::Cut => json!({"fault": self.status()}),
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self {
            Self::Ok(body) => Json(body).into_response(),
            Self::Error(error) => match error.retry_after {
                Some(seconds) => (
                    StatusCode::TOO_MANY_REQUESTS,
                    [(header::RETRY_AFTER, seconds.to_string())],
                    Json(error.body()),
                )
                    .into_response(),
                None => Json(error.body()).into_response(),
            },
            Self::ServerError => {
                (StatusCode::INTERNAL_SERVER_ERROR, "Server Error").into_response()
            }
            Self::Page => Html("<html><body>Slack is having trouble</body></html>").into_response(),
            Self::Cut => {
                let broken = std::io::Error::other("the connection is cut on purpose");
                Body::from_stream(stream::iter([Err::<Bytes, _>(broken)])).into_response()
            }
        }
    }
}
