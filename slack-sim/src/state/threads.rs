//! Reading messages: a channel's history, a thread, and what one person can see of them.

use serde_json::{Value, json};

use super::{Author, Channel, Post, Workspace};
use crate::clock::Time;
use crate::ids;
use crate::seen::{Message, Reaction};

impl Channel {
    /// Everyone's messages at the top level, oldest first.
    pub(crate) fn history(&self) -> impl Iterator<Item = &Post> {
        self.posts
            .iter()
            .filter(|post| post.only_for.is_none())
            .filter(|post| !post.is_reply() || post.broadcast)
    }

    /// Everyone's messages of a thread, its first one included.
    pub(crate) fn thread<'a>(&'a self, root: &'a str) -> impl Iterator<Item = &'a Post> {
        self.posts
            .iter()
            .filter(|post| post.only_for.is_none())
            .filter(move |post| post.ts == root || post.thread_ts.as_deref() == Some(root))
    }

    fn replies<'a>(&'a self, root: &'a str) -> impl Iterator<Item = &'a Post> {
        self.thread(root).filter(move |post| post.ts != root)
    }

    /// Who has replied in a thread, each once, in the order of their first reply.
    fn repliers(&self, root: &str) -> Vec<String> {
        let mut users: Vec<String> = Vec::new();
        for post in self.replies(root) {
            if !users.contains(&post.user) {
                users.push(post.user.clone());
            }
        }
        users
    }

    /// How many top-level messages of others this person has not looked at.
    pub(crate) fn unread(&self, user: &str) -> usize {
        let read = self.read.get(user).map_or("", String::as_str);
        self.history()
            .filter(|post| post.user != user && !post.tombstone && post.ts.as_str() > read)
            .count()
    }
}

impl Workspace {
    /// A message as the Web API and the events show it.
    pub(crate) fn message_json(&self, channel: &Channel, post: &Post) -> Value {
        let mut message = json!({
            "type": "message",
            "user": post.user,
            "ts": post.ts,
            "text": post.text,
            "team": self.team_of(&post.user),
        });
        let team = self.team_of(&post.user);
        if team != self.own.team {
            // Somebody of another company: Slack says so in the message itself.
            message["user_team"] = json!(team);
            message["source_team"] = json!(team);
            let profile = self.user_json(&post.user, false);
            message["user_profile"] =
                profile.map_or(Value::Null, |mut user| user["profile"].take());
        }
        if let Some(id) = &post.client_msg_id {
            message["client_msg_id"] = json!(id);
        }
        if post.author == Author::Bot {
            message["bot_id"] = json!(self.own.bot);
            message["app_id"] = json!(ids::APP);
            message["bot_profile"] = self.bot_json();
        }
        if !post.blocks.is_empty() {
            message["blocks"] = json!(post.blocks);
        }
        if !post.attachments.is_empty() {
            message["attachments"] = json!(post.attachments);
        }
        if !post.files.is_empty() {
            message["subtype"] = json!("file_share");
            message["files"] = json!(self.files_in_message(&post.files));
            message["upload"] = json!(true);
            message["display_as_bot"] = json!(false);
        }
        if let Some(stream) = &post.stream {
            message["streaming_state"] = json!(stream.state_name());
        }
        if let Some(edited) = &post.edited {
            message["edited"] = json!({"user": post.user, "ts": edited});
        }
        if !post.reactions.is_empty() {
            message["reactions"] = json!(reactions(post));
        }
        if post.tombstone {
            message["subtype"] = json!("tombstone");
            message["hidden"] = json!(true);
        }
        self.add_thread_fields(channel, post, &mut message);
        message
    }

    fn add_thread_fields(&self, channel: &Channel, post: &Post, message: &mut Value) {
        if post.is_reply() {
            let root = post.thread_ts.as_deref().unwrap_or_default();
            message["thread_ts"] = json!(root);
            if let Some(parent) = channel.posts.iter().find(|other| other.ts == root) {
                message["parent_user_id"] = json!(parent.user);
            }
            if post.broadcast {
                message["subtype"] = json!("thread_broadcast");
            }
            return;
        }
        let count = channel.replies(&post.ts).count();
        if count > 0 {
            let users = channel.repliers(&post.ts);
            message["thread_ts"] = json!(post.ts);
            message["reply_count"] = json!(count);
            message["reply_users_count"] = json!(users.len());
            message["reply_users"] = json!(users);
            message["latest_reply"] = json!(channel.replies(&post.ts).last().map(|last| &last.ts));
            message["is_locked"] = json!(false);
            message["subscribed"] = json!(false);
        }
    }

    /// The bot as `bots.info` and its messages' `bot_profile` show it.
    pub(crate) fn bot_json(&self) -> Value {
        json!({
            "id": self.own.bot,
            "app_id": ids::APP,
            "user_id": self.own.bot_user,
            "name": self.app.name,
            "deleted": false,
            "updated": 0,
            "team_id": self.own.team,
            "icons": {},
        })
    }

    /// What one person sees in a channel (top level) or in one of its threads, oldest first.
    pub(crate) fn seen(
        &self,
        now: Time,
        channel: &Channel,
        user: &str,
        root: Option<&str>,
    ) -> Vec<Message> {
        channel
            .posts
            .iter()
            .filter(|post| post.is_visible_to(user))
            .filter(|post| match root {
                Some(root) => post.ts == root || post.thread_ts.as_deref() == Some(root),
                None => !post.is_reply() || post.broadcast,
            })
            .map(|post| self.seen_post(now, channel, post))
            .collect()
    }

    fn seen_post(&self, now: Time, channel: &Channel, post: &Post) -> Message {
        let users = channel.repliers(&post.ts);
        let replies = channel.replies(&post.ts).count();
        Message {
            channel: channel.id.clone(),
            ts: post.ts.clone(),
            user: post.user.clone(),
            username: self.user_name(&post.user).to_owned(),
            bot_id: (post.author == Author::Bot).then(|| self.own.bot.clone()),
            text: post.text.clone(),
            blocks: post.blocks.clone(),
            attachments: post.attachments.clone(),
            files: self.files_in_message(&post.files),
            thread_ts: post.thread_ts.clone(),
            reply_count: (replies > 0).then_some(replies),
            reply_users: (replies > 0).then_some(users),
            ephemeral: post.only_for.is_some(),
            streaming: post
                .stream
                .as_ref()
                .map(|stream| stream.name(now).to_owned()),
            edited: post.edited.clone(),
            reactions: post
                .reactions
                .iter()
                .map(|(name, users)| Reaction {
                    name: name.clone(),
                    users: users.clone(),
                })
                .collect(),
            metadata: post.metadata.clone(),
            subtype: match (post.tombstone, post.broadcast) {
                (true, _) => Some("tombstone".to_owned()),
                (false, true) => Some("thread_broadcast".to_owned()),
                (false, false) => None,
            },
        }
    }

    /// Remembers that a person has looked at a channel.
    pub(crate) fn mark_read(&mut self, channel: &str, user: &str) {
        if let Ok(place) = self.channel_mut(channel)
            && let Some(last) = place.posts.last()
        {
            let ts = last.ts.clone();
            place.read.insert(user.to_owned(), ts);
        }
    }
}

fn reactions(post: &Post) -> Vec<Value> {
    post.reactions
        .iter()
        .map(|(name, users)| json!({"name": name, "users": users, "count": users.len()}))
        .collect()
}
