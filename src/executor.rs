//! One call, one pipeline: find, validate, authorize, ask, limit, run, wrap, record.
//!
//! Every caller of a tool comes through [`Executor::run`]; nothing else runs one.

mod account;
mod arguments;
mod cache;
pub mod graphql;
mod slots;
pub mod sql;
mod wrap;

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use self::cache::{Cache, Key};
pub use self::slots::Parallel;
use self::slots::Slots;
use self::wrap::Wrapped;
use crate::clock::Clock;
use crate::domain::fingerprint::fingerprint;
use crate::domain::post::ApprovalRequest;
use crate::domain::preview::Preview;
use crate::domain::principal::Principal;
use crate::domain::tool::{
    NOT_ALLOWED, NOT_ALLOWED_IN_TIME, Refusal, Risk, ToolCall, ToolOutcome, ToolOutput,
};
use crate::domain::trace::TraceParent;
use crate::error::{Error, Kind, Result};
use crate::ids::{ApprovalId, RunId};
use crate::signals::{Signals, Span, masks};
use crate::store::{Approval, ApprovalState, Store};
use crate::tools::{BoundTool, Target, Tools};

/// The most characters of arguments that a person is asked to approve, and of what the call would
/// do: together they fit one message.
const LONGEST_SHOWN: usize = 9_000;
const LONGEST_PREVIEW: usize = 4_000;

/// What every tool call is held to.
#[derive(Clone, Copy, Debug)]
pub struct ToolLimits {
    /// How long one call may take.
    pub timeout: Duration,
    /// The most bytes of a result that a model reads.
    pub result_bytes: usize,
    /// The most bytes of a call's arguments.
    pub argument_bytes: usize,
    /// How many calls run at once.
    pub parallel: Parallel,
    /// How long a person has to answer an approval.
    pub approval_timeout: Duration,
}

/// The one place that runs tools.
#[derive(Clone)]
pub struct Executor {
    tools: Tools,
    store: Store,
    clock: Clock,
    limits: ToolLimits,
    cache: Cache,
    slots: Slots,
    signals: Signals,
}

/// On whose behalf a tool is called.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The person; only their connections are looked at.
    pub asker: &'a Principal,
    /// The run, for usage and approvals.
    pub run: &'a RunId,
    /// What calls: `slack-agent`.
    pub agent: &'a str,
    /// What the call is a part of, in a trace.
    pub trace: Option<&'a TraceParent>,
}

/// A call that passed every check, and may be sent.
#[derive(Debug)]
pub struct Ready {
    call_id: String,
    bound: BoundTool,
    arguments: Map<String, Value>,
    /// What it can do.
    pub risk: Risk,
}

impl Ready {
    /// How many characters a person would have to read to know what runs, the ones that an edge
    /// has to spell out counted as such.
    fn shown_length(&self) -> usize {
        serde_json::to_string_pretty(&self.arguments).map_or(usize::MAX, |text| shown_length(&text))
    }
}

fn shown_length(text: &str) -> usize {
    let spelled = |c: char| match c {
        '&' | '<' | '>' => 5,
        c if c.is_ascii_graphic() || c.is_alphanumeric() || matches!(c, ' ' | '\n') => 1,
        _ => 10,
    };
    text.chars().map(spelled).sum()
}

/// What the checks before a call came to.
#[derive(Debug)]
pub enum Check {
    /// It may run.
    Ready(Box<Ready>),
    /// A person must say yes first.
    NeedsApproval(ApprovalRequest),
    /// It will not run; the model reads why.
    Refused(ToolOutcome),
}

impl Executor {
    /// An executor over these tools.
    pub fn new(
        tools: Tools,
        store: Store,
        clock: Clock,
        limits: ToolLimits,
        signals: Signals,
    ) -> Self {
        Self {
            tools,
            store,
            clock,
            limits,
            cache: Cache::default(),
            slots: Slots::new(limits.parallel),
            signals,
        }
    }

    /// Where calls are counted and traced.
    pub fn signals(&self) -> &Signals {
        &self.signals
    }

    /// How long a person has to answer an approval.
    pub fn approval_timeout(&self) -> Duration {
        self.limits.approval_timeout
    }

    /// The same call without arguments that are longer than is taken, so that no journal and no
    /// model carries them along; [`Executor::check`] says why they are gone.
    pub fn without_bulk(&self, mut call: ToolCall) -> ToolCall {
        arguments::leave_out_bulk(&mut call.arguments, self.limits.argument_bytes);
        call
    }

