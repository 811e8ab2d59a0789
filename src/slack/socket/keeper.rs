//! Keeps one place filled: there is always a socket in it, or somebody at work to get one.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::dial::{Greeted, dial};
use super::link::{Ending, Link};
use crate::app::App;
use crate::slack::foreign;

/// The first wait after a failure; it doubles, and every wait is made longer by chance, so that
/// many copies of the bot do not come back at the same moment.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A link that lived this long was a good one: the next is opened at once.
const STEADY: Duration = Duration::from_secs(20);

/// Opens a socket, and another whenever one is lost or about to be.
pub(super) async fn keep(app: Arc<App>) {
    foreign::learn_in_time(&app).await;
    let mut previous: Option<CancellationToken> = None;
    loop {
        let Greeted { socket, counted } = open(&app).await;
        greeted(&app, counted);
        // Only now: until the new one is up, the old one serves.
        if let Some(old) = previous.take() {
            old.cancel();
        }
        let since = Instant::now();
        let replaced = CancellationToken::new();
        let (tell, told) = oneshot::channel();
        let link = Link::new(app.clone(), socket, tell);
        app.tasks
            .spawn("slack.socket.link", link.serve(replaced.clone()));
        match told.await {
            Ok(Ending::Asked) => {}
            Ok(Ending::Lost(how)) => tracing::warn!("a socket to Slack was lost: {how}"),
            Err(_closed) if app.tasks.is_stopping() => return,
            Err(_closed) => tracing::error!("a socket to Slack ended without saying why"),
        }
        previous = Some(replaced);
        if since.elapsed() < STEADY {
            // Slack may be turning everybody out; but who can connect must not be deaf for long.
            pause(&mut waits(), Duration::ZERO).await;
        }
    }
}

/// Tries until there is a socket.
async fn open(app: &App) -> Greeted {
    let mut waits = waits();
    loop {
        app.sockets.opening();
        match dial(&app.slack).await {
            Ok(greeted) => return greeted,
            Err(failure) => {
                tracing::warn!("no socket could be opened: {failure}");
                let asked = failure.asked_to_wait();
                app.sockets.failed(failure);
                pause(&mut waits, asked).await;
            }
        }
    }
}

fn greeted(app: &App, counted: usize) {
    tracing::info!(counted, "a socket to Slack is open");
    if let Some(foreign) = app.sockets.opened(counted) {
        tracing::warn!(
            foreign,
            "Slack counts sockets of this app that are not of this process: replicas, or ghosts of one that ended without a goodbye; each gets its share of what people send"
        );
    }
}

async fn pause(waits: &mut ExponentialBackoff, at_least: Duration) {
    let wait = waits.next().unwrap_or(LONGEST_WAIT);
    tokio::time::sleep(wait.max(at_least)).await;
}

fn waits() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(FIRST_WAIT)
        .with_max_delay(LONGEST_WAIT)
        .without_max_times()
        .with_jitter()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_bound_never_end_and_differ_by_chance() {
        let some: Vec<Duration> = waits().take(40).collect();
        assert_eq!(some.len(), 40);
        assert!(some[0] < FIRST_WAIT * 2 + Duration::from_millis(1));
        assert!(some.iter().all(|wait| *wait <= LONGEST_WAIT * 2));
        assert!(some[20..].iter().all(|wait| *wait >= LONGEST_WAIT));
        let others: Vec<Duration> = waits().take(40).collect();
        assert_ne!(some, others);
    }
}
