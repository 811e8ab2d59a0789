//! OAuth: the page on which people decide, codes, tokens, and tokens that are renewed.

use std::time::Duration;

use serde_json::{Value, json};
use slack_sim::Sim;

use crate::app::{call_as, start};

const CLIENT: (&str, &str) = ("1234567890.0987654321", "sim-client-secret");
const BACK: &str = "http://127.0.0.1:9/callback";

fn address(more: &str) -> String {
    format!(
        "https://example.com/oauth/v2/authorize?client_id={}&scope=chat:write,users:read&state=s%261{more}",
        CLIENT.0
    )
}

/// Calls `oauth.v2.access` as an app that says who it is with the Basic scheme.
async fn access(sim: &Sim, form: &[(&str, &str)]) -> Value {
    let request = reqwest::Client::new().post(format!("{}oauth.v2.access", sim.api_url()));
    let request = request.basic_auth(CLIENT.0, Some(CLIENT.1)).form(form);
    request.send().await.unwrap().json().await.unwrap()
}

fn code_of(redirect: &str) -> String {
    let url = reqwest::Url::parse(redirect).unwrap();
    let fields: Vec<_> = url.query_pairs().into_owned().collect();
    assert_eq!(
        fields[1],
        ("state".to_owned(), "s&1".to_owned()),
        "{redirect}"
    );
    assert_eq!(fields[0].0, "code");
    fields[0].1.clone()
}

async fn installed(sim: &Sim, more: &str) -> Value {
    let redirect = format!("&redirect_uri={BACK}{more}");
    let redirect = sim.authorize("bob", &address(&redirect), false).unwrap();
    assert!(redirect.starts_with(BACK));
    let code = code_of(&redirect);
    let answer = access(sim, &[("code", &code), ("redirect_uri", BACK)]).await;
    assert_eq!(answer["ok"], true, "{answer}");
    let again = access(sim, &[("code", &code), ("redirect_uri", BACK)]).await;
    assert_eq!(again["error"], "invalid_code");
    answer
}

#[tokio::test]
async fn a_code_becomes_tokens_once() {
    let sim = start().await;
    let answer = installed(&sim, "&user_scope=users:read").await;
    assert_eq!(answer["scope"], "chat:write,users:read");
    assert_eq!(answer["token_type"], "bot");
    assert_eq!(answer["bot_user_id"], "U0BOT0001");
    assert_eq!(answer["team"]["id"], "T0SIM0001");
    assert_eq!(answer["enterprise"], Value::Null);
    assert_eq!(answer["is_enterprise_install"], false);
    assert_eq!(answer.get("refresh_token"), None);
    let bot = answer["access_token"].as_str().unwrap();
    let user = answer["authed_user"]["access_token"].as_str().unwrap();
    assert!(bot.starts_with("xoxb-") && user.starts_with("xoxp-"));
    let me = call_as(&sim, bot, "auth.test", json!({})).await;
    assert_eq!(
        (&me["user"], &me["bot_id"]),
        (&json!("patchbay"), &json!("B0BOT0001"))
    );
    let me = call_as(&sim, user, "auth.test", json!({})).await;
    assert_eq!((&me["user"], me.get("bot_id")), (&json!("bob"), None));
    let lacking = call_as(&sim, bot, "reactions.add", json!({})).await;
    assert_eq!(lacking["error"], "missing_scope");
    let person = call_as(
        &sim,
        user,
        "chat.postMessage",
        json!({"channel": "general", "text": "x"}),
    )
    .await;
    assert_eq!(person["error"], "not_allowed_token_type");
    let shown = serde_json::to_string(&sim.all_calls()).unwrap();
    assert!(
        !shown.contains("sim-client-secret"),
        "secrets stay out of the inspector"
    );
}

