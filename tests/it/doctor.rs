//! `patchbay doctor`: what works and what does not, in words that say who is to mend it.

use std::process::Command;

use slack_sim::{Fault, FaultKind, Sim, SimConfig};

/// What the shipped binary says of this Slack, and whether it finds everything well.
fn doctor(api_url: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_patchbay"))
        .arg("doctor")
        .current_dir(folder.path())
        .env_clear()
        .env("SLACK_BOT_TOKEN", "xoxb-sim")
        .env("SLACK_APP_TOKEN", "xapp-sim")
        .env("PATCHBAY_SLACK__API_URL", api_url)
        .env("PATCHBAY_MODELS__DEFAULT", "demo/demo")
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
