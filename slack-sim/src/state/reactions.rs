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
        let author = post.user.clone();
        let thread_ts = post.thread_ts.clone();
        if post.has_reaction(name, user) {
            return Err("already_reacted".into());
        }
        match post.reactions.iter_mut().find(|(known, _)| known == name) {
            Some((_, users)) => users.push(user.to_owned()),
            None => post
                .reactions
                .push((name.to_owned(), vec![user.to_owned()])),
        }
        let at = self.next_ts(now);
        let target = payloads::Reacted {
            channel,
            ts,
            author: &author,
        };
        let event = payloads::reaction("reaction_added", &target, name, user, &at);
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
        now: Time,
        channel: &str,
        ts: &str,
        name: &str,
        user: &str,
    ) -> Result<(), ApiError> {
        let post = self.post_mut(channel, ts)?;
        let author = post.user.clone();
        let thread_ts = post.thread_ts.clone();
        if !post.has_reaction(name, user) {
            return Err("no_reaction".into());
        }
        for (_, users) in post.reactions.iter_mut().filter(|(known, _)| known == name) {
            users.retain(|other| other != user);
        }
        post.reactions.retain(|(_, users)| !users.is_empty());
        let at = self.next_ts(now);
        let target = payloads::Reacted {
            channel,
            ts,
            author: &author,
        };
        let event = payloads::reaction("reaction_removed", &target, name, user, &at);
        self.emit(now, event);
        self.changed(Change::Messages {
            channel: channel.to_owned(),
            thread_ts,
        });
        Ok(())
    }
}
