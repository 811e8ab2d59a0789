//! Emoji reactions on messages.

use super::{Change, Workspace};
use crate::clock::Time;
use crate::error::ApiError;
use crate::payloads;

impl Workspace {
    /// Adds `user`'s reaction to a message.
    pub(crate) fn react(
        &mut self,
        now: Time,
        channel: &str,
        ts: &str,
        name: &str,
        user: &str,
    ) -> Result<(), ApiError> {
        let post = self.post_mut(channel, ts)?;
        if post.only_for.is_some() {
            return Err("message_not_found".into());
        }
        let author = post.author.id().to_owned();
        let thread_ts = post.thread_ts.clone();
        match post.reactions.iter_mut().find(|(known, _)| known == name) {
            Some((_, users)) if users.iter().any(|other| other == user) => {
                return Err("already_reacted".into());
            }
            Some((_, users)) => users.push(user.to_owned()),
            None => post
                .reactions
                .push((name.to_owned(), vec![user.to_owned()])),
        }
        let at = self.next_ts(now);
        let event = payloads::reaction_added(channel, ts, name, user, &author, &at);
        self.emit(now, event);
        self.changed(Change::Messages {
            channel: channel.to_owned(),
            thread_ts,
        });
        Ok(())
    }

    /// Takes `user`'s reaction away again.
    pub(crate) fn unreact(
        &mut self,
        channel: &str,
        ts: &str,
        name: &str,
        user: &str,
    ) -> Result<(), ApiError> {
        let post = self.post_mut(channel, ts)?;
        let thread_ts = post.thread_ts.clone();
        let found = post
            .reactions
            .iter_mut()
            .find(|(known, users)| known == name && users.iter().any(|other| other == user));
        let Some((_, users)) = found else {
            return Err("no_reaction".into());
        };
        users.retain(|other| other != user);
        post.reactions.retain(|(_, users)| !users.is_empty());
        self.changed(Change::Messages {
            channel: channel.to_owned(),
            thread_ts,
        });
        Ok(())
    }
}
