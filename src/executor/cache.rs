//! Answers of tools that may be given again for a while: per connection, for the same arguments.
//!
//! A connection is one person's, so nobody is answered with what another one may see.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::wrap::Wrapped;
use crate::domain::fingerprint::fingerprint;
use crate::ids::ConnectionId;
use crate::tools::BoundTool;

/// The most answers, and the most bytes of all of them.
const MOST_ANSWERS: usize = 1_000;
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The answers of this process; all clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Cache {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Key, Answer>,
    /// The oldest first; some may be gone or kept anew.
    order: VecDeque<Key>,
    bytes: usize,
}

/// One connection's tool with exactly these arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    connection: ConnectionId,
    call: String,
}

#[derive(Debug)]
struct Answer {
    wrapped: Wrapped,
    until: DateTime<Utc>,
}

impl Key {
    /// The key of a call; `None` where its answer may not be given again.
    pub(super) fn of(bound: &BoundTool, arguments: &Map<String, Value>) -> Option<Self> {
        bound.tool.cache?;
        Some(Self {
            connection: bound.connection.id.clone(),
            call: fingerprint(json!([bound.tool.name, arguments])),
        })
    }
}

impl Cache {
    /// The answer that is kept for a call, unless it is too old.
    pub(super) fn get(&self, key: &Key, now: DateTime<Utc>) -> Option<Wrapped> {
        let kept = self.kept();
        let answer = kept.answers.get(key).filter(|answer| now < answer.until)?;
        Some(answer.wrapped.clone())
    }

    /// Keeps an answer until then; the oldest make room.
    pub(super) fn put(&self, key: Key, wrapped: &Wrapped, until: DateTime<Utc>) {
        let mut kept = self.kept();
        let wrapped = wrapped.clone();
        kept.forget(&key);
        kept.bytes += wrapped.content.len();
        kept.order.push_back(key.clone());
        kept.answers.insert(key, Answer { wrapped, until });
        while kept.bytes > MOST_BYTES || kept.order.len() > MOST_ANSWERS {
            let Some(oldest) = kept.order.pop_front() else {
                break;
            };
            kept.drop_answer(&oldest);
        }
    }

    /// Forgets a connection's answers: something was changed through it.
    pub(super) fn forget(&self, connection: &ConnectionId) {
        let mut kept = self.kept();
        let of = |key: &&Key| key.connection == *connection;
        let keys: Vec<Key> = kept.answers.keys().filter(of).cloned().collect();
        for key in keys {
            kept.forget(&key);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Whoever panicked here left whole answers at worst too many.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget(&mut self, key: &Key) {
        self.order.retain(|known| known != key);
        self.drop_answer(key);
    }

    fn drop_answer(&mut self, key: &Key) {
        if let Some(gone) = self.answers.remove(key) {
            self.bytes -= gone.wrapped.content.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    fn key(connection: &str, call: usize) -> Key {
        Key {
            connection: ConnectionId::new(connection),
            call: call.to_string(),
        }
    }

    fn wrapped(content: &str) -> Wrapped {
        Wrapped {
            content: content.to_owned(),
            rows: None,
            tokens: 0,
            tokens_saved: 0,
            masked: false,
            from_memory: false,
        }
    }

    #[test]
    fn an_answer_is_given_again_for_a_while_and_to_its_own_connection() {
        let (cache, now) = (Cache::default(), DateTime::UNIX_EPOCH);
        let until = now + Duration::seconds(60);
        cache.put(key("con_1", 1), &wrapped("one"), until);
        let get = |connection: &str, call, at| cache.get(&key(connection, call), at);
        assert_eq!(get("con_1", 1, now).unwrap().content, "one");
        assert!(get("con_2", 1, now).is_none() && get("con_1", 2, now).is_none());
        assert!(get("con_1", 1, until).is_none());
        cache.put(key("con_2", 1), &wrapped("two"), until);
        cache.forget(&ConnectionId::new("con_1"));
        assert!(get("con_1", 1, now).is_none() && get("con_2", 1, now).is_some());
    }

    #[test]
    fn the_oldest_make_room() {
        let (cache, now) = (Cache::default(), DateTime::UNIX_EPOCH);
        let until = now + Duration::seconds(60);
        for call in 0..MOST_ANSWERS + 10 {
            cache.put(key("con_1", call), &wrapped("x"), until);
        }
        assert_eq!(cache.kept().answers.len(), MOST_ANSWERS);
        assert!(cache.get(&key("con_1", 9), now).is_none());
        assert!(cache.get(&key("con_1", 10), now).is_some());
        let large = "x".repeat(MOST_BYTES / 3);
        for call in 0..4 {
            cache.put(key("con_2", call), &wrapped(&large), until);
        }
        let kept = cache.kept();
        assert!(kept.bytes <= MOST_BYTES && kept.answers.len() == kept.order.len());
        assert_eq!(kept.answers.len(), 3);
    }
}
