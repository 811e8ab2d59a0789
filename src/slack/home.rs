//! The App Home: one person's control room, and for admins a section about the workspace.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::actions::{CHANNEL, CHOOSE_MODEL, CHOOSE_WORKSPACE_MODEL, CONNECT, RUN, TOOLS};
use super::blocks::{
    Message, Style, actions, button, clipped, context, divider, header, section, section_with,
};
use super::commands::{model_menu, usage};
use super::mrkdwn::{code, escape};
use super::{commands, people, places, screens};
use crate::agent::models::is_priced;
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::principal::Principal;
use crate::domain::run::RunState;
use crate::error::{Error, Kind, Result};
use crate::store::{PastRun, SettingOf, UseOf};

/// Noted of those who have opened their Home: only theirs is kept up to date.
const OPENED: &str = "home_opened";
/// Past questions that are shown.
const MOST_RUNS: i64 = 8;
/// Connections that are shown; each takes two of Slack's 100 blocks.
const MOST_CONNECTIONS: usize = 20;
const MOST_MODELS: i64 = 8;
/// Channels with choices of their own that are shown.
const MOST_CHANNELS: i64 = 8;
/// Days in the chart.
const DAYS: u64 = 7;
/// The longest bar of the chart.
const LONGEST_BAR: usize = 16;

/// How many Homes may be brought up to date at the same time.
const AT_ONCE: usize = 32;

/// One publication of a person's Home at a time: an older view never comes after a newer one.
#[derive(Debug)]
pub struct Turns {
    hasher: RandomState,
    // People share turns, so that their number is bounded.
    turns: [Mutex<()>; AT_ONCE],
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            turns: [const { Mutex::const_new(()) }; AT_ONCE],
        }
    }
}

impl Turns {
    fn of(&self, person: &Principal) -> &Mutex<()> {
        let place = self.hasher.hash_one(person) % AT_ONCE as u64;
        &self.turns[place as usize]
    }
}

/// Shows a person their Home, because they opened it.
pub async fn open(app: &App, person: &Principal) -> Result<()> {
    app.store
        .first_time(SettingOf::Person(person), OPENED, app.clock.now())
        .await?;
    publish(app, person, Duration::ZERO).await
}

/// Brings a person's Home up to date after they changed something, if they ever looked at it.
pub async fn refresh(app: &App, person: &Principal) {
    let looked = async {
        let opened = app.store.setting(SettingOf::Person(person), OPENED).await?;
        match opened {
            Some(_) => publish(app, person, people::A_WHILE).await,
            None => Ok(()),
        }
    };
    if let Err(error) = looked.await {
        // It is shown anew whenever it is opened.
        tracing::info!(error.cause = ?error.cause(), "a Home was not brought up to date");
    }
}

/// `at_most` is how old what Slack said of the person may be.
async fn publish(app: &App, person: &Principal, at_most: Duration) -> Result<()> {
    // Taken before the view is made, not only before it is sent.
    let _turn = app.homes.of(person).lock().await;
    let view = view(app, person, at_most).await?;
    app.slack.publish_home(&person.user, &view).await?;
    Ok(())
}

/// Refuses whoever is no admin.
pub async fn only_admins(app: &App, person: &Principal) -> Result<()> {
    if people::is_admin(app, &person.user).await {
        return Ok(());
    }
    Err(Error::new(
        Kind::Forbidden,
        "Only an admin of this workspace can change that.",
    )
    .hint("Ask one of them, or choose a model for yourself."))
}

async fn view(app: &App, person: &Principal, at_most: Duration) -> Result<Value> {
    let language = people::language(app, &person.user).await;
    let mut blocks = vec![
        header("Patchbay"),
        context("Your tools, in any conversation. What is here is yours; nobody else sees it."),
    ];
    blocks.extend(connections(app, language, person).await?);
    blocks.push(divider());
    blocks.extend(questions(app, person).await?);
    blocks.push(divider());
    blocks.extend(used(app, person).await?);
    blocks.push(divider());
    blocks.extend(model(app, person).await?);
    if people::was_admin(app, &person.user, at_most).await {
        blocks.push(divider());
        blocks.extend(workspace(app, person).await?);
    }
    blocks.push(divider());
    // Its button to connect stands at the top already.
    let help = commands::help_screen(&app.config.slack.command).blocks;
    blocks.extend(help.into_iter().filter(|block| block["type"] != "actions"));
    Ok(json!({ "type": "home", "blocks": blocks }))
}

