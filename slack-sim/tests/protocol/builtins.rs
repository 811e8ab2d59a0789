//! The workspace's own commands: they bring the app into a channel and take it out, and no app hears of the words.

use serde_json::json;

use crate::app::{connected, start};

#[tokio::test]
async fn somebody_invites_the_app_and_removes_it_again() {
    let (sim, mut app) = connected().await;
    let id = sim.add_channel("plans", false).unwrap();
    let invited = sim.command("alice", "plans", "/invite", "@patchbay").await;
    assert!(invited.ok, "{invited:?}");
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["type"], "member_joined_channel");
    assert_eq!(
        (&event["channel"], &event["user"], &event["inviter"]),
        (&json!(id), &json!("U0BOT0001"), &json!("U0ALICE01"))
    );
    let told = sim.messages("alice", "plans").unwrap();
    assert_eq!(told[0].all_text(), "You added @patchbay to #plans.");
    assert!(told[0].ephemeral, "nobody else is told");
    assert!(sim.messages("bob", "plans").unwrap().is_empty());

    let again = sim
        .command("alice", "plans", "/invite", "@patchbay, @bob")
        .await;
    assert!(again.ok);
    let told = sim.messages("alice", "plans").unwrap();
    assert_eq!(
        told[1].all_text(),
        "@patchbay is already in #plans.\n@bob is already in #plans."
    );
    let removed = sim.command("bob", "plans", "/remove", "@patchbay").await;
    assert!(removed.ok);
    let event = app.take().await["payload"]["event"].clone();
    assert_eq!(event["type"], "channel_left");
}

#[tokio::test]
async fn nobody_brings_others_where_they_are_not_themselves() {
    let (sim, mut app) = connected().await;
    sim.add_private_channel("board", &["alice"], false).unwrap();
    let outside = sim
        .command("bob", "general", "/invite", "@patchbay #board")
        .await;
    assert!(!outside.ok);
    let why = outside.error.unwrap();
    assert!(why.starts_with("There is no channel"), "{why}");
    sim.kick("data", "bob").unwrap();
    app.take().await;
    let gone = sim.command("bob", "general", "/invite", "@bob #data").await;
    assert!(!gone.ok, "{gone:?}");
    assert!(sim.messages("bob", "data").is_err());
    let inside = sim
        .command("alice", "general", "/invite", "@patchbay #board")
        .await;
    assert!(inside.ok, "{inside:?}");
    assert_eq!(
        app.take().await["payload"]["event"]["type"],
        "member_joined_channel"
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_invitation_is_said() {
    let sim = start().await;
    for (place, text, why) in [
        ("general", "", "Say whom, as in `/invite @patchbay`."),
        ("general", "@nobody", "There is no person called `nobody`."),
        (
            "dm",
            "@bob",
            "You can invite people to channels and remove them there, not in a conversation.",
        ),
    ] {
        let refused = sim.command("alice", place, "/invite", text).await;
        assert_eq!((refused.ok, refused.error.as_deref()), (false, Some(why)));
        let told = sim.messages("alice", place).unwrap();
        assert_eq!(told.last().unwrap().all_text(), why);
    }
}
