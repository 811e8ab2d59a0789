//! Messages: posting, changing and deleting them, and the events that each raises.

use serde_json::Value;

use super::{Change, Stream, Workspace};
use crate::clock::Time;
use crate::error::ApiError;
use crate::ids;
use crate::payloads;

/// A message as the workspace keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) ts: String,
    pub(crate) author: Author,
    /// The user id of the author.
    pub(crate) user: String,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Value>,
    pub(crate) attachments: Vec<Value>,
    pub(crate) thread_ts: Option<String>,
    /// A reply that also shows in the channel.
    pub(crate) broadcast: bool,
    pub(crate) metadata: Option<Value>,
    /// The ids of the files in it.
    pub(crate) files: Vec<String>,
    /// The only person who can see it.
    pub(crate) only_for: Option<String>,
    pub(crate) edited: Option<String>,
    /// Names of reactions, with who gave them.
    pub(crate) reactions: Vec<(String, Vec<String>)>,
    pub(crate) client_msg_id: Option<String>,
    /// How far it is, for a message that grows.
    pub(crate) stream: Option<Stream>,
    /// Whether it only stands where a deleted message had replies.
    pub(crate) tombstone: bool,
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// The person with this id.
    Person(String),
    Bot,
    /// Slack itself.
    Slackbot,
}

/// A message about to be posted.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) channel: String,
    pub(crate) author: Author,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Value>,
    pub(crate) attachments: Vec<Value>,
    pub(crate) thread_ts: Option<String>,
    pub(crate) broadcast: bool,
    pub(crate) metadata: Option<Value>,
    pub(crate) files: Vec<String>,
    pub(crate) only_for: Option<String>,
    pub(crate) stream: Option<Stream>,
}

/// What an update of a message changes; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Revision {
    pub(crate) text: Option<String>,
    pub(crate) blocks: Option<Vec<Value>>,
    pub(crate) attachments: Option<Vec<Value>>,
    pub(crate) metadata: Option<Value>,
}

impl Draft {
    pub(crate) fn new(channel: &str, author: Author, text: &str) -> Self {
        Self {
            channel: channel.to_owned(),
            author,
            text: text.to_owned(),
            blocks: Vec::new(),
            attachments: Vec::new(),
            thread_ts: None,
            broadcast: false,
            metadata: None,
            files: Vec::new(),
            only_for: None,
            stream: None,
        }
    }
}

impl Post {
    fn from_draft(draft: Draft, user: String, ts: String) -> Self {
        let client_msg_id = matches!(draft.author, Author::Person(_)).then(ids::uuid);
        Self {
            ts,
            author: draft.author,
            user,
            text: draft.text,
            blocks: draft.blocks,
            attachments: draft.attachments,
            thread_ts: draft.thread_ts,
            broadcast: draft.broadcast,
            metadata: draft.metadata,
            files: draft.files,
            only_for: draft.only_for,
            edited: None,
            reactions: Vec::new(),
            client_msg_id,
            stream: draft.stream,
            tombstone: false,
        }
    }

    /// What Slack leaves of a deleted message while its thread has replies.
    fn tombstone(&self) -> Self {
        Self {
            ts: self.ts.clone(),
            author: Author::Slackbot,
            user: ids::SLACKBOT.to_owned(),
            text: "This message was deleted.".to_owned(),
            blocks: Vec::new(),
            attachments: Vec::new(),
            thread_ts: Some(self.ts.clone()),
            broadcast: false,
            metadata: None,
            files: Vec::new(),
            only_for: None,
            edited: None,
            reactions: Vec::new(),
            client_msg_id: None,
            stream: None,
            tombstone: true,
        }
    }

    /// Whether it belongs to a thread without being the thread's first message.
    pub(crate) fn is_reply(&self) -> bool {
        self.thread_ts.as_ref().is_some_and(|root| *root != self.ts)
    }

    /// Whether `user` gave it this reaction.
    pub(crate) fn has_reaction(&self, name: &str, user: &str) -> bool {
        self.reactions
            .iter()
            .any(|(known, users)| known == name && users.iter().any(|other| other == user))
    }

    pub(crate) fn is_visible_to(&self, user: &str) -> bool {
        self.only_for.as_ref().is_none_or(|only| only == user)
    }
}

impl Workspace {
    /// Posts a message and raises its events; gives its timestamp.
    pub(crate) fn post(&mut self, now: Time, draft: Draft) -> Result<String, ApiError> {
        let ts = self.next_ts(now);
        let id = draft.channel.clone();
        if let Some(root) = &draft.thread_ts {
            self.check_thread(&id, root)?;
        }
        let user = self.id_of(&draft.author);
        let place = self.channel_mut(&id)?;
        let post = Post::from_draft(draft, user, ts.clone());
        place.posts.push(post.clone());
        self.share_files(now, &id, &ts, &post.files);
        self.announce_post(now, &id, &post);
        Ok(ts)
    }

    fn id_of(&self, author: &Author) -> String {
        match author {
            Author::Person(id) => id.clone(),
            Author::Bot => self.own.bot_user.clone(),
            Author::Slackbot => ids::SLACKBOT.to_owned(),
        }
    }

    /// Whether there is a thread to reply in.
    pub(crate) fn check_thread(&self, channel: &str, root: &str) -> Result<(), ApiError> {
        if !ids::is_ts(root) {
            return Err("invalid_thread_ts".into());
        }
        let found = self.find_post(channel, root);
        found.map(|_| ()).ok_or_else(|| "thread_not_found".into())
    }