async fn connections(app: &App, language: Language, person: &Principal) -> Result<Vec<Value>> {
    let connections = app.connections.list(person).await?;
    let count = connections.len();
    let title = match count {
        0 => "*Connections*\nYou have none yet. Connect a service, and I can answer with it."
            .to_owned(),
        _ => format!("*Connections*\nYou have {count}."),
    };
    let connect = button("Connect a service", CONNECT, "", Style::Primary);
    let mut blocks = vec![section_with(&title, connect)];
    for connection in connections.iter().take(MOST_CONNECTIONS) {
        blocks.push(section(&commands::connection_line(app, connection)));
        blocks.push(screens::connection_buttons(language, connection));
    }
    if count > MOST_CONNECTIONS {
        let more = count - MOST_CONNECTIONS;
        blocks.push(context(&format!("And {more} more; `list` shows them.")));
    }
    Ok(blocks)
}

async fn questions(app: &App, person: &Principal) -> Result<Vec<Value>> {
    let runs = app.store.past_runs(person, MOST_RUNS).await?;
    if runs.is_empty() {
        let nothing =
            "*Recent questions*\nNone yet. Mention me in a channel, or write to me under Messages.";
        return Ok(vec![section(nothing)]);
    }
    let address = app.slack.workspace_url().await.ok();
    let lines: Vec<String> = runs
        .iter()
        .map(|run| run_line(run, address.as_deref()))
        .collect();
    Ok(vec![section(&format!(
        "*Recent questions*\n{}",
        lines.join("\n")
    ))])
}

fn run_line(run: &PastRun, address: Option<&str>) -> String {
    let (icon, outcome) = match run.state {
        RunState::Queued | RunState::Running => ("⏳", "being worked on"),
        RunState::Waiting => ("🔒", "waits for your decision"),
        RunState::Done => ("✅", "answered"),
        RunState::Failed => ("⚠️", "failed"),
        RunState::Interrupted if run.is_stopped() => ("⏹️", "stopped"),
        RunState::Interrupted => ("⚠️", "interrupted"),
    };
    let question = match run.question.as_str() {
        "" => "a deleted question".to_owned(),
        words => clipped(words.lines().next().unwrap_or_default(), 80),
    };
    let link = address.map_or(String::new(), |address| {
        format!(" · <{}|open>", permalink(run, address))
    });
    format!(
        "{icon} {}  _{outcome}, {}_{link}",
        escape(&question),
        moment(run.created_at)
    )
}

fn permalink(run: &PastRun, address: &str) -> String {
    let message = run.message_ts.as_ref().unwrap_or(&run.thread_ts);
    format!(
        "{}/archives/{}/p{}?thread_ts={}&amp;cid={}",
        address.trim_end_matches('/'),
        run.channel_id,
        message.as_str().replace('.', ""),
        run.thread_ts,
        run.channel_id,
    )
}

fn moment(at: DateTime<Utc>) -> String {
    format!(
        "<!date^{}^{{date_short_pretty}} {{time}}|{}>",
        at.timestamp(),
        at.format("%Y-%m-%d %H:%M UTC")
    )
}

async fn used(app: &App, person: &Principal) -> Result<Vec<Value>> {
    let (today, total) = usage::totals(app, UseOf::Person(person)).await?;
    let now = app.clock.now().date_naive();
    let first = now.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(now);
    let since = first.and_time(chrono::NaiveTime::MIN).and_utc();
    let asked = app.store.asked_at(person, since).await?;
    let more = button("More", &format!("{RUN}usage"), "", Style::Plain);
    let title = format!("*Usage*\n{}", usage::both(&today, &total));
    let mut blocks = vec![section_with(&title, more)];
    // Seven empty days say less than nothing.
    if !asked.is_empty() {
        blocks.push(section(&format!("```\n{}\n```", chart(first, now, &asked))));
        blocks.push(context("Questions a day, by the clock of UTC."));
    }
    Ok(blocks)
}

