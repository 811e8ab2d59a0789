//! People, the bot, and the channels they share.

use std::collections::{BTreeSet, HashMap};

use super::{Change, Post, Profile, Workspace};
use crate::clock::Time;
use crate::config::Person;
use crate::error::{ApiError, Refused};
use crate::ids::{self, TeamIds};
use crate::payloads;

/// A person in the workspace.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) real_name: String,
    pub(crate) profile: Profile,
}

/// A public channel, or one person's conversation with the bot.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: ChannelKind,
    pub(crate) members: BTreeSet<String>,
    /// The user that the app's bot is in this workspace, whether it has joined or not.
    bot: String,
    pub(crate) created: Time,
    /// Who made it: the first of the people.
    pub(crate) creator: String,
    /// Whether people of another organisation share it.
    pub(crate) external: bool,
    pub(crate) posts: Vec<Post>,
    /// The last message each person has seen.
    pub(crate) read: HashMap<String, String>,
}

/// What sort of conversation a channel is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChannelKind {
    Public,
    /// For those who were invited; others do not even know of it.
    Private,
    /// A direct message of a few people; nobody else knows of it, and nobody is added.
    Mpim,
    /// The bot and the person with this id.
    Im(String),
}

/// How somebody comes to a channel, or goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    /// By themselves.
    Joins,
    /// Because a person of the channel invites them.
    Invited {
        by: &'a str,
    },
    Leaves,
}

impl User {
    pub(crate) fn person(person: &Person, own: &TeamIds) -> Self {
        Self {
            id: own.named('U', &person.name),
            name: person.name.clone(),
            real_name: person.real_name.clone(),
            profile: Profile::of(&own.team),
        }
    }
}

impl Channel {
    pub(crate) fn public(name: &str, people: &[User], own: &TeamIds, now: Time) -> Self {
        let mut members: BTreeSet<_> = people.iter().map(|person| person.id.clone()).collect();
        members.insert(own.bot_user.clone());
        let id = own.named('C', name);
        let kind = ChannelKind::Public;
        let mut channel = Self::new(id, name, kind, members, now);
        channel.bot.clone_from(&own.bot_user);
        channel.creator = people.first().map_or(String::new(), |user| user.id.clone());
        channel
    }

    pub(crate) fn im(person: &User, own: &TeamIds, now: Time) -> Self {
        let members = BTreeSet::from([person.id.clone(), own.bot_user.clone()]);
        let kind = ChannelKind::Im(person.id.clone());
        let id = own.named('D', &person.name);
        let mut channel = Self::new(id, "directmessage", kind, members, now);
        channel.bot.clone_from(&own.bot_user);
        channel
    }

    pub(super) fn group(
        id: &str,
        name: &str,
        members: BTreeSet<String>,
        creator: &str,
        own: &TeamIds,
        now: Time,
    ) -> Self {
        let mut channel = Self::new(id.to_owned(), name, ChannelKind::Mpim, members, now);
        channel.bot.clone_from(&own.bot_user);
        creator.clone_into(&mut channel.creator);
        channel
    }

    fn new(
        id: String,
        name: &str,
        kind: ChannelKind,
        members: BTreeSet<String>,
        created: Time,
    ) -> Self {
        Self {
            id,
            name: name.to_owned(),
            kind,
            members,
            bot: String::new(),
            created,
            creator: String::new(),
            external: false,
            posts: Vec::new(),
            read: HashMap::new(),
        }
    }

    pub(crate) fn has_bot(&self) -> bool {
        self.members.contains(&self.bot)
    }

    /// Whether it is a conversation of two rather than a channel.
    pub(crate) fn is_im(&self) -> bool {
        matches!(self.kind, ChannelKind::Im(_))
    }

    /// Whether it is a direct message of a few people.
    pub(super) fn is_group(&self) -> bool {
        self.kind == ChannelKind::Mpim
    }