    /// Everything that is decided before a call is sent; changes nothing.
    ///
    /// `approvals` are the decisions made in this run. An error means that our own parts failed.
    pub async fn check(
        &self,
        caller: Caller<'_>,
        call: &ToolCall,
        approvals: &[Approval],
    ) -> Result<Check> {
        let ready = match self.prepare(caller.asker, call).await {
            Ok(ready) => ready,
            Err(error) if is_ours(&error) => return Err(error),
            Err(error) => {
                return Ok(Check::Refused(failed(&error)));
            }
        };
        if !ready.bound.tool.asks_first() {
            return Ok(Check::Ready(Box::new(ready)));
        }
        if ready.shown_length() > LONGEST_SHOWN {
            return Ok(too_long(
                "The arguments are too long to be shown to the person who must allow this call. Send less at once.",
            ));
        }
        let decided = approvals
            .iter()
            .find(|approval| approval.call_id == call.id);
        let preview = match decided.map(|approval| approval.state) {
            None | Some(ApprovalState::Approved) => match self.preview(&ready).await? {
                Ok(preview) => preview,
                Err(error) => return Ok(Check::Refused(failed(&error))),
            },
            // What is still asked, or was denied, is not looked at again.
            Some(ApprovalState::Pending | ApprovalState::Denied) => {
                decided.and_then(|approval| approval.request.preview.clone())
            }
        };
        let length = preview.as_ref().map(Preview::text);
        if length.is_some_and(|text| shown_length(&text) > LONGEST_PREVIEW) {
            return Ok(too_long(
                "What this call would do is too long to be shown to the person who must allow it. Send less at once.",
            ));
        }
        let request = ApprovalRequest {
            id: ApprovalId::generate(),
            connection_id: ready.bound.connection.id.clone(),
            connection: ready.bound.connection.name.to_string(),
            tool: ready.bound.tool.name.clone(),
            risk: ready.risk,
            arguments: Value::Object(ready.arguments.clone()),
            preview,
            cost: ready.bound.tool.cost.map(|cost| cost.per_call),
        };
        Ok(match decided {
            None => Check::NeedsApproval(request),
            Some(approval) if approval.arguments_hash != request.arguments_hash() => {
                Check::Refused(refused(
                    Refusal::Skipped,
                    "What was approved is not what would run, so it was not run.",
                ))
            }
            Some(approval) => match approval.state {
                ApprovalState::Approved => Check::Ready(Box::new(ready)),
                ApprovalState::Pending => Check::NeedsApproval(approval.request.0.clone()),
                ApprovalState::Denied if approval.has_expired() => {
                    Check::Refused(refused(Refusal::Expired, NOT_ALLOWED_IN_TIME))
                }
                ApprovalState::Denied => Check::Refused(refused(Refusal::Denied, NOT_ALLOWED)),
            },
        })
    }

    /// Sends a call that passed the checks once there is room for it, and records what it used.
    pub async fn run(&self, caller: Caller<'_>, ready: &Ready) -> ToolOutcome {
        let mut span = self.span(caller, ready);
        let outcome = self.run_traced(caller, ready, &mut span).await;
        if self.signals.traces.have_content()
            && let ToolOutcome::Done { content, .. } = &outcome
        {
            span.set("gen_ai.tool.call.result", masks::masked(content));
        }
        outcome
    }

    async fn run_traced(&self, caller: Caller<'_>, ready: &Ready, span: &mut Span) -> ToolOutcome {
        let room = self.slots.take(caller.asker, &ready.bound.connection.id);
        let _room = match room.await {
            Ok(room) => room,
            Err(error) => {
                tracing::info!(tool = ready.bound.tool.name, "tool call not made: {error}");
                self.signals
                    .metrics
                    .tool_called(&ready.bound.card.name, ready.risk, "shed", None);
                span.fail("shed");
                return refused(Refusal::Skipped, &error.sentence());
            }
        };
        let started = Instant::now();
        let result = self.answer(caller, ready).await;
        let took = started.elapsed();
        self.count(ready, &result, took, span);
        let millis = took.as_secs_f64() * 1_000.0;
        self.record(caller, ready, &result, millis).await;
        match result {
            Ok(wrapped) => ToolOutcome::Done {
                content: wrapped.content,
                rows: wrapped.rows,
                millis: millis as u64,
            },
            Err(error) => {
                tracing::info!(
                    error.r#ref = %error.reference(),
                    error.cause = error.cause().map(|cause| format!("{cause:#}")),
                    tool = ready.bound.tool.name,
                    "tool call failed: {}",
                    error.message().in_general()
                );
                failed(&error)
            }
        }
    }

