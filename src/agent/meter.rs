//! What a completion uses, known also where it is cut off: a provider may bill what it wrote until
//! then.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::toolbox::FIND_TOOLS;
use crate::domain::chat::{ChatReply, ChatRequest};
use crate::domain::run::Run;
use crate::domain::usage::{BYTES_PER_TOKEN, CompletionEnd, TokenUsage};
use crate::ids::UsageId;
use crate::llm::{self, prices::Prices};
use crate::store::CompletionRow;

/// The completion that a run is buying, if it is. It outlives the driving of the run, so that it can
/// be settled when that is cut off.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Option<Open>>);

/// A completion whose row is not written yet.
#[derive(Clone, Debug)]
struct Open {
    /// The same for every try to write it.
    id: UsageId,
    model: String,
    started: Instant,
    /// Bytes that were sent, and that were written so far.
    asked: usize,
    written: usize,
    counted: Option<TokenUsage>,
    whole: bool,
    /// Tokens that it did not have to read; less than none where it only searched.
    spared: i64,
}

impl Meter {
    /// A model is asked from now on.
    pub(super) fn begin(&self, model: &str, request: &ChatRequest, spared: i64) {
        *self.lock() = Some(Open {
            id: UsageId::generate(),
            model: model.to_owned(),
            started: Instant::now(),
            asked: request.size(),
            written: 0,
            counted: None,
            whole: false,
            spared,
        });
    }

    /// It wrote some more.
    pub(super) fn wrote(&self, bytes: usize) {
        if let Some(open) = &mut *self.lock() {
            open.written += bytes;
        }
    }

    /// What came of it. Where it was refused there is nothing to record.
    pub(super) fn take_in(&self, reply: Result<&ChatReply, &llm::Error>) {
        let mut metered = self.lock();
        let Some(open) = &mut *metered else {
            return;
        };
        match reply {
            Ok(reply) => {
                open.counted = Some(reply.usage);
                open.whole = true;
                // With all tools at hand, nobody would have asked for it.
                if only_searches(reply) {
                    open.spared = -(reply.usage.input + reply.usage.output);
                }
            }
            Err(error) => {
                open.counted = error.usage;
                let used = open.written > 0 || error.usage.is_some() || error.kind.may_be_billed();
                if !used {
                    *metered = None;
                }
            }
        }
    }

    /// It is recorded.
    pub(super) fn clear(&self) {
        *self.lock() = None;
    }

    /// The row to record, if there is something; `cut_off` says how it ended if it is not whole.
    pub(super) fn row(
        &self,
        run: &Run,
        prices: &Prices,
        cut_off: CompletionEnd,
        at: DateTime<Utc>,
    ) -> Option<CompletionRow> {
        let open = self.lock().clone()?;
        let tokens = open.counted.unwrap_or(TokenUsage {
            input: about(open.asked),
            output: about(open.written),
            ..TokenUsage::default()
        });
        Some(CompletionRow {
            id: open.id,
            asker: run.asker.clone(),
            run: run.id.clone(),
            cost: prices.cost(&open.model, &tokens),
            model: open.model,
            tokens,
            estimated: open.counted.is_none(),
            end: if open.whole {
                CompletionEnd::Whole
            } else {
                cut_off
            },
            millis: open.started.elapsed().as_secs_f64() * 1_000.0,
            tokens_saved: if open.whole { open.spared } else { 0 },
            at,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether all that a model wants is to find tools.
fn only_searches(reply: &ChatReply) -> bool {
    let calls = &reply.message.tool_calls;
    !calls.is_empty() && calls.iter().all(|call| call.name == FIND_TOOLS)
}

/// The tokens that so many bytes are.
fn about(bytes: usize) -> i64 {
    i64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::domain::principal::Principal;
    use crate::domain::run::RunState;
    use crate::ids::{ChannelId, MessageTs, RunId, TeamId, UserId};
    use crate::llm::ErrorKind;

    fn run() -> Run {
        Run {
            id: RunId::generate(),
            asker: Principal::new(TeamId::new("T1"), UserId::new("U1")),
            channel: ChannelId::new("C1"),
            thread: MessageTs::new("1.1"),
            question: "how many?".to_owned(),
            asked: None,
            state: RunState::Running,
            created_at: Clock::System.now(),
            trace: None,
        }
    }

    fn asked() -> Meter {
        let meter = Meter::default();
        let request = ChatRequest {
            system: "Answer.".to_owned(),
            messages: Vec::new(),
            tools: Vec::new(),
            max_output_tokens: 10,
        };
        meter.begin("house/any", &request, 0);
        meter
    }

    fn row(meter: &Meter) -> Option<CompletionRow> {
        let now = Clock::System.now();
        meter.row(&run(), &Prices::built_in(), CompletionEnd::Stopped, now)
    }

    #[test]
    fn what_is_cut_off_is_estimated_and_keeps_its_identity() {
        let meter = asked();
        meter.wrote(9);
        let (first, again) = (row(&meter).unwrap(), row(&meter).unwrap());
        assert_eq!(first.id, again.id);
        assert_eq!((first.tokens.input, first.tokens.output), (2, 3));
        assert!(first.estimated && first.end == CompletionEnd::Stopped);
        meter.clear();
        assert!(row(&meter).is_none());
    }

    #[test]
    fn a_failure_is_recorded_where_something_may_have_been_bought() {
        let check = |kind: ErrorKind, written: usize, usage, expected: Option<bool>| {
            let meter = asked();
            meter.wrote(written);
            let error = llm::Error {
                provider: "House".to_owned(),
                model: "any".to_owned(),
                kind,
                usage,
                source: None,
            };
            meter.take_in(Err(&error));
            assert_eq!(row(&meter).map(|row| row.estimated), expected, "{error}");
        };
        check(ErrorKind::Auth, 0, None, None);
        check(ErrorKind::Network, 0, None, None);
        check(ErrorKind::Network, 1, None, Some(true));
        check(ErrorKind::Timeout, 0, None, Some(true));
        check(
            ErrorKind::AnswerTooLong,
            1,
            Some(TokenUsage::default()),
            Some(false),
        );
    }
}
