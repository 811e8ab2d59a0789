//! `patchbay doctor`: what works and what does not, in words that say who is to mend it.

use std::process::Command;
use std::time::{Duration, Instant};

use slack_sim::{Fault, FaultKind, Sim, SimConfig};

use crate::fakes::postgres::Postgres;

/// What the shipped binary says of this Slack, and whether it finds everything well.
fn doctor(api_url: &str) -> (bool, String) {
    doctor_of(api_url, "sqlite:data/patchbay.db")
}

fn doctor_of(api_url: &str, database: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_patchbay"))
        .arg("doctor")
        .current_dir(folder.path())
        .env_clear()
        .env("SLACK_BOT_TOKEN", "xoxb-sim")
        .env("SLACK_APP_TOKEN", "xapp-sim")
        .env("PATCHBAY_SLACK__API_URL", api_url)
        .env("PATCHBAY_MODELS__DEFAULT", "demo/demo")
        .env("DATABASE_URL", database)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), said)
}

fn line<'a>(said: &'a str, what: &str) -> &'a str {
    let found = said
        .lines()
        .find(|line| line.contains(&format!(" {what}: ")));
    found.unwrap_or_else(|| panic!("nothing about {what}: {said}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_and_not_reached_are_told_apart() {
    let sim = Sim::start(SimConfig::default()).await.unwrap();
    let (well, said) = doctor(&sim.api_url());
    assert!(well, "{said}");
    assert!(line(&said, "slack").starts_with("ok"), "{said}");
    assert!(line(&said, "sockets").starts_with("ok"), "{said}");

    sim.fault(Fault::new("auth.test", FaultKind::OkFalse).error("invalid_auth"));
    sim.fault(
        Fault::new("apps.connections.open", FaultKind::OkFalse).error("not_allowed_token_type"),
    );
    let (well, said) = doctor(&sim.api_url());
    assert!(!well, "{said}");
    let slack = line(&said, "slack");
    assert!(
        slack.contains("refuses the bot token (`invalid_auth`)")
            && slack.contains("SLACK_BOT_TOKEN"),
        "{slack}"
    );
    let sockets = line(&said, "sockets");
    assert!(
        sockets.contains("refuses the app token (`not_allowed_token_type`)"),
        "{sockets}"
    );

    sim.stop().await;
    let (well, said) = doctor(&sim.api_url());
    assert!(!well, "{said}");
    for what in ["slack", "sockets"] {
        let told = line(&said, what);
        assert!(told.contains("cannot be reached"), "{told}");
    }
}

/// However PostgreSQL cannot be used, it is said which, in words, and soon.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_lets_nobody_in_is_told_by_its_cause() {
    let sim = Sim::start(SimConfig::default()).await.unwrap();
    let server = Postgres::shared();
    let database = server.create_database().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed_port = closed.local_addr().unwrap().port();
    drop(closed);
    // Takes connections in and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let place = format!("127.0.0.1:{}", server.port());
    let web = sim.api_url().replace("http://", "").replace("/api/", "");
    let cases = [
        (
            format!("postgres://me:secret@127.0.0.1:{closed_port}/x"),
            "Nothing listens at",
        ),
        (
            "postgres://me:secret@nowhere.invalid/x".to_owned(),
            "No machine is known by the name `nowhere.invalid`",
        ),
        (
            format!("postgres://me:secret@127.0.0.1:{silent_port}/x"),
            "does not answer",
        ),
        (
            format!("postgres://patchbay_owner:secret@{place}/{}", database.name),
            "refuses the password of the user `patchbay_owner`",
        ),
        (
            database.owner.replace(&database.name, "no_such"),
            "has no database `no_such`",
        ),
        (
            format!("{}?sslmode=require", database.owner),
            "does not offer TLS",
        ),
        (
            format!("postgres://me:secret@{web}/x?sslmode=disable"),
            "breaks the connection off",
        ),
    ];
    for (url, words) in cases {
        let began = Instant::now();
        let (well, said) = doctor_of(&sim.api_url(), &url);
        assert!(!well, "{said}");
        let told = line(&said, "database");
        assert!(
            told.starts_with("missing") && told.contains(words),
            "{words}: {told}"
        );
        assert!(told.contains(". "), "no next step: {told}");
        assert!(
            !said.contains("secret") && !said.contains("canary"),
            "{said}"
        );
        // It is bounded: five seconds for a try, and a machine that has much to do.
        assert!(began.elapsed() < Duration::from_secs(60), "{words}");
    }
    let (_, said) = doctor_of(&sim.api_url(), &database.owner);
    assert!(line(&said, "database").starts_with("ok"), "{said}");
    sim.stop().await;
}
