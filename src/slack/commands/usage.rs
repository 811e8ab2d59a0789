//! `/mcp usage` — what you used today and altogether, and what it cost.

use chrono::{DateTime, NaiveTime, Utc};
use serde_json::Value;

use crate::app::App;
use crate::domain::language::Language;
use crate::domain::money::NanoDollars;
use crate::error::Result;
use crate::slack::blocks::{Message, context, section};
use crate::slack::inbound::Caller;
use crate::slack::mrkdwn::{code, escape};
use crate::slack::router::Reply;
use crate::store::{ModelUse, ToolUse, Totals, UseOf};
use crate::{counted, text};

/// Rows of each list.
const MOST_LISTED: i64 = 8;

pub async fn run(app: &App, caller: &Caller) -> Result<Reply> {
    let of = UseOf::Person(&caller.person);
    let (today, total) = totals(app, of).await?;
    let models = app.store.use_by_model(of, MOST_LISTED).await?;
    let tools = app.store.use_by_tool(of, MOST_LISTED).await?;
    let screen = screen(caller.language, &today, &total, &models, &tools);
    Ok(Reply::Private(screen))
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

fn screen(
    language: Language,
    today: &Totals,
    total: &Totals,
    models: &[ModelUse],
    tools: &[ToolUse],
) -> Message {
    let title = text!("*Your usage*").to(language);
    let mut message = Message::new(format!("{title}\n{}", both(language, today, total)));
    if total.questions == 0 {
        let nothing = text!("Nothing yet. Ask me something, and it is counted here.");
        return message.block(context(&nothing.to(language)));
    }
    let models = models.iter().map(|model| model_line(language, model));
    let models = list(&text!("*By model*").to(language), models);
    let tools = tools.iter().map(|tool| tool_line(language, tool));
    let tools = list(&text!("*Most used tools*").to(language), tools);
    message.blocks.extend(models.into_iter().chain(tools));
    let notes = text!(
        "Costs are estimates from list prices. A tool's cost is that of the questions that used it. Days begin at midnight UTC."
    );
    let message = message.block(context(&notes.to(language)));
    match total.estimated {
        0 => message,
        _ => {
            let about = text!(
                "\"About\": of an answer that was stopped or broke off, the tokens are estimated where the provider did not count them."
            );
            message.block(context(&about.to(language)))
        }
    }
}

/// A titled list, unless it is empty.
fn list(title: &str, lines: impl Iterator<Item = String>) -> Option<Value> {
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| section(&format!("{title}\n{}", lines.join("\n"))))
}

/// Two lines: today, and altogether.
pub fn both(language: Language, today: &Totals, total: &Totals) -> String {
    let (today, total) = (line(language, today), line(language, total));
    text!("Today: {today}\nTotal: {total}", today, total).to(language)
}

fn line(language: Language, totals: &Totals) -> String {
    let calls = counted!(totals.calls, "{count} tool call", "{count} tool calls");
    format!(
        "{} · {}{} · {} · {}",
        questions(language, totals.questions),
        calls.to(language),
        success(language, totals.worked, totals.calls),
        tokens(language, totals.tokens, totals.estimated),
        cost(language, totals.cost, totals.unpriced),
    )
}

fn questions(language: Language, count: i64) -> String {
    counted!(count, "{count} question", "{count} questions").to(language)
}

fn success(language: Language, worked: i64, calls: i64) -> String {
    if calls == 0 {
        return String::new();
    }
    let percent = text!("{percent}% worked", percent = worked * 100 / calls);
    format!(" ({})", percent.to(language))
}

fn tokens(language: Language, tokens: i64, estimated: i64) -> String {
    match estimated {
        0 => text!("{tokens} tokens", tokens).to(language),
        _ => text!("about {tokens} tokens", tokens).to(language),
    }
}

fn cost(language: Language, amount: NanoDollars, unpriced: i64) -> String {
    match (amount.0, unpriced) {
        (_, 0) => amount.to_string(),
        (0, _) => text!("unpriced").to(language),
        (_, _) => {
            let amount = amount.to_string();
            text!("{amount} and what is unpriced", amount).to(language)
        }
    }
}

/// One model's line, for the admins' totals as well.
pub fn model_line(language: Language, model: &ModelUse) -> String {
    format!(
        "{}  {} · {} · {}",
        code(&model.model),
        questions(language, model.questions),
        tokens(language, model.tokens, model.estimated),
        cost(language, model.cost, model.unpriced),
    )
}

fn tool_line(language: Language, tool: &ToolUse) -> String {
    let calls = counted!(tool.calls, "{count} call", "{count} calls");
    format!(
        "{}  {}{} · {}",
        escape(&tool.tool),
        calls.to(language),
        success(language, tool.worked, tool.calls),
        tool.cost,
    )
}
