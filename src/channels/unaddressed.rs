//! A bound on questions that nobody addressed to the bot: only people are answered, but a person's
//! account may be in the hands of a program that answers back.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Place;
use crate::bounded::make_room;

/// Questions taken in a channel within [`WINDOW`], unless somebody mentions the bot in between.
pub const MOST: u32 = 20;
/// The time for which they are counted.
const WINDOW: Duration = Duration::from_secs(5 * 60);
/// Channels that are counted in.
const MOST_CHANNELS: usize = 4_000;

/// Whether one more question is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Yes.
    Free,
    /// No, and it is the first that is not: a word about it is due.
    JustFull,
    /// No.
    Full,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    since: Instant,
    questions: u32,
}

/// How many were taken in each channel of late.
#[derive(Debug, Default)]
pub(super) struct Unaddressed {
    counts: HashMap<Place, Count>,
}

impl Unaddressed {
    pub(super) fn take(&mut self, place: Place, now: Instant) -> Room {
        make_room(&mut self.counts, MOST_CHANNELS, |count| {
            now.duration_since(count.since) < WINDOW
        });
        let fresh = Count {
            since: now,
            questions: 0,
        };
        let count = self.counts.entry(place).or_insert(fresh);
        if now.duration_since(count.since) >= WINDOW {
            *count = fresh;
        }
        count.questions = count.questions.saturating_add(1);
        if count.questions <= MOST {
            Room::Free
        } else if count.questions == MOST + 1 {
            Room::JustFull
        } else {
            Room::Full
        }
    }

    pub(super) fn begin_anew(&mut self, place: &Place) {
        self.counts.remove(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ChannelId, TeamId};

    #[test]
    fn many_are_taken_then_a_word_is_due_then_none_until_somebody_mentions_the_bot() {
        let (mut counts, now) = (Unaddressed::default(), Instant::now());
        let place = |name: &str| (TeamId::new("T1"), ChannelId::new(name));
        for _ in 0..MOST {
            assert_eq!(counts.take(place("C1"), now), Room::Free);
        }
        assert_eq!(counts.take(place("C1"), now), Room::JustFull);
        assert_eq!(counts.take(place("C1"), now), Room::Full);
        assert_eq!(counts.take(place("C2"), now), Room::Free);
        counts.begin_anew(&place("C1"));
        assert_eq!(counts.take(place("C1"), now), Room::Free);
        for _ in 0..=MOST {
            counts.take(place("C1"), now);
        }
        assert_eq!(counts.take(place("C1"), now + WINDOW), Room::Free);
    }

    #[test]
    fn channels_are_counted_within_a_bound() {
        let (mut counts, now) = (Unaddressed::default(), Instant::now());
        for number in 0..=MOST_CHANNELS {
            let place = (TeamId::new("T1"), ChannelId::new(number.to_string()));
            counts.take(place, now);
        }
        assert!(counts.counts.len() <= MOST_CHANNELS);
    }
}
