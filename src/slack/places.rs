//! How the bot behaves in a channel: who may choose it, what may be chosen, and in which words.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::actions::{CHOOSE_ANSWERS, CHOOSE_LISTENS};
use super::blocks::{Message, actions, context, plain};
use super::client::{CallError, Place};
use super::people;
use crate::app::App;
use crate::domain::channel::{Answers, ChannelSettings, Choice, Listens};
use crate::domain::language::Language;
use crate::domain::principal::Principal;
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result, quotable};
use crate::ids::{ChannelId, UserId};
use crate::text;

/// What a person sees of a place, and may do there.
struct View {
    /// What Slack says of it; nothing when Slack does not say.
    place: Option<Place>,
    may: May,
}

/// Whether somebody may choose: as one of the workspace that the bot is installed in, who runs it,
/// made the channel, or is in the conversation where nobody made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    Yes,
    No,
    /// They are of another workspace: in a shared channel, whoever made it may be.
    Foreign,
    /// Slack gave no answer by which it could be told.
    Unknown,
}

/// Slack gave no answer now, and may give one in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Silent;

async fn view(app: &App, person: &Principal, channel: &ChannelId) -> View {
    let place = or_logged(app.slack.place(channel).await, "what a channel is");
    let may = may(app, person, channel, place.as_ref().map(Option::as_ref)).await;
    View {
        may,
        place: place.unwrap_or_default(),
    }
}

async fn may(
    app: &App,
    person: &Principal,
    channel: &ChannelId,
    place: std::result::Result<Option<&Place>, &Silent>,
) -> May {
    let user = &person.user;
    let theirs = match place {
        // Whoever they are: nobody else is in it.
        Ok(Some(place)) if place.direct_with.as_ref() == Some(user) => return May::Yes,
        Ok(Some(place)) => is_theirs(app, place, user, channel).await,
        Ok(None) => Ok(false),
        Err(silent) => Err(*silent),
    };
    // People move between workspaces seldom; who runs one is asked each time.
    let known = app.people.recall(user, people::A_WHILE, Instant::now());
    if theirs == Ok(true) && known.is_some_and(|profile| profile.own) {
        return May::Yes;
    }
    let profile = people::profile(app, user, Duration::ZERO).await;
    match (or_logged(profile, "who somebody is"), theirs) {
        (Ok(Some(profile)), _) if profile.admin => May::Yes,
        (Ok(Some(profile)), _) if !profile.own => May::Foreign,
        (Ok(Some(_)), Ok(true)) => May::Yes,
        (Ok(Some(_)), Ok(false)) | (Ok(None), _) => May::No,
        (Ok(Some(_)), Err(Silent)) | (Err(Silent), _) => May::Unknown,
    }
}

async fn is_theirs(
    app: &App,
    place: &Place,
    user: &UserId,
    channel: &ChannelId,
) -> std::result::Result<bool, Silent> {
    if place.group {
        let is_in = app.slack.is_in_group(channel, user).await;
        return Ok(or_logged(is_in, "who is in a conversation")?.unwrap_or(false));
    }
    Ok(place.creator.as_ref() == Some(user))
}

/// What Slack said; nothing where it says that it never will.
fn or_logged<T>(
    answer: std::result::Result<T, CallError>,
    what: &str,
) -> std::result::Result<Option<T>, Silent> {
    answer.map(Some).or_else(|error| {
        tracing::info!("Slack did not say {what}: {error}");
        match error.passes() {
            true => Err(Silent),
            false => Ok(None),
        }
    })
}

/// Chooses something for a channel, if this person may and the channel is one where that is safe.
pub async fn choose(
    app: &App,
    person: &Principal,
    channel: &ChannelId,
    choices: &[Choice],
) -> Result<()> {
    let view = view(app, person, channel).await;
    match view.may {
        May::Yes => {}
        May::No => return Err(not_theirs(app, view.place).await),
        May::Foreign => {
            return Err(Error::new(
                Kind::Forbidden,
                text!(
                    "Only people of the workspace that I am installed in can change how I behave here."
                ),
            )
            .hint(text!("Ask one of them.")));
        }
        May::Unknown => {
            return Err(Error::new(
                Kind::Upstream,
                text!("Slack did not answer me, so I do not know whether you can change how I behave here."),
            )
            .hint(text!("Try again in a minute.")));
        }
    }
    let open = view.place.is_some_and(|place| place.external);
    let eager = |choice: &Choice| {
        matches!(
            choice,
            Choice::Listens(Some(Listens::Threads | Listens::All))
        )
    };
    if open && choices.iter().any(eager) {
        return Err(Error::new(
            Kind::Forbidden,
            text!("People of another organisation are in this channel, so I answer here only when I am mentioned."),
        )
        .hint(text!("Choose this for a channel of your own workspace alone.")));
    }
    let before = app.store.channel_settings(&person.team, channel).await?;
    for choice in choices {
        app.channels.choose(person, channel, *choice).await?;
    }
    let after = app.store.channel_settings(&person.team, channel).await?;
    if before.listens() != after.listens() && !is_direct(channel) {
        announce(app, person, channel, after.listens()).await;
    }
    Ok(())
}

