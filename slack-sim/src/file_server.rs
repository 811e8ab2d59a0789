//! The addresses of files outside the Web API: where an app sends their bytes, and where it and people get them.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::body::{Body, bearer};
use crate::control::{At, Unserved};
use crate::error::Refused;
use crate::faults::{Fault, FaultKind};
use crate::log::Line;
use crate::shared::Shared;
use crate::state::File;
use crate::team::Team;

/// `POST /upload/v1/{ticket}`: the bytes of a file, bare or as a part of a form.
pub(crate) async fn upload(
    State(shared): State<Arc<Shared>>,
    Path(ticket): Path<String>,
    request: Request,
) -> Response {
    let content = match Body::read(request).await {
        Ok(body) => body.into_file(),
        Err(answer) => return answer,
    };
    let length = content.len();
    let owner = Team::holding(&shared, |ws| ws.expects_upload(&ticket));
    let entry = record(
        &shared,
        owner.as_ref(),
        "upload",
        &format!("{length} bytes"),
    );
    // An unknown ticket is refused by whichever workspace.
    let team = owner.unwrap_or_else(|| Team::first(&shared));
    let fault = shared.faults.take("upload");
    if let Some(Fault {
        kind: FaultKind::OkFalse,
        error,
        ..
    }) = &fault
    {
        shared.record_end(entry, "400", None);
        let why = error.clone().unwrap_or_else(|| "Bad Request".to_owned());
        return (StatusCode::BAD_REQUEST, why).into_response();
    }
    let lost = fault
        .as_ref()
        .is_some_and(|fault| fault.kind == FaultKind::LostReply);
    if lost {
        // What it answers is lost; what it does is done.
        let _ = team.act(|ws, _| ws.store_file(&ticket, content.clone()));
    }
    if let Some(broken) = late_or_never(&shared, fault).await {
        shared.record_end(entry, "500", None);
        return broken;
    }
    match team.act(|ws, _| ws.store_file(&ticket, content)) {
        Ok(()) => {
            shared.record_end(entry, "ok", None);
            format!("OK - {length}").into_response()
        }
        Err(why) => {
            shared.record_end(entry, "400", None);
            (StatusCode::BAD_REQUEST, why).into_response()
        }
    }
}

/// `GET /files-pri/{key}/…`: `url_private`, for whoever has a token. Others are sent to a page where people sign in.
pub(crate) async fn private(
    State(shared): State<Arc<Shared>>,
    Path((key, rest)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let (named, id) = key.rsplit_once('-').unwrap_or(("", key.as_str()));
    let owner = Team::holding(&shared, |ws| ws.own.team == named);
    let entry = record(&shared, owner.as_ref(), "download", &rest);
    let fault = shared.faults.take("download");
    if let Some(broken) = late_or_never(&shared, fault).await {
        shared.record_end(entry, "500", None);
        return broken;
    }
    let now = shared.clock.now();
    // A token of another workspace opens nothing here, like no token at all.
    let found = owner.as_ref().and_then(|team| {
        team.look(|ws| {
            let grant = bearer(&headers).and_then(|token| ws.tokens.check(now, token).ok());
            let may_read =
                grant.is_some_and(|grant| grant.scopes.iter().any(|it| it == "files:read"));
            may_read.then(|| ws.file_for_app(id).cloned())
        })
    });
    let (status, response) = match found {
        Some(Ok(file)) => ("ok", served(&file, rest.starts_with("download/"))),
        Some(Err(_)) => ("404", StatusCode::NOT_FOUND.into_response()),
        None => {
            let back: String =
                url::form_urlencoded::byte_serialize(uri.path().as_bytes()).collect();
            (
                "302",
                Redirect::to(&format!("/?redir={back}")).into_response(),
            )
        }
    };
    shared.record_end(entry, status, None);
    response
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    user: String,
    #[serde(default)]
    download: bool,
}

/// `GET /sim/files/{id}?user=U`: what a person gets who opens a file.
pub(crate) async fn open(
    At(sim): At,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Unserved> {
    let file = sim.team().look(|ws| {
        let user = ws.person(&wanted.user)?.id.clone();
        let file = ws.file_for(&id, &user).cloned();
        file.ok_or_else(|| Refused("There is no such file for this person.".to_owned()))
    })?;
    Ok(served(&file, wanted.download))
}

#[derive(Deserialize)]
pub(crate) struct Place {
    user: String,
    /// Without one, the files are uploaded and shared with nobody yet.
    channel: Option<String>,
    #[serde(default)]
    text: String,
    thread_ts: Option<String>,
}

/// `POST /sim/upload?user=U[&channel=C]`: a person shares the files of a form, or only uploads them.
pub(crate) async fn share(
    At(sim): At,
    Query(place): Query<Place>,
    request: Request,
) -> Result<Json<Value>, Response> {
    let files = match Body::read(request).await? {
        Body::Parts(parts) => parts
            .into_iter()
            .filter_map(|part| Some((part.file_name?, part.content)))
            .collect(),
        Body::Whole(_) => Vec::new(),
    };
    let refused = |refused| Unserved::from(refused).into_response();
    let Some(channel) = &place.channel else {
        let ids = sim.upload(&place.user, files).map_err(refused)?;
        return Ok(Json(json!({"files": ids})));
    };
    let thread_ts = place.thread_ts.as_deref();
    let ts = sim
        .share(&place.user, channel, thread_ts, &place.text, files)
        .map_err(refused)?;
    Ok(Json(json!({"ts": ts})))
}

/// The bytes, in a way that a browser never takes for a page of its own.
fn served(file: &File, as_download: bool) -> Response {
    let how = if as_download { "attachment" } else { "inline" };
    let name: String = url::form_urlencoded::byte_serialize(file.name.as_bytes()).collect();
    let name = name.replace('+', "%20");
    let disposition = format!("{how}; filename*=UTF-8''{name}");
    let mut response = Bytes::clone(&file.content).into_response();
    let headers = response.headers_mut();
    for (header, value) in [
        (header::CONTENT_TYPE, file.mimetype()),
        (header::CONTENT_DISPOSITION, &disposition),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(header, value);
        }
    }
    response
}

/// Lets a fault have its way with an upload or a download: late, or not at all.
async fn late_or_never(shared: &Shared, fault: Option<Fault>) -> Option<Response> {
    let Fault { kind, delay_ms, .. } = fault?;
    if kind == FaultKind::Slow {
        let delay = std::time::Duration::from_millis(delay_ms.unwrap_or(1_000));
        shared.clock.sleep(delay).await;
        return None;
    }
    Some((StatusCode::INTERNAL_SERVER_ERROR, "Server Error").into_response())
}

fn record(shared: &Shared, team: Option<&Team>, what: &str, summary: &str) -> u64 {
    shared.record(Line {
        direction: "from_app",
        transport: "files",
        team: team.map(Team::id),
        what: what.to_owned(),
        summary: summary.to_owned(),
        body: Value::Null,
    })
}
