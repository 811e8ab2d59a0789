//! `POST /response/{key}`: answers to something a person did, without a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::blocks;
use crate::error::ApiError;
use crate::faults::FaultKind;
use crate::log::Line;
use crate::shared::Shared;
use crate::state::Answer;
use crate::team::Team;

pub(crate) async fn respond(
    State(shared): State<Arc<Shared>>,
    Path(key): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let owner = Team::holding(&shared, |ws| ws.has_response_url(&key));
    let entry = shared.record(Line {
        direction: "from_app",
        transport: "response_url",
        team: owner.as_ref().map(Team::id),
        what: "response_url".to_owned(),
        summary: body["text"].as_str().unwrap_or_default().to_owned(),
        body: body.clone(),
    });
    let broken = shared.faults.take("response_url");
    let result = match &broken {
        Some(fault) if fault.kind != FaultKind::LostReply => {
            Err(fault.error.as_deref().unwrap_or("internal_error").into())
        }
        Some(_) | None => carry_out(owner, &key, body),
    };
    let status = result
        .as_ref()
        .map_or_else(|error| error.code.clone(), |()| "ok".to_owned());
    shared.record_end(entry, &status, None);
    match (broken, result) {
        (Some(_), _) => (StatusCode::INTERNAL_SERVER_ERROR, "Server Error").into_response(),
        (None, Ok(())) => Json(json!({"ok": true})).into_response(),
        (None, Err(error)) => (http_status(&error), Json(error.body())).into_response(),
    }
}

fn carry_out(owner: Option<Team>, key: &str, body: Value) -> Result<(), ApiError> {
    let mut contents = body["blocks"].as_array().cloned();
    if let Some(contents) = &mut contents {
        blocks::check_message(contents)?;
        blocks::name_parts(contents);
    }
    let flag = |name: &str| body[name] == true || body[name] == "true";
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let delete_original = flag("delete_original");
    if !delete_original && text("text").is_none() && contents.is_none() {
        return Err("no_text".into());
    }
    let answer = Answer {
        delete_original,
        replace_original: flag("replace_original"),
        in_channel: body["response_type"] == "in_channel",
        text: text("text"),
        blocks: contents,
        thread_ts: text("thread_ts"),
    };
    let team = owner.ok_or_else(|| ApiError::from("invalid_url"))?;
    team.act(|ws, now| ws.respond(now, key, answer))
}

fn http_status(error: &ApiError) -> StatusCode {
    match error.code.as_str() {
        "used_url" | "expired_url" | "invalid_url" => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    }
}
