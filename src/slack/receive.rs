//! Stored, then acknowledged, then worked on: the one way in for both transports.

mod changes;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::inbound::{self, Caller, Command, Envelope, Inbound, Notice, Question, Received};
use super::{commands, foreign, modals, notices, overheard, router};
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::run::{Run, RunState};
use crate::domain::text::Text;
use crate::domain::trace::TraceParent;
use crate::error::Result;
use crate::ids::{InboxId, LeaseToken, RunId, TeamId};
use crate::signals::traces::SpanKind;
use crate::store::{Arrival, Change, Delivery, Stored, in_time};
use crate::text;

/// The largest delivery that is read, in bytes, over sockets and over HTTP. A message of 40,000
/// characters comes with its blocks, with what it was before an edit, and with each letter beyond
/// ASCII as six bytes: more than a megabyte.
pub const LARGEST_DELIVERY: usize = 16 * 1024 * 1024;

/// What is said of a larger one.
pub const TOO_LARGE: &str = "a delivery of more than 16 MiB was refused unread: Slack's own are well below, so find out who else sends to this bot; if it was Slack, shorten the message that it was about";

/// What goes back to Slack at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Ack {
    /// Received.
    Empty,
    /// Received, with an answer inside.
    Body(Value),
    /// Not received: Slack may send it again.
    Refused,
}

/// What is kept of a delivery until it is finished: enough to say that it was not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    /// Who.
    pub user: crate::ids::UserId,
    /// Where.
    pub channel: Option<crate::ids::ChannelId>,
    /// In which thread.
    #[serde(default)]
    pub thread: Option<crate::ids::MessageTs>,
    /// How to answer.
    pub response_url: Option<String>,
    /// What they wanted, in words that hold no secret.
    pub wanted: Text,
}

/// What is known of a delivery while it is taken in.
#[derive(Debug)]
struct Seen {
    /// The name of its kind.
    kind: &'static str,
    /// Whether it is here for the first time, and something comes of it.
    new: bool,
    /// Where what comes of it belongs, in a trace.
    trace: Option<TraceParent>,
}

/// Takes one delivery in. No network call happens before the answer.
pub async fn receive(app: &Arc<App>, envelope: Envelope, payload: &Value) -> Ack {
    let started = Instant::now();
    let traces = &app.signals.traces;
    let mut span = traces.begin(SpanKind::Consumer, format_args!("slack.event"), None);
    let mut seen = Seen {
        kind: "ignored",
        new: false,
        trace: span.parent(),
    };
    let ack = take_in(app, envelope, payload, &mut seen).await;
    let refused = ack == Ack::Refused;
    app.signals
        .metrics
        .answered_delivery(seen.kind, refused, started.elapsed());
    span.set("patchbay.delivery", seen.kind);
    if refused {
        span.fail("refused");
    } else if !seen.new {
        span.forget();
    }
    ack
}

