//! The administration of a project's users.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{Asked, said};

const WHEN: &str = "2026-11-20T09:30:00Z";

pub fn answer(users: &mut Vec<Value>, path: &[&str], asked: &Asked) -> Response {
    let position = |id: &str| users.iter().position(|user| user["id"] == id);
    match (&asked.method, path) {
        (&Method::GET, []) => {
            let number = |name: &str, usual| {
                asked
                    .text(name)
                    .and_then(|n| n.parse().ok())
                    .unwrap_or(usual)
            };
            let (page, size): (usize, usize) = (number("page", 1), number("per_page", 50));
            let shown: Vec<_> = users.iter().skip((page - 1) * size).take(size).collect();
            said(
                StatusCode::OK,
                json!({ "users": shown, "aud": "authenticated" }),
            )
        }
        (&Method::POST, []) => create(users, &asked.json()),
        (method, [id]) => match (method, position(id)) {
            (_, None) => {
                let body =
                    json!({ "code": 404, "error_code": "user_not_found", "msg": "User not found" });
                said(StatusCode::NOT_FOUND, body)
            }
            (&Method::GET, Some(at)) => said(StatusCode::OK, users[at].clone()),
            (&Method::PUT, Some(at)) => {
                change(&mut users[at], &asked.json());
                said(StatusCode::OK, users[at].clone())
            }
            (&Method::DELETE, Some(at)) => {
                users.remove(at);
                said(StatusCode::OK, json!({}))
            }
            _ => said(StatusCode::METHOD_NOT_ALLOWED, json!({})),
        },
        _ => said(StatusCode::NOT_FOUND, json!({})),
    }
}

fn create(users: &mut Vec<Value>, given: &Value) -> Response {
    if users.iter().any(|user| user["email"] == given["email"]) {
        let body = json!({
            "code": 422, "error_code": "email_exists",
            "msg": "A user with this email address has already been registered",
        });
        return said(StatusCode::UNPROCESSABLE_ENTITY, body);
    }
    let mut user = json!({
        "id": format!("00000000-0000-4000-8000-{:012}", users.len() + 1),
        "aud": "authenticated", "role": "authenticated", "email": given["email"], "phone": "",
        "created_at": WHEN, "updated_at": WHEN, "identities": [],
        "app_metadata": { "provider": "email", "providers": ["email"] }, "user_metadata": {},
    });
    change(&mut user, given);
    users.push(user.clone());
    said(StatusCode::OK, user)
}

fn change(user: &mut Value, given: &Value) {
    if given["email"].is_string() {
        user["email"] = given["email"].clone();
    }
    if given["email_confirm"] == true {
        user["email_confirmed_at"] = json!(WHEN);
    }
    match given["ban_duration"].as_str() {
        Some("none") => drop(user.as_object_mut().unwrap().remove("banned_until")),
        Some(_) => user["banned_until"] = json!("2026-11-21T09:30:00Z"),
        None => {}
    }
    let about = given["user_metadata"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    user["user_metadata"].as_object_mut().unwrap().extend(about);
}