    /// Changes one of the app's messages.
    pub(crate) fn revise(
        &mut self,
        now: Time,
        channel: &str,
        ts: &str,
        revision: Revision,
    ) -> Result<(), ApiError> {
        self.revise_as(now, &Author::Bot, channel, ts, revision)
    }

    /// Changes a message of this author.
    pub(crate) fn revise_as(
        &mut self,
        now: Time,
        author: &Author,
        channel: &str,
        ts: &str,
        revision: Revision,
    ) -> Result<(), ApiError> {
        let edited = self.next_ts(now);
        let post = self.post_by(author, channel, ts, "cant_update_message")?;
        if post.stream.as_ref().is_some_and(|stream| stream.grows(now)) {
            return Err("streaming_state_conflict".into());
        }
        let before = post.clone();
        // What is changed by hand is no stream any more, broken or not.
        post.stream = None;
        if let Some(text) = revision.text {
            post.text = text;
        }
        if let Some(blocks) = revision.blocks {
            post.blocks = blocks;
        }
        if let Some(attachments) = revision.attachments {
            post.attachments = attachments;
        }
        if let Some(metadata) = revision.metadata {
            post.metadata = Some(metadata);
        }
        post.edited = Some(edited.clone());
        let after = post.clone();
        if after.only_for.is_none() {
            let event = payloads::message_changed(self, channel, &before, &after, &edited);
            self.emit(now, event);
        }
        self.announce_change(channel, &after);
        Ok(())
    }

    /// Removes one of the app's messages.
    pub(crate) fn remove(&mut self, now: Time, channel: &str, ts: &str) -> Result<(), ApiError> {
        self.remove_as(now, &Author::Bot, channel, ts)
    }

    /// Removes a message of this author. The first of a thread leaves a mark while it has replies.
    pub(crate) fn remove_as(
        &mut self,
        now: Time,
        author: &Author,
        channel: &str,
        ts: &str,
    ) -> Result<(), ApiError> {
        let gone = self
            .post_by(author, channel, ts, "cant_delete_message")?
            .clone();
        self.take_away(now, channel, &gone)?;
        let root = gone.thread_ts.as_deref().filter(|_| gone.is_reply());
        let root = root.and_then(|root| self.find_post(channel, root));
        // A mark stands for a thread: with the last reply it goes as well.
        if let Some(mark) = root.filter(|root| root.tombstone && !self.has_replies(channel, root)) {
            let mark = mark.clone();
            self.take_away(now, channel, &mark)?;
        }
        Ok(())
    }

    pub(crate) fn has_replies(&self, channel: &str, root: &Post) -> bool {
        let place = self.channel(channel);
        place.is_some_and(|place| place.thread(&root.ts).any(|post| post.ts != root.ts))
    }

    fn take_away(&mut self, now: Time, channel: &str, gone: &Post) -> Result<(), ApiError> {
        let at = self.next_ts(now);
        let public = gone.only_for.is_none();
        let mark = (public && !gone.is_reply() && self.has_replies(channel, gone))
            .then(|| gone.tombstone());
        let posts = &mut self.channel_mut(channel)?.posts;
        match &mark {
            Some(mark) => {
                let place = posts.iter_mut().find(|post| post.ts == gone.ts);
                *place.ok_or_else(|| ApiError::from("message_not_found"))? = mark.clone();
            }
            None => posts.retain(|post| post.ts != gone.ts),
        }
        if public {
            let event = match &mark {
                Some(mark) => payloads::message_changed(self, channel, gone, mark, &at),
                None => payloads::message_deleted(self, channel, gone, &at),
            };
            self.emit(now, event);
        }
        self.announce_change(channel, gone);
        Ok(())
    }

    /// A message in a channel, ephemeral ones included.
    pub(crate) fn find_post(&self, channel: &str, ts: &str) -> Option<&Post> {
        self.channel(channel)?
            .posts
            .iter()
            .find(|post| post.ts == ts)
    }

    pub(super) fn post_mut(&mut self, channel: &str, ts: &str) -> Result<&mut Post, ApiError> {
        self.channel_mut(channel)?
            .posts
            .iter_mut()
            .find(|post| post.ts == ts)
            .ok_or_else(|| "message_not_found".into())
    }

    fn post_by(
        &mut self,
        author: &Author,
        channel: &str,
        ts: &str,
        not_yours: &str,
    ) -> Result<&mut Post, ApiError> {
        let post = self.post_mut(channel, ts)?;
        if post.author == *author {
            Ok(post)
        } else {
            Err(not_yours.into())
        }
    }

    fn announce_post(&mut self, now: Time, channel: &str, post: &Post) {
        self.announce_change(channel, post);
        if post.author == Author::Bot {
            self.clear_status(channel, post);
        }
        let Some(place) = self.channel(channel) else {
            return;
        };
        // Slack tells an app nothing of ephemerals, nor of channels that its bot has not joined.
        if post.only_for.is_some() || !place.has_bot() {
            return;
        }
        let mentions_bot = matches!(post.author, Author::Person(_))
            && !place.is_im()
            && post.text.contains(&format!("<@{}>", self.own.bot_user));
        let event = payloads::message(self, place, post);
        let mention = mentions_bot.then(|| payloads::app_mention(self, place, post));
        for event in mention.into_iter().chain([event]) {
            self.emit(now, event);
        }
    }

    pub(super) fn announce_change(&mut self, channel: &str, post: &Post) {
        let change = Change::Messages {
            channel: channel.to_owned(),
            thread_ts: post.thread_ts.clone(),
        };
        match &post.only_for {
            Some(user) => self.changed_for(user, change),
            None => self.changed(change),
        }
    }
}
