//! `/mcp cards` — the services that can be connected here, and for admins what can be done with them.

use std::sync::Arc;

use crate::app::App;
use crate::error::Result;
use crate::slack::actions::CARD_LIST;
use crate::slack::inbound::Caller;
use crate::slack::modals;
use crate::slack::router::Reply;
use crate::slack::screens;
use crate::text;

pub async fn run(app: &Arc<App>, caller: &Caller) -> Result<Reply> {
    modals::cards::admins(app, caller).await?;
    // A mention opens no form: it gets a button that does.
    let Some(trigger) = caller.trigger.as_deref() else {
        let text = text!("The cards open when you press this:").to(caller.language);
        let label = text!("Cards").to(caller.language);
        let message = screens::open_by_button(&text, &label, CARD_LIST, "");
        return Ok(Reply::Private(message));
    };
    let view = modals::cards::list(app, caller).await?;
    app.slack.open_view(trigger, &view).await?;
    Ok(Reply::Shown)
}
