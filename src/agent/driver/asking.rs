//! Asks a model on behalf of a run, and records what that used, whether or not the reply came whole.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::super::{Agent, Meter};
use super::Drive;
use crate::domain::chat::{ChatReply, ChatRequest, Delta};
use crate::domain::progress::Progress;
use crate::domain::run::Run;
use crate::domain::usage::CompletionEnd;
use crate::error::Error;
use crate::llm::ChatModel;
use crate::signals::traces::SpanKind;
use crate::signals::{Span, masks};
use crate::store::in_time;

/// Pieces of a reply on their way to whoever watches; one that finds no place is made up for by the
/// whole reply.
const DELTA_BUFFER: usize = 1_024;
/// How long it may take to record what a completion used: a run holds its place meanwhile.
const RECORDED_WITHIN: Duration = Duration::from_secs(10);

impl Drive<'_> {
    /// Asks the model that the asker chose, or the default where that does not answer. `spared` are the
    /// tokens that it would read besides if nothing were left out.
    pub(super) async fn listen_to_chosen(
        &mut self,
        request: ChatRequest,
        spared: i64,
    ) -> Result<ChatReply, Error> {
        let asked = self.agent.models.of(&self.run.asker).await?;
        let Some(default) = asked.fallback else {
            return Ok(self.listen(&*asked.model, request, spared).await?);
        };
        if self.silent.is_none() {
            match self.listen(&*asked.model, request.clone(), spared).await {
                Ok(reply) => return Ok(reply),
                Err(error) => {
                    tracing::warn!(run.id = %self.run.id, "asking the default model instead: {error}");
                    self.silent = Some(asked.model.name().to_owned());
                    self.progress.send_modify(Progress::break_off);
                }
            }
        }
        Ok(self.listen(&*default, request, spared).await?)
    }

    /// Asks a model, passing on what it writes as it comes, and records what that used.
    async fn listen(
        &self,
        model: &dyn ChatModel,
        request: ChatRequest,
        spared: i64,
    ) -> Result<ChatReply, crate::llm::Error> {
        self.progress.send_modify(|progress| {
            if !progress.text.is_empty() {
                progress.text.push_str("\n\n");
            }
            progress.begins = progress.text.len();
        });
        self.meter.begin(model.name(), &request, spared);
        let (metrics, started) = (&self.agent.signals().metrics, Instant::now());
        let mut span = self.span(model.name(), &request);
        let (deltas, mut pieces) = mpsc::channel(DELTA_BUFFER);
        let passing_on = async {
            let mut first = true;
            while let Some(piece) = pieces.recv().await {
                if std::mem::take(&mut first) {
                    metrics.first_token(model.name(), started.elapsed());
                }
                match piece {
                    Delta::Text(text) => {
                        self.meter.wrote(text.len());
                        self.progress
                            .send_modify(|progress| progress.text.push_str(&text));
                    }
                    Delta::Unseen(bytes) => self.meter.wrote(bytes),
                    Delta::ToolCallStarted(_) => {}
                }
            }
        };
        let (reply, ()) = tokio::join!(model.reply(request, deltas), passing_on);
        let outcome = match &reply {
            Ok(_) => "ok",
            Err(error) => error.kind.name(),
        };
        metrics.model_called(model.name(), outcome, started.elapsed());
        match &reply {
            Ok(reply) => self.trace_reply(&mut span, reply),
            Err(_) => span.fail(outcome),
        }
        drop(span);
        self.meter.take_in(reply.as_ref());
        self.agent
            .record(self.run, self.meter, CompletionEnd::Failed)
            .await;
        reply
    }
}

/// Requests in a trace, by the names of OpenTelemetry's GenAI conventions.
impl Drive<'_> {
    fn span(&self, name: &str, request: &ChatRequest) -> Span {
        let traces = &self.agent.signals().traces;
        let (provider, model) = name.split_once('/').unwrap_or(("", name));
        let title = format_args!("chat {model}");
        let parent = self.claimed.stretch.as_ref();
        let mut span = traces.begin(SpanKind::Client, title, parent);
        span.set("gen_ai.operation.name", "chat");
        span.set_with("gen_ai.provider.name", || match provider {
            "gemini" => "gcp.gemini".to_owned(),
            other => other.to_owned(),
        });
        span.set_with("gen_ai.request.model", || model.to_owned());
        span.set(
            "gen_ai.request.max_tokens",
            i64::from(request.max_output_tokens),
        );
        if traces.have_content() {
            let messages = serde_json::to_string(&request.messages);
            span.set_with("gen_ai.input.messages", || {
                masks::masked(&messages.unwrap_or_default())
            });
        }
        span
    }

    fn trace_reply(&self, span: &mut Span, reply: &ChatReply) {
        let used = &reply.usage;
        span.set("gen_ai.usage.input_tokens", used.input);
        span.set("gen_ai.usage.output_tokens", used.output);
        span.set("gen_ai.usage.cache_read.input_tokens", used.cached_input);
        span.set("gen_ai.usage.cache_creation.input_tokens", used.cache_write);
        if self.agent.signals().traces.have_content() {
            let message = serde_json::to_string(&reply.message);
            span.set_with("gen_ai.output.messages", || {
                masks::masked(&message.unwrap_or_default())
            });
        }
    }
}

impl Agent {
    /// Records what a completion used that was cut off because nobody drives its run any more.
    pub async fn settle(&self, run: &Run, meter: &Meter) {
        self.record(run, meter, CompletionEnd::Stopped).await;
    }

    /// Records the completion on the meter, if there is one; `cut_off` says how it ended where it did
    /// not come whole.
    async fn record(&self, run: &Run, meter: &Meter, cut_off: CompletionEnd) {
        let prices = self.models.prices();
        let Some(row) = meter.row(run, prices, cut_off, self.clock.now()) else {
            return;
        };
        let metrics = &self.signals().metrics;
        metrics.completed(&row.model, &row.tokens, &row.cost);
        // The reply was bought: losing its usage row must not lose the reply as well.
        let recording = self.store.record_completion(&row);
        if let Err(error) = in_time(RECORDED_WITHIN, recording).await {
            tracing::error!(error.cause = ?error.cause(), model = row.model, "the usage of a completion was not recorded: {error}");
        }
        meter.clear();
    }
}
