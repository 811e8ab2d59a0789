//! A person changes or takes back what they wrote.

use super::{place, typed};
use crate::error::Refused;
use crate::sim::Sim;
use crate::state::{Author, Revision, Workspace};

impl Sim {
    /// A person edits one of their messages: `sim.edit("alice", "general", &ts, "what I meant")`.
    pub async fn edit(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        text: &str,
    ) -> Result<(), Refused> {
        self.team().act(|ws, now| {
            let (user, channel) = place(ws, user, channel)?;
            own(ws, &user, &channel, ts, "edit")?;
            if text.trim().is_empty() {
                return Err(Refused(
                    "A message cannot be edited to nothing: delete it instead.".to_owned(),
                ));
            }
            let text = typed::message(ws, text);
            let revision = Revision {
                blocks: Some(vec![typed::rich_text(&text)]),
                text: Some(text),
                ..Revision::default()
            };
            let author = Author::Person(user);
            Ok(ws.revise_as(now, &author, &channel, ts, revision)?)
        })
    }

    /// A person deletes one of their messages.
    pub async fn delete(&self, user: &str, channel: &str, ts: &str) -> Result<(), Refused> {
        self.team().act(|ws, now| {
            let (user, channel) = place(ws, user, channel)?;
            own(ws, &user, &channel, ts, "delete")?;
            Ok(ws.remove_as(now, &Author::Person(user), &channel, ts)?)
        })
    }
}

/// Refuses what is not there and what others wrote.
fn own(ws: &Workspace, user: &str, channel: &str, ts: &str, what: &str) -> Result<(), Refused> {
    let post = ws
        .find_post(channel, ts)
        .filter(|post| post.is_visible_to(user))
        .ok_or_else(|| Refused(format!("There is no message {ts} to {what}.")))?;
    if post.author == Author::Person(user.to_owned()) {
        return Ok(());
    }
    Err(Refused(format!(
        "You can only {what} messages that you wrote yourself."
    )))
}
