//! The app in a second workspace, whose token the bot does not have: it answers nothing there, mixes nothing up, and
//! its own workspace notices nothing.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use patchbay::domain::principal::Principal;
use patchbay::ids::{TeamId, UserId};
use patchbay::slack::Transport;
use slack_sim::{Sim, Target, WorkspaceConfig};

use super::on_every_pairing;
use crate::world::{PATIENCE, World};

/// What Slack heard from the bot about the second workspace, if anything.
fn strange_calls(world: &World) -> Vec<String> {
    let calls = world.sim.all_calls().into_iter();
    let strange = |body: &str| {
        ["U0ALICE02", "C0GENERAL2", "D0ALICE02", "C0LATER2"]
            .iter()
            .any(|id| body.contains(id))
    };
    calls
        .filter(|call| call.response["ok"] == false || strange(&call.body.to_string()))
        .map(|call| format!("{} {} -> {}", call.method, call.body, call.response))
        .collect()
}

/// Waits until the bot has acknowledged all that it was sent so far.
async fn all_acknowledged(sim: &Sim) {
    let settled = |sim: &Sim| {
        let sent = sim.log(0).into_iter().filter(|it| it.direction == "to_app");
        let mut events = sent.filter(|it| it.team.is_some());
        events
            .all(|it| it.status.as_deref() == Some("ok"))
            .then_some(())
    };
    let settled = sim.until(PATIENCE, settled).await;
    settled.expect("everything is acknowledged");
}

/// Waits until the bot has asked whose its token is.
async fn asked(sim: &Sim) {
    let known = |sim: &Sim| (!sim.calls("auth.test").is_empty()).then_some(());
    let known = sim.until(PATIENCE, known).await;
    known.expect("the bot asks at its start");
}

on_every_pairing!(a_second_workspace_gets_no_answer_of_the_first_ones_bot);

async fn a_second_workspace_gets_no_answer_of_the_first_ones_bot(world: World) {
    let second = world
        .sim
        .add_workspace(WorkspaceConfig::new("Second"))
        .unwrap();
    // What is ours can be told apart once the bot knows whose its token is.
    asked(&world.sim).await;
    world.alice().asks("@patchbay help me").await;

    let ts = second
        .say("alice", "general", "@patchbay which tables are there?")
        .await
        .unwrap();
    second
        .say("alice", "dm", "which tables are there?")
        .await
        .unwrap();
    second
        .reply("alice", "general", &ts, "@patchbay and how many rows?")
        .await
        .unwrap();
    second
        .edit(
            "alice",
            "general",
            &ts,
            "@patchbay how many tables are there?",
        )
        .await
        .unwrap();
    second.open_home("alice", "home").await.unwrap();
    second.add_channel("later", false).unwrap();
    second.invite("later", "patchbay").unwrap();
    second.limit_events();
    let command = second
        .command("alice", "general", "/mcp", "connect sqlite")
        .await;
    assert!(command.ok, "{command:?}");
    assert!(
        command.all_text().contains("not set up for this workspace"),
        "{command:?}"
    );
    let message = Target::Message {
        channel: "general".to_owned(),
        ts: ts.clone(),
    };
    assert!(
        second
            .shortcut("alice", "ask_about", Some(message))
            .await
            .ok
    );
    assert!(second.shortcut("alice", "connect_service", None).await.ok);
    let told = |_: &Sim| {
        let seen = second.messages("alice", "general").unwrap();
        let told = seen.into_iter().filter(|it| it.ephemeral);
        (told.count() == 2).then_some(())
    };
    let told = world.sim.until(PATIENCE, told).await;
    told.expect("the command and the message shortcut are both answered, to alice alone");
    all_acknowledged(&world.sim).await;

    // The first workspace goes on as if nothing was; by its answer all that came before was seen to.
    let answer = world.alice().asks("@patchbay help me").await;
    assert!(!answer.all_text().is_empty());
    let posted = |channel: &str| {
        let said = second.messages("alice", channel).unwrap();
        let said = said
            .into_iter()
            .filter(|it| it.is_from_bot() && !it.ephemeral);
        said.map(|it| it.all_text()).collect::<Vec<_>>()
    };
    assert_eq!(
        [posted("general"), posted("dm"), posted("later")].concat(),
        Vec::<String>::new()
    );
    assert!(second.home("alice").unwrap().is_none());
    assert!(second.top_view("alice").unwrap().is_none());
    assert_eq!(strange_calls(&world), Vec::<String>::new());
    let stranger = Principal::new(TeamId::new("T0SIM0002"), UserId::new("U0ALICE02"));
    let runs = world.app.store.past_runs(&stranger, 5).await.unwrap();
    assert!(runs.is_empty(), "nothing of theirs is worked on");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_the_second_workspace_is_still_heard_and_harms_nothing() {
    let world = World::start().await;
    let second = world
        .sim
        .add_workspace(WorkspaceConfig::new("Second"))
        .unwrap();
    asked(&world.sim).await;
    let before = world.sim.calls("auth.test").len();
    second.uninstall();
    let again = |sim: &Sim| (sim.calls("auth.test").len() > before).then_some(());
    world
        .sim
        .until(PATIENCE, again)
        .await
        .expect("Slack is asked whose the token is");
    world.alice().asks("@patchbay help me").await;
    world.stop().await;
}

/// A log that can be read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn says(&self, words: &str) -> usize {
        let written = self.0.lock().unwrap();
        String::from_utf8_lossy(&written).matches(words).count()
    }
}

// On one thread, so that everything the bot does writes into this log.
#[tokio::test]
async fn the_log_says_why_once() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(move || writer.clone())
        .finish();
    // With one subscriber alone, tracing asks the thread that comes by first whether anybody listens:
    // that of another story would say no for all.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let _logging = tracing::subscriber::set_default(subscriber);
    let world = World::start_on(crate::world::Engine::Sqlite, Transport::Socket).await;
    let second = world
        .sim
        .add_workspace(WorkspaceConfig::new("Second"))
        .unwrap();
    for _ in 0..3 {
        let outcome = second.command("alice", "general", "/mcp", "list").await;
        assert!(outcome.all_text().contains("not set up"), "{outcome:?}");
    }
    assert_eq!(log.says("the app is installed in T0SIM0002 too"), 1);
    world.stop().await;
}
