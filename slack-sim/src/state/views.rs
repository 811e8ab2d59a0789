//! Modals and App Homes: a person's stack of at most three views, and what each submission does to it.

use serde_json::{Value, json};

use super::{Change, Workspace};
use crate::blocks;
use crate::clock::Time;
use crate::error::ApiError;
use crate::ids;
use crate::payloads;

/// How many modals may lie on top of each other.
const STACK: usize = 3;

/// Which view an update means.
pub(crate) enum Which {
    Id(String),
    External(String),
}

/// What the app answered to a submission.
pub(crate) enum Settled {
    /// The modal stays and shows these errors, by block.
    Errors(Value),
    /// The modal is still there with other content, or another lies on top.
    Open,
    Closed,
}

/// Where a new view lies.
#[derive(Default)]
struct Place {
    root: Option<String>,
    previous: Option<String>,
}

impl Workspace {
    /// The open modals of a person, the top one last.
    pub(crate) fn stack(&self, user: &str) -> &[Value] {
        self.modals.get(user).map_or(&[], Vec::as_slice)
    }

    /// What the app published as a person's Home.
    pub(crate) fn home(&self, user: &str) -> Option<&Value> {
        self.homes.get(user)
    }

    /// Opens a modal for whoever's trigger this is. What they had open gives way.
    pub(crate) fn open_view(
        &mut self,
        now: Time,
        trigger: &str,
        view: Value,
    ) -> Result<Value, ApiError> {
        blocks::check_view(&view, "modal")?;
        let acted = self.use_trigger(now, trigger)?;
        let view = self.stamp(now, view, Place::default());
        self.modals.insert(acted.user.clone(), vec![view.clone()]);
        self.changed_for(&acted.user, Change::Views);
        Ok(view)
    }

    /// Lays a modal on top of the one in which the trigger's person acted.
    pub(crate) fn push_view(
        &mut self,
        now: Time,
        trigger: &str,
        view: Value,
    ) -> Result<Value, ApiError> {
        blocks::check_view(&view, "modal")?;
        let acted = self.use_trigger(now, trigger)?;
        let open = self.stack(&acted.user);
        let is_open = |id: &String| open.iter().any(|view| view["id"] == id.as_str());
        if !acted.view.as_ref().is_some_and(is_open) {
            return Err("not_found".into());
        }
        if open.len() >= STACK {
            return Err("push_limit_reached".into());
        }
        Ok(self.lay_on_top(now, &acted.user, view))
    }

    /// Replaces a modal or a Home, keeping its place and what was typed into inputs that stay.
    pub(crate) fn update_view(
        &mut self,
        now: Time,
        which: &Which,
        hash: Option<&str>,
        view: Value,
    ) -> Result<Value, ApiError> {
        let kind = view["type"].as_str().unwrap_or("modal").to_owned();
        blocks::check_view(&view, &kind)?;
        let (user, old) = self
            .find_view(which)
            .ok_or_else(|| ApiError::from("not_found"))?;
        if hash.is_some_and(|hash| old["hash"] != hash) {
            return Err("hash_conflict".into());
        }
        let new = self.restamp(now, &old, view);
        self.put_view(&user, new.clone());
        Ok(new)
    }

    /// Publishes a person's App Home.
    pub(crate) fn publish_home(
        &mut self,
        now: Time,
        user: &str,
        hash: Option<&str>,
        view: Value,
    ) -> Result<Value, ApiError> {
        blocks::check_view(&view, "home")?;
        if !self.people.iter().any(|person| person.id == user) {
            return Err("user_not_found".into());
        }
        let old = self.homes.get(user).cloned();
        let view = match old {
            Some(old) if hash.is_some_and(|hash| old["hash"] != hash) => {
                return Err("hash_conflict".into());
            }
            Some(old) => self.restamp(now, &old, view),
            None => self.stamp(now, view, Place::default()),
        };
        self.put_view(user, view.clone());
        Ok(view)
    }

    /// A person's open modal or Home with this id.
    pub(crate) fn view_of(&self, user: &str, id: &str) -> Option<&Value> {
        let home = self.homes.get(user);
        self.stack(user)
            .iter()
            .chain(home)
            .find(|view| view["id"] == id)
    }

    /// Tells the app that a person opened its Home or its messages.
    pub(crate) fn raise_home_opened(&mut self, now: Time, user: &str, channel: &str, tab: &str) {
        let ts = self.next_ts(now);
        let event = payloads::home_opened(self, user, channel, tab, &ts);
        self.emit(now, event);
    }

    /// Remembers what a person has entered in a view.
    pub(crate) fn set_view_state(&mut self, user: &str, id: &str, state: Value) {
        if let Some(mut view) = self.view_of(user, id).cloned() {
            view["state"] = state;
            self.put_view(user, view);
        }
    }

