//! Socket Mode: as many sockets to Slack as configured, each replaced before it is closed.

mod dial;
mod health;
mod keeper;
mod link;

use std::sync::Arc;
use std::time::Duration;

pub use dial::Failure;
pub use health::SocketHealth;

use crate::app::App;

/// How long no socket may be open before it is said, and how often it is said again.
const DEAF_AFTER: Duration = Duration::from_secs(10);
const DEAF_AGAIN: Duration = Duration::from_secs(60);

/// Keeps the configured number of sockets open until the app stops.
pub fn start(app: &Arc<App>) {
    app.sockets.expected();
    for _ in 0..app.config.slack.sockets {
        let kept = keeper::keep(app.clone());
        app.tasks.spawn_until_stop("slack.socket.keep", kept);
    }
    let watched = watch(app.clone());
    app.tasks.spawn_until_stop("slack.socket.watch", watched);
}

/// Says so, again and again, while no socket is open: otherwise a bot that hears nothing looks
/// like one that nobody talks to.
async fn watch(app: Arc<App>) {
    let mut wait = DEAF_AFTER;
    loop {
        tokio::time::sleep(wait).await;
        let deaf = app.sockets.deaf_since().map(|since| since.elapsed());
        wait = match deaf {
            Some(lasted) if lasted >= DEAF_AFTER => {
                let why = app.sockets.failure().map(|failure| failure.to_string());
                let why = why.unwrap_or_else(|| "it is being tried".to_owned());
                tracing::error!("no socket to Slack has been open for {lasted:.0?}: {why}");
                DEAF_AGAIN
            }
            _ => DEAF_AFTER,
        };
    }
}
