//! `/mcp connect [service]` — connect a service, from a list or by name.

use std::sync::Arc;

use crate::app::App;
use crate::error::Result;
use crate::slack::actions::{CONNECT, CONNECT_CARD};
use crate::slack::inbound::Caller;
use crate::slack::modals;
use crate::slack::router::Reply;
use crate::slack::screens;
use crate::text;

pub async fn run(app: &Arc<App>, caller: &Caller, service: Option<&str>) -> Result<Reply> {
    // A mention opens no form: it gets a button that does.
    let Some(trigger) = caller.trigger.as_deref() else {
        return by_button(app, caller, service);
    };
    let view = match service {
        None => modals::picker::view(&app.cards.of(&caller.person.team), caller),
        Some(name) => {
            let card = app.cards.of(&caller.person.team).find(name)?;
            modals::connect::open(app, caller, &card).await?
        }
    };
    app.slack.open_view(trigger, &view).await?;
    Ok(Reply::Shown)
}

fn by_button(app: &App, caller: &Caller, service: Option<&str>) -> Result<Reply> {
    let language = caller.language;
    let (label, action, value) = match service {
        None => (
            text!("Connect a service"),
            CONNECT.to_owned(),
            String::new(),
        ),
        Some(name) => {
            let card = app.cards.of(&caller.person.team).find(name)?;
            let label = text!("Connect {service}", service = &card.title);
            (
                label,
                format!("{CONNECT_CARD}{}", card.name),
                card.name.clone(),
            )
        }
    };
    let text = text!("The form opens when you press this:").to(language);
    let label = label.to(language);
    Ok(Reply::Private(screens::open_by_button(
        &text, &label, &action, &value,
    )))
}
