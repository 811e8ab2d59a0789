//! A bound on questions that nobody addressed to the bot: only people are answered, but a person's
//! account may be in the hands of a program that answers back.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Place;
use crate::bounded::make_room;
use crate::ids::MessageTs;

/// Questions taken in a channel within [`WINDOW`], unless somebody mentions the bot in between.
pub const MOST: usize = 20;
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

#[derive(Clone, Debug)]
struct Count {
    since: Instant,
    /// The messages that were counted: [`MOST`], and the one that a word was due about. Slack may
    /// deliver each more than once.
    questions: Vec<MessageTs>,
}

impl Count {
    fn since(now: Instant) -> Self {
        Self {
            since: now,
            questions: Vec::new(),
        }
    }
}

/// How many were taken in each channel of late.
#[derive(Debug, Default)]
pub(super) struct Unaddressed {
    counts: HashMap<Place, Count>,
}

impl Unaddressed {
    pub(super) fn take(&mut self, place: Place, message: &MessageTs, now: Instant) -> Room {
        make_room(&mut self.counts, MOST_CHANNELS, |count| {
            now.duration_since(count.since) < WINDOW
        });
        let count = self.counts.entry(place).or_insert(Count::since(now));
        if now.duration_since(count.since) >= WINDOW {
            *count = Count::since(now);
        }
        let questions = &mut count.questions;
        let known = questions.iter().position(|known| known == message);
        let number = match known {
            Some(number) => number,
            None if questions.len() > MOST => return Room::Full,
            None => {
                questions.push(message.clone());
                questions.len() - 1
            }
        };
        if number < MOST {
            Room::Free
        } else {
            Room::JustFull
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

    fn place(name: impl ToString) -> Place {
        (TeamId::new("T1"), ChannelId::new(name.to_string()))
    }

    fn message(number: usize) -> MessageTs {
        MessageTs::new(format!("1.{number}"))
    }

    #[test]
    fn many_are_taken_then_a_word_is_due_then_none_until_somebody_mentions_the_bot() {
        let (mut counts, now) = (Unaddressed::default(), Instant::now());
        for number in 0..MOST {
            assert_eq!(counts.take(place("C1"), &message(number), now), Room::Free);
        }
        let mut take = |name, number, at| counts.take(place(name), &message(number), at);
        assert_eq!(take("C1", MOST, now), Room::JustFull);
        assert_eq!(take("C1", MOST + 1, now), Room::Full);
        assert_eq!(take("C2", 0, now), Room::Free);
        // What is delivered again is what it was the first time.
        assert_eq!(take("C1", 3, now), Room::Free);
        assert_eq!(take("C1", MOST, now), Room::JustFull);
        assert_eq!(take("C1", MOST + 2, now + WINDOW), Room::Free);
        assert_eq!(take("C1", MOST + 3, now + WINDOW), Room::Free);
        counts.begin_anew(&place("C1"));
        assert_eq!(counts.take(place("C1"), &message(0), now), Room::Free);
    }

    #[test]
    fn what_is_delivered_again_is_counted_once() {
        let (mut counts, now) = (Unaddressed::default(), Instant::now());
        for _ in 0..3 * MOST {
            assert_eq!(counts.take(place("C1"), &message(0), now), Room::Free);
        }
        assert_eq!(counts.take(place("C1"), &message(1), now), Room::Free);
    }

    #[test]
    fn channels_are_counted_within_a_bound() {
        let (mut counts, now) = (Unaddressed::default(), Instant::now());
        for number in 0..=MOST_CHANNELS {
            counts.take(place(number), &message(0), now);
        }
        assert!(counts.counts.len() <= MOST_CHANNELS);
    }
}