/// A bar a day.
fn chart(first: NaiveDate, last: NaiveDate, asked: &[DateTime<Utc>]) -> String {
    let mut counts: BTreeMap<NaiveDate, usize> = first
        .iter_days()
        .take_while(|day| *day <= last)
        .map(|day| (day, 0))
        .collect();
    for at in asked {
        if let Some(count) = counts.get_mut(&at.date_naive()) {
            *count += 1;
        }
    }
    let most = counts.values().copied().max().unwrap_or(0).max(1);
    let bar = |count: usize| "█".repeat((count * LONGEST_BAR).div_ceil(most));
    let lines = counts.iter().map(|(day, count)| {
        let line = format!("{} {} {count}", day.format("%a"), bar(*count));
        line.replace("  ", " ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

async fn model(app: &App, person: &Principal) -> Result<Vec<Value>> {
    let choice = app.models.choice(person).await?;
    let whose = if choice.own {
        "you chose it"
    } else {
        "the default"
    };
    let price = if is_priced(&choice.model) {
        ""
    } else {
        "; no price known"
    };
    let text = format!(
        "*Model*\n{} answers your questions ({whose}{price}). Change it:",
        code(&choice.model)
    );
    let menu = model_menu(CHOOSE_MODEL, &app.models.names(), &choice.model);
    Ok(vec![section_with(&text, menu)])
}

/// What only admins see: everybody's use together, nobody's questions.
async fn workspace(app: &App, person: &Principal) -> Result<Vec<Value>> {
    let of = UseOf::Workspace(&person.team);
    let (today, total) = usage::totals(app, of).await?;
    let models = app.store.use_by_model(of, MOST_MODELS).await?;
    let models: Vec<String> = models.iter().map(commands::model_line).collect();
    let default = app.models.workspace_default(&person.team).await?;
    let people = format!(
        "{} {} asked today, {} altogether.",
        today.people,
        if today.people == 1 {
            "person"
        } else {
            "people"
        },
        total.people
    );
    let menu = model_menu(CHOOSE_WORKSPACE_MODEL, &app.models.names(), &default);
    let mut blocks = vec![
        header("Workspace"),
        context("Only admins see this section. It has totals, and nobody's questions."),
        section(&format!("{people}\n{}", usage::both(&today, &total))),
    ];
    if !models.is_empty() {
        blocks.push(section(&format!("*By model*\n{}", models.join("\n"))));
    }
    let text = format!(
        "*Default model*\n{} answers whoever chose none. Change it:",
        code(&default)
    );
    blocks.push(section_with(&text, menu));
    blocks.extend(channels(app, person).await?);
    Ok(blocks)
}

/// The channels that somebody chose something for.
async fn channels(app: &App, person: &Principal) -> Result<Vec<Value>> {
    let chosen = app
        .store
        .channels_with_settings(&person.team, MOST_CHANNELS)
        .await?;
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let mut blocks = vec![section("*Channels with choices of their own*")];
    blocks.extend(chosen.iter().map(|(channel, settings)| {
        let change = button("Change", CHANNEL, channel.as_str(), Style::Plain);
        section_with(&places::line(channel, settings), change)
    }));
    Ok(blocks)
}

/// The first words in a person's conversation with the bot.
pub fn welcome(command: &str) -> Message {
    Message::new(
        "👋 *Hello, I am Patchbay.* I answer questions with the services you connect: your databases, your repositories.\n\
         Connect one, then ask me here, or mention me in any channel I am in. Your connections serve your questions only, and I ask before I change anything.",
    )
    .block(actions(vec![
        button("Connect a service", CONNECT, "", Style::Primary),
        button("My tools", TOOLS, "", Style::Plain),
    ]))
    .block(context(&format!("`{command} help` lists what I understand.")))
}

/// The first words in a channel.
pub fn joined(bot: Option<&str>, command: &str) -> Message {
    let mention = bot.map_or("mentioning me".to_owned(), |bot| {
        format!("mentioning <@{bot}>")
    });
    Message::new(format!(
        "👋 Thank you for having me. Ask by {mention} in a message, such as _which tables are in my database?_; I answer in its thread.\n\
         `{command} connect` connects your own services. I use the connections of whoever asks, and nobody else's."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_has_a_bar_for_every_day_and_the_longest_for_the_most() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let at = |day| day_at(2026, 11, day);
        let asked = [at(20), at(20), at(22)];
        assert_eq!(
            chart(day(20), day(22), &asked),
            format!("Fri {} 2\nSat 0\nSun {} 1", "█".repeat(16), "█".repeat(8))
        );
    }

    fn day_at(year: i32, month: u32, day: u32) -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(year, month, day)
            .unwrap()
            .and_hms_opt(12, 0, 0)
            .unwrap()
            .and_utc()
    }
}
