//! What people do with the bot in Slack, told as they would tell it.

mod abuse;
mod apis;
mod approvals;
mod bad_input;
mod changes;
mod channels;
mod connecting;
mod databases;
mod errors;
mod failures_in_german;
mod faults;
pub mod files;
mod first_card;
mod growing;
pub mod home;
mod languages;
mod live;
pub mod long;
mod outages;
mod own_cards;
mod questions;
mod seams;
mod services;
mod shortcuts;
mod sockets;
pub mod surfaces;
mod threads;
mod uninstalls;
mod usage;
mod whose;
mod workspaces;

/// One story on every pairing of database and transport.
macro_rules! on_every_pairing {
    ($($story:ident),* $(,)?) => {$(
        mod $story {
            use patchbay::slack::Transport;

            use crate::world::{Engine, World};

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite_socket() {
                super::$story(World::start_on(Engine::Sqlite, Transport::Socket).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite_http() {
                super::$story(World::start_on(Engine::Sqlite, Transport::Http).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres_socket() {
                super::$story(World::start_on(Engine::Postgres, Transport::Socket).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres_http() {
                super::$story(World::start_on(Engine::Postgres, Transport::Http).await).await;
            }
        }
    )*};
}
use on_every_pairing;

/// A message or form as a reviewer reads it: paste it into Block Kit Builder. Names and times that
/// change from run to run are replaced.
macro_rules! assert_screen {
    ($name:literal, $blocks:expr) => {{
        let blocks = serde_json::json!($blocks);
        insta::with_settings!({
            snapshot_path => "../screens",
            prepend_module_to_snapshot => false,
            filters => vec![
                (r"\b(con|run|apr|demo|call)_[0-9A-Z]{26}", "$1_…"),
                (r"\bE-[0-9A-Z]{6}\b", "E-…"),
                // Slack names blocks that we leave nameless.
                (r#",\s*"block_id": "[0-9a-f]{6}""#, ""),
                (r"\b(\d+ ms|\d+\.\d s)\b", "… ms"),
                (r"<!date\^\d+\^", "<!date^…^"),
                (r"\|\d{4}-\d\d-\d\d \d\d:\d\d UTC>", "|…>"),
                (r"http://127\.0\.0\.1:\d+/response/[0-9A-Za-z_-]+", "https://hooks.slack.com/…"),
                (r"postgres://[^\s\x22]+", "postgres://…"),
                (r"POST http://127\.0\.0\.1:\d+/", "POST https://…/"),
                (r"http://127\.0\.0\.1:\d+/archives/[^|]+\|", "https://….slack.com/archives/…|"),
            ],
        }, {
            insta::assert_json_snapshot!($name, serde_json::json!({ "blocks": blocks }));
        })
    }};
}
use assert_screen;
