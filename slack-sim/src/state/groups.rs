//! Direct messages of a few people: opened by somebody, and always the same one for the same people.

use std::collections::BTreeSet;

use super::{Change, Channel, Workspace};
use crate::clock::Time;
use crate::error::{ApiError, Refused};

/// The most people that somebody may open a conversation with.
const MOST: usize = 8;

impl Workspace {
    /// Opens the app's conversation with these people, who are given by id. Gives its id, and whether it was there.
    pub(crate) fn open_group_for_app(
        &mut self,
        now: Time,
        users: &[&str],
    ) -> Result<(String, bool), ApiError> {
        let mut members = BTreeSet::new();
        for user in users {
            let known = self.people.iter().any(|person| person.id == *user);
            if !known && *user != self.own.bot_user {
                return Err("user_not_found".into());
            }
            members.insert((*user).to_owned());
        }
        members.remove(&self.own.bot_user);
        match members.len() {
            0 | 1 => return Err("not_enough_users".into()),
            2..=MOST => {}
            _ => return Err("too_many_users".into()),
        }
        let bot = self.own.bot_user.clone();
        members.insert(bot.clone());
        Ok(self.open_group(now, members, &bot))
    }

    /// Opens a conversation of these people, and the bot if asked. The first of them opened it.
    pub(crate) fn open_group_of(
        &mut self,
        now: Time,
        people: &[&str],
        with_bot: bool,
    ) -> Result<String, Refused> {
        let ids = people.iter().map(|who| Ok(self.person(who)?.id.clone()));
        let ids: Vec<String> = ids.collect::<Result<_, Refused>>()?;
        let mut members: BTreeSet<String> = ids.iter().cloned().collect();
        if members.len() < 2 || members.len() > MOST {
            return Err(Refused(format!("A conversation has two to {MOST} people.")));
        }
        if with_bot {
            members.insert(self.own.bot_user.clone());
        }
        Ok(self.open_group(now, members, &ids[0]).0)
    }

    fn open_group(
        &mut self,
        now: Time,
        members: BTreeSet<String>,
        creator: &str,
    ) -> (String, bool) {
        let mut groups = self.channels.iter().filter(|place| place.is_group());
        if let Some(there) = groups.find(|place| place.members == members) {
            return (there.id.clone(), true);
        }
        let names: Vec<&str> = members.iter().map(|id| self.user_name(id)).collect();
        let name = format!("mpdm-{}-1", names.join("--"));
        let id = self.ids.next("G");
        let group = Channel::group(&id, &name, members, creator, &self.own, now);
        self.channels.push(group);
        self.changed(Change::Everything);
        (id, false)
    }
}
