//! The Klaviyo card, run against an account on loopback that Klaviyo's own library speaks to as well.

use std::sync::Arc;

use patchbay::cards::Registry;
use patchbay::error::Kind;
use patchbay::tools::ToolSource;
use serde_json::json;

use crate::connected::{Connected, seen_by};
use crate::fakes::klaviyo::{KEY, Klaviyo};

impl Connected<Klaviyo> {
    async fn new() -> Self {
        let klaviyo = Klaviyo::start().await;
        for number in 1..=3 {
            let name = format!("List {number}");
            klaviyo.has(
                "list",
                &format!("L{number}"),
                json!({ "name": name, "opt_in_process": "double_opt_in" }),
            );
        }
        klaviyo.has(
            "campaign",
            "C1",
            json!({ "name": "May sale", "status": "Sent", "channel": "email" }),
        );
        klaviyo.has(
            "campaign",
            "C2",
            json!({ "name": "Text", "status": "Draft", "channel": "sms" }),
        );
        klaviyo.has(
            "metric",
            "M1",
            json!({ "name": "Placed Order", "integration": { "name": "Shopify" } }),
        );
        klaviyo.has(
            "flow",
            "F1",
            json!({ "name": "Welcome", "status": "live", "trigger_type": "Added to List" }),
        );
        klaviyo.has(
            "segment",
            "S1",
            json!({ "name": "VIPs", "is_active": true }),
        );
        let mut card = (*Registry::embedded().unwrap().get("klaviyo").unwrap()).clone();
        card.service.http.as_mut().unwrap().base_url = format!("{}/api", klaviyo.url);
        let address = klaviyo.address().to_owned();
        let filled = [("key".to_owned(), KEY.to_owned())];
        Self::over(klaviyo, &address, Arc::new(card), filled)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_of_klaviyo_and_the_card_see_the_same_account() {
    let connected = Connected::new().await;
    let url = connected.service.url.clone();
    let seen = tokio::task::spawn_blocking(move || seen_by("klaviyo.mjs", &[&url, KEY]))
        .await
        .unwrap();
    let profiles = connected
        .asks("get_list_profiles", json!({ "id": "L1" }))
        .await;
    let ids: Vec<_> = profiles
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    assert_eq!(json!(ids), seen["on_list"]);
    let emails = connected.asks("get_profiles", json!({})).await;
    let emails: Vec<_> = emails
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["email"].clone())
        .collect();
    assert_eq!(json!(emails), seen["emails"]);
    // Three profiles are two pages.
    assert_eq!(emails.len(), 3);
}

#[tokio::test]
async fn a_profile_is_added_changed_found_and_put_on_a_list() {
    let connected = Connected::new().await;
    connected.source.check(&connected.target).await.unwrap();
    let ann = json!({ "email": "ann\"x@example.com", "first_name": "Ann", "properties": { "plan": "gold" } });
    let profile = connected.asks("create_profile", ann.clone()).await;
    let again = connected
        .call("create_profile", ann)
        .await
        .unwrap_err()
        .sentence();
    assert!(
        again.contains("already exists with one of these identifiers"),
        "{again}"
    );
    let change = json!({ "id": profile["id"], "title": "CTO" });
    let changed = connected.asks("update_profile", change).await;
    assert_eq!(
        (&changed["title"], &changed["first_name"]),
        (&json!("CTO"), &json!("Ann"))
    );
    let found = connected
        .asks("get_profiles", json!({ "email": "ann\"x@example.com" }))
        .await;
    assert_eq!(found, json!([changed]));
    let pair = json!({ "list": "L2", "profile": profile["id"] });
    let done = connected.asks("add_to_list", pair.clone()).await;
    assert_eq!(done, "Done; the service had nothing to add.");
    let on_it = || connected.asks("get_list_profiles", json!({ "id": "L2" }));
    assert_eq!(on_it().await, json!([changed]));
    connected.asks("remove_from_list", pair).await;
    assert_eq!(on_it().await, json!([]));
    let nowhere = json!({ "list": "L9", "profile": profile["id"] });
    let error = connected.call("add_to_list", nowhere).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::NotFound);
}

#[tokio::test]
async fn campaigns_lists_flows_segments_and_metrics_are_read() {
    let connected = Connected::new().await;
    let campaigns = connected.asks("get_campaigns", json!({})).await;
    assert_eq!(
        campaigns,
        json!([{ "id": "C1", "name": "May sale", "status": "Sent" }])
    );
    let texts = connected
        .asks("get_campaigns", json!({ "channel": "sms", "limit": 5 }))
        .await;
    assert_eq!(texts[0]["name"], "Text");
    assert_eq!(
        connected.asks("get_campaign", json!({ "id": "C2" })).await,
        texts[0]
    );
    let lists = connected.asks("get_lists", json!({})).await;
    let names: Vec<_> = lists
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["List 1", "List 2", "List 3"]);
    let some = connected.asks("get_lists", json!({ "limit": 2 })).await;
    assert_eq!(
        (some["items"].as_array().unwrap().len(), &some["more"]),
        (2, &json!(true))
    );
    let flows = connected.asks("get_flows", json!({})).await;
    assert_eq!(
        flows[0],
        json!({ "id": "F1", "name": "Welcome", "status": "live", "trigger": "Added to List" })
    );
    assert_eq!(
        connected.asks("get_segments", json!({})).await[0]["active"],
        true
    );
    let metrics = connected.asks("get_metrics", json!({})).await;
    assert_eq!(
        metrics,
        json!([{ "id": "M1", "name": "Placed Order", "from": "Shopify" }])
    );
    let asked = json!({ "id": "M1", "measure": "unique", "since": "2026-11-01T00:00:00", "until": "2026-11-03T00:00:00" });
    let totals = connected.asks("get_metric_totals", asked).await;
    assert_eq!(totals["numbers"], json!([{ "unique": [3.0, 5.0] }]));
}

#[tokio::test]
async fn a_key_that_does_not_work_is_found_by_the_check() {
    let mut connected = Connected::new().await;
    connected
        .target
        .secrets
        .insert("key".to_owned(), "pk_wrong".into());
    let error = connected.source.check(&connected.target).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Unauthenticated);
    insta::assert_snapshot!(error.sentence(), @"Klaviyo does not accept this credential. It said: “Missing or invalid private key.”. Connect again with `/mcp connect klaviyo`.");
}
