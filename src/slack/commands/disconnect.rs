//! `/mcp disconnect [connection]` — remove a connection and its credential.

use crate::app::App;
use crate::error::Result;
use crate::slack::commands::{Meant, connection_line, meant};
use crate::slack::inbound::Caller;
use crate::slack::router::Reply;
use crate::slack::screens;

pub async fn run(app: &App, caller: &Caller, name: Option<&str>) -> Result<Reply> {
    Ok(Reply::Private(match meant(app, caller, name).await? {
        Meant::None => screens::nothing_connected(caller.language, &app.config.slack.command),
        Meant::These(connections) => match connections.as_slice() {
            [only] => screens::ask_disconnect(caller.language, only),
            several => screens::which_to_disconnect(caller.language, several, |connection| {
                connection_line(app, caller.language, connection)
            }),
        },
    }))
}
