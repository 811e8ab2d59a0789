//! The same through the forms that people fill in, and the addresses that a delivery names.

use serde_json::json;

use super::names::PRIVATE;
use super::namespace;
use super::network::Network;
use super::urls::HOSTS;
use crate::world::{World, handmade};

#[test]
fn forms_and_deliveries_lead_nowhere_inside() {
    namespace::inside(
        "ssrf::product::forms_and_deliveries_lead_nowhere_inside",
        async |folder| {
            let network = Network::start(&folder).await;
            let world = World::start_with(
                crate::world::Engine::Sqlite,
                patchbay::slack::Transport::Socket,
                |config| {
                    config.network.allow.clear();
                },
            )
            .await;
            let alice = world.alice();
            let some = HOSTS.iter().map(|(host, _)| *host).step_by(7);
            for (number, host) in some.chain(PRIVATE.into_iter().skip(5)).enumerate() {
                let github = json!({
                    "token": "ghp_0123456789", "base_url": format!("https://{host}"), "connection-name": format!("g{number}"),
                });
                let postgres = json!({
                    "url": format!("postgres://u:p@{host}/db"), "connection-name": format!("p{number}"),
                });
                let rest = json!({
                    "base_url": format!("https://{host}"), "connection-name": format!("r{number}"),
                });
                let openapi = json!({
                    "document": format!("https://{host}/openapi.json"), "connection-name": format!("o{number}"),
                });
                let graphql = json!({
                    "endpoint": format!("https://{host}/graphql"), "connection-name": format!("q{number}"),
                });
                let mcp = json!({
                    "url": format!("https://{host}/mcp"), "connection-name": format!("m{number}"),
                });
                let redis = json!({
                    "url": format!("rediss://u:p@{host}/0"), "connection-name": format!("d{number}"),
                });
                for (card, values) in [
                    ("github", github),
                    ("graphql", graphql),
                    ("mcp", mcp),
                    ("redis", redis),
                    ("openapi", openapi),
                    ("postgres", postgres),
                    ("rest", rest),
                ] {
                    let told = alice.connects(card, values).await.all_text();
                    assert!(
                        told.contains("I only connect to public servers"),
                        "{host}: {told}"
                    );
                }
            }
            assert_eq!(network.forbidden_so_far().await, []);

            // Where Slack is said to listen for an answer: from another workspace it is answered at once.
            for to in [
                "https://127.0.0.1/",
                "http://169.254.169.254/",
                "https://hooks.slack.com.example.com/",
            ] {
                let shortcut = json!({
                    "type": "message_action", "callback_id": "ask_about", "trigger_id": "1.2.x",
                    "team": { "id": "T0ELSEWHERE" }, "user": { "id": "U0SOMEBODY", "team_id": "T0ELSEWHERE" },
                    "response_url": to,
                });
                assert!(world.sim.deliver(handmade("interactive", shortcut)).await[0].acked);
            }
            world.stop().await;
            assert_eq!(network.forbidden_so_far().await, []);
        },
    );
}
