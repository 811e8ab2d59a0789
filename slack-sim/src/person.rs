//! What a person does in the workspace: talk, react, open the app's Home. Clicking, submitting and commands are below.

mod builtin;
mod click;
mod command;
mod consent;
mod files;
mod look;
mod own;
mod shortcut;
mod submit;
mod suggest;
mod typed;

use crate::error::Refused;
use crate::sim::Sim;
use crate::state::{Author, Draft, Workspace};

pub(crate) use builtin::list as builtins;
pub use click::{Click, ClickOutcome, Target};
pub use command::CommandOutcome;
pub(crate) use consent::Request;
pub use submit::SubmitOutcome;
pub use suggest::Suggestions;

impl Sim {
    /// A person writes in a channel; gives the message's timestamp. `@patchbay` becomes a mention.
    pub async fn say(&self, user: &str, channel: &str, text: &str) -> Result<String, Refused> {
        self.write(user, channel, text, None)
    }

    /// A person replies in a thread.
    pub async fn reply(
        &self,
        user: &str,
        channel: &str,
        thread_ts: &str,
        text: &str,
    ) -> Result<String, Refused> {
        self.write(user, channel, text, Some(thread_ts))
    }

    /// A person reacts to a message with an emoji, or takes the same reaction back.
    pub async fn react(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        name: &str,
    ) -> Result<(), Refused> {
        self.team().act(|ws, now| {
            let (user, channel) = place(ws, user, channel)?;
            let name = name.trim_matches(':');
            let post = ws.find_post(&channel, ts);
            if post.is_some_and(|post| post.has_reaction(name, &user)) {
                ws.unreact(now, &channel, ts, name, &user)?;
            } else {
                ws.react(now, &channel, ts, name, &user)?;
            }
            Ok(())
        })
    }

    /// A person opens the app: its `home` tab or its `messages`.
    pub async fn open_home(&self, user: &str, tab: &str) -> Result<(), Refused> {
        self.team().act(|ws, now| {
            let (user, channel) = place(ws, user, "dm")?;
            ws.raise_home_opened(now, &user, &channel, tab);
            Ok(())
        })
    }

    /// A person presses Stop in a thread where the app is at work.
    pub fn stop_session(&self, user: &str, channel: &str, thread_ts: &str) -> Result<(), Refused> {
        self.team().act(|ws, now| {
            let (user, channel) = place(ws, user, channel)?;
            if ws.stop_session(now, &user, &channel, thread_ts)? {
                return Ok(());
            }
            Err(Refused(
                "There is nothing to stop: the app is not at work in that thread.".to_owned(),
            ))
        })
    }

    /// A person gives the app's session in a thread another title.
    pub fn rename_session(
        &self,
        user: &str,
        channel: &str,
        thread_ts: &str,
        title: &str,
    ) -> Result<(), Refused> {
        self.team().act(|ws, now| {
            let (user, channel) = place(ws, user, channel)?;
            ws.retitle_session(now, &user, &channel, thread_ts, title)?;
            Ok(())
        })
    }

    fn write(
        &self,
        user: &str,
        channel: &str,
        text: &str,
        thread_ts: Option<&str>,
    ) -> Result<String, Refused> {
        self.team().act(|ws, now| {
            let (user, channel) = place(ws, user, channel)?;
            if text.trim().is_empty() {
                return Err(Refused(
                    "There is nothing to say in an empty message.".to_owned(),
                ));
            }
            let text = typed::message(ws, text);
            let draft = Draft {
                blocks: vec![typed::rich_text(&text)],
                thread_ts: thread_ts.map(str::to_owned),
                ..Draft::new(&channel, Author::Person(user), &text)
            };
            Ok(ws.post(now, draft)?)
        })
    }
}

/// The ids of a person and of a channel as that person names it.
fn place(ws: &Workspace, user: &str, channel: &str) -> Result<(String, String), Refused> {
    let user = ws.person(user)?.id.clone();
    let channel = ws.channel_for(&user, channel)?;
    if !channel.members.contains(&user) {
        return Err(Refused(format!("{user} has not joined {}.", channel.name)));
    }
    Ok((user, channel.id.clone()))
}
