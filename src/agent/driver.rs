//! Carries out what the turn decides: asks, runs, journals, ends.

mod asking;
mod ending;

use std::convert::Infallible;

use futures_util::{FutureExt as _, StreamExt as _, future, stream};
use tokio::sync::{OnceCell, watch};

use super::toolbox::{self, Needs, Toolbox};
use super::turn::{GiveUp, Next, Turn};
use super::{Agent, Meter, prompt, recall};
use crate::domain::chat::{ChatRequest, own_words};
use crate::domain::post::{ApprovalRequest, AskedUnseen, Post};
use crate::domain::progress::{Progress, Task, TaskState};
use crate::domain::run::{Run, RunState, Step};
use crate::domain::tool::{Refusal, ToolCall, ToolOutcome};
use crate::error::{Error, Kind, Result};
use crate::executor::{Caller, Check, Ready};
use crate::store::{Approval, ApprovalState, ClaimedRun, Lease};
use crate::text;
use crate::tools::full_name;

/// Who calls tools, in usage.
const AGENT: &str = "slack-agent";
/// The most tools of earlier questions in the thread that a model finds at hand.
const MOST_USED: i64 = 12;

/// How a stretch of driving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The run has its outcome.
    Over,
    /// The run waits for a person.
    Waiting,
    /// Somebody else holds the run now; nothing more was written.
    LeaseLost,
}

/// A run in the hands of this process.
struct Drive<'a> {
    agent: &'a Agent,
    run: &'a Run,
    lease: &'a Lease,
    claimed: &'a ClaimedRun,
    approvals: Vec<Approval>,
    turn: Turn,
    /// The tools that were used in the thread before; read when there are too many to list.
    used: OnceCell<Vec<String>>,
    /// The model that was chosen and did not answer: the default does, from then on.
    silent: Option<String>,
    progress: &'a watch::Sender<Progress>,
    meter: &'a Meter,
}

impl Agent {
    /// Takes a claimed run as far as it goes, telling whoever watches. An error means that our own
    /// parts failed: the run is left as it is, and its lease will run out. Dropped in the middle, it
    /// leaves on the `meter` what is still to be settled.
    pub async fn drive(
        &self,
        claimed: &ClaimedRun,
        progress: &watch::Sender<Progress>,
        meter: &Meter,
    ) -> Result<Ended> {
        let ClaimedRun { run, lease, .. } = claimed;
        let mut drive = Drive {
            agent: self,
            run,
            lease,
            claimed,
            approvals: self.store.approvals_of(&run.id).await?,
            turn: self.turn(run).await?,
            used: OnceCell::new(),
            silent: None,
            progress,
            meter,
        };
        loop {
            let ended = match drive.turn.next(self.config.max_rounds) {
                Next::AskModel => drive.ask_model().await?,
                Next::RunTools(calls) => drive.run_tools(calls).await?,
                Next::Answer(markdown) => Some(drive.answer(markdown).await?),
                Next::GiveUp(why) => Some(drive.fail(&given_up(why)).await?),
            };
            if let Some(ended) = ended {
                return Ok(ended);
            }
        }
    }

    /// The tools that the same person used in the same thread before, by the names of today.
    async fn used_before(&self, run: &Run) -> Result<Vec<String>> {
        let used = self.store.used_in_thread(run, MOST_USED).await?;
        let names = used
            .iter()
            .map(|(connection, tool)| full_name(connection, tool));
        Ok(names.collect())
    }

    async fn turn(&self, run: &Run) -> Result<Turn> {
        let mut earlier = self
            .store
            .exchanges(run, self.config.remembered_exchanges)
            .await?;
        let (most, wait) = (self.config.thread_messages, self.config.thread_wait);
        let told = recall::ask(&self.recall, run, most, wait).await;
        let heard = recall::place(told, &mut earlier, &run.asker.user);
        let mut turn = Turn::new(&run.question, heard, &earlier);
        let steps = self.store.steps(&run.id).await?;
        steps.iter().for_each(|step| turn.apply(step));
        Ok(turn)
    }
}

impl<'a> Drive<'a> {
    async fn ask_model(&mut self) -> Result<Option<Ended>> {
        let toolbox = self.toolbox().await?;
        let messages = self.turn.messages().to_vec();
        let spared = toolbox.spares(&messages);
        let request = ChatRequest {
            system: prompt::system(!toolbox.specs().is_empty()),
            messages,
            tools: toolbox.into_specs(),
            max_output_tokens: self.agent.config.max_output_tokens,
        };
        match self.listen_to_chosen(request, spared).await {
            Ok(reply) => {
                let mut reply = self.turn.with_distinct_calls(reply.without_nul());
                let calls = std::mem::take(&mut reply.message.tool_calls);
                let taken = calls
                    .into_iter()
                    .map(|call| self.agent.executor.without_bulk(call));
                reply.message.tool_calls = taken.collect();
                self.progress.send_modify(|progress| {
                    progress.text.truncate(progress.begins);
                    progress.text.push_str(&reply.message.text);
                });
                self.journal(vec![Step::ModelReplied { reply }], None).await
            }
            Err(error) => self.fail(&error).await.map(Some),
        }
    }

