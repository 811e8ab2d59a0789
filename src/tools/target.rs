//! What a source is given of a connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretString;

use crate::cards::usable;
use crate::domain::card::{Card, ServiceKind};
use crate::domain::secret::MASK;

/// A connection opened for one call: what its owner filled in, secrets included.
#[derive(Clone)]
pub struct Target {
    /// The card it was made from.
    pub card: Arc<Card>,
    /// The fields that are not secret.
    pub config: BTreeMap<String, String>,
    /// The fields that are.
    pub secrets: BTreeMap<String, SecretString>,
    /// What makes the call known to the service should it come a second time; a test has none.
    pub key: Option<String>,
}

impl Target {
    /// Whether a field of its card was filled in.
    pub fn has(&self, field: &str) -> bool {
        self.config.contains_key(field) || self.secrets.contains_key(field)
    }

    /// The card's services that can be used with what was filled in.
    pub(super) fn services(&self) -> impl Iterator<Item = ServiceKind> {
        let kinds = self.card.service.kinds();
        kinds.filter(|kind| usable(&self.card, *kind, |field| self.has(field)))
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("card", &self.card.name)
            .field("config", &self.config)
            .field("secrets", &MASK)
            .finish()
    }
}
