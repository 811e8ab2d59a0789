//! What happens around the bot: somebody opens it, it joins a channel, it is taken away.

use std::sync::Arc;

use serde_json::{Value, json};

use super::actions::{CONNECT, TOOLS};
use super::blocks::{Message, Style, actions, button, context};
use super::inbound::Notice;
use super::{home, people};
use crate::app::App;
use crate::domain::language::Language;
use crate::domain::text::Text;
use crate::error::Result;
use crate::store::{SettingOf, in_time};
use crate::text;

/// What a person may ask first, under a title each.
fn prompts(language: Language) -> Value {
    let prompts = [
        (
            text!("See my tools"),
            text!("Which tools do I have, and what can they do?"),
        ),
        (
            text!("Look at my data"),
            text!("Which tables are in my database?"),
        ),
        // A verb, which is typed the same in every language.
        (text!("Connect a service"), "connect".into()),
    ];
    let prompt = |(title, message): (Text, Text)| json!({ "title": title.to(language), "message": message.to(language) });
    json!(prompts.map(prompt))
}

/// Forgets what was said where the bot no longer is, or notes that this is to be settled. Slack says
/// it again when that failed.
pub async fn forget(app: &App, notice: &Notice) -> Result<()> {
    let done = in_time(app.config.slack.store_timeout, heed(app, notice)).await;
    if matches!(notice, Notice::Farewell { .. }) {
        // After the note, so that it is found; without one, the token is in doubt all the same.
        app.slack.standing().doubt();
    }
    done.inspect_err(|error| tracing::warn!(error.cause = ?error.cause(), "what was said where the bot is gone is kept for now"))
}

/// Does what a notice calls for, in the background. Nothing of it is stored: a Home is shown anew
/// whenever it is opened, and a welcome is given once.
pub fn start(app: &Arc<App>, notice: Notice) {
    let work = {
        let app = app.clone();
        async move {
            if let Err(error) = heed(&app, &notice).await {
                tracing::warn!(error.r#ref = %error.reference(), error.cause = ?error.cause(), "{error}");
            }
        }
    };
    app.tasks.spawn("slack.notice", work);
}

async fn heed(app: &App, notice: &Notice) -> Result<()> {
    match notice {
        Notice::Gone {
            team,
            channel,
            for_good,
        } => app.store.forget_place(team, Some(channel), *for_good).await,
        Notice::HomeOpened(person) => home::open(app, person).await,
        Notice::MessagesOpened { person, channel } => {
            let now = app.clock.now();
            let of = SettingOf::Person(person);
            if !app.store.first_time(of, "welcomed", now).await? {
                return Ok(());
            }
            let language = people::language(app, &person.user).await;
            let message = welcome(language, &app.config.slack.command);
            app.slack.post(channel, None, &message, None).await?;
            app.slack.suggest(channel, &prompts(language)).await?;
            // There before it is looked for.
            home::open(app, person).await
        }
        Notice::Joined {
            team,
            channel,
            bot,
            inviter,
        } => {
            let now = app.clock.now();
            let name = format!("welcomed:{channel}");
            let of = SettingOf::Workspace(team);
            if app.store.first_time(of, &name, now).await? {
                let language = match inviter {
                    Some(inviter) => people::language(app, inviter).await,
                    None => Language::default(),
                };
                let message = joined(language, bot, &app.config.slack.command);
                app.slack.post(channel, None, &message, None).await?;
            }
            Ok(())
        }
        Notice::Farewell { left: Some(team) } => {
            let noted = app.store.note_left(team, app.clock.now()).await?;
            if !noted {
                tracing::warn!("too many workspaces took the app out at once: {team} is left out");
            }
            Ok(())
        }
        Notice::Changed(person) => {
            let user = &person.user;
            let before = app.people.last_language(user);
            app.people.has_changed(user, tokio::time::Instant::now());
            // People change their status all day; what they look at follows their language.
            if before.is_some() && before != Some(people::language(app, user).await) {
                home::refresh(app, person).await;
            }
            Ok(())
        }
        Notice::Farewell { left: None } => Ok(()),
        Notice::HeldBack => {
            app.slack.standing().hold_back(app.clock.now());
            Ok(())
        }
    }
}

/// The first words in a person's conversation with the bot.
fn welcome(language: Language, command: &str) -> Message {
    let hello = text!(
        "👋 *Hello, I am Patchbay.* I answer questions with the services you connect: your databases, your repositories.\n\
         Connect one, then ask me here, or mention me in any channel I am in. Your connections serve your questions only, and I ask before I change anything."
    );
    let (connect, tools) = (text!("Connect a service"), text!("My tools"));
    let help = text!("`{command} help` lists what I understand.", command);
    Message::new(hello.to(language))
        .block(actions(vec![
            button(&connect.to(language), CONNECT, "", Style::Primary),
            button(&tools.to(language), TOOLS, "", Style::Plain),
        ]))
        .block(context(&help.to(language)))
}

/// The first words in a channel.
fn joined(language: Language, bot: &str, command: &str) -> Message {
    let hello = text!(
        "👋 Thank you for having me. Ask by mentioning <@{bot}> in a message, such as _which tables are in my database?_; I answer in its thread.\n\
         `{command} connect` connects your own services. I use the connections of whoever asks, and nobody else's.",
        bot,
        command
    );
    Message::new(hello.to(language))
}
