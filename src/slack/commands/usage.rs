//! `/mcp usage [export]` — what you used today and altogether, and what it cost; or all of it as a file.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use clap::ValueEnum;
use serde_json::Value;

use crate::app::App;
use crate::domain::language::Language;
use crate::domain::money::NanoDollars;
use crate::domain::principal::Principal;
use crate::domain::text::Text;
use crate::domain::usage::BYTES_PER_TOKEN;
use crate::error::Result;
use crate::slack::actions::EXPORT;
use crate::slack::blocks::{Message, Style, actions, button, context, section};
use crate::slack::inbound::Caller;
use crate::slack::mrkdwn::{code, escape};
use crate::slack::router::Reply;
use crate::slack::{chart, ledger};
use crate::store::{ModelUse, ToolUse, Totals, UseOf};
use crate::usage::Suggestion;
use crate::{counted, text};

/// Rows of each list.
const MOST_LISTED: i64 = 8;
/// Days in the chart.
const DAYS: u64 = 7;

/// What can be asked of it in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Word {
    /// All of it, as a file.
    Export,
}

impl Word {
    /// All of them, as they are typed.
    pub const WORDS: [&str; 1] = ["export"];
}

pub async fn run(app: &App, caller: &Caller, word: Option<Word>) -> Result<Reply> {
    if let Some(Word::Export) = word {
        return ledger::own(app, caller).await;
    }
    let of = UseOf::Person(&caller.person);
    let (today, total) = totals(app, of).await?;
    let used = Used {
        today,
        total,
        connections: app.connections.list(&caller.person).await?.len(),
        days: charts(app, caller.language, &caller.person).await?,
        models: app.store.use_by_model(of, MOST_LISTED).await?,
        tools: app.store.use_by_tool(of, MOST_LISTED).await?,
        advice: app.usage.suggestions(&caller.person).await?,
    };
    let command = &app.config.slack.command;
    Ok(Reply::Private(screen(caller.language, &used, command)))
}

