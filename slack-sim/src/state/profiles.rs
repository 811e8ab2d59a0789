//! What `users.info` says of people and the bot, and how a test changes it: language, time zone, guests, strangers.

use serde_json::{Value, json};

use super::{Change, User, Workspace};
use crate::clock::Time;
use crate::config::{Guest, PersonChange, Timezone};
use crate::error::Refused;
use crate::ids;
use crate::payloads;

/// What only `users.info` knows of a person.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// Whether this person runs the workspace.
    admin: bool,
    /// The language they use Slack in, such as `de-DE`.
    pub(crate) locale: String,
    timezone: Timezone,
    guest: Guest,
    /// From another workspace, and in no channel that the app shares with them.
    stranger: bool,
    /// The workspace they belong to.
    pub(crate) team: String,
}

impl Profile {
    /// That of a new member of this workspace.
    pub(crate) fn of(team: &str) -> Self {
        Self {
            admin: false,
            locale: "en-US".to_owned(),
            timezone: Timezone::default(),
            guest: Guest::No,
            stranger: false,
            team: team.to_owned(),
        }
    }

    fn change(&mut self, change: PersonChange) {
        let PersonChange {
            locale,
            timezone,
            guest,
            stranger,
            admin,
            team,
        } = change;
        self.locale = locale.unwrap_or_else(|| std::mem::take(&mut self.locale));
        self.timezone = timezone.unwrap_or_else(|| self.timezone.clone());
        self.guest = guest.unwrap_or(self.guest);
        self.stranger = stranger.unwrap_or(self.stranger);
        self.admin = admin.unwrap_or(self.admin);
        self.team = team.unwrap_or_else(|| std::mem::take(&mut self.team));
    }
}

impl Workspace {
    /// Changes what `users.info` says of a person.
    pub(crate) fn change_person(
        &mut self,
        now: Time,
        who: &str,
        change: PersonChange,
    ) -> Result<(), Refused> {
        let id = self.person(who)?.id.clone();
        if let Some(person) = self.people.iter_mut().find(|person| person.id == id) {
            person.profile.change(change);
        }
        if let Some(user) = self.user_json(&id, true) {
            let at = self.next_ts(now);
            self.emit(now, payloads::user_change(user, &at));
            self.changed_for(&id, Change::Everything);
        }
        Ok(())
    }

    /// The workspace that a user belongs to: this one, but for people of other companies.
    pub(crate) fn team_of(&self, id: &str) -> &str {
        self.people
            .iter()
            .find(|person| person.id == id)
            .map_or(&self.own.team, |person| &person.profile.team)
    }

    /// A user as `users.info` shows it: a person or the bot.
    pub(crate) fn user_json(&self, id: &str, with_locale: bool) -> Option<Value> {
        let mut user = if id == self.own.bot_user {
            self.bot_user()
        } else {
            person_object(self.people.iter().find(|person| person.id == id)?)
        };
        if !with_locale && let Some(fields) = user.as_object_mut() {
            fields.remove("locale");
        }
        Some(user)
    }

    fn bot_user(&self) -> Value {
        let mut user = object(
            &self.own.bot_user,
            &self.app.name,
            &self.app.name,
            &self.own.team,
        );
        user["is_bot"] = json!(true);
        user["profile"]["bot_id"] = json!(self.own.bot);
        user["profile"]["api_app_id"] = json!(ids::APP);
        user
    }
}

fn person_object(person: &User) -> Value {
    let profile = &person.profile;
    let mut user = object(&person.id, &person.name, &person.real_name, &profile.team);
    user["profile"]["email"] = json!(format!("{}@example.com", person.name));
    user["is_admin"] = json!(profile.admin);
    user["locale"] = json!(profile.locale);
    user["tz"] = json!(profile.timezone.name);
    user["tz_label"] = json!(profile.timezone.label);
    user["tz_offset"] = json!(profile.timezone.offset);
    user["is_restricted"] = json!(profile.guest != Guest::No);
    user["is_ultra_restricted"] = json!(profile.guest == Guest::SingleChannel);
    // Slack leaves the field out for everybody else.
    if profile.stranger {
        user["is_stranger"] = json!(true);
    }
    user
}

fn object(id: &str, name: &str, real_name: &str, team: &str) -> Value {
    let timezone = Timezone::default();
    json!({
        "id": id,
        "team_id": team,
        "name": name,
        "real_name": real_name,
        "deleted": false,
        "tz": timezone.name,
        "tz_label": timezone.label,
        "tz_offset": timezone.offset,
        "locale": "en-US",
        "profile": {
            "real_name": real_name,
            "real_name_normalized": real_name,
            "display_name": name,
            "display_name_normalized": name,
            "team": team,
        },
        "is_admin": false,
        "is_owner": false,
        "is_restricted": false,
        "is_ultra_restricted": false,
        "is_bot": false,
        "is_app_user": false,
        "updated": 0,
    })
}
