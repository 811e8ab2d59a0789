//! How many calls run at once for a person and on a connection, and how many may wait for that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::principal::Principal;
use crate::error::{Error, Kind, Result};
use crate::ids::ConnectionId;

/// How many calls run at once.
#[derive(Clone, Copy, Debug)]
pub struct Parallel {
    /// Of one person, over all their connections and questions.
    pub per_user: usize,
    /// On one connection.
    pub per_connection: usize,
    /// Calls of one person, or on one connection, that wait for others to end.
    pub waiting: usize,
    /// How long a call waits.
    pub wait: Duration,
}

/// Hands out the right to run a call.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    parallel: Parallel,
    lanes: Lanes,
}

/// A call may run for as long as this is kept.
#[derive(Debug)]
pub(super) struct Slot {
    // Given back in this order.
    _person: Taken,
    _connection: Taken,
}

type Lanes = Arc<Mutex<HashMap<Key, Arc<Lane>>>>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Person(Principal),
    Connection(ConnectionId),
}

#[derive(Debug)]
struct Lane {
    running: Arc<Semaphore>,
    /// Of those that run and those that wait, together.
    inside: Arc<Semaphore>,
}

/// A place in a lane; the last one to leave takes the lane away.
#[derive(Debug)]
struct Taken {
    key: Key,
    lanes: Lanes,
    lane: Option<Arc<Lane>>,
    _inside: OwnedSemaphorePermit,
    running: Option<OwnedSemaphorePermit>,
}

impl Slots {
    pub(super) fn new(parallel: Parallel) -> Self {
        Self {
            parallel,
            lanes: Lanes::default(),
        }
    }

    /// Waits until the call may run. An error means that it may not, and why.
    pub(super) async fn take(&self, person: &Principal, connection: &ConnectionId) -> Result<Slot> {
        let most = &self.parallel;
        // Whoever waits for a connection must not keep the person's other ones waiting.
        let mut on = self.enter(Key::Connection(connection.clone()), most.per_connection)?;
        let mut of = self.enter(Key::Person(person.clone()), most.per_user)?;
        let both = async {
            on.run().await;
            of.run().await;
        };
        match tokio::time::timeout(most.wait, both).await {
            Ok(()) => Ok(Slot {
                _person: of,
                _connection: on,
            }),
            Err(_) => Err(waited(most.wait)),
        }
    }

    fn enter(&self, key: Key, running: usize) -> Result<Taken> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(key.clone()).or_insert_with(|| {
            Arc::new(Lane {
                running: Arc::new(Semaphore::new(running)),
                inside: Arc::new(Semaphore::new(running + self.parallel.waiting)),
            })
        });
        let inside = lane.inside.clone().try_acquire_owned();
        let inside = inside.map_err(|_| full(&key, running))?;
        Ok(Taken {
            key,
            lane: Some(lane.clone()),
            lanes: self.lanes.clone(),
            _inside: inside,
            running: None,
        })
    }

    #[cfg(test)]
    fn lanes(&self) -> usize {
        self.lanes.lock().unwrap().len()
    }
}

impl Taken {
    async fn run(&mut self) {
        if let Some(lane) = &self.lane {
            // Nobody closes it, so this is a place and no error.
            self.running = lane.running.clone().acquire_owned().await.ok();
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.running = None;
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        self.lane = None;
        // Under the lock nobody else can be about to enter.
        if lanes
            .get(&self.key)
            .is_some_and(|lane| Arc::strong_count(lane) == 1)
        {
            lanes.remove(&self.key);
        }
    }
}

fn full(key: &Key, running: usize) -> Error {
    let whose = match key {
        Key::Person(_) => "of this person",
        Key::Connection(_) => "on this connection",
    };
    let message = format!("{running} calls {whose} run already, and as many as may wait do.");
    Error::new(Kind::RateLimited { retry_after: None }, message)
        .hint("Make fewer calls at once, and this one again when others have ended.")
}

fn waited(wait: Duration) -> Error {
    let seconds = wait.as_secs_f64();
    let message = format!("Earlier calls did not end within {seconds} seconds.");
    Error::new(Kind::RateLimited { retry_after: None }, message)
        .hint("Make fewer calls at once, and this one again when others have ended.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{TeamId, UserId};

    fn slots(wait: Duration) -> Slots {
        Slots::new(Parallel {
            per_user: 3,
            per_connection: 2,
            waiting: 1,
            wait,
        })
    }

    fn person(name: &str) -> Principal {
        Principal::new(TeamId::new("T1"), UserId::new(name))
    }

    #[tokio::test]
    async fn calls_run_side_by_side_up_to_each_limit() {
        let slots = slots(Duration::from_millis(20));
        let (ann, ben) = (person("U1"), person("U2"));
        let [one, two, three] = [(); 3].map(|()| ConnectionId::generate());
        let first = slots.take(&ann, &one).await.unwrap();
        let _second = slots.take(&ann, &one).await.unwrap();
        let late = slots.take(&ann, &one).await.unwrap_err();
        assert!(
            late.sentence()
                .starts_with("Earlier calls did not end within 0.02"),
            "{late}"
        );
        let _third = slots.take(&ann, &two).await.unwrap();
        assert!(
            slots.take(&ann, &two).await.is_err(),
            "the person has three"
        );
        slots.take(&ben, &three).await.unwrap();
        drop(first);
        slots.take(&ann, &two).await.unwrap();
    }

    #[tokio::test]
    async fn who_waits_goes_on_and_no_more_than_that_wait() {
        let slots = slots(Duration::from_secs(60));
        let ann = person("U1");
        let connection = ConnectionId::generate();
        let first = slots.take(&ann, &connection).await.unwrap();
        let second = slots.take(&ann, &connection).await.unwrap();
        let waiting = slots.take(&ann, &connection);
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        let refused = slots.take(&ann, &connection).await.unwrap_err();
        assert!(
            refused
                .sentence()
                .starts_with("2 calls on this connection run already"),
            "{refused}"
        );
        drop(first);
        let third = waiting.await.unwrap();
        drop((second, third));
        assert_eq!(slots.lanes(), 0, "nothing is kept of who is done");
    }
}