/// Tells everybody in a channel what is read and answered there from now on.
async fn announce(app: &App, person: &Principal, channel: &ChannelId, listens: Listens) {
    let language = people::language(app, &person.user).await;
    let who = format!("<@{}>", person.user);
    let what = text!(
        "{who} chose when I answer here. {what}",
        who,
        what = in_words(listens)
    );
    let whose = text!(
        "Each answer is made with the connections of whoever asks, and all of you can read it."
    );
    let message = Message::new(what.to(language)).block(context(&whose.to(language)));
    if let Err(error) = app.slack.post(channel, None, &message, None).await {
        tracing::info!("a channel was not told what was chosen for it: {error}");
    }
}

/// When the bot answers in a channel of one workspace.
fn in_words(listens: Listens) -> Text {
    match listens {
        Listens::Mentions => text!("I answer when I am mentioned."),
        Listens::Threads => text!(
            "I answer when I am mentioned, and in a thread where I was asked something also without. A message that begins with a mention of somebody else is left alone."
        ),
        Listens::All => text!(
            "I answer every message that people write. A message that begins with a mention of somebody else is left alone."
        ),
    }
}

/// Says who may choose instead.
async fn not_theirs(app: &App, place: Option<Place>) -> Error {
    let creator = place.and_then(|place| place.creator);
    let hint = match colleague(app, creator.as_ref()).await {
        Some(name) => text!("Ask {name}, who made it, or an admin.", name),
        None => text!("Ask an admin."),
    };
    Error::new(
        Kind::Forbidden,
        text!("Only an admin of this workspace, or whoever made this channel, can change how I behave in it."),
    )
    .hint(hint)
}

/// What people call somebody, if they are of the workspace that the bot is installed in.
async fn colleague(app: &App, user: Option<&UserId>) -> Option<String> {
    let profile = people::profile(app, user?, people::A_DAY).await.ok()?;
    let name = Some(quotable(&profile.name)).filter(|name| !name.is_empty());
    name.filter(|_| profile.own)
}

/// How the bot behaves in a channel, with menus for those who may change it; says first when
/// something was just chosen.
pub async fn screen(
    app: &App,
    language: Language,
    person: &Principal,
    channel: &ChannelId,
    changed: bool,
) -> Result<Message> {
    let settings = app.store.channel_settings(&person.team, channel).await?;
    let View { place, may } = view(app, person, channel).await;
    let place = place.unwrap_or_default();
    let direct = is_direct(channel);
    let mark = if changed { "✅ " } else { "" };
    let listens = match (direct, place.external, settings.listens()) {
        (true, _, _) => text!("Every message of yours here is for me."),
        (_, true, _) => text!(
            "I answer when I am mentioned, and never else: people of another organisation are here."
        ),
        (_, _, listens) => in_words(listens),
    };
    let default = app.config.slack.answers;
    let answers = match (settings.answers, default) {
        (Some(Answers::Stream), _) => text!("My answers grow as I write them."),
        (Some(Answers::Final), _) => text!("My answers come whole, when they are finished."),
        (None, Answers::Stream) => text!("My answers grow as I write them (the default)."),
        (None, Answers::Final) => {
            text!("My answers come whole, when they are finished (the default).")
        }
    };
    let title = if direct {
        text!("*Our conversation*").to(language)
    } else {
        format!("*<#{channel}>*")
    };
    let (listens, answers) = (listens.to(language), answers.to(language));
    let mut message = Message::new(format!("{mark}{title}\n• {listens}\n• {answers}"));
    if may == May::Yes {
        let mut menus = Vec::new();
        if !direct && !place.external {
            menus.push(listens_menu(language, channel, settings.listens()));
        }
        menus.push(answers_menu(language, channel, settings.answers));
        message = message.block(actions(menus));
    } else {
        let creator = place.creator.as_ref();
        let who = match (may, creator) {
            (May::Unknown, _) => text!(
                "Slack did not answer me, so I do not know whether you can change that. Try again in a minute."
            ),
            (_, Some(user)) if colleague(app, creator).await.is_some() => text!(
                "Admins of this workspace and whoever made this channel, <@{user}>, can change that.",
                user = user.as_str()
            ),
            (_, _) => {
                text!("Admins of this workspace and whoever made this channel can change that.")
            }
        };
        message = message.block(context(&who.to(language)));
    }
    if !direct {
        message = message.block(context(&kept(app).to(language)));
    }
    if !direct && !place.member {
        let invite = text!("I am not in this channel: `/invite` me before you mention me.");
        message = message.block(context(&invite.to(language)));
    }
    Ok(message)
}