#[tokio::test]
async fn tokens_are_renewed_once_with_each_refresh_token() {
    let sim = start().await;
    sim.set_token_rotation(true);
    let first = installed(&sim, "").await;
    let text = |answer: &Value, field: &str| answer[field].as_str().unwrap().to_owned();
    assert!(text(&first, "access_token").starts_with("xoxe.xoxb-1-"));
    assert!(text(&first, "refresh_token").starts_with("xoxe-1-"));
    assert_eq!(first["expires_in"], 43_200);
    let refresh = text(&first, "refresh_token");
    let renew = async |token: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        access(&sim, &form).await
    };
    let test = async |answer: &Value| {
        let token = answer["access_token"].as_str().unwrap();
        call_as(&sim, token, "auth.test", json!({})).await["error"].clone()
    };
    let second = renew(&refresh).await;
    assert_eq!(second["token_type"], "bot", "{second}");
    assert_eq!(renew(&refresh).await["error"], "invalid_refresh_token");
    assert_eq!(
        test(&first).await,
        Value::Null,
        "the last one works until it expires"
    );
    let third = renew(&text(&second, "refresh_token")).await;
    assert_eq!(test(&first).await, "token_revoked");
    sim.advance(Duration::from_secs(12 * 60 * 60 + 1));
    assert_eq!(test(&third).await, "token_expired");
    let fourth = renew(&text(&third, "refresh_token")).await;
    assert_eq!(test(&fourth).await, Value::Null);
    sim.revoke_tokens();
    let ended = renew(&text(&fourth, "refresh_token")).await;
    assert_eq!(ended["error"], "token_revoked");
}

#[tokio::test]
async fn what_is_wrong_with_an_exchange_has_its_code() {
    let sim = start().await;
    let cases = [
        (json!({}), "invalid_client_id"),
        (
            json!({"client_id": CLIENT.0, "client_secret": "x"}),
            "bad_client_secret",
        ),
        (
            json!({"client_id": CLIENT.0, "client_secret": CLIENT.1}),
            "invalid_code",
        ),
        (
            json!({"client_id": CLIENT.0, "client_secret": CLIENT.1, "grant_type": "password"}),
            "invalid_grant_type",
        ),
    ];
    for (args, code) in cases {
        assert_eq!(
            call_as(&sim, "none", "oauth.v2.access", args).await["error"],
            code
        );
    }
    let asked = address(&format!("&redirect_uri={BACK}"));
    let code = code_of(&sim.authorize("bob", &asked, false).unwrap());
    let other = access(
        &sim,
        &[("code", &code), ("redirect_uri", "http://127.0.0.1:9/")],
    )
    .await;
    assert_eq!(other["error"], "bad_redirect_uri");
    let code = code_of(&sim.authorize("bob", &asked, false).unwrap());
    sim.advance(Duration::from_secs(601));
    let late = access(&sim, &[("code", &code), ("redirect_uri", BACK)]).await;
    assert_eq!(late["error"], "invalid_code");

    for (asked, code) in [
        (
            address("&redirect_uri=https://evil.example/"),
            "bad_redirect_uri",
        ),
        (address(""), "bad_redirect_uri"),
        ("/oauth?client_id=1&scope=x".to_owned(), "invalid_client_id"),
        (
            format!("/oauth?client_id={}&redirect_uri={BACK}", CLIENT.0),
            "invalid_scope",
        ),
    ] {
        let refused = sim.authorize("bob", &asked, false).unwrap_err().to_string();
        assert!(refused.starts_with(code), "{refused}");
    }
}

#[tokio::test]
async fn a_person_decides_on_a_page() {
    let sim = start().await;
    let query = address(&format!("&redirect_uri={BACK}"));
    let query = query.split_once('?').unwrap().1;
    let url = format!("{}/oauth/v2/authorize", sim.url());
    let hostile = format!("{url}?{query}&user_scope=%3Cscript%3E");
    let page = reqwest::get(hostile).await.unwrap();
    assert!(
        page.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("frame-ancestors")
    );
    let page = page.text().await.unwrap();
    assert!(page.contains("<code>chat:write</code>") && page.contains("Bob Brown"));
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let decide = |decision: &'static str, origin: &'static str| {
        let form = [("query", query), ("user", "alice"), ("decision", decision)];
        http.post(&url).header("origin", origin).form(&form).send()
    };
    let allowed = decide("allow", "http://127.0.0.1:1").await.unwrap();
    code_of(allowed.headers()["location"].to_str().unwrap());
    let cancelled = decide("cancel", "http://127.0.0.1:1").await.unwrap();
    let back = cancelled.headers()["location"].to_str().unwrap();
    assert_eq!(back, format!("{BACK}?error=access_denied&state=s%261"));
    let foreign = decide("allow", "https://evil.example").await.unwrap();
    assert_eq!(foreign.status(), 403);
    let wrong = reqwest::get(format!("{url}?client_id=1")).await.unwrap();
    assert_eq!(wrong.status(), 400);
}
