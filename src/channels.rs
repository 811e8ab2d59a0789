//! How the bot behaves in a channel: chosen there, known on the way in without asking each time.

mod unaddressed;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::bounded::make_room;
use crate::clock::Clock;
use crate::domain::channel::{ChannelSettings, Choice};
use crate::domain::principal::Principal;
use crate::error::Result;
use crate::ids::{ChannelId, MessageTs, TeamId};
use crate::store::Store;

pub use unaddressed::Room;
use unaddressed::Unaddressed;

/// After this long the store is asked again: so soon a change made through another process counts.
const FRESH: Duration = Duration::from_secs(3);
/// Channels that are remembered.
const MOST_REMEMBERED: usize = 4_000;

#[derive(Clone, Copy, Debug)]
struct Known {
    settings: ChannelSettings,
    /// When the store said so.
    as_of: Instant,
}

type Place = (TeamId, ChannelId);

/// The settings of all channels.
pub struct Channels {
    store: Store,
    clock: Clock,
    known: Mutex<HashMap<Place, Known>>,
    unaddressed: Mutex<Unaddressed>,
}

impl Channels {
    /// Settings as the store has them.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            known: Mutex::default(),
            unaddressed: Mutex::default(),
        }
    }

    /// What is chosen for a channel, at most a few seconds old; older when the store does not answer.
    pub async fn settings(&self, team: &TeamId, channel: &ChannelId) -> Result<ChannelSettings> {
        let place = (team.clone(), channel.clone());
        let now = Instant::now();
        let known = lock(&self.known).get(&place).copied();
        if let Some(known) = known.filter(|known| now.duration_since(known.as_of) < FRESH) {
            return Ok(known.settings);
        }
        match (self.store.channel_settings(team, channel).await, known) {
            (Ok(settings), _) => {
                self.remember(place, settings, now);
                Ok(settings)
            }
            (Err(_), Some(known)) => Ok(known.settings),
            (Err(error), None) => Err(error),
        }
    }

    /// Chooses something for a channel.
    pub async fn choose(&self, by: &Principal, channel: &ChannelId, choice: Choice) -> Result<()> {
        let now = self.clock.now();
        self.store.set_for_channel(by, channel, choice, now).await?;
        let settings = self.store.channel_settings(&by.team, channel).await?;
        let place = (by.team.clone(), channel.clone());
        self.remember(place, settings, Instant::now());
        Ok(())
    }

    /// Counts a question that mentions nobody, once however often it is delivered. Only people are
    /// answered, but a person's account may be in the hands of a program that answers back.
    pub fn take_unaddressed(
        &self,
        team: &TeamId,
        channel: &ChannelId,
        message: &MessageTs,
    ) -> Room {
        let place = (team.clone(), channel.clone());
        lock(&self.unaddressed).take(place, message, Instant::now())
    }

    /// Somebody mentioned the bot in a channel: people are there, so counting begins anew.
    pub fn was_addressed(&self, team: &TeamId, channel: &ChannelId) {
        lock(&self.unaddressed).begin_anew(&(team.clone(), channel.clone()));
    }

    fn remember(&self, place: Place, settings: ChannelSettings, as_of: Instant) {
        let mut known = lock(&self.known);
        make_room(&mut known, MOST_REMEMBERED, |known| {
            as_of.duration_since(known.as_of) < FRESH
        });
        // A look that began earlier may end later.
        if known.get(&place).is_none_or(|other| other.as_of <= as_of) {
            known.insert(place, Known { settings, as_of });
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