    /// Closes a person's modal and those above it, or all if it says so; gives the closed ones.
    pub(crate) fn close_view(&mut self, user: &str, id: &str) -> Vec<Value> {
        let Some(stack) = self.modals.get_mut(user) else {
            return Vec::new();
        };
        let Some(at) = stack.iter().position(|view| view["id"] == id) else {
            return Vec::new();
        };
        let from = if stack[at]["clear_on_close"] == true {
            0
        } else {
            at
        };
        let closed = stack.split_off(from);
        self.changed_for(user, Change::Views);
        closed
    }

    /// Does what the app answered to a submission: `response_action`, or nothing for "close it".
    pub(crate) fn settle_submission(
        &mut self,
        now: Time,
        user: &str,
        id: &str,
        answer: Option<&Value>,
    ) -> Result<Settled, ApiError> {
        let answer = answer.unwrap_or(&Value::Null);
        match answer["response_action"].as_str() {
            Some("errors") => Ok(Settled::Errors(answer["errors"].clone())),
            Some("clear") => {
                self.modals.remove(user);
                self.changed_for(user, Change::Views);
                Ok(Settled::Closed)
            }
            Some("update") => {
                let which = Which::Id(id.to_owned());
                self.update_view(now, &which, None, answer["view"].clone())?;
                Ok(Settled::Open)
            }
            Some("push") => {
                blocks::check_view(&answer["view"], "modal")?;
                if self.stack(user).len() >= STACK {
                    return Err("push_limit_reached".into());
                }
                self.lay_on_top(now, user, answer["view"].clone());
                Ok(Settled::Open)
            }
            Some(_) => Err("invalid_arguments".into()),
            None => {
                self.close_view(user, id);
                Ok(Settled::Closed)
            }
        }
    }

    fn lay_on_top(&mut self, now: Time, user: &str, view: Value) -> Value {
        let id_of = |view: &Value| view["id"].as_str().map(str::to_owned);
        let place = Place {
            root: self.stack(user).first().and_then(id_of),
            previous: self.stack(user).last().and_then(id_of),
        };
        let view = self.stamp(now, view, place);
        self.modals
            .entry(user.to_owned())
            .or_default()
            .push(view.clone());
        self.changed_for(user, Change::Views);
        view
    }

    fn find_view(&self, which: &Which) -> Option<(String, Value)> {
        let matches = |view: &Value| match which {
            Which::Id(id) => view["id"] == id.as_str(),
            Which::External(id) => view["external_id"] == id.as_str(),
        };
        let modals = self
            .modals
            .iter()
            .flat_map(|(user, stack)| stack.iter().map(move |view| (user, view)));
        let homes = self.homes.iter();
        modals
            .chain(homes)
            .find(|(_, view)| matches(view))
            .map(|(user, view)| (user.clone(), view.clone()))
    }

    fn put_view(&mut self, user: &str, view: Value) {
        if view["type"] == "home" {
            self.homes.insert(user.to_owned(), view);
            self.changed_for(user, Change::Home);
            return;
        }
        let stack = self.modals.entry(user.to_owned()).or_default();
        if let Some(slot) = stack.iter_mut().find(|slot| slot["id"] == view["id"]) {
            *slot = view;
        }
        self.changed_for(user, Change::Views);
    }

    /// Adds what Slack adds to a view that is shown for the first time.
    fn stamp(&mut self, now: Time, view: Value, place: Place) -> Value {
        let id = self.ids.next("V");
        let root = place.root.unwrap_or_else(|| id.clone());
        let mut view = self.complete(now, view);
        view["id"] = json!(id);
        view["root_view_id"] = json!(root);
        view["previous_view_id"] = json!(place.previous);
        view["state"] = blocks::state_of(&view["blocks"], &Value::Null);
        view
    }

    fn restamp(&mut self, now: Time, old: &Value, view: Value) -> Value {
        let mut view = self.complete(now, view);
        for kept in ["id", "root_view_id", "previous_view_id"] {
            view[kept] = old[kept].clone();
        }
        if view["external_id"] == "" {
            view["external_id"] = old["external_id"].clone();
        }
        view["state"] = blocks::state_of(&view["blocks"], &old["state"]);
        view
    }

    fn complete(&mut self, now: Time, mut view: Value) -> Value {
        let mut contents = view["blocks"].as_array().cloned().unwrap_or_default();
        blocks::name_parts(&mut contents);
        view["blocks"] = json!(contents);
        view["hash"] = json!(format!("{}.{}", now.seconds(), ids::random(4)));
        view["team_id"] = json!(self.own.team);
        view["app_installed_team_id"] = match &self.enterprise()["id"] {
            Value::Null => json!(self.own.team),
            enterprise => enterprise.clone(),
        };
        view["app_id"] = json!(ids::APP);
        view["bot_id"] = json!(self.own.bot);
        let defaults = json!({
            "type": "modal", "callback_id": "", "private_metadata": "", "external_id": "",
            "title": null, "submit": null, "close": null,
            "clear_on_close": false, "notify_on_close": false,
        });
        if let (Some(fields), Some(defaults)) = (view.as_object_mut(), defaults.as_object()) {
            for (name, value) in defaults {
                fields.entry(name).or_insert_with(|| value.clone());
            }
        }
        view
    }
}
