//! Who people are, as Slack said a short while ago.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::client::{CallError, Profile};
use crate::app::App;
use crate::bounded::make_room;
use crate::domain::language::Language;
use crate::ids::UserId;

/// People that are remembered.
const MOST_REMEMBERED: usize = 5_000;
/// For how long what Slack said of a person is shown.
pub const A_WHILE: Duration = Duration::from_secs(60);
/// How long an answer waits to be put in the right language.
const SOON: Duration = Duration::from_secs(1);
/// For how long a name is used: few people change theirs.
pub const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone, Debug)]
struct Known {
    profile: Profile,
    as_of: Instant,
    /// Whether Slack has said since that something about the person is another now.
    outdated: bool,
}

/// Everybody that Slack was asked about.
#[derive(Debug, Default)]
pub struct People {
    known: Mutex<HashMap<UserId, Known>>,
    /// When Slack last said of somebody that something is another now: what was asked before that
    /// is outdated, also where the answer comes after it.
    changed: Mutex<HashMap<UserId, Instant>>,
    /// Until when nobody waits for Slack to say in which language somebody reads.
    silent_until: Mutex<Option<Instant>>,
}

impl People {
    fn known(&self) -> MutexGuard<'_, HashMap<UserId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) -> MutexGuard<'_, HashMap<UserId, Instant>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_silent(&self, now: Instant) -> bool {
        let until = self.silent_until.lock();
        until
            .unwrap_or_else(PoisonError::into_inner)
            .is_some_and(|until| now < until)
    }

    fn silent_for(&self, wait: Duration, now: Instant) {
        let until = self.silent_until.lock();
        *until.unwrap_or_else(PoisonError::into_inner) = Some(now + wait);
    }

    /// Something about a person is another now: Slack is asked anew before it is shown.
    pub fn has_changed(&self, user: &UserId, now: Instant) {
        let mut changed = self.changed();
        make_room(&mut changed, MOST_REMEMBERED, |at| {
            now.duration_since(*at) < A_WHILE
        });
        changed.insert(user.clone(), now);
        drop(changed);
        if let Some(known) = self.known().get_mut(user) {
            known.outdated = true;
        }
    }

    /// Who somebody is, if Slack said so at most so long ago.
    pub fn recall(&self, user: &UserId, at_most: Duration, now: Instant) -> Option<Profile> {
        let known = self.known();
        let known = known.get(user)?;
        let fresh = !known.outdated && now.duration_since(known.as_of) < at_most;
        fresh.then(|| known.profile.clone())
    }

    /// In which language somebody read when Slack was last asked: for what cannot wait.
    pub fn last_language(&self, user: &UserId) -> Option<Language> {
        let known = self.known();
        Some(known.get(user)?.profile.language)
    }

    fn remember(&self, user: &UserId, profile: Profile, as_of: Instant) {
        let outdated = self.changed().get(user).is_some_and(|at| *at > as_of);
        let mut known = self.known();
        if !known.contains_key(user) {
            make_room(&mut known, MOST_REMEMBERED, |known| {
                as_of.duration_since(known.as_of) < A_WHILE
            });
        }
        let known_now = Known {
            profile,
            as_of,
            outdated,
        };
        known.insert(user.clone(), known_now);
    }
}

/// Who somebody is; Slack is asked when what is known is older than `at_most`.
pub async fn profile(app: &App, user: &UserId, at_most: Duration) -> Result<Profile, CallError> {
    if let Some(profile) = app.people.recall(user, at_most, Instant::now()) {
        return Ok(profile);
    }
    let asked = Instant::now();
    let profile = app.slack.profile(user).await?;
    app.people.remember(user, profile.clone(), asked);
    Ok(profile)
}

/// In which language somebody reads; what it was before, or English, where Slack does not say soon.
/// Nothing waits for a turn for it, and nobody a second time while Slack is silent: a word in
/// another language is better than a late one.
pub async fn language(app: &App, user: &UserId) -> Language {
    let now = Instant::now();
    if let Some(profile) = app.people.recall(user, A_DAY, now) {
        return profile.language;
    }
    let before = app.people.last_language(user).unwrap_or_default();
    if app.people.is_silent(now) || !app.slack.may_ask_of_people() {
        return before;
    }
    let asked = tokio::time::timeout(SOON, profile(app, user, A_DAY)).await;
    match asked.unwrap_or(Err(CallError::Unheard("time-out"))) {
        Ok(profile) => profile.language,
        Err(error) => {
            if !matches!(error, CallError::Refused(_)) {
                app.people.silent_for(A_WHILE, now);
            }
            tracing::info!("Slack did not say in which language somebody reads: {error}");
            before
        }
    }
}

/// Whether somebody ran the workspace at most so long ago; in doubt they did not. Good for what is
/// only shown.
pub async fn was_admin(app: &App, user: &UserId, at_most: Duration) -> bool {
    match profile(app, user, at_most).await {
        Ok(profile) => profile.admin,
        Err(error) => {
            tracing::info!("Slack did not say who is an admin: {error}");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_grows_old_and_does_not_grow_without_bound() {
        let (people, now) = (People::default(), Instant::now());
        let user = |number: usize| UserId::new(format!("U{number}"));
        people.remember(&user(0), Profile::default(), now);
        let known = |at_most, now| people.recall(&user(0), at_most, now).is_some();
        assert!(known(A_WHILE, now));
        assert!(!known(Duration::ZERO, now));
        assert!(!known(A_WHILE, now + A_WHILE));
        assert!(known(A_DAY, now + A_WHILE));
        for number in 0..=MOST_REMEMBERED {
            people.remember(&user(number), Profile::default(), now);
        }
        assert!(people.known().len() <= MOST_REMEMBERED);
    }

    #[test]
    fn whoever_changed_is_asked_about_anew_and_read_as_before_until_then() {
        let (people, now) = (People::default(), Instant::now());
        let user = UserId::new("U1");
        let german = Profile {
            language: Language::German,
            ..Profile::default()
        };
        people.has_changed(&user, now);
        people.remember(&user, german, now);
        assert!(people.recall(&user, A_DAY, now).is_some());
        let later = now + Duration::from_secs(1);
        people.has_changed(&user, later);
        assert!(people.recall(&user, A_DAY, later).is_none());
        assert_eq!(people.last_language(&user), Some(Language::German));
        // Asked before the change, answered after it.
        people.remember(&user, Profile::default(), now);
        assert!(people.recall(&user, A_DAY, later).is_none());
        people.remember(&user, Profile::default(), later);
        assert!(people.recall(&user, A_DAY, later).is_some());
    }
}