async fn take_in(app: &Arc<App>, envelope: Envelope, payload: &Value, seen: &mut Seen) -> Ack {
    if let Some(declined) = foreign::decline(app, envelope, payload) {
        return declined;
    }
    let received = match inbound::parse(envelope, payload) {
        Ok(received) => received,
        Err(malformed) => {
            // Sending it again would not make it better, so it is acknowledged.
            tracing::warn!("{malformed}; the delivery was dropped");
            return Ack::Empty;
        }
    };
    let Received {
        dedupe_key,
        inbound,
    } = received;
    seen.kind = kind(&inbound);
    let inbound = match inbound {
        Inbound::Overheard(said) => match overheard::heed(app, said).await {
            Ok(Some(question)) => Inbound::Question(question),
            Ok(None) => return Ack::Empty,
            // Slack sends it again, when storage may answer.
            Err(_) => return Ack::Refused,
        },
        Inbound::Question(question) => {
            let (team, channel) = (&question.asker.team, &question.channel);
            app.channels.was_addressed(team, channel);
            Inbound::Question(question)
        }
        inbound => inbound,
    };
    match inbound {
        Inbound::Ignored(why) => {
            tracing::debug!("ignored an event: {why}");
            Ack::Empty
        }
        Inbound::Notice(notice @ (Notice::Gone { .. } | Notice::Farewell { .. })) => {
            match notices::forget(app, &notice).await {
                Ok(()) => Ack::Empty,
                Err(_) => Ack::Refused,
            }
        }
        Inbound::Notice(notice) => {
            notices::start(app, notice);
            Ack::Empty
        }
        Inbound::Submission(mut submission) if submission.callback == modals::ask::CALLBACK => {
            submission.caller.language = known_language(app, &submission.caller);
            match modals::ask::read(app, &submission) {
                Ok(run) => ask(app, dedupe_key, run, None, seen).await,
                Err(answer) => Ack::Body(answer),
            }
        }
        Inbound::Question(question) if question.text.as_deref().is_ok_and(commands::is_spoken) => {
            let command = Inbound::Command(Command::spoken(question));
            handle(app, dedupe_key, command, None, seen).await
        }
        Inbound::Question(ref question) if let Ok(text) = &question.text => {
            let run = run(app, question, text.clone());
            ask(app, dedupe_key, run, None, seen).await
        }
        Inbound::Change(change) => match overheard::follow(app, &change).await {
            Ok(()) => changes::receive(app, dedupe_key, change, seen).await,
            Err(_) => Ack::Refused,
        },
        inbound => handle(app, dedupe_key, inbound, None, seen).await,
    }
}

fn run(app: &App, question: &Question, text: String) -> Run {
    Run {
        id: RunId::generate(),
        asker: question.asker.clone(),
        channel: question.channel.clone(),
        thread: question.thread.clone(),
        question: text,
        asked: Some(question.asked.clone()),
        state: RunState::Queued,
        created_at: app.clock.now(),
        trace: None,
    }
}

/// A question for the agent, which may take the place of the one that stood there before.
async fn ask(
    app: &App,
    dedupe_key: String,
    mut run: Run,
    change: Option<&Change>,
    seen: &mut Seen,
) -> Ack {
    run.trace = seen.trace.clone();
    let delivery = delivery(
        app,
        dedupe_key,
        run.asker.team.clone(),
        "question",
        json!({}),
    );
    match store(app, &delivery, Arrival::Run(&run), change).await {
        Ok(stored) => {
            seen.new = stored == Stored::New;
            app.runs.wake();
            Ack::Empty
        }
        Err(_) => Ack::Refused,
    }
}

/// Commands, clicks and forms are worked on at once by this process: what they may open lives
/// three seconds.
async fn handle(
    app: &Arc<App>,
    dedupe_key: String,
    mut inbound: Inbound,
    change: Option<&Change>,
    seen: &mut Seen,
) -> Ack {
    let Some(note) = note(app, &inbound) else {
        return Ack::Empty;
    };
    if let Some(caller) = inbound.caller_mut() {
        caller.language = known_language(app, caller);
    }
    let (team, payload) = (team(&inbound), json!(note));
    let delivery = delivery(app, dedupe_key, team, kind(&inbound), payload);
    let until = app.clock.now() + app.config.slack.handler_timeout;
    let lease = LeaseToken::generate();
    let arrival = Arrival::Handle {
        lease: lease.clone(),
        until,
    };
    match store(app, &delivery, arrival, change).await {
        Ok(Stored::Duplicate) => Ack::Empty,
        Ok(Stored::New) => {
            let ack = modals::answer_at_once(app, &inbound);
            seen.new = true;
            router::start(app, delivery.id, lease, inbound, seen.trace.clone());
            ack.map_or(Ack::Empty, Ack::Body)
        }
        Err(error) => router::storage_is_down(&inbound, &error),
    }
}

/// What can be said at once about the language that somebody reads: asking Slack takes too long.
fn known_language(app: &App, caller: &Caller) -> Language {
    let known = app.people.last_language(&caller.person.user);
    known.unwrap_or_default()
}