    /// What a slash command calls it: Slack hides the name of a private channel.
    pub(crate) fn name_in_command(&self) -> &str {
        match self.kind {
            ChannelKind::Private => "privategroup",
            ChannelKind::Public | ChannelKind::Mpim | ChannelKind::Im(_) => &self.name,
        }
    }

    /// `channel`, `group`, `mpim` or `im`, as events and the control API say it.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self.kind {
            ChannelKind::Public => "channel",
            ChannelKind::Private => "group",
            ChannelKind::Mpim => "mpim",
            ChannelKind::Im(_) => "im",
        }
    }
}

impl Workspace {
    /// The person with this name or id.
    pub(crate) fn person(&self, who: &str) -> Result<&User, Refused> {
        let who = who.trim_start_matches('@');
        self.people
            .iter()
            .find(|person| person.id == who || person.name == who)
            .ok_or_else(|| Refused(format!("There is no person called `{who}`.")))
    }

    /// The channel with this name or id as this person sees it; `dm` is their conversation with the bot.
    pub(crate) fn channel_for(&self, user: &str, which: &str) -> Result<&Channel, Refused> {
        let which = which.trim_start_matches('#');
        self.channels
            .iter()
            .find(|channel| match &channel.kind {
                ChannelKind::Public => channel.id == which || channel.name == which,
                ChannelKind::Private | ChannelKind::Mpim => {
                    channel.members.contains(user) && (channel.id == which || channel.name == which)
                }
                ChannelKind::Im(owner) => owner == user && (channel.id == which || which == "dm"),
            })
            .ok_or_else(|| Refused(format!("There is no channel `{which}` for this person.")))
    }

    /// The channel the app means: an id, a name, or a person's id for their conversation.
    pub(crate) fn channel_for_app(&self, which: &str) -> Result<&Channel, ApiError> {
        let name = which.trim_start_matches('#');
        self.channels
            .iter()
            .find(|channel| match &channel.kind {
                ChannelKind::Public => channel.id == which || channel.name == name,
                // An app cannot tell a private channel without it from none at all.
                ChannelKind::Private | ChannelKind::Mpim => {
                    channel.has_bot() && (channel.id == which || channel.name == name)
                }
                ChannelKind::Im(owner) => channel.id == which || owner == which,
            })
            .ok_or_else(|| "channel_not_found".into())
    }

    pub(crate) fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    pub(super) fn channel_mut(&mut self, id: &str) -> Result<&mut Channel, ApiError> {
        self.channels
            .iter_mut()
            .find(|channel| channel.id == id)
            .ok_or_else(|| "channel_not_found".into())
    }

    /// The name to show for a user id.
    pub(crate) fn user_name(&self, id: &str) -> &str {
        match id {
            ids::SLACKBOT => "slackbot",
            _ if id == self.own.bot_user => &self.app.name,
            _ => self
                .people
                .iter()
                .find(|person| person.id == id)
                .map_or("unknown", |person| &person.name),
        }
    }

    /// Makes a public channel with these people in it, and the bot if asked.
    pub(crate) fn add_channel(
        &mut self,
        now: Time,
        name: &str,
        with_bot: bool,
    ) -> Result<String, Refused> {
        let mut channel = Channel::public(name, &self.people, &self.own, now);
        if self.channels.iter().any(|other| other.id == channel.id) {
            return Err(Refused(format!("There is already a channel `{name}`.")));
        }
        if !with_bot {
            channel.members.remove(&self.own.bot_user);
        }
        let id = channel.id.clone();
        self.channels.push(channel);
        Ok(id)
    }

