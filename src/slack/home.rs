//! The App Home: one person's control room, and for admins a section about the workspace.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::actions::{
    CARD_LIST, CHANNEL, CHOOSE_MODEL, CHOOSE_WORKSPACE_MODEL, CONNECT, EXPORT_WORKSPACE, RUN,
};
use super::blocks::{Style, button, clipped, context, divider, header, section, section_with};
use super::commands::{model_menu, usage};
use super::mrkdwn::{code, escape, moment};
use super::{commands, people, places, screens};
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::principal::Principal;
use crate::domain::run::RunState;
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result};
use crate::store::{PastRun, SettingOf, UseOf};
use crate::{counted, text};

/// Noted of those who have opened their Home: only theirs is kept up to date.
const OPENED: &str = "home_opened";
/// Past questions that are shown.
const MOST_RUNS: i64 = 8;
/// Connections that are shown; each takes two of Slack's 100 blocks.
const MOST_CONNECTIONS: usize = 20;
const MOST_MODELS: i64 = 8;
/// Channels with choices of their own that are shown.
const MOST_CHANNELS: i64 = 8;
/// Pieces of advice that are shown; `usage` shows all.
const MOST_ADVICE: usize = 2;

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

/// Refuses whoever is no admin, as Slack says now.
pub async fn only_admins(app: &App, person: &Principal, else_do: Text) -> Result<()> {
    match people::profile(app, &person.user, Duration::ZERO).await {
        Ok(profile) if profile.admin => Ok(()),
        // Who is not known now need not be told to ask somebody else.
        Err(error) if error.passes() => Err(error.into()),
        Ok(_) | Err(_) => Err(Error::new(
            Kind::Forbidden,
            text!("Only an admin of this workspace can change that."),
        )
        .hint(else_do)),
    }
}

async fn view(app: &App, person: &Principal, at_most: Duration) -> Result<Value> {
    // First: what this asks of Slack says in which language they read as well.
    let is_admin = people::was_admin(app, &person.user, at_most).await;
    let language = people::language(app, &person.user).await;
    let whose =
        text!("Your tools, in any conversation. What is here is yours; nobody else sees it.");
    let mut blocks = vec![header("Patchbay"), context(&whose.to(language))];
    blocks.extend(connections(app, language, person).await?);
    blocks.push(divider());
    blocks.extend(questions(app, language, person).await?);
    blocks.push(divider());
    blocks.extend(used(app, language, person).await?);
    blocks.push(divider());
    blocks.extend(model(app, language, person).await?);
    if is_admin {
        blocks.push(divider());
        blocks.extend(workspace(app, language, person).await?);
    }
    blocks.push(divider());
    // Its button to connect stands at the top already.
    let help = commands::help_screen(language, &app.config.slack.command).blocks;
    blocks.extend(help.into_iter().filter(|block| block["type"] != "actions"));
    Ok(json!({ "type": "home", "blocks": blocks }))
}

async fn connections(app: &App, language: Language, person: &Principal) -> Result<Vec<Value>> {
    let connections = app.connections.list(person).await?;
    let count = connections.len();
    let title = match count {
        0 => {
            text!("*Connections*\nYou have none yet. Connect a service, and I can answer with it.")
        }
        _ => text!("*Connections*\nYou have {count}.", count),
    };
    let label = text!("Connect a service").to(language);
    let connect = button(&label, CONNECT, "", Style::Primary);
    let mut blocks = vec![section_with(&title.to(language), connect)];
    for connection in connections.iter().take(MOST_CONNECTIONS) {
        blocks.push(section(&commands::connection_line(
            app, language, connection,
        )));
        blocks.push(screens::connection_buttons(language, connection));
    }
    if count > MOST_CONNECTIONS {
        let more = text!(
            "And {more} more; `list` shows them.",
            more = count - MOST_CONNECTIONS
        );
        blocks.push(context(&more.to(language)));
    }
    Ok(blocks)
}

async fn questions(app: &App, language: Language, person: &Principal) -> Result<Vec<Value>> {
    let runs = app.store.past_runs(person, MOST_RUNS).await?;
    if runs.is_empty() {
        let nothing = text!(
            "*Recent questions*\nNone yet. Mention me in a channel, or write to me under Messages."
        );
        return Ok(vec![section(&nothing.to(language))]);
    }
    let address = app.slack.workspace_url().await.ok();
    let lines: Vec<String> = runs
        .iter()
        .map(|run| run_line(language, run, address.as_deref()))
        .collect();
    let title = text!("*Recent questions*").to(language);
    Ok(vec![section(&format!("{title}\n{}", lines.join("\n")))])
}

