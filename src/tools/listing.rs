//! A person's tools as a list, kept until something about them changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::BoundTool;
use crate::bounded::make_room;
use crate::domain::principal::Principal;

/// The most people whose tools are kept.
const MOST_PEOPLE: usize = 1_000;

/// A person's tools, connection by connection, and by the names that models know them by.
#[derive(Debug, Default)]
pub struct Listing {
    tools: Vec<BoundTool>,
    by_name: HashMap<String, usize>,
}

impl Listing {
    /// Adds a tool, unless a model could not tell it from one that is there.
    pub(super) fn add(&mut self, tool: BoundTool) {
        let name = tool.full_name();
        if self.by_name.contains_key(&name) {
            tracing::warn!(connection.id = %tool.connection.id, "two tools are `{name}` to a model; the second is left out");
            return;
        }
        self.by_name.insert(name, self.tools.len());
        self.tools.push(tool);
    }

    /// All of them, those that are switched off too.
    pub fn all(&self) -> &[BoundTool] {
        &self.tools
    }

    /// The tool that a model knows by that name.
    pub fn find(&self, name: &str) -> Option<&BoundTool> {
        self.tools.get(*self.by_name.get(name)?)
    }
}

/// What a listing was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    /// How often the person's connections and tools had changed.
    pub person: i64,
    /// How often the cards had.
    pub cards: u64,
}

/// The listings of this process.
#[derive(Debug, Default)]
pub(super) struct Listings {
    kept: Mutex<HashMap<Principal, (Version, Arc<Listing>)>>,
}

impl Listings {
    /// The listing of that version, if it is here.
    pub(super) fn get(&self, person: &Principal, version: Version) -> Option<Arc<Listing>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (made_from, listing) = kept.get(person)?;
        (*made_from == version).then(|| listing.clone())
    }

    /// Keeps a listing. `version` was read before what it was made from: what changed in between
    /// is seen the next time.
    pub(super) fn put(&self, person: &Principal, version: Version, listing: &Arc<Listing>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut kept, MOST_PEOPLE, |(made_from, _)| {
            made_from.cards == version.cards
        });
        kept.insert(person.clone(), (version, listing.clone()));
    }
}
