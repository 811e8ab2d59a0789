//! The form that asks which service to connect.

use serde_json::{Value, json};

use super::Opened;
use crate::cards::Cards;
use crate::domain::text::Text;
use crate::slack::actions::CONNECT_CARD;
use crate::slack::blocks::{Style, actions, button, context, plain, section};
use crate::slack::inbound::Caller;
use crate::slack::mrkdwn::escape;
use crate::text;

/// Buttons in one row; Slack takes 25.
const PER_ROW: usize = 5;

/// One button per card, the popular ones first.
pub fn view(cards: &Cards, caller: &Caller) -> Value {
    let language = caller.language;
    let buttons: Vec<Value> = cards
        .all()
        .iter()
        .map(|card| {
            let label = format!("{} {}", card.icon, card.title);
            button(
                &label,
                &format!("{CONNECT_CARD}{}", card.name),
                &card.name,
                Style::Plain,
            )
        })
        .collect();
    let lines: Vec<String> = cards
        .all()
        .iter()
        .map(|card| {
            format!(
                "*{}*  {}",
                escape(&card.title),
                escape(&Text::of_card(&card.description).to(language))
            )
        })
        .collect();
    let choose = text!("Choose a service to connect:");
    let mut blocks = vec![section(&choose.to(language))];
    blocks.extend(buttons.chunks(PER_ROW).map(|row| actions(row.to_vec())));
    blocks.push(context(&lines.join("\n")));
    json!({
        "type": "modal",
        "callback_id": "pick_service",
        "title": plain(&text!("Connect MCP Service").to(language)),
        "close": plain(&text!("Cancel").to(language)),
        "private_metadata": Opened::by(caller, None).metadata(),
        "blocks": blocks,
    })
}
