//! Slack's Web API: one address a method, JSON or form, GET or POST, always `ok` or an error code.

mod apps;
mod args;
mod assistant;
mod chat;
mod conversations;
mod files;
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

use args::Args;

/// How long a call without an answer hangs before its connection is cut.
const HANG: Duration = Duration::from_secs(60);

type Handler = fn(&Shared, &Args) -> Result<Value, ApiError>;

/// Which token a method takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    None,
    Bot,
    App,
}

/// The methods there are.
fn method(name: &str) -> Option<(Token, Handler)> {
    let (token, handler): (Token, Handler) = match name {
        "api.test" => (Token::None, apps::test),
        "apps.connections.open" => (Token::App, apps::open_connection),
        "auth.test" => (Token::Bot, apps::auth_test),
        "agents.sessions.rename" => (Token::Bot, assistant::rename_session),
        "agents.sessions.setStatus" => (Token::Bot, assistant::set_session_status),
        "assistant.threads.setStatus" => (Token::Bot, assistant::set_status),
        "assistant.threads.setSuggestedPrompts" => (Token::Bot, assistant::set_prompts),
        "assistant.threads.setTitle" => (Token::Bot, assistant::set_title),
        "bots.info" => (Token::Bot, users::bot_info),
        "chat.appendStream" => (Token::Bot, streams::append),
        "chat.delete" => (Token::Bot, chat::delete),
        "chat.getPermalink" => (Token::Bot, chat::permalink),
        "chat.postEphemeral" => (Token::Bot, chat::post_ephemeral),
        "chat.postMessage" => (Token::Bot, chat::post_message),
        "chat.startStream" => (Token::Bot, streams::start),
        "chat.stopStream" => (Token::Bot, streams::stop),
        "chat.update" => (Token::Bot, chat::update),
        "conversations.history" => (Token::Bot, conversations::history),
        "conversations.info" => (Token::Bot, conversations::info),
        "conversations.list" => (Token::Bot, conversations::list),
        "conversations.members" => (Token::Bot, conversations::members),
        "conversations.open" => (Token::Bot, conversations::open),
        "conversations.replies" => (Token::Bot, conversations::replies),
        "files.completeUploadExternal" => (Token::Bot, files::complete),
        "files.delete" => (Token::Bot, files::delete),
        "files.getUploadURLExternal" => (Token::Bot, files::upload_url),
        "files.info" => (Token::Bot, files::info),
        "files.list" => (Token::Bot, files::list),
        "reactions.add" => (Token::Bot, reactions::add),
        "reactions.remove" => (Token::Bot, reactions::remove),
        "users.info" => (Token::Bot, users::info),
        "users.list" => (Token::Bot, users::list),
        "views.open" => (Token::Bot, views::open),
        "views.publish" => (Token::Bot, views::publish),
        "views.push" => (Token::Bot, views::push),
        "views.update" => (Token::Bot, views::update),
        _ => return None,
    };
    Some((token, handler))
}

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
    let entry = shared.record(Line {
        direction: "from_app",
        transport: "web_api",
        what: name.clone(),
        summary: args.summary(&name),
        body: args.body(),
    });
    let fault = shared.faults.take_for_method(&name);
    let reply = match fault {
        Some(fault) => answer_wrongly(&shared, &name, &args, &fault).await,
        None => Reply::of(answer(&shared, &name, &args)),
    };
    shared.log.add_call(Call {
        method: name,
        body: args.body(),
        response: reply.shown(),
        at: shared.clock.now().millis(),
    });
    shared.record_end(entry, &reply.status(), None);
    reply.into_response()
}

fn answer(shared: &Shared, name: &str, args: &Args) -> Result<Value, ApiError> {
    let (token, handler) = method(name).ok_or_else(|| ApiError::from("unknown_method"))?;
    authorize(shared, token, args)?;
    let mut body = handler(shared, args)?;
    body["ok"] = json!(true);
    Ok(body)
}

fn authorize(shared: &Shared, wanted: Token, args: &Args) -> Result<(), ApiError> {
    if wanted == Token::None {
        return Ok(());
    }
    let token = args.token().ok_or_else(|| ApiError::from("not_authed"))?;
    let (bot, app) = shared.look(|ws| (ws.app.bot_token.clone(), ws.app.app_token.clone()));
    match wanted {
        Token::Bot if token == bot => Ok(()),
        Token::App if token == app => Ok(()),
        _ if token == bot || token == app => Err("not_allowed_token_type".into()),
        _ => Err("invalid_auth".into()),
    }
}

/// Lets a fault have its way with a call.
async fn answer_wrongly(shared: &Shared, name: &str, args: &Args, fault: &Fault) -> Reply {
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
            shared.clock.sleep(delay.unwrap_or(HANG)).await;
            Reply::Cut
        }
        FaultKind::LostReply => {
            // What it answers is lost; what it does is done.
            let _ = answer(shared, name, args);
            Reply::Cut
        }
        FaultKind::Slow => {
            shared
                .clock
                .sleep(delay.unwrap_or(Duration::from_secs(1)))
                .await;
            Reply::of(answer(shared, name, args))
        }
        FaultKind::Disconnect => {
            shared.sockets.disconnect(crate::socket::Disconnect::Abrupt);
            Reply::of(answer(shared, name, args))
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