    /// What the call would do, as the approver reads it. The inner error is about the call: the
    /// model reads it.
    async fn preview(&self, ready: &Ready) -> Result<Result<Option<Preview>>> {
        let target = match self.tools.open(&ready.bound.connection).await {
            Err(error) if is_ours(&error) => return Err(error),
            Err(error) => return Ok(Err(error)),
            Ok(target) => target,
        };
        let (tool, limit) = (&ready.bound.tool, self.limits.timeout);
        let source = self.tools.source(tool);
        let looking = source.preview(&target, tool, &ready.arguments);
        let looked = match tokio::time::timeout(limit, looking).await {
            Ok(looked) => looked,
            Err(_) => Err(stopped(&tool.name, limit)),
        };
        Ok(match looked {
            Ok(preview) => Ok(preview.map(|preview| wrap::redact_preview(preview, &target))),
            Err(error) => Err(wrap::redact_error(error, &target)),
        })
    }

    async fn prepare(&self, asker: &Principal, call: &ToolCall) -> Result<Ready> {
        arguments::check_size(&call.arguments, self.limits.argument_bytes)?;
        let bound = self.tools.find(asker, &call.name).await?;
        let arguments = arguments::validated(&bound.tool.input, &call.arguments)?;
        let risk = bound.tool.risk;
        Ok(Ready {
            call_id: call.id.clone(),
            bound,
            arguments,
            risk,
        })
    }

    /// What the call comes to, from memory where its tool allows that.
    async fn answer(&self, caller: Caller<'_>, ready: &Ready) -> Result<Wrapped> {
        let connection = &ready.bound.connection.id;
        let key = Key::of(&ready.bound, &ready.arguments);
        if let Some(mut kept) = key
            .as_ref()
            .and_then(|key| self.cache.get(key, self.clock.now()))
        {
            kept.from_memory = true;
            return Ok(kept);
        }
        let sent = self.send(caller, ready).await;
        if ready.risk != Risk::Read {
            // Also when it failed: it may have been done all the same.
            self.cache.forget(connection);
        }
        if let (Some(key), Some(time), Ok(wrapped)) = (key, ready.bound.tool.cache, &sent) {
            self.cache.put(key, wrapped, self.clock.now() + time);
        }
        sent
    }

    async fn send(&self, caller: Caller<'_>, ready: &Ready) -> Result<Wrapped> {
        let mut target = self.tools.open(&ready.bound.connection).await?;
        target.key = Some(call_key(caller.run, &ready.call_id));
        let output = self.send_within_limit(ready, &target).await;
        match output {
            Ok(output) => {
                let wrapped = wrap::wrap(
                    ready.bound.connection.name.as_str(),
                    &ready.bound.tool.name,
                    &output,
                    &target,
                    self.limits.result_bytes,
                );
                if wrapped.masked {
                    self.signals.metrics.redacted();
                }
                Ok(wrapped)
            }
            Err(error) => Err(wrap::redact_error(error, &target)),
        }
    }

    async fn send_within_limit(&self, ready: &Ready, target: &Target) -> Result<ToolOutput> {
        let tool = &ready.bound.tool;
        let call = self.tools.source(tool).call(target, tool, &ready.arguments);
        match tokio::time::timeout(self.limits.timeout, call).await {
            Ok(outcome) => outcome,
            Err(_) => Err(too_slow(ready, self.limits.timeout)),
        }
    }
}

/// What makes a call known to a service should it come a second time, in the form of a UUID, which
/// every service takes.
fn call_key(run: &RunId, call: &str) -> String {
    let hex = fingerprint(serde_json::json!([run, call]));
    let (a, b, c, d, e) = (
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32],
    );
    format!("{a}-{b}-8{c}-a{d}-{e}")
}

/// What was only read was stopped; what changes something may have happened all the same.
fn too_slow(ready: &Ready, limit: Duration) -> Error {
    let (name, seconds) = (&ready.bound.tool.name, limit.as_secs());
    match ready.risk {
        Risk::Read => stopped(name, limit),
        Risk::Write | Risk::Destructive => {
            Error::new(Kind::Timeout, format!("`{name}` did not answer within {seconds} seconds; it may have been done all the same."))
                .hint("Look whether it was done before you try it again.")
        }
    }
}

fn stopped(name: &str, limit: Duration) -> Error {
    let seconds = limit.as_secs();
    Error::new(
        Kind::Timeout,
        format!("`{name}` took longer than {seconds} seconds and was stopped."),
    )
    .hint("Ask for less at once, such as fewer rows.")
}

/// Whether the fault is in our own parts rather than in the call.
fn is_ours(error: &Error) -> bool {
    matches!(error.kind(), Kind::Internal | Kind::Unavailable)
}

fn too_long(message: &str) -> Check {
    Check::Refused(refused(Refusal::Skipped, message))
}

fn failed(error: &Error) -> ToolOutcome {
    ToolOutcome::Failed {
        message: error.sentence(),
    }
}

fn refused(why: Refusal, message: &str) -> ToolOutcome {
    ToolOutcome::Refused {
        why,
        message: message.to_owned(),
    }
}