fn run_line(language: Language, run: &PastRun, address: Option<&str>) -> String {
    let (icon, outcome) = match run.state {
        RunState::Queued | RunState::Running => ("⏳", text!("being worked on")),
        RunState::Waiting => ("🔒", text!("waits for your decision")),
        RunState::Done => ("✅", text!("answered")),
        RunState::Failed => ("⚠️", text!("failed")),
        RunState::Interrupted if run.is_stopped() => ("⏹️", text!("stopped")),
        RunState::Interrupted => ("⚠️", text!("interrupted")),
    };
    let question = match run.question.as_str() {
        "" => text!("a deleted question").to(language),
        words => clipped(words.lines().next().unwrap_or_default(), 80),
    };
    let link = address.map_or(String::new(), |address| {
        let open = text!("open").to(language);
        format!(" · <{}|{open}>", permalink(run, address))
    });
    format!(
        "{icon} {}  _{}, {}_{link}",
        escape(&question),
        outcome.to(language),
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

async fn used(app: &App, language: Language, person: &Principal) -> Result<Vec<Value>> {
    let (today, total) = usage::totals(app, UseOf::Person(person)).await?;
    let label = text!("More").to(language);
    let more = button(&label, &format!("{RUN}usage"), "", Style::Plain);
    let title = text!("*Usage*").to(language);
    let title = format!("{title}\n{}", usage::both(language, &today, &total));
    let mut blocks = vec![section_with(&title, more)];
    blocks.extend(usage::days(app, language, person).await?);
    let advice = app.usage.suggestions(person).await?;
    let command = &app.config.slack.command;
    blocks.extend(usage::advice(language, &advice, MOST_ADVICE, command));
    Ok(blocks)
}

async fn model(app: &App, language: Language, person: &Principal) -> Result<Vec<Value>> {
    let choice = app.models.choice(person).await?;
    let whose = match (choice.own, app.models.prices().knows(&choice.model)) {
        (true, true) => text!("you chose it"),
        (true, false) => text!("you chose it; no price known"),
        (false, true) => text!("the default"),
        (false, false) => text!("the default; no price known"),
    };
    let text = text!(
        "*Model*\n{model} answers your questions ({whose}). Change it:",
        model = code(&choice.model),
        whose
    );
    let menu = model_menu(language, CHOOSE_MODEL, &app.models.names(), &choice.model);
    Ok(vec![section_with(&text.to(language), menu)])
}

/// What only admins see: everybody's use together, nobody's questions.
async fn workspace(app: &App, language: Language, person: &Principal) -> Result<Vec<Value>> {
    let of = UseOf::Workspace(&person.team);
    let (today, total) = usage::totals(app, of).await?;
    let models = app.store.use_by_model(of, MOST_MODELS).await?;
    let models = models
        .iter()
        .map(|model| commands::model_line(language, model));
    let models: Vec<String> = models.collect();
    let tools = app.store.use_by_tool(of, MOST_MODELS).await?;
    let tools = tools.iter().map(|tool| usage::tool_line(language, tool));
    let tools: Vec<String> = tools.collect();
    let default = app.models.workspace_default(&person.team).await?;
    let people = counted!(
        today.people,
        "{count} person asked today, {total} altogether.",
        "{count} people asked today, {total} altogether.",
        total = total.people
    );
    let people = people.to(language);
    let label = text!("Export as CSV").to(language);
    let export = button(&label, EXPORT_WORKSPACE, "", Style::Plain);
    let cards = button(&text!("Cards").to(language), CARD_LIST, "", Style::Plain);
    let services = text!("The services that people here can connect, and those that you add.");
    let whose = text!("Only admins see this section. It has totals, and nobody's questions.");
    let mut blocks = vec![
        header(&text!("Workspace").to(language)),
        context(&whose.to(language)),
        section_with(
            &format!("{people}\n{}", usage::both(language, &today, &total)),
            export,
        ),
        section_with(&services.to(language), cards),
    ];
    if !models.is_empty() {
        let title = text!("*By model*").to(language);
        blocks.push(section(&format!("{title}\n{}", models.join("\n"))));
    }
    if !tools.is_empty() {
        let title = text!("*By tool*").to(language);
        blocks.push(section(&format!("{title}\n{}", tools.join("\n"))));
    }
    let text = text!(
        "*Default model*\n{model} answers whoever chose none. Change it:",
        model = code(&default)
    );
    let menu = model_menu(
        language,
        CHOOSE_WORKSPACE_MODEL,
        &app.models.names(),
        &default,
    );
    blocks.push(section_with(&text.to(language), menu));
    blocks.extend(channels(app, language, person).await?);
    Ok(blocks)
}

/// The channels that somebody chose something for.
async fn channels(app: &App, language: Language, person: &Principal) -> Result<Vec<Value>> {
    let chosen = app
        .store
        .channels_with_settings(&person.team, MOST_CHANNELS)
        .await?;
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let title = text!("*Channels with choices of their own*").to(language);
    let mut blocks = vec![section(&title)];
    blocks.extend(chosen.iter().map(|(channel, settings)| {
        let label = text!("Change").to(language);
        let change = button(&label, CHANNEL, channel.as_str(), Style::Plain);
        section_with(&places::line(language, channel, settings), change)
    }));
    Ok(blocks)
}
