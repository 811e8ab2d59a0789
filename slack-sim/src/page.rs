//! The web page with which a person uses the workspace, embedded in the binary.

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

const INDEX: &str = include_str!("../page/index.html");

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../page/", $name)))),*]
    };
}

/// Every file below `/assets/`, with what is in it.
const ASSETS: &[(&str, &str)] = files![
    "actions.js",
    "api.js",
    "app.js",
    "blocks.css",
    "blocks.js",
    "chart.js",
    "chat.css",
    "codeblock.js",
    "complete.js",
    "composer.js",
    "confirm.js",
    "consent.css",
    "directory.js",
    "dom.js",
    "edit.js",
    "elements.js",
    "emoji.js",
    "external.js",
    "file-input.js",
    "files.css",
    "files.js",
    "header.js",
    "home.js",
    "icon.svg",
    "icons.js",
    "inputs.js",
    "inspector.js",
    "json-view.js",
    "language-menu.js",
    "layout.css",
    "markdown-inline.js",
    "markdown.js",
    "menu.js",
    "message.js",
    "modal.js",
    "mrkdwn.js",
    "overlay.css",
    "places.js",
    "rail.css",
    "rail.js",
    "reconcile.js",
    "richtext.js",
    "route.js",
    "session.js",
    "sidebar.js",
    "style.css",
    "table.js",
    "tasks.js",
    "theme-button.js",
    "theme.js",
    "thread.js",
    "time.js",
    "timeline.js",
    "toolbar.js",
];

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(async || Html(INDEX)))
        .route("/assets/{*name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Response {
    let Some((_, text)) = ASSETS.iter().find(|(known, _)| *known == name) else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, kind(&name)),
        // A rebuilt simulator must not show the page of the one before.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, *text).into_response()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}