    /// The tools that the model reads now.
    async fn toolbox(&self) -> Result<Toolbox> {
        let listing = self.agent.tools.all_of(&self.run.asker).await?;
        let most = self.agent.config.tool_tokens;
        if toolbox::fits(&listing, most) {
            return Ok(Toolbox::with_all(&listing));
        }
        let used = || self.agent.used_before(self.run);
        let needs = Needs {
            question: own_words(&self.run.question),
            used: self.used.get_or_try_init(used).await?,
            met: self.turn.met(),
        };
        Ok(Toolbox::with(listing, &needs, most))
    }

    async fn run_tools(&mut self, calls: Vec<ToolCall>) -> Result<Option<Ended>> {
        let (mut ready, mut questions, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        let searches = calls.iter().any(|call| call.name == toolbox::FIND_TOOLS);
        let toolbox = match searches {
            true => Some(self.toolbox().await?),
            false => None,
        };
        for (index, call) in calls.iter().enumerate() {
            if let Some(outcome) = toolbox.as_ref().and_then(|toolbox| toolbox.answer(call)) {
                steps.push(ended(call, outcome));
                continue;
            }
            match self.check(index, call).await? {
                Check::Ready(checked) => {
                    steps.push(Step::ToolSent {
                        call_id: call.id.clone(),
                        name: call.name.clone(),
                        risk: checked.risk,
                    });
                    ready.push((call, checked));
                }
                Check::NeedsApproval(request) => questions.push((call.id.clone(), request)),
                Check::Refused(outcome) => steps.push(ended(call, outcome)),
            }
        }
        if !steps.is_empty() {
            let post = working(&ready);
            if let Some(ended) = self.journal(steps, post.as_ref()).await? {
                return Ok(Some(ended));
            }
        }
        if let Some(ended) = self.send(&ready).await? {
            return Ok(Some(ended));
        }
        if questions.is_empty() {
            return Ok(None);
        }
        self.wait_for(&questions).await.map(Some)
    }

    async fn check(&self, index: usize, call: &ToolCall) -> Result<Check> {
        let most = self.agent.config.calls_per_reply;
        if index >= most {
            return Ok(Check::Refused(ToolOutcome::Refused {
                why: Refusal::Skipped,
                message: format!(
                    "Only {most} calls are taken from one reply. Ask again if it is still needed."
                ),
            }));
        }
        let decided = self.approvals.iter().find(|it| it.call_id == call.id);
        if let Some(approval) = decided {
            self.trace_decision(approval);
        }
        self.agent
            .executor
            .check(self.caller(), call, &self.approvals)
            .await
    }

    /// That a person was waited for, once they decided.
    fn trace_decision(&self, approval: &Approval) {
        let Some(decided_at) = approval.decided_at else {
            return;
        };
        let waited = (approval.created_at, decided_at);
        let (traces, parent) = (&self.agent.signals().traces, self.run.trace.as_ref());
        let mut span = traces.past(format_args!("wait_for_approval"), parent, waited);
        span.follow(self.claimed.earlier.as_ref());
        span.set_with("gen_ai.tool.name", || approval.request.tool.clone());
        span.set_with("gen_ai.tool.call.id", || approval.call_id.clone());
        span.set(
            "patchbay.decision",
            match approval.state {
                ApprovalState::Approved => "approved",
                ApprovalState::Denied if approval.has_expired() => "expired",
                ApprovalState::Pending | ApprovalState::Denied => "denied",
            },
        );
    }

    /// Sends calls at once, and journals each outcome as it comes.
    async fn send(&mut self, ready: &[(&ToolCall, Box<Ready>)]) -> Result<Option<Ended>> {
        let executor = &self.agent.executor;
        let (caller, most) = (self.caller(), self.agent.config.parallel_calls);
        // Boxed one by one: a closure over borrows would not be `Send` enough for the compiler.
        let mut calls = Vec::with_capacity(ready.len());
        for (call, checked) in ready {
            calls.push(async move { ended(call, executor.run(caller, checked).await) }.boxed());
        }
        let mut running = stream::iter(calls).buffer_unordered(most);
        let mut outcomes = Vec::new();
        loop {
            if outcomes.is_empty() {
                let Some(step) = running.next().await else {
                    return Ok(None);
                };
                outcomes.push(step);
            }
            let steps = std::mem::take(&mut outcomes);
            // The others are polled on meanwhile: one of them may hold the lock that the journal
            // waits for.
            let go_on = async {
                while let Some(step) = running.next().await {
                    outcomes.push(step);
                }
                future::pending::<Infallible>().await
            };
            let journaled = tokio::select! {
                journaled = self.journal(steps, None) => journaled?,
                never = go_on => match never {},
            };
            if let Some(ended) = journaled {
                return Ok(Some(ended));
            }
        }
    }

    async fn wait_for(&self, questions: &[(String, ApprovalRequest)]) -> Result<Ended> {
        let now = self.agent.clock.now();
        let expires_at = now + self.agent.executor.approval_timeout();
        if let Some(stretch) = &self.claimed.stretch {
            self.agent.store.note_stretch(self.lease, stretch).await?;
        }
        let held = self
            .agent
            .store
            .park_run(self.lease, &self.run.asker, questions, expires_at, now)
            .await?;
        Ok(if held {
            for _ in questions {
                self.agent.signals().metrics.approval("asked");
            }
            Ended::Waiting
        } else {
            Ended::LeaseLost
        })
    }

    async fn answer(&self, markdown: String) -> Result<Ended> {
        let mut receipt = self.turn.receipt().clone();
        receipt.instead_of.clone_from(&self.silent);
        // What was cut off on the way was used as well.
        let (tokens, cost) = self.agent.store.run_used(&self.run.id).await?;
        receipt.tokens = receipt.tokens.max(tokens);
        receipt.cost = cost;
        receipt.asked = self.run.asked.is_none().then(|| AskedUnseen {
            by: self.run.asker.user.clone(),
            question: own_words(&self.run.question).to_owned(),
        });
        let decided = self.approvals.iter().filter_map(Approval::decided);
        receipt.decisions = decided.collect();
        let tools = receipt.tools.len();
        let post = Post::Answer {
            markdown,
            receipt,
            outdated: false,
        };
        tracing::info!(run.id = %self.run.id, tools, "answered a question");
        self.agent.end(self.lease, RunState::Done, &post).await
    }

    async fn fail(&self, error: &Error) -> Result<Ended> {
        self.agent.fail(self.claimed, error).await
    }

    /// Writes steps down, then takes them in; ends when the lease is lost.
    async fn journal(&mut self, steps: Vec<Step>, post: Option<&Post>) -> Result<Option<Ended>> {
        let now = self.agent.clock.now();
        let held = self
            .agent
            .store
            .append_steps(self.lease, self.turn.steps(), &steps, post, now)
            .await?;
        if !held {
            return Ok(Some(Ended::LeaseLost));
        }
        for step in &steps {
            self.turn.apply(step);
            self.progress.send_modify(|progress| note(progress, step));
        }
        Ok(None)
    }

    fn caller(&self) -> Caller<'a> {
        Caller {
            asker: &self.run.asker,
            run: &self.run.id,
            agent: AGENT,
            trace: self.claimed.stretch.as_ref(),
        }
    }
}