/// What of a channel's words is kept.
fn kept(app: &App) -> Text {
    let days = app.config.runs.keep_runs.as_secs().div_ceil(24 * 60 * 60);
    match app.config.agent.thread_messages {
        0 => text!(
            "I keep the questions that I am asked and my answers for {days} days, and nothing else that is said here.",
            days
        ),
        most => text!(
            "I keep the questions that I am asked and my answers for {days} days. In their threads I also keep the last {most} messages of others, so that I know what you talk about: no longer than that, and only until I leave. Nothing else that is said here is kept.",
            days,
            most
        ),
    }
}

/// Whether this is a person's conversation with the bot alone.
fn is_direct(channel: &ChannelId) -> bool {
    channel.as_str().starts_with('D')
}

/// A channel and what is chosen for it, in a line.
pub fn line(language: Language, channel: &ChannelId, settings: &ChannelSettings) -> String {
    let listens = settings.listens.map(|listens| match listens {
        Listens::Mentions => text!("only mentions"),
        Listens::Threads => text!("threads where I was asked"),
        Listens::All => text!("every message"),
    });
    let answers = settings.answers.map(|answers| match answers {
        Answers::Stream => text!("answers grow"),
        Answers::Final => text!("answers come whole"),
    });
    let parts = listens.into_iter().chain(answers);
    let parts: Vec<String> = parts.map(|part| part.to(language)).collect();
    let name = match is_direct(channel) {
        true => text!("A conversation with me").to(language),
        false => format!("<#{channel}>"),
    };
    format!("{name}  {}", parts.join(" · "))
}

/// What an option of a menu carries: the channel and what is chosen.
pub fn read(value: &str) -> Option<(ChannelId, Choice)> {
    let (channel, choice) = value.split_once(' ')?;
    let choice: Choice = serde_json::from_str(choice).ok()?;
    Some((ChannelId::new(channel), choice))
}

/// Every way to listen.
fn listens_menu(language: Language, channel: &ChannelId, current: Listens) -> Value {
    let options = [
        (Listens::Mentions, text!("When I am mentioned")),
        (Listens::Threads, text!("Also in threads where I was asked")),
        (Listens::All, text!("Every message that people write")),
    ];
    let options = options.map(|(listens, words)| (Choice::Listens(Some(listens)), words));
    let current = Choice::Listens(Some(current));
    menu(language, CHOOSE_LISTENS, channel, options, current)
}

/// Every way to show an answer.
fn answers_menu(language: Language, channel: &ChannelId, current: Option<Answers>) -> Value {
    let options = [
        (None, text!("As the default is")),
        (Some(Answers::Stream), text!("Growing as I write")),
        (Some(Answers::Final), text!("Whole, when it is finished")),
    ];
    let options = options.map(|(answers, words)| (Choice::Answers(answers), words));
    let current = Choice::Answers(current);
    menu(language, CHOOSE_ANSWERS, channel, options, current)
}

fn menu<const COUNT: usize>(
    language: Language,
    action: &str,
    channel: &ChannelId,
    options: [(Choice, Text); COUNT],
    current: Choice,
) -> Value {
    let option = |choice: Choice, words: &Text| json!({ "text": plain(&words.to(language)), "value": format!("{channel} {}", json!(choice)) });
    let options = options.map(|(choice, words)| (choice, option(choice, &words)));
    let initial = options.iter().find(|(choice, _)| *choice == current);
    let mut menu = json!({
        "type": "static_select",
        "action_id": action,
        "placeholder": plain(&text!("Choose").to(language)),
        "options": options.iter().map(|(_, option)| option).collect::<Vec<_>>(),
    });
    if let Some((_, option)) = initial {
        menu["initial_option"] = option.clone();
    }
    menu
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_menu_offers_can_be_read_back() {
        let channel = ChannelId::new("C1");
        for menu in [
            listens_menu(Language::English, &channel, Listens::Threads),
            answers_menu(Language::German, &channel, None),
        ] {
            let options = menu["options"].as_array().unwrap();
            assert_eq!(options.len(), 3);
            for option in options {
                let value = option["value"].as_str().unwrap();
                assert!(value.len() <= 150, "{value}");
                assert_eq!(read(value).unwrap().0, channel);
            }
            assert!(menu["initial_option"].is_object());
        }
        assert_eq!(read("C1 nonsense"), None);
        assert_eq!(read(""), None);
    }
}
