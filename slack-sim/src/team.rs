//! One workspace of a running simulator, for whoever acts in it or looks at it; and how a workspace is found.

use std::ops::Deref;
use std::sync::Arc;

use crate::clock::Time;
use crate::error::Refused;
use crate::shared::Shared;
use crate::state::Workspace;

/// A workspace by its place among the others, with all that they share.
#[derive(Clone)]
pub(crate) struct Team {
    shared: Arc<Shared>,
    at: usize,
}

impl Deref for Team {
    type Target = Arc<Shared>;

    fn deref(&self) -> &Self::Target {
        &self.shared
    }
}

impl Team {
    /// The workspace that is meant where none is named.
    pub(crate) fn first(shared: &Arc<Shared>) -> Self {
        Self::at(shared, 0)
    }

    /// The workspace in which this is so, if there is one.
    pub(crate) fn holding(
        shared: &Arc<Shared>,
        is_so: impl FnMut(&Workspace) -> bool,
    ) -> Option<Self> {
        let at = shared.workspaces().iter().position(is_so)?;
        Some(Self::at(shared, at))
    }

    /// The workspace with this name, domain or id.
    pub(crate) fn named(shared: &Arc<Shared>, which: &str) -> Result<Self, Refused> {
        Self::holding(shared, |ws| ws.is_called(which))
            .ok_or_else(|| Refused(format!("There is no workspace `{which}`.")))
    }

    /// Does something to the workspace at this moment, then performs the effects in their order.
    pub(crate) fn act<T>(&self, work: impl FnOnce(&mut Workspace, Time) -> T) -> T {
        self.shared.act(self.at, work)
    }

    /// Looks at the workspace.
    pub(crate) fn look<T>(&self, work: impl FnOnce(&Workspace) -> T) -> T {
        work(&self.shared.workspaces()[self.at])
    }

    /// Its id.
    pub(crate) fn id(&self) -> String {
        self.look(|ws| ws.own.team.clone())
    }

    fn at(shared: &Arc<Shared>, at: usize) -> Self {
        let shared = Arc::clone(shared);
        Self { shared, at }
    }
}