async fn store(
    app: &App,
    delivery: &Delivery,
    arrival: Arrival<'_>,
    change: Option<&Change>,
) -> Result<Stored> {
    let limit = app.config.slack.store_timeout;
    let storing = async {
        match change {
            None => app.store.receive(delivery, arrival).await,
            Some(change) => app.runs.change(delivery, arrival, change).await,
        }
    };
    let stored = in_time(limit, storing).await;
    if let Err(error) = &stored {
        tracing::error!(error.r#ref = %error.reference(), error.cause = ?error.cause(), "a delivery could not be stored");
    }
    stored
}

fn delivery(
    app: &App,
    dedupe_key: String,
    team: TeamId,
    kind: &'static str,
    payload: Value,
) -> Delivery {
    Delivery {
        id: InboxId::generate(),
        dedupe_key,
        team,
        kind,
        payload,
        received_at: app.clock.now(),
    }
}

fn kind(inbound: &Inbound) -> &'static str {
    match inbound {
        Inbound::Command(_) => "command",
        Inbound::Action(_) => "action",
        Inbound::Submission(_) => "submission",
        Inbound::Shortcut(_) => "shortcut",
        Inbound::Notice(_) => "notice",
        Inbound::Question(_) | Inbound::Overheard(_) => "question",
        Inbound::Change(_) => "change",
        Inbound::Stop(_) => "stop",
        Inbound::Ignored(_) => "ignored",
    }
}

fn team(inbound: &Inbound) -> TeamId {
    match inbound {
        Inbound::Question(question) => question.asker.team.clone(),
        Inbound::Overheard(said) => said.thread.team.clone(),
        Inbound::Change(change) => change.question.asker.team.clone(),
        Inbound::Command(command) => command.caller.person.team.clone(),
        Inbound::Action(action) => action.caller.person.team.clone(),
        Inbound::Submission(submission) => submission.caller.person.team.clone(),
        Inbound::Shortcut(shortcut) => shortcut.caller.person.team.clone(),
        Inbound::Stop(stop) => stop.by.team.clone(),
        Inbound::Notice(_) | Inbound::Ignored(_) => TeamId::new(""),
    }
}

fn note(app: &App, inbound: &Inbound) -> Option<Note> {
    let note = |caller: &Caller, wanted: Text| Note {
        user: caller.person.user.clone(),
        channel: caller.channel.clone(),
        thread: caller.thread.clone(),
        response_url: caller.response_url.clone(),
        wanted,
    };
    match inbound {
        Inbound::Command(command) => {
            let verb = command.text.split_whitespace().next().unwrap_or_default();
            Some(note(
                &command.caller,
                format!("`{} {}`", app.config.slack.command, verb.replace('`', "'")).into(),
            ))
        }
        Inbound::Action(action) => Some(note(&action.caller, text!("what you clicked"))),
        Inbound::Submission(submission) => {
            let opened = modals::Opened::read(&submission.view.metadata);
            let mut note = note(&submission.caller, text!("connecting"));
            note.response_url = note
                .response_url
                .or(opened.and_then(|opened| opened.response_url));
            Some(note)
        }
        Inbound::Question(question) => Some(Note {
            user: question.asker.user.clone(),
            channel: Some(question.channel.clone()),
            thread: None,
            response_url: None,
            wanted: text!("your message"),
        }),
        Inbound::Shortcut(shortcut) => Some(note(&shortcut.caller, text!("the shortcut"))),
        Inbound::Stop(stop) => Some(Note {
            user: stop.by.user.clone(),
            channel: Some(stop.channel.clone()),
            thread: Some(stop.thread.clone()),
            response_url: None,
            wanted: text!("stopping"),
        }),
        Inbound::Overheard(_) | Inbound::Change(_) | Inbound::Notice(_) | Inbound::Ignored(_) => {
            None
        }
    }
}
