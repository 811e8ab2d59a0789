//! How a run ends, other than by waiting or by being lost.

use super::Ended;
use crate::agent::Agent;
use crate::agent::turn::Turn;
use crate::domain::post::Post;
use crate::domain::run::{RunState, Step};
use crate::error::{Error, Result};
use crate::signals::traces::SpanKind;
use crate::store::{ClaimedRun, Lease};

impl Agent {
    /// Ends a run that this process may not go on with: its holder died in the middle.
    pub async fn interrupt(&self, claimed: &ClaimedRun) -> Result<Ended> {
        let ClaimedRun { run, lease, .. } = claimed;
        let name = format_args!("interrupt");
        let traces = &self.signals().traces;
        let mut span = traces.begin(SpanKind::Internal, name, run.trace.as_ref());
        span.set_with("patchbay.run.id", || run.id.to_string());
        span.follow(claimed.earlier.as_ref());
        let unknown = Self::unknown(&self.store.steps(&run.id).await?);
        self.signals().metrics.calls_unknown(unknown.len());
        let post = Post::Interrupted {
            unknown,
            run: run.id.clone(),
        };
        self.end(lease, RunState::Interrupted, &post).await
    }

    /// The calls of a run that may have changed something and never came back, by its journal.
    pub fn unknown(steps: &[Step]) -> Vec<String> {
        let mut turn = Turn::new("", String::new(), &[]);
        steps.iter().for_each(|step| turn.apply(step));
        turn.unknown()
    }

    /// Ends a run with an error that its asker reads.
    pub async fn fail(&self, claimed: &ClaimedRun, error: &Error) -> Result<Ended> {
        tracing::warn!(
            run.id = %claimed.run.id,
            error.r#ref = %error.reference(),
            error.cause = error.cause().map(|cause| format!("{cause:#}")),
            "a run failed: {}",
            error.message().in_general()
        );
        let post = Post::Failed {
            message: error.message().clone(),
            hint: error.next_step().cloned(),
            reference: error.reference().to_string(),
            unknown: Self::unknown(&self.store.steps(&claimed.run.id).await?),
            run: claimed.run.id.clone(),
        };
        self.end(&claimed.lease, RunState::Failed, &post).await
    }

    /// Ends a run, if this process still holds it.
    pub(super) async fn end(&self, lease: &Lease, state: RunState, post: &Post) -> Result<Ended> {
        let held = self
            .store
            .finish_run(lease, state, post, self.clock.now())
            .await?;
        if held {
            self.signals().metrics.run_ended(match state {
                RunState::Done => "answered",
                RunState::Interrupted => "interrupted",
                RunState::Queued | RunState::Running | RunState::Waiting | RunState::Failed => {
                    "failed"
                }
            });
        }
        Ok(if held { Ended::Over } else { Ended::LeaseLost })
    }
}
