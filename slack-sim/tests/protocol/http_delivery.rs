//! Delivery by signed POSTs: signatures, retries, answers in the response.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use slack_morphism::SlackSigningSecret;
use slack_morphism::signature_verifier::SlackEventSignatureVerifier;
use slack_sim::{AppConfig, Delivery, Fault, FaultKind, Sim, SimConfig};

use crate::app::{call, modal, start};

/// One POST that the app got.
#[derive(Clone)]
struct Got {
    path: &'static str,
    headers: HeaderMap,
    body: String,
}

/// What the app answers next; with nothing left it says 200.
type Answers = Vec<(StatusCode, &'static str, Value)>;

#[derive(Clone, Default)]
struct HttpApp {
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<Answers>>,
}

impl HttpApp {
    /// Listens, and gives its base address.
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut router = Router::new();
        for (path, name) in [
            ("/slack/events", "events"),
            ("/slack/commands", "commands"),
            ("/slack/interactivity", "interactivity"),
        ] {
            let take = move |State(app): State<Self>, headers: HeaderMap, body: String| async move {
                app.take(name, headers, body)
            };
            router = router.route(path, post(take));
        }
        let router = router.with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    fn take(&self, path: &'static str, headers: HeaderMap, body: String) -> Response {
        let json: Value = serde_json::from_str(&body).unwrap_or_default();
        if json["type"] == "url_verification" {
            return json["challenge"]
                .as_str()
                .unwrap()
                .to_owned()
                .into_response();
        }
        self.got.lock().unwrap().push(Got {
            path,
            headers,
            body,
        });
        let answer = self.answers.lock().unwrap().pop();
        match answer {
            None => StatusCode::OK.into_response(),
            Some((status, header, Value::Null)) => {
                (status, [("x-slack-no-retry", header)]).into_response()
            }
            Some((status, _, body)) => (status, body.to_string()).into_response(),
        }
    }

    fn will_answer(&self, status: StatusCode, no_retry: &'static str, body: Value) {
        self.answers
            .lock()
            .unwrap()
            .insert(0, (status, no_retry, body));
    }

    /// Waits for the POST with this number, counting from zero.
    async fn post(&self, number: usize) -> Got {
        for _ in 0..500 {
            if let Some(got) = self.got.lock().unwrap().get(number) {
                return got.clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("POST {number} never came");
    }
}

async fn connected() -> (Sim, HttpApp) {
    let app = HttpApp::default();
    let delivery = Delivery::Http {
        request_url: app.start().await,
    };
    let config = SimConfig {
        app: AppConfig {
            delivery,
            ..AppConfig::default()
        },
        ..SimConfig::default()
    };
    (Sim::start(config).await.unwrap(), app)
}

fn header<'a>(got: &'a Got, name: &str) -> &'a str {
    got.headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

fn field(got: &Got, name: &str) -> String {
    let fields = url::form_urlencoded::parse(got.body.as_bytes());
    let mut found = fields.filter(|(key, _)| key == name);
    found.next().unwrap().1.into_owned()
}

fn verify(got: &Got, secret: &str) -> bool {
    let secret = SlackSigningSecret::new(secret.to_owned());
    let verifier = SlackEventSignatureVerifier::new(&secret);
    let signature = header(got, "x-slack-signature");
    let timestamp = header(got, "x-slack-request-timestamp");
    verifier.verify(signature, &got.body, timestamp).is_ok()
}

#[tokio::test]
async fn every_post_is_signed() {
    let (sim, app) = connected().await;
    // The signature follows the app's own clock, however far ahead the workspace is.
    sim.advance(Duration::from_secs(3_600));
    sim.say("alice", "dm", "hello").await.unwrap();
    let event = app.post(0).await;
    let command = sim.command("alice", "general", "/mcp", "list all").await;
    assert!(command.ok);
    let command = app.post(1).await;
    for got in [&event, &command] {
        assert!(verify(got, "sim-signing-secret"));
        assert!(!verify(got, "another-secret"));
    }
    assert_eq!(event.path, "events");
    let body: Value = serde_json::from_str(&event.body).unwrap();
    assert_eq!(body["event"]["text"], "hello");
    assert_eq!(header(&event, "x-slack-retry-num"), "");
    assert_eq!(command.path, "commands");
    assert_eq!(field(&command, "text"), "list all");
    assert_eq!(field(&command, "user_id"), "U0ALICE01");
}

#[tokio::test]
async fn a_failed_event_comes_again_with_its_number_and_reason() {
    let (sim, app) = connected().await;
    for _ in 0..2 {
        app.will_answer(StatusCode::SERVICE_UNAVAILABLE, "0", Value::Null);
    }
    sim.say("alice", "dm", "hello").await.unwrap();
    let (first, second) = (app.post(0).await, app.post(1).await);
    assert_eq!(header(&second, "x-slack-retry-num"), "1");
    assert_eq!(header(&second, "x-slack-retry-reason"), "http_error");
    assert_eq!(first.body, second.body);
    tokio::time::sleep(Duration::from_millis(100)).await;
    sim.advance(Duration::from_secs(60));
    let third = app.post(2).await;
    assert_eq!(header(&third, "x-slack-retry-num"), "2");
    assert!(verify(&third, "sim-signing-secret"));
}

#[tokio::test]
async fn a_lost_acknowledgement_is_an_http_timeout() {
    let (sim, app) = connected().await;
    sim.fault(Fault::new("ack", FaultKind::LostReply));
    sim.say("alice", "dm", "hello").await.unwrap();
    // The clock is left alone: pushed too early, it would cut off an acknowledgement that was not lost.
    let (first, second) = (app.post(0).await, app.post(1).await);
    assert_eq!(header(&second, "x-slack-retry-num"), "1");
    assert_eq!(header(&second, "x-slack-retry-reason"), "http_timeout");
    assert_eq!(first.body, second.body);
}

#[tokio::test]
async fn the_app_can_ask_for_no_retry() {
    let (sim, app) = connected().await;
    app.will_answer(StatusCode::SERVICE_UNAVAILABLE, "1", Value::Null);
    sim.say("alice", "dm", "one").await.unwrap();
    app.post(0).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    sim.advance(Duration::from_secs(600));
    sim.say("alice", "dm", "two").await.unwrap();
    assert!(app.post(1).await.body.contains("two"));
}

#[tokio::test]
async fn the_response_answers_commands_and_submissions() {
    let (sim, app) = connected().await;
    app.will_answer(StatusCode::OK, "", json!({"text": "listed"}));
    let outcome = sim.command("alice", "general", "/mcp", "list").await;
    assert_eq!(outcome.all_text(), "listed");
    assert!(sim.messages("alice", "general").unwrap()[0].ephemeral);

    let trigger_id = field(&app.post(0).await, "trigger_id");
    let body = json!({"trigger_id": trigger_id, "view": modal("Connect")});
    let opened = call(&sim, "views.open", body).await;
    let id = opened["view"]["id"].as_str().unwrap();
    let errors = json!({"response_action": "errors", "errors": {"name": "Taken"}});
    app.will_answer(StatusCode::OK, "", errors);
    let outcome = sim.submit("alice", id, json!({"name": "github"})).await;
    assert_eq!(outcome.errors["name"], "Taken");
    let payload: Value = serde_json::from_str(&field(&app.post(1).await, "payload")).unwrap();
    assert_eq!(payload["type"], "view_submission");
    let update = json!({"response_action": "update", "view": modal("Step two")});
    app.will_answer(StatusCode::OK, "", update);
    sim.submit("alice", id, json!({"name": "github"})).await;
    assert_eq!(sim.top_view("alice").unwrap().unwrap().title(), "Step two");
    let outcome = sim.submit("alice", id, json!({"name": "github"})).await;
    assert!(outcome.closed);

    app.will_answer(StatusCode::INTERNAL_SERVER_ERROR, "", Value::Null);
    let outcome = sim.command("alice", "general", "/mcp", "list").await;
    assert_eq!(outcome.error.as_deref(), Some("dispatch_failed"));
}

#[tokio::test]
async fn delivery_changes_over_once_the_app_proves_its_address() {
    let sim = start().await;
    let app = HttpApp::default();
    let request_url = app.start().await;
    sim.set_delivery(Delivery::Http { request_url })
        .await
        .unwrap();
    assert!(sim.command("alice", "general", "/mcp", "list").await.ok);
    let nobody = Delivery::Http {
        request_url: "http://127.0.0.1:1".to_owned(),
    };
    sim.set_delivery(nobody).await.unwrap_err();
    sim.set_delivery(Delivery::Socket).await.unwrap();
    let outcome = sim.command("alice", "general", "/mcp", "list").await;
    assert_eq!(outcome.error.as_deref(), Some("no_app"));
}
