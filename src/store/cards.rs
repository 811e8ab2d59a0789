//! The catalogue of run cards, mirrored for reports and for tools that read the database.

use serde_json::Value;

use super::{Store, on_db};
use crate::domain::card::{Card, ServiceKind};
use crate::error::Result;

/// One card as the founding table holds it.
#[derive(Clone, Debug)]
pub struct CardRow {
    /// The card's name, which is also its identity.
    pub name: String,
    /// The kinds of its services: `http sql`.
    pub kind: String,
    /// One sentence.
    pub description: String,
    /// The fields that are not secret, with their defaults: an object.
    pub config_template: Value,
    /// The names of the secret fields: an array.
    pub required_credentials: Value,
    /// The names of its tools: an array.
    pub available_tools: Value,
    /// Higher comes first.
    pub popularity: i64,
}

impl From<&Card> for CardRow {
    fn from(card: &Card) -> Self {
        let (secret, open): (Vec<_>, Vec<_>) = card.fields.iter().partition(|field| field.secret);
        let template = open
            .iter()
            .map(|field| (field.name.clone(), Value::from(field.default.clone())));
        let kinds: Vec<_> = card.service.kinds().map(ServiceKind::as_str).collect();
        Self {
            name: card.name.clone(),
            kind: kinds.join(" "),
            description: card.description.clone(),
            config_template: template.collect(),
            required_credentials: secret.iter().map(|field| field.name.clone()).collect(),
            available_tools: card.tools.iter().map(|tool| tool.name.clone()).collect(),
            popularity: card.popularity,
        }
    }
}

/// Binds what the founding table says of a card, from `mcp_type` to `available_tools`.
macro_rules! bind_card {
    ($query:expr, $card:expr) => {
        $query
            .bind(&$card.kind)
            .bind(&$card.description)
            .bind(sqlx::types::Json(&$card.config_template))
            .bind(sqlx::types::Json(&$card.required_credentials))
            .bind(sqlx::types::Json(&$card.available_tools))
    };
}
pub(super) use bind_card;

impl Store {
    /// Mirrors one of the system's cards.
    pub async fn put_card(&self, card: &CardRow) -> Result<()> {
        const SQL: &str = "insert into mcp_run_cards
                (id, team_id, card_name, mcp_type, description, config_template,
                 required_credentials, available_tools, popularity_score, created_by, is_public)
            values ($1, '', $1, $2, $3, $4, $5, $6, $7, 'system', true)
            on conflict (team_id, card_name) do update set
                mcp_type = excluded.mcp_type,
                description = excluded.description,
                config_template = excluded.config_template,
                required_credentials = excluded.required_credentials,
                available_tools = excluded.available_tools,
                popularity_score = excluded.popularity_score";
        on_db!(self, c => bind_card!(sqlx::query(SQL).bind(&card.name), card)
            .bind(card.popularity)
            .execute(c).await.map(drop))?;
        Ok(())
    }
}
