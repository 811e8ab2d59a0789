//! What was said in a thread, for a run that is asked there: read from Slack once where the bot came
//! late, kept up to date by events, told with people's names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::client::CallError;
use super::{inbound, mrkdwn, people};
use crate::agent::recall::Recall;
use crate::app::App;
use crate::domain::run::Run;
use crate::domain::thread::{Author, Heard, Thread, Told};
use crate::error::Result;
use crate::ids::{MessageTs, UserId};
use crate::store::Reading;

/// Pages of 200 messages that are read of what was said before.
const MOST_PAGES: usize = 5;
/// For how long the reading is taken; after a failure it is tried again when the bot is asked there
/// once more, but not before about this.
const PAUSE: Duration = Duration::from_secs(60);
/// Between two looks whether somebody else has read it.
const READ_ELSEWHERE: Duration = Duration::from_millis(200);
/// People whose names are looked up for one run.
const MOST_NAMES: usize = 20;
/// How long their names are waited for.
const NAMES_WAIT: Duration = Duration::from_secs(2);

/// Tells every run what was said in its thread.
pub async fn watch(app: Arc<App>, mut recalls: mpsc::Receiver<Recall>) {
    while let Some(recall) = recalls.recv().await {
        let work = {
            let app = app.clone();
            async move { tell(&app, recall).await }
        };
        app.tasks.spawn("slack.recall", work);
    }
}

async fn tell(app: &App, recall: Recall) {
    let Recall {
        run,
        most,
        wait,
        answer,
    } = recall;
    let told = told(app, &run, most, wait).await.unwrap_or_else(|error| {
        tracing::warn!(run.id = %run.id, error.cause = ?error.cause(), "what was said in a thread is not known");
        Vec::new()
    });
    // Gone when the run was stopped meanwhile.
    let _ = answer.send(told);
}

async fn told(app: &App, run: &Run, most: i64, wait: Duration) -> Result<Vec<Told>> {
    if run.channel.as_str().starts_with('D') {
        // Whatever is said there is a question or an answer.
        return Ok(Vec::new());
    }
    if run.asked.as_ref().map(|asked| &asked.message) == Some(&run.thread) {
        // The question begins the thread.
        return Ok(Vec::new());
    }
    catch_up(app, run, most, wait).await?;
    let heard = app.store.heard_before(run, most).await?;
    let names = names(app, &heard).await;
    let told = heard.into_iter().map(|heard| named(heard, &names));
    Ok(told.collect())
}

/// Reads what was said before the bot was asked in a thread, unless that was done; gives up after
/// `wait`, and the run goes on without.
async fn catch_up(app: &App, run: &Run, most: i64, wait: Duration) -> Result<()> {
    let deadline = Instant::now() + wait;
    let thread = Thread {
        team: run.asker.team.clone(),
        channel: run.channel.clone(),
        ts: run.thread.clone(),
    };
    let now = app.clock.now();
    match app.store.begin_reading(&thread, now, now + PAUSE).await? {
        Reading::Over => return Ok(()),
        Reading::Ours => {}
        Reading::NotNow => {
            // Whoever took it longer ago has given up.
            let taken = now + PAUSE - wait.min(PAUSE);
            while Instant::now() < deadline && app.store.is_reading(&thread, taken).await? {
                sleep(READ_ELSEWHERE).await;
            }
            return Ok(());
        }
    }
    let read = timeout_at(deadline, earlier(app, run, most)).await;
    match read.unwrap_or(Err(CallError::Unheard("time-out"))) {
        Ok(earlier) => {
            let now = app.clock.now();
            app.store.finish_reading(&thread, &earlier, most, now).await
        }
        Err(error) => {
            tracing::info!(run.id = %run.id, "what was said before in a thread is not known: {error}");
            let pause = match error {
                CallError::RateLimited(wait) => wait,
                CallError::Refused(_) | CallError::Unheard(_) => PAUSE,
            };
            // Shorter than a reading that is under way, so that nobody waits for it.
            let at = app.clock.now() + pause.min(PAUSE).saturating_sub(wait);
            app.store.put_off_reading(&thread, at).await
        }
    }
}

/// The first message of a thread and the latest ones before the run's question, as of now.
async fn earlier(
    app: &App,
    run: &Run,
    most: i64,
) -> std::result::Result<Vec<(Heard, MessageTs)>, CallError> {
    let bot = app.slack.own_user().await?;
    let before = run.asked.as_ref().map(|asked| &asked.message);
    let (mut messages, mut cursor) = (Vec::new(), String::new());
    for page in 0..MOST_PAGES {
        let read = app
            .slack
            .replies(&run.channel, &run.thread, before, &cursor)
            .await;
        match read {
            Ok((more, next)) => {
                messages.extend(more);
                match next {
                    Some(next) => cursor = next,
                    None => break,
                }
            }
            // Better some of it than none.
            Err(error) if page > 0 => {
                tracing::info!("a long thread was not read to its end: {error}");
                break;
            }
            Err(error) => return Err(error),
        }
    }
    let heard = |message: &Value| {
        let version = message["edited"]["ts"].as_str().or(message["ts"].as_str());
        let version = MessageTs::new(version?);
        Some((inbound::heard(message, &bot)?, version))
    };
    let mut heard: Vec<_> = messages.iter().filter_map(heard).collect();
    // The first says what it is about.
    let most = usize::try_from(most).unwrap_or(0).max(1);
    if heard.len() > most {
        heard.drain(1..=heard.len() - most);
    }
    Ok(heard)
}

/// What people who wrote something, or were mentioned in it, are called.
async fn names(app: &App, heard: &[Heard]) -> BTreeMap<UserId, String> {
    let mut wanted = BTreeSet::new();
    for heard in heard.iter().rev() {
        if let Author::Person(user) = &heard.author {
            wanted.insert(user.clone());
        }
        wanted.extend(mrkdwn::mentioned(&heard.words).map(UserId::new));
        if wanted.len() >= MOST_NAMES {
            break;
        }
    }
    let lookups = wanted.into_iter().take(MOST_NAMES).map(|user| async move {
        let profile = timeout(NAMES_WAIT, people::profile(app, &user, people::A_DAY)).await;
        let name = profile.ok()?.ok()?.name;
        Some((user, name)).filter(|(_, name)| !name.is_empty())
    });
    let found = future::join_all(lookups).await;
    found.into_iter().flatten().collect()
}

fn named(heard: Heard, names: &BTreeMap<UserId, String>) -> Told {
    let call = |user: &UserId| names.get(user).cloned().unwrap_or(user.as_str().to_owned());
    let name = match &heard.author {
        Author::Person(user) => call(user),
        Author::App(name) => name.clone(),
        Author::Bot => String::new(),
    };
    let words = mrkdwn::readable(&heard.words, |user| call(&UserId::new(user)));
    Told {
        at: heard.at,
        author: heard.author,
        name,
        words,
    }
}
