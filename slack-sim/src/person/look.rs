//! What a person sees: messages, threads, modals, the App Home.

use super::place;
use crate::error::Refused;
use crate::seen::{Message, View};
use crate::sim::Sim;

impl Sim {
    /// What a person sees in a channel at the top level, oldest first.
    pub fn messages(&self, user: &str, channel: &str) -> Result<Vec<Message>, Refused> {
        self.seen(user, channel, None)
    }

    /// What a person sees in a thread, its first message included.
    pub fn thread(
        &self,
        user: &str,
        channel: &str,
        thread_ts: &str,
    ) -> Result<Vec<Message>, Refused> {
        self.seen(user, channel, Some(thread_ts))
    }

    /// A person's open modals, the top one last.
    pub fn views(&self, user: &str) -> Result<Vec<View>, Refused> {
        self.team().look(|ws| {
            let user = ws.person(user)?;
            Ok(ws.stack(&user.id).iter().cloned().map(View).collect())
        })
    }

    /// The modal a person is looking at, if one is open.
    pub fn top_view(&self, user: &str) -> Result<Option<View>, Refused> {
        Ok(self.views(user)?.pop())
    }

    /// The Home that the app has published for a person, if it has.
    pub fn home(&self, user: &str) -> Result<Option<View>, Refused> {
        self.team().look(|ws| {
            let user = ws.person(user)?;
            Ok(ws.home(&user.id).cloned().map(View))
        })
    }

    /// What the app says it is doing in a thread.
    pub fn status(
        &self,
        user: &str,
        channel: &str,
        thread_ts: &str,
    ) -> Result<Option<String>, Refused> {
        self.team().look(|ws| {
            let (_, channel) = place(ws, user, channel)?;
            Ok(ws.statuses(&channel).remove(thread_ts))
        })
    }

    /// The status of the app's agent session in a thread, if there is one.
    pub fn session(
        &self,
        user: &str,
        channel: &str,
        thread_ts: &str,
    ) -> Result<Option<String>, Refused> {
        self.team().look(|ws| {
            let (_, channel) = place(ws, user, channel)?;
            Ok(ws.session(&channel, thread_ts).map(str::to_owned))
        })
    }

    fn seen(&self, user: &str, channel: &str, root: Option<&str>) -> Result<Vec<Message>, Refused> {
        let now = self.team().clock.now();
        self.team().look(|ws| {
            let (user, channel) = place(ws, user, channel)?;
            let channel = ws.channel_for(&user, &channel)?;
            Ok(ws.seen(now, channel, &user, root))
        })
    }
}
