//! Who is asking: every query about someone's connections, tools or runs takes one.

use serde::{Deserialize, Serialize};

use crate::ids::{TeamId, UserId};

/// A person in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Principal {
    /// The workspace.
    pub team: TeamId,
    /// The person.
    pub user: UserId,
}

impl Principal {
    /// The person `user` of the workspace `team`.
    pub fn new(team: TeamId, user: UserId) -> Self {
        Self { team, user }
    }
}
