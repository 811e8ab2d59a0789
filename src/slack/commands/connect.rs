//! `/mcp connect [service]` — connect a service, from a list or by name.

use std::sync::Arc;

use crate::app::App;
use crate::error::Result;
use crate::slack::inbound::Caller;
use crate::slack::modals;
use crate::slack::router::Reply;

pub async fn run(app: &Arc<App>, caller: &Caller, service: Option<&str>) -> Result<Reply> {
    let view = match service {
        None => modals::picker::view(&app.cards, caller),
        Some(name) => {
            let card = app.cards.find(name)?;
            modals::connect::open(app, caller, &card).await?
        }
    };
    let trigger = caller.trigger.as_deref().unwrap_or_default();
    app.slack.open_view(trigger, &view).await?;
    Ok(Reply::Shown)
}
