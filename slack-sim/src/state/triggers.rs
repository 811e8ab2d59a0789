//! Trigger ids: the proof that a person has just acted, good once and for three seconds.

use std::collections::HashMap;
use std::time::Duration;

use super::Workspace;
use crate::clock::Time;
use crate::error::ApiError;

const LIFETIME: Duration = Duration::from_secs(3);

#[derive(Default)]
pub(super) struct Triggers(HashMap<String, Trigger>);

struct Trigger {
    user: String,
    expires: Time,
    used: bool,
    /// The modal in which the person acted.
    view: Option<String>,
}

/// Who acted, and in which modal.
pub(super) struct Acted {
    pub(super) user: String,
    pub(super) view: Option<String>,
}

impl Workspace {
    /// A trigger for something this person has just done, perhaps in a modal.
    pub(crate) fn new_trigger(&mut self, now: Time, user: &str, view: Option<&str>) -> String {
        let serial = self.ids.next("");
        let id = format!("{}.{}.{serial}", now.millis(), self.own.team);
        let trigger = Trigger {
            user: user.to_owned(),
            expires: now + LIFETIME,
            used: false,
            view: view.map(str::to_owned),
        };
        self.triggers.0.insert(id.clone(), trigger);
        id
    }

    /// Spends a trigger.
    pub(super) fn use_trigger(&mut self, now: Time, id: &str) -> Result<Acted, ApiError> {
        let trigger = self
            .triggers
            .0
            .get_mut(id)
            .ok_or_else(|| ApiError::from("invalid_trigger_id"))?;
        if trigger.used {
            return Err("exchanged_trigger_id".into());
        }
        if now > trigger.expires {
            return Err("expired_trigger_id".into());
        }
        trigger.used = true;
        Ok(Acted {
            user: trigger.user.clone(),
            view: trigger.view.clone(),
        })
    }
}
