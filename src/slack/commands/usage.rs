//! `/mcp usage` — what you used today and altogether, and what it cost.

use chrono::{DateTime, NaiveTime, Utc};
use serde_json::Value;

use crate::app::App;
use crate::error::Result;
use crate::slack::blocks::{Message, context, section};
use crate::slack::inbound::Caller;
use crate::slack::mrkdwn::{code, escape};
use crate::slack::router::Reply;
use crate::slack::screens::plural;
use crate::store::{ModelUse, ToolUse, Totals, UseOf};

/// What "about" says.
const CUT_OFF: &str = "\"About\": of an answer that was stopped or broke off, the tokens are estimated where the provider did not count them.";
/// Rows of each list.
const MOST_LISTED: i64 = 8;

pub async fn run(app: &App, caller: &Caller) -> Result<Reply> {
    let of = UseOf::Person(&caller.person);
    let (today, total) = totals(app, of).await?;
    let models = app.store.use_by_model(of, MOST_LISTED).await?;
    let tools = app.store.use_by_tool(of, MOST_LISTED).await?;
    Ok(Reply::Private(screen(&today, &total, &models, &tools)))
}

/// What was used today, by the clock of UTC, and altogether.
pub async fn totals(app: &App, of: UseOf<'_>) -> Result<(Totals, Totals)> {
    let midnight = app
        .clock
        .now()
        .date_naive()
        .and_time(NaiveTime::MIN)
        .and_utc();
    let today = app.store.totals(of, midnight).await?;
    let total = app.store.totals(of, DateTime::<Utc>::UNIX_EPOCH).await?;
    Ok((today, total))
}

fn screen(today: &Totals, total: &Totals, models: &[ModelUse], tools: &[ToolUse]) -> Message {
    let message = Message::new(format!("*Your usage*\n{}", both(today, total)));
    if total.questions == 0 {
        return message.block(context(
            "Nothing yet. Ask me something, and it is counted here.",
        ));
    }
    let models = list("By model", models.iter().map(model_line));
    let tools = list("Most used tools", tools.iter().map(tool_line));
    let mut message = message;
    message.blocks.extend(models.into_iter().chain(tools));
    let message = message.block(context(
        "Costs are estimates from list prices. A tool's cost is that of the questions that used it. Days begin at midnight UTC.",
    ));
    match total.estimated {
        0 => message,
        _ => message.block(context(CUT_OFF)),
    }
}

/// A titled list, unless it is empty.
fn list(title: &str, lines: impl Iterator<Item = String>) -> Option<Value> {
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| section(&format!("*{title}*\n{}", lines.join("\n"))))
}

/// Two lines: today, and altogether.
pub fn both(today: &Totals, total: &Totals) -> String {
    format!("Today: {}\nTotal: {}", line(today), line(total))
}

fn line(totals: &Totals) -> String {
    let (questions, calls) = (totals.questions, totals.calls);
    format!(
        "{questions} {} · {calls} tool {}{} · {} · {}",
        plural(questions as usize, "question"),
        plural(calls as usize, "call"),
        success(totals.worked, calls),
        tokens(totals.tokens, totals.estimated),
        cost(totals.cost, totals.unpriced),
    )
}

fn success(worked: i64, calls: i64) -> String {
    match calls {
        0 => String::new(),
        calls => format!(" ({}% worked)", worked * 100 / calls),
    }
}

fn tokens(tokens: i64, estimated: i64) -> String {
    let about = if estimated > 0 { "about " } else { "" };
    format!("{about}{tokens} tokens")
}

fn cost(amount: crate::domain::money::NanoDollars, unpriced: i64) -> String {
    match (amount.0, unpriced) {
        (_, 0) => amount.to_string(),
        (0, _) => "unpriced".to_owned(),
        (_, _) => format!("{amount} and what is unpriced"),
    }
}

/// One model's line, for the admins' totals as well.
pub fn model_line(model: &ModelUse) -> String {
    format!(
        "{}  {} {} · {} · {}",
        code(&model.model),
        model.questions,
        plural(model.questions as usize, "question"),
        tokens(model.tokens, model.estimated),
        cost(model.cost, model.unpriced),
    )
}

fn tool_line(tool: &ToolUse) -> String {
    format!(
        "{}  {} {}{} · {}",
        escape(&tool.tool),
        tool.calls,
        plural(tool.calls as usize, "call"),
        success(tool.worked, tool.calls),
        tool.cost,
    )
}
