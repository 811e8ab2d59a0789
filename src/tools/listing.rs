//! A person's tools as a list, kept until something about them changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::BoundTool;
use super::search::Index;
use crate::bounded::make_room;
use crate::domain::principal::Principal;
use crate::domain::tool::ToolSpec;

/// The most people whose tools are kept.
const MOST_PEOPLE: usize = 1_000;

/// A person's tools, connection by connection, and by the names that models know them by.
#[derive(Debug, Default)]
pub struct Listing {
    tools: Vec<BoundTool>,
    /// Each as models see it.
    specs: Vec<Arc<ToolSpec>>,
    by_name: HashMap<String, usize>,
    /// Made when it is first asked for: few people have so many tools.
    index: OnceLock<Index>,
}

impl Listing {
    /// Adds a tool, unless a model could not tell it from one that is there.
    pub(super) fn add(&mut self, tool: BoundTool) {
        let spec = Arc::new(tool.spec());
        let name = &spec.name;
        if self.by_name.contains_key(name) {
            tracing::warn!(connection.id = %tool.connection.id, "two tools are `{name}` to a model; the second is left out");
            return;
        }
        self.by_name.insert(name.clone(), self.tools.len());
        self.specs.push(spec);
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

    /// All that are switched on, as models see them.
    pub fn specs(&self) -> impl Iterator<Item = &Arc<ToolSpec>> {
        let tools = self.tools.iter().zip(&self.specs);
        tools.filter(|(tool, _)| tool.on).map(|(_, spec)| spec)
    }

    /// One of those.
    pub fn spec(&self, name: &str) -> Option<&Arc<ToolSpec>> {
        let place = *self.by_name.get(name)?;
        self.tools[place].on.then(|| &self.specs[place])
    }

    /// Those that have to do with a question, the most likely first.
    pub fn search(&self, question: &str) -> impl Iterator<Item = &Arc<ToolSpec>> {
        let index = self.index.get_or_init(|| Index::of(&self.tools));
        let found = index.find(question).into_iter();
        let on = found.filter(|place| self.tools[*place].on);
        on.map(|place| &self.specs[place])
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
