//! The web page with which a person uses the workspace, embedded in the binary.

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

const INDEX: &str = include_str!("../page/index.html");

/// Every file below `/assets/`: its name, its type and what is in it.
const ASSETS: &[(&str, &str, &str)] = &[
    ("style.css", "text/css", include_str!("../page/style.css")),
    ("app.js", "text/javascript", include_str!("../page/app.js")),
];

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(async || Html(INDEX)))
        .route("/assets/{*name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Response {
    let Some((_, kind, text)) = ASSETS.iter().find(|(known, _, _)| *known == name) else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let kind = format!("{kind}; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], *text).into_response()
}
