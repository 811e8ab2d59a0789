//! The web page with which a person uses the workspace, embedded in the binary.

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

const INDEX: &str = include_str!("../page/index.html");

/// Lists files of `page/` by name, each with its content.
macro_rules! assets {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../page/", $name)))),*]
    };
}

/// Every file below `/assets/`: its name and what is in it.
const ASSETS: &[(&str, &str)] = assets![
    "actions.js",
    "api.js",
    "app.js",
    "blocks.css",
    "blocks.js",
    "chat.css",
    "codeblock.js",
    "complete.js",
    "composer.js",
    "confirm.js",
    "directory.js",
    "dom.js",
    "elements.js",
    "emoji.js",
    "header.js",
    "home.js",
    "icon.svg",
    "icons.js",
    "inputs.js",
    "inspector.js",
    "json-view.js",
    "layout.css",
    "markdown-inline.js",
    "markdown.js",
    "message.js",
    "modal.js",
    "mrkdwn.js",
    "overlay.css",
    "places.js",
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
    let kind = match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };
    ([(header::CONTENT_TYPE, kind)], *text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/page");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let served = name == "index.html" || ASSETS.iter().any(|(asset, _)| *asset == name);
            assert!(served, "{name} is not in ASSETS");
        }
    }
}
