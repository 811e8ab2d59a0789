//! The blocks that agents answer with: which of them Slack takes.

use serde_json::{Value, json};

use crate::app::{call, start};

fn task(status: &str) -> Value {
    json!({"type": "task_card", "task_id": "t", "title": "Look", "status": status})
}

fn feedback() -> Value {
    let button =
        |words: &str| json!({"text": {"type": "plain_text", "text": words}, "value": words});
    json!({"type": "context_actions", "elements": [
        {"type": "feedback_buttons", "positive_button": button("Good"), "negative_button": button("Bad")},
        {"type": "icon_button", "icon": "trash", "text": {"type": "plain_text", "text": "Remove"}},
    ]})
}

fn bars() -> Value {
    json!({"type": "data_visualization", "title": "Users", "chart": {
        "type": "bar",
        "series": [{"name": "New", "data": [{"label": "Sep", "value": 90}, {"label": "Oct", "value": 201}]}],
        "axis_config": {"categories": ["Sep", "Oct"], "y_label": "Users"},
    }})
}

fn pie(value: i32) -> Value {
    json!({"type": "data_visualization", "title": "Plans", "chart": {
        "type": "pie", "segments": [{"label": "Free", "value": value}, {"label": "Paid", "value": 3}],
    }})
}

#[tokio::test]
async fn an_agents_blocks_are_taken_when_they_are_right() {
    let sim = start().await;
    let plan = json!({"type": "plan", "title": "Plan", "tasks": [task("complete")]});
    for blocks in [
        json!([task("in_progress"), feedback()]),
        json!([plan, bars(), pie(5)]),
    ] {
        let body = json!({"channel": "general", "text": "x", "blocks": blocks});
        let answer = call(&sim, "chat.postMessage", body).await;
        assert_eq!(answer["ok"], true, "{answer}");
    }
}

#[tokio::test]
async fn an_agents_blocks_are_refused_where_they_are_wrong() {
    let sim = start().await;
    let mut uneven = bars();
    uneven["chart"]["axis_config"]["categories"] = json!(["Sep", "Oct", "Nov"]);
    let mut mute = feedback();
    mute["elements"][0]["positive_button"]["text"] = Value::Null;
    let plan = json!({"type": "plan", "title": "Plan", "tasks": [task("done")]});
    for (blocks, pointer) in [
        (json!([task("completed")]), "/blocks/0/status"),
        (json!([plan]), "/blocks/0/tasks/0/status"),
        (
            json!([task("complete"), {"type": "plan", "title": "P", "tasks": []}]),
            "plan and task_card",
        ),
        (json!([mute]), "/blocks/0/elements/0/positive_button"),
        (
            json!([{"type": "context_actions", "elements": [{"type": "button"}]}]),
            "/blocks/0/elements/0/type",
        ),
        (json!([uneven]), "/blocks/0/chart/series/0/data"),
        (json!([pie(0)]), "/blocks/0/chart/segments/0/value"),
        (json!([pie(1), pie(2), pie(3)]), "no more than 2"),
    ] {
        let body = json!({"channel": "general", "text": "x", "blocks": blocks});
        let answer = call(&sim, "chat.postMessage", body).await;
        assert_eq!(answer["error"], "invalid_blocks", "{answer}");
        assert!(answer["errors"].to_string().contains(pointer), "{answer}");
    }
}