    /// Makes a private channel with these people in it, and the bot if asked. The first of them made it.
    pub(crate) fn add_private_channel(
        &mut self,
        now: Time,
        name: &str,
        people: &[&str],
        with_bot: bool,
    ) -> Result<String, Refused> {
        let mut members = BTreeSet::new();
        for who in people {
            members.insert(self.person(who)?.id.clone());
        }
        let creator = people.first().map(|who| self.person(who)).transpose()?;
        let creator = creator.map_or(String::new(), |person| person.id.clone());
        let id = self.add_channel(now, name, with_bot)?;
        if with_bot {
            members.insert(self.own.bot_user.clone());
        }
        let channel = self.channel_mut(&id)?;
        channel.kind = ChannelKind::Private;
        channel.members = members;
        channel.creator = creator;
        Ok(id)
    }

    /// Lets a person, or the bot by its name, join or leave a channel; gives whether that changed anything.
    pub(crate) fn set_member(
        &mut self,
        now: Time,
        channel: &str,
        who: &str,
        step: Step<'_>,
    ) -> Result<bool, Refused> {
        let user = if who.trim_start_matches('@') == self.app.name || who == self.own.bot_user {
            self.own.bot_user.clone()
        } else {
            self.person(who)?.id.clone()
        };
        let found = self.any_channel(channel)?;
        let (id, kind) = (found.id.clone(), found.kind.clone());
        if kind == ChannelKind::Mpim {
            return Err(Refused(
                "Nobody joins or leaves a direct message: open one with other people.".to_owned(),
            ));
        }
        let inviter = match step {
            Step::Invited { by } => Some(self.inviter(&id, by)?),
            Step::Joins | Step::Leaves => None,
        };
        let place = self.channel_mut(&id)?;
        let changed = match step {
            Step::Joins | Step::Invited { .. } => place.members.insert(user.clone()),
            Step::Leaves => place.members.remove(&user),
        };
        if changed {
            let ts = self.next_ts(now);
            let is_bot = user == self.own.bot_user;
            let event = match (step, is_bot) {
                (Step::Joins | Step::Invited { .. }, _) => {
                    let who = (user.as_str(), inviter.as_deref());
                    payloads::member_joined(self, &id, &kind, who, &ts)
                }
                (Step::Leaves, true) => payloads::channel_gone("left", &id, &kind, &ts),
                (Step::Leaves, false) => payloads::member_left(self, &id, &kind, &user, &ts),
            };
            self.emit(now, event);
            self.changed(Change::Everything);
        }
        Ok(changed)
    }

    /// Who invites somebody to a channel: a person of it.
    fn inviter(&mut self, channel: &str, by: &str) -> Result<String, Refused> {
        let inviter = self.person(by)?.id.clone();
        if self.channel_mut(channel)?.members.contains(&inviter) {
            return Ok(inviter);
        }
        Err(Refused(format!(
            "`{by}` is not in that channel, so they invite nobody to it."
        )))
    }

    /// Deletes a channel with everything in it. The app hears of it if it was there.
    pub(crate) fn delete_channel(&mut self, now: Time, which: &str) -> Result<(), Refused> {
        let found = self.any_channel(which)?;
        let (id, kind, heard) = (found.id.clone(), found.kind.clone(), found.has_bot());
        self.channels.retain(|channel| channel.id != id);
        if heard || kind == ChannelKind::Public {
            let ts = self.next_ts(now);
            let event = payloads::channel_gone("deleted", &id, &kind, &ts);
            self.emit(now, event);
        }
        self.changed(Change::Everything);
        Ok(())
    }

    /// A channel by name or id, whoever may see it.
    fn any_channel(&self, which: &str) -> Result<&Channel, Refused> {
        let which = which.trim_start_matches('#');
        let named = |place: &&Channel| !place.is_im() && (place.id == which || place.name == which);
        let found = self.channels.iter().find(named);
        found.ok_or_else(|| Refused(format!("There is no channel `{which}`.")))
    }

    /// Shares a channel with another organisation, or no longer.
    pub(crate) fn set_external(&mut self, channel: &str, external: bool) -> Result<(), Refused> {
        let id = self.any_channel(channel)?.id.clone();
        self.channel_mut(&id)?.external = external;
        Ok(())
    }
}