fn ended(call: &ToolCall, outcome: ToolOutcome) -> Step {
    Step::ToolEnded {
        call_id: call.id.clone(),
        outcome,
    }
}

/// Tool calls as a watcher sees them; what is shown was journaled before.
fn note(progress: &mut Progress, step: &Step) {
    match step {
        Step::ModelReplied { .. } => {}
        Step::ToolSent { call_id, name, .. } => progress.tasks.push(Task {
            call_id: call_id.clone(),
            name: name.clone(),
            at: progress.text.len(),
            state: TaskState::Running,
        }),
        Step::ToolEnded { call_id, outcome } => {
            let mut tasks = progress.tasks.iter_mut();
            // A call that was refused was never sent, and is no task.
            if let Some(task) = tasks.find(|task| task.call_id == *call_id) {
                task.state = match outcome {
                    ToolOutcome::Done { rows, .. } => TaskState::Done { rows: *rows },
                    ToolOutcome::Failed { .. } | ToolOutcome::Refused { .. } => TaskState::Failed,
                };
            }
        }
    }
}

fn working(ready: &[(&ToolCall, Box<Ready>)]) -> Option<Post> {
    let names: Vec<String> = ready
        .iter()
        .map(|(call, _)| format!("`{}`", call.name))
        .collect();
    (!names.is_empty()).then(|| Post::Working {
        note: text!("Running {calls}", calls = names.join(", ")),
    })
}

fn given_up(why: GiveUp) -> Error {
    match why {
        GiveUp::EmptyReply => Error::new(Kind::Upstream, text!("The model gave an empty answer."))
            .hint(text!("Try again, or put the question another way.")),
        GiveUp::TooManyRounds => Error::new(
            Kind::Upstream,
            text!("The model kept calling tools without coming to an answer."),
        )
        .hint(text!(
            "Ask for something smaller, or say which table or repository to look at."
        )),
    }
}
