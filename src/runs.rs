//! The workers: claim runs, drive them, and take care of those whose holder died.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore, broadcast, mpsc, watch};
use tokio::time::Instant;

use crate::agent::{Agent, Ended, Meter};
use crate::clock::Clock;
use crate::domain::post::Post;
use crate::domain::principal::Principal;
use crate::domain::progress::Progress;
use crate::domain::run::{Run, Step};
use crate::error::{Error, Kind, Result};
use crate::ids::{ApprovalId, ChannelId, MessageTs, RunId};
use crate::signals::Span;
use crate::signals::traces::SpanKind;
use crate::store::{ApprovalState, Arrival, Change, ClaimedRun, Decision, Delivery, Store, Stored};
use crate::tasks::Tasks;
use crate::{counted, text};

/// Slack may redeliver for an hour, and longer after an outage of its own.
const LEAST_MEMORY: Duration = Duration::from_secs(24 * 60 * 60);
/// How often it is looked for what may be forgotten.
const BETWEEN_CLEANINGS: Duration = Duration::from_secs(60 * 60);

/// Stops that a busy worker may lag behind; what it misses it notices by its lease.
const STOPS: usize = 256;

/// How runs are worked on.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RunsConfig {
    /// The most runs this process drives at once.
    pub parallel: usize,
    /// How long a claim holds without being renewed: how soon a crash is noticed.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// How often the queue is looked at when nothing called.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
    /// How long finished deliveries are remembered: a redelivery within it is known as one.
    #[serde(with = "humantime_serde")]
    pub keep_deliveries: Duration,
    /// How long questions, answers and journals are kept.
    #[serde(with = "humantime_serde")]
    pub keep_runs: Duration,
}

impl RunsConfig {
    /// What is wrong with this section, a sentence each.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.parallel == 0 {
            problems.push("runs.parallel must be at least 1".to_owned());
        }
        if self.lease < self.poll {
            problems.push("runs.lease must be longer than runs.poll".to_owned());
        }
        if self.keep_deliveries < LEAST_MEMORY {
            problems.push("runs.keep_deliveries must be at least 24h: Slack redelivers".to_owned());
        }
        problems
    }
}

/// A run that is being worked on, for whoever shows it. The sender of `progress` is dropped when
/// this stretch of work is over; what came of it is in the store by then.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The run.
    pub run: Run,
    /// How far it is.
    pub progress: watch::Receiver<Progress>,
}

/// The queue of runs, and who works on it.
#[derive(Clone)]
pub struct Runs {
    store: Store,
    agent: Agent,
    clock: Clock,
    tasks: Tasks,
    config: RunsConfig,
    places: Arc<Semaphore>,
    queued: Arc<Notify>,
    changed: Arc<Notify>,
    shown: mpsc::Sender<Shown>,
    /// Runs that people stopped, for whoever drives them here.
    stopped: broadcast::Sender<RunId>,
}

impl Runs {
    /// Workers that are not started yet. `changed` is told whenever a message may have to be sent,
    /// `shown` of every run that is being worked on.
    pub fn new(
        store: Store,
        agent: Agent,
        clock: Clock,
        tasks: Tasks,
        config: RunsConfig,
        changed: Arc<Notify>,
        shown: mpsc::Sender<Shown>,
    ) -> Self {
        Self {
            store,
            agent,
            clock,
            tasks,
            config,
            places: Arc::new(Semaphore::new(config.parallel)),
            queued: Arc::new(Notify::new()),
            changed,
            shown,
            stopped: broadcast::Sender::new(STOPS),
        }
    }

    /// Starts the workers.
    pub fn start(&self) {
        let runs = self.clone();
        self.tasks
            .spawn("runs.work", async move { runs.work().await });
        let runs = self.clone();
        self.tasks
            .spawn_until_stop("runs.recover", async move { runs.recover().await });
        let runs = self.clone();
        self.tasks
            .spawn_until_stop("runs.clean", async move { runs.clean().await });
    }