/// What one person used.
struct Used {
    today: Totals,
    total: Totals,
    connections: usize,
    days: Vec<Value>,
    models: Vec<ModelUse>,
    tools: Vec<ToolUse>,
    advice: Vec<Suggestion>,
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

fn screen(language: Language, used: &Used, command: &str) -> Message {
    let Used { today, total, .. } = used;
    let title = text!("*Your usage*").to(language);
    let mut message = Message::new(format!("{title}\n{}", both(language, today, total)));
    if total.questions == 0 && total.calls == 0 {
        let nothing = text!("Nothing yet. Ask me something, and it is counted here.");
        return message.block(context(&nothing.to(language)));
    }
    message.blocks.push(context(&now(language, used)));
    message.blocks.extend(used.days.iter().cloned());
    let models = used.models.iter().map(|model| model_line(language, model));
    let models = list(&text!("*By model*").to(language), models);
    let tools = used.tools.iter().map(|tool| tool_line(language, tool));
    let tools = list(&text!("*Most used tools*").to(language), tools);
    message.blocks.extend(models.into_iter().chain(tools));
    let all = used.advice.len();
    message
        .blocks
        .extend(advice(language, &used.advice, all, command));
    let label = text!("Export as CSV").to(language);
    let export = button(&label, EXPORT, "", Style::Plain);
    message.blocks.push(actions(vec![export]));
    notes(total).iter().fold(message, |message, note| {
        message.block(context(&note.to(language)))
    })
}

/// What the numbers are, and are not.
fn notes(total: &Totals) -> Vec<Text> {
    let mut notes = vec![text!(
        "Costs are estimates from list prices. A tool's cost is that of the questions that used it. Times are those in the middle of all. Days begin at midnight UTC."
    )];
    if total.saved > 0 {
        notes.push(text!(
            "Tokens saved are an estimate: what I left out of results and lists of tools before a model read them, less what finding tools took, at {bytes} bytes a token.",
            bytes = BYTES_PER_TOKEN
        ));
    }
    if total.estimated > 0 {
        notes.push(text!(
            "\"About\": of an answer that was stopped or broke off, the tokens are estimated where the provider did not count them."
        ));
    }
    notes
}

/// How many connections there are, how many tools were used today, what was saved.
fn now(language: Language, used: &Used) -> String {
    let connections = counted!(
        used.connections,
        "{count} connection",
        "{count} connections"
    );
    let tools = counted!(
        used.today.tools,
        "{count} tool used today",
        "{count} tools used today"
    );
    let mut parts = vec![connections, tools];
    if used.total.saved > 0 {
        parts.push(text!(
            "about {tokens} tokens saved",
            tokens = used.total.saved
        ));
    }
    let parts: Vec<String> = parts.iter().map(|part| part.to(language)).collect();
    parts.join(" · ")
}

/// What was done and what it cost on each of the last days, as charts; nothing where that was nothing.
async fn charts(app: &App, language: Language, person: &Principal) -> Result<Vec<Value>> {
    let (first, now) = last_days(app);
    let since = first.and_time(NaiveTime::MIN).and_utc();
    let asked = app.store.asked_at(person, since).await?;
    let used = app.store.use_by_day(person, since).await?;
    if asked.is_empty() && used.is_empty() {
        return Ok(Vec::new());
    }
    Ok(chart::charts(language, (first, now), &asked, &used))
}

/// The first and the last of the days in a chart.
fn last_days(app: &App) -> (NaiveDate, NaiveDate) {
    let now = app.clock.now().date_naive();
    let first = now.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(now);
    (first, now)
}

/// A bar for each of the last days, unless they were all without a question: a Home may have no chart.
pub async fn days(app: &App, language: Language, person: &Principal) -> Result<Vec<Value>> {
    let (first, now) = last_days(app);
    let since = first.and_time(NaiveTime::MIN).and_utc();
    let asked = app.store.asked_at(person, since).await?;
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let chart = chart::chart(language, first, now, &asked);
    let what = text!("Questions a day, by the clock of UTC.");
    Ok(vec![
        section(&format!("```\n{chart}\n```")),
        context(&what.to(language)),
    ])
}

/// At most so many pieces of advice.
pub fn advice(
    language: Language,
    advice: &[Suggestion],
    most: usize,
    command: &str,
) -> Option<Value> {
    let lines = advice.iter().take(most);
    let lines = lines.map(|it| format!("💡 {}", escape(&it.text(command).to(language))));
    list(&text!("*Suggestions*").to(language), lines)
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

/// How long something took, as people say it.
fn each(language: Language, millis: f64) -> String {
    let time = match millis {
        ..1_000.0 => format!("{millis:.0} ms"),
        _ => format!("{:.1} s", millis / 1_000.0),
    };
    text!("{time} each", time).to(language)
}

/// One model's line, for the admins' totals as well.
pub fn model_line(language: Language, model: &ModelUse) -> String {
    format!(
        "{}  {} · {} · {} · {}",
        code(&model.model),
        questions(language, model.questions),
        tokens(language, model.tokens, model.estimated),
        cost(language, model.cost, model.unpriced),
        each(language, model.millis),
    )
}

/// One tool's line, for the admins' totals as well.
pub fn tool_line(language: Language, tool: &ToolUse) -> String {
    let calls = counted!(tool.calls, "{count} call", "{count} calls");
    let service = match tool.service.as_str() {
        "" => String::new(),
        service => format!(" ({})", escape(service)),
    };
    let own = match tool.price.0 {
        0 => String::new(),
        _ => {
            let cost = tool.price.to_string();
            let own = text!("{cost} for the calls themselves", cost);
            format!(" · {}", own.to(language))
        }
    };
    format!(
        "{}{service}  {}{} · {}{own} · {}",
        code(&tool.tool),
        calls.to(language),
        success(language, tool.worked, tool.calls),
        tool.cost,
        each(language, tool.millis),
    )
}