    /// Forgets what is old enough, now and every hour.
    async fn clean(&self) {
        loop {
            let now = self.clock.now();
            let deliveries = self
                .store
                .forget_deliveries(now - self.config.keep_deliveries)
                .await;
            let before = now - self.config.keep_runs;
            let runs = self.store.forget_runs(before).await;
            let heard = self.store.forget_heard(before).await;
            match (deliveries, runs, heard) {
                (Ok(0), Ok(0), Ok(0)) => {}
                (Ok(deliveries), Ok(runs), Ok(heard)) => {
                    tracing::info!(deliveries, runs, heard, "forgot what was old");
                }
                (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => {
                    tracing::warn!(error.cause = ?error.cause(), "could not forget what is old");
                }
            }
            tokio::time::sleep(BETWEEN_CLEANINGS).await;
        }
    }

    /// Says that something was queued, so that nobody waits for the next look.
    pub fn wake(&self) {
        self.changed.notify_one();
        self.queued.notify_one();
    }

    /// Makes a decision that a run waits for.
    pub async fn decide(
        &self,
        approver: &Principal,
        id: &ApprovalId,
        state: ApprovalState,
    ) -> Result<Decision> {
        let decision = self
            .store
            .decide(approver, id, state, self.clock.now())
            .await?;
        if decision == Decision::Made {
            self.agent.signals().metrics.approval(match state {
                ApprovalState::Approved => "approved",
                ApprovalState::Pending | ApprovalState::Denied => "denied",
            });
        }
        self.wake();
        Ok(decision)
    }

    /// Asks a failed or interrupted run again; false when it is not this person's or was retried.
    pub async fn retry(&self, asker: &Principal, run: &RunId) -> Result<bool> {
        let retried = self
            .store
            .retry_run(asker, run, &RunId::generate(), self.clock.now())
            .await?;
        self.wake();
        Ok(retried)
    }

    /// Stops what is being worked on in a thread, whoever asked it and whichever process is at it;
    /// false when nothing was. Slack offers that to everybody in the thread, so it is said who did.
    pub async fn stop(
        &self,
        by: &Principal,
        channel: &ChannelId,
        thread: &MessageTs,
    ) -> Result<bool> {
        let post = |run: &Run, steps: &[Step]| Post::Stopped {
            by: (run.asker != *by).then(|| by.user.clone()),
            unknown: Agent::unknown(steps),
            run: run.id.clone(),
        };
        let stopped = self
            .store
            .stop_thread(&by.team, channel, thread, self.clock.now(), post)
            .await?;
        for run in &stopped {
            tracing::info!(run.id = %run, "a run was stopped by a person");
            self.agent.signals().metrics.run_ended("stopped");
            // Fails only when this process drives none.
            let _ = self.stopped.send(run.clone());
        }
        self.wake();
        Ok(!stopped.is_empty())
    }

    /// Takes in that a question was edited or deleted: what works on its old words ends, whichever
    /// process is at it, and `arrival` takes over.
    pub async fn change(
        &self,
        delivery: &Delivery,
        arrival: Arrival<'_>,
        change: &Change,
    ) -> Result<Stored> {
        let post = |steps: &[Step]| Post::Withdrawn {
            why: change.why,
            unknown: Agent::unknown(steps),
        };
        let changed = self
            .store
            .receive_change(delivery, arrival, change, post)
            .await?;
        if let Some(run) = changed.ended {
            tracing::info!(run.id = %run, "a run ended because its question was changed");
            self.agent.signals().metrics.run_ended("withdrawn");
            // Fails only when this process drives none.
            let _ = self.stopped.send(run);
        }
        self.wake();
        Ok(changed.stored)
    }

    /// Resolves when a person stops this run at this process; others notice by the lease.
    async fn was_stopped(mut stops: broadcast::Receiver<RunId>, run: &RunId) {
        loop {
            match stops.recv().await {
                Ok(stopped) if stopped == *run => return,
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }

    /// Whether no run is being driven.
    pub fn is_idle(&self) -> bool {
        self.places.available_permits() == self.config.parallel
    }

    /// Claims until the app stops. It is not dropped in the middle: a claim that nobody drives would
    /// have to be waited out.
    async fn work(&self) {
        while !self.tasks.is_stopping() {
            let Ok(place) = self.places.clone().acquire_owned().await else {
                return;
            };
            let until = self.clock.now() + self.config.lease;
            match self.store.claim_run(until).await {
                Ok(Some(claimed)) => {
                    let runs = self.clone();
                    self.tasks.spawn("runs.drive", async move {
                        runs.hold_and_drive(claimed).await;
                        drop(place);
                    });
                    continue;
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(error.cause = ?error.cause(), "could not look for queued runs");
                }
            }
            drop(place);
            self.wait().await;
        }
    }

    async fn wait(&self) {
        tokio::select! {
            () = self.queued.notified() => {}
            () = self.tasks.stopping() => {}
            () = tokio::time::sleep(self.config.poll) => {}
        }
    }

    /// Drives a run for as long as its lease can be renewed.
    async fn hold_and_drive(&self, mut claimed: ClaimedRun) {
        let mut span = self.stretch(&claimed);
        claimed.stretch = span.parent();
        let (progress, watched) = watch::channel(Progress::default());
        let shown = Shown {
            run: claimed.run.clone(),
            progress: watched,
        };
        // Nobody shows it as it goes then; its outcome is sent all the same.
        if self.shown.try_send(shown).is_err() {
            tracing::debug!(run.id = %claimed.run.id, "a run is not shown as it goes");
        }
        let (stops, meter) = (self.stopped.subscribe(), Meter::default());
        let started = Instant::now();
        tokio::select! {
            () = self.drive(&claimed, &progress, &meter) => {}
            () = Self::was_stopped(stops, &claimed.run.id) => span.fail("stopped"),
            () = self.keep_lease(&claimed) => {
                tracing::warn!(run.id = %claimed.run.id, "lost the lease of a run; another worker has it");
                span.fail("lease_lost");
            }
        }
        self.agent.signals().metrics.worked(started.elapsed());
        drop(progress);
        self.wake();
        self.agent.settle(&claimed.run, &meter).await;
    }

    /// A stretch of work on a run, in a trace.
    fn stretch(&self, claimed: &ClaimedRun) -> Span {
        let (run, traces) = (&claimed.run, &self.agent.signals().traces);
        let (operation, agent) = ("invoke_agent", "patchbay");
        let name = format_args!("{operation} {agent}");
        let mut span = traces.begin(SpanKind::Internal, name, run.trace.as_ref());
        span.set("gen_ai.operation.name", operation);
        span.set("gen_ai.agent.name", agent);
        span.set_with("gen_ai.conversation.id", || {
            format!("{}/{}", run.channel, run.thread)
        });
        span.set_with("patchbay.run.id", || run.id.to_string());
        span.follow(claimed.earlier.as_ref());
        span
    }

    async fn drive(&self, claimed: &ClaimedRun, progress: &watch::Sender<Progress>, meter: &Meter) {
        let limit = self.agent.time_limit();
        let driving = self.agent.drive(claimed, progress, meter);
        let driven = match tokio::time::timeout(limit, driving).await {
            Ok(driven) => driven,
            Err(_) => self.agent.fail(claimed, &too_slow(limit)).await,
        };
        match driven {
            Ok(Ended::Over | Ended::Waiting | Ended::LeaseLost) => {}
            Err(error) => {
                // Perhaps only for a moment: say so if we can, else the lease runs out and the
                // recovery says it.
                if let Err(again) = self.agent.fail(claimed, &error).await {
                    tracing::error!(run.id = %claimed.run.id, error.cause = ?again.cause(), "could not end a run");
                }
            }
        }
    }

    /// Returns when the lease is lost.
    async fn keep_lease(&self, claimed: &ClaimedRun) {
        loop {
            tokio::time::sleep(self.config.lease / 3).await;
            let until = self.clock.now() + self.config.lease;
            match self.store.extend_lease(&claimed.lease, until).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(run.id = %claimed.run.id, error.cause = ?error.cause(), "could not renew a lease");
                }
            }
        }
    }

    async fn recover(&self) {
        loop {
            match self.recover_one().await {
                Ok(true) => self.wake(),
                Ok(false) => tokio::time::sleep(self.config.poll).await,
                Err(error) => {
                    tracing::warn!(error.cause = ?error.cause(), "could not look for abandoned runs");
                    tokio::time::sleep(self.config.poll).await;
                }
            }
        }
    }

    async fn recover_one(&self) -> Result<bool> {
        let now = self.clock.now();
        if let Some(claimed) = self
            .store
            .claim_abandoned_run(now, now + self.config.lease)
            .await?
        {
            tracing::warn!(run.id = %claimed.run.id, "a run was interrupted; its asker is told");
            self.agent.interrupt(&claimed).await?;
            return Ok(true);
        }
        let expired = self.store.expire_approval(now).await?;
        if expired {
            self.agent.signals().metrics.approval("expired");
        }
        Ok(expired)
    }
}

fn too_slow(limit: Duration) -> Error {
    Error::new(
        Kind::Timeout,
        counted!(
            limit.as_secs().div_ceil(60),
            "This took longer than {count} minute, so I stopped.",
            "This took longer than {count} minutes, so I stopped."
        ),
    )
    .hint(text!("Ask for something smaller."))
}
