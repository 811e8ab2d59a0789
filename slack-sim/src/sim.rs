//! The running simulator: start it, point an app at it, drive it, stop it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get, post};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::config::{Delivery, PersonChange, SimConfig, WorkspaceConfig};
use crate::dispatch::{self, AckReport, Handmade};
use crate::error::Refused;
use crate::faults::{Fault, FaultKind};
use crate::log::{Call, Entry};
use crate::shared::{EVENT_QUEUE, Shared};
use crate::socket::{Disconnect, Wire};
use crate::state::{LARGEST, Step};
use crate::team::Team;
use crate::{
    api, control, file_server, http_delivery, oauth_page, page, permalinks, response_url, socket,
};

/// How long stopping waits for what is still under way.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// The most that may be sent with one upload: the largest file and the form around it.
pub(crate) const UPLOAD_LIMIT: usize = LARGEST + 64 * 1024;

/// Simulated workspaces, listening on loopback, seen from one of them: at first the first. Clones drive the same one,
/// [`Sim::workspace`] another. The clock, the sockets, the faults and the log are the same from each.
#[derive(Clone)]
pub struct Sim {
    team: Team,
}

impl Sim {
    /// Starts the workspaces of `config`; gives the first.
    pub async fn start(config: SimConfig) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port))
            .await
            .with_context(|| format!("listening on 127.0.0.1:{}", config.port))?;
        let url = format!("http://{}", listener.local_addr()?);
        let (events, queue) = mpsc::channel(EVENT_QUEUE);
        let shared = Shared::new(config, url, events)?;
        let team = Team::first(&shared);
        let sim = Self { team };
        sim.spawn(dispatch::deliver_events(shared, queue));
        let router = sim.router().into_make_service_with_connect_info::<Wire>();
        let server = axum::serve(listener, router)
            .with_graceful_shutdown(sim.team.stopping.clone().cancelled_owned());
        sim.team.tasks.spawn(server.into_future());
        Ok(sim)
    }

    /// Closes the app's sockets and everything else.
    pub async fn stop(&self) {
        self.team.stopping.cancel();
        self.team.tasks.close();
        // Whatever takes longer ends with the process.
        let _ = tokio::time::timeout(STOP_LIMIT, self.team.tasks.wait()).await;
    }

    /// The same simulator, seen from the workspace with this name or id: `sim.workspace("Second")?.say("alice", ..)`.
    pub fn workspace(&self, which: &str) -> Result<Self, Refused> {
        let team = Team::named(&self.team, which)?;
        Ok(Self { team })
    }

    /// Makes another workspace while the simulator runs; gives it.
    pub fn add_workspace(&self, config: WorkspaceConfig) -> Result<Self, Refused> {
        let name = config.name.clone();
        self.team.add_workspace(config)?;
        self.workspace(&name)
    }

    /// The workspace's id, which is in all that the app hears from it.
    pub fn team_id(&self) -> String {
        self.team.id()
    }

    /// The token with which the app is installed in this workspace at first.
    pub fn bot_token(&self) -> String {
        self.team.look(|ws| ws.app.bot_token.clone())
    }

    /// Where a person's browser finds the workspace: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.team.url.clone()
    }

    /// Where the app finds the Web API, with a slash at the end.
    pub fn api_url(&self) -> String {
        format!("{}/api/", self.team.url)
    }

    /// How many sockets the app has open.
    pub fn sockets(&self) -> usize {
        self.team.sockets.count()
    }

    /// Waits until the app has a socket open; false when it has none within a minute.
    pub async fn connected(&self) -> bool {
        let mut count = self.team.sockets.watch();
        let open = count.wait_for(|count| *count > 0);
        let opened = tokio::time::timeout(Duration::from_secs(60), open).await;
        opened.is_ok_and(|count| count.is_ok())
    }

    /// The calls that the app made of one Web API method, oldest first.
    pub fn calls(&self, method: &str) -> Vec<Call> {
        self.team.log.calls(Some(method))
    }

    /// Every Web API call that the app made, oldest first.
    pub fn all_calls(&self) -> Vec<Call> {
        self.team.log.calls(None)
    }

    /// The protocol inspector's entries with a number above `after`.
    pub fn log(&self, after: u64) -> Vec<Entry> {
        self.team.log.entries(after)
    }

    /// Pushes the workspace's clock ahead; whatever expires meanwhile does so.
    pub fn advance(&self, by: Duration) {
        self.team.clock.advance(by);
        // A message that grew may have become one that nobody finished.
        self.team.everything_changed();
    }

    /// Lets something go wrong. On `socket` it happens at once.
    pub fn fault(&self, fault: Fault) {
        if fault.on != "socket" {
            self.team.faults.add(fault);
        } else if fault.kind == FaultKind::Timeout {
            self.disconnect(Disconnect::Frozen);
        } else {
            let why = fault.error.as_deref().and_then(Disconnect::named);
            self.disconnect(why.unwrap_or(Disconnect::RefreshRequested));
        }
    }

    /// Forgets the faults that have not happened yet, and lets the app connect again.
    pub fn clear_faults(&self) {
        self.team.faults.clear();
        self.team.sockets.enable();
    }

    /// Tells every open socket to go; gives how many there were.
    pub fn disconnect(&self, why: Disconnect) -> usize {
        self.team.sockets.disconnect(why)
    }

    /// Sends the app something made by hand.
    pub async fn deliver(&self, handmade: Handmade) -> Vec<AckReport> {
        dispatch::deliver(&self.team, &handmade).await
    }

    /// Changes how Slack reaches the app. For HTTP the app must first answer the challenge.
    pub async fn set_delivery(&self, delivery: Delivery) -> anyhow::Result<()> {
        if let Delivery::Http { request_url } = &delivery {
            http_delivery::verify(&self.team, request_url).await?;
        }
        self.team.set_app(|app| app.delivery = delivery.clone());
        Ok(())
    }

    /// Makes a public channel with everyone in it, and the bot if asked; gives its id.
    pub fn add_channel(&self, name: &str, with_bot: bool) -> Result<String, Refused> {
        self.team.act(|ws, now| ws.add_channel(now, name, with_bot))
    }

    /// Makes a private channel with these people in it, and the bot if asked; gives its id.
    pub fn add_private_channel(
        &self,
        name: &str,
        people: &[&str],
        with_bot: bool,
    ) -> Result<String, Refused> {
        self.team
            .act(|ws, now| ws.add_private_channel(now, name, people, with_bot))
    }

    /// Opens a direct message of these people, and the bot if asked; gives its id. The same people have the same one.
    pub fn open_group(&self, people: &[&str], with_bot: bool) -> Result<String, Refused> {
        self.team
            .act(|ws, now| ws.open_group_of(now, people, with_bot))
    }

    /// Lets a person, or the bot by its name, join a channel; nobody is said to have invited them.
    pub fn invite(&self, channel: &str, who: &str) -> Result<(), Refused> {
        self.team
            .act(|ws, now| ws.set_member(now, channel, who, Step::Joins))
            .map(drop)
    }

    /// Lets somebody of a channel invite a person, or the bot by its name.
    pub fn invite_by(&self, inviter: &str, channel: &str, who: &str) -> Result<(), Refused> {
        let step = Step::Invited { by: inviter };
        self.team
            .act(|ws, now| ws.set_member(now, channel, who, step))
            .map(drop)
    }

    /// Deletes a channel with everything in it.
    pub fn delete_channel(&self, channel: &str) -> Result<(), Refused> {
        self.team.act(|ws, now| ws.delete_channel(now, channel))
    }

    /// Makes a person an admin of the workspace, or no longer one.
    pub fn set_admin(&self, who: &str, admin: bool) -> Result<(), Refused> {
        let change = PersonChange {
            admin: Some(admin),
            ..PersonChange::default()
        };
        self.set_person(who, change)
    }

    /// Sets the language in which a person uses Slack: `sim.set_locale("bob", "de-DE")`.
    pub fn set_locale(&self, who: &str, locale: &str) -> Result<(), Refused> {
        let change = PersonChange {
            locale: Some(locale.to_owned()),
            ..PersonChange::default()
        };
        self.set_person(who, change)
    }

    /// Changes what `users.info` says of a person.
    pub fn set_person(&self, who: &str, change: PersonChange) -> Result<(), Refused> {
        self.team.act(|ws, now| ws.change_person(now, who, change))
    }

    /// Shares a channel with another organisation, or no longer: nobody of it is there, but Slack
    /// says that they might be.
    pub fn set_external(&self, channel: &str, external: bool) -> Result<(), Refused> {
        self.team.act(|ws, _| ws.set_external(channel, external))
    }

    /// Takes a person, or the bot by its name, out of a channel.
    pub fn kick(&self, channel: &str, who: &str) -> Result<(), Refused> {
        self.team
            .act(|ws, now| ws.set_member(now, channel, who, Step::Leaves))
            .map(drop)
    }

    /// Changes what the bot's tokens allow, as after the app was installed with other scopes.
    pub fn set_scopes(&self, scopes: &[&str]) {
        let scopes: Vec<_> = scopes.iter().map(|&scope| scope.to_owned()).collect();
        self.team.act(|ws, _| ws.tokens.set_bot_scopes(&scopes));
    }

    /// Turns Slack's tiers on or off: how often methods may be called, and how many events go out.
    pub fn set_tiers(&self, on: bool) {
        self.team.act(|ws, _| ws.tiers.on = on);
    }

    /// Ends the tokens of the bot and of people, as an admin does; the app gets `tokens_revoked`.
    pub fn revoke_tokens(&self) {
        self.team.act(|ws, now| ws.revoke_all(now));
    }

    /// Takes the app out of the workspace; it gets `tokens_revoked` and `app_uninstalled`.
    pub fn uninstall(&self) {
        self.team.act(|ws, now| ws.uninstall(now));
        self.team.everything_changed();
    }

    /// Installs the app again, with the tokens it had at first.
    pub fn install(&self) {
        self.team.act(|ws, _| ws.install(false));
        self.team.everything_changed();
    }

    /// Installs the app in the whole organisation: payloads then say so and name no team where Slack names none.
    pub fn install_in_org(&self) {
        self.team.act(|ws, _| ws.install(true));
        self.team.everything_changed();
    }

    /// Lets the tokens that are given out from now on live for twelve hours, and come with one to renew them.
    pub fn set_token_rotation(&self, on: bool) {
        self.team.set_app(|app| app.token_rotation = on);
    }

    /// Tells the app with `app_rate_limited` that it hears too much.
    pub fn limit_events(&self) {
        self.team.act(|ws, now| ws.limit_events(now));
    }

    /// Starts every workspace over: nothing said, nothing open, no faults; sockets stay.
    pub fn reset(&self) {
        self.team.reset();
    }

    /// Waits until `look` finds something, looking again after every change, for at most `limit` of real time.
    pub async fn until<T>(
        &self,
        limit: Duration,
        mut look: impl FnMut(&Self) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + limit;
        let mut changes = self.team.watch();
        loop {
            if let Some(found) = look(self) {
                return Some(found);
            }
            // Having missed some changes is as good a reason to look as any.
            let change = tokio::time::timeout_at(deadline, changes.recv());
            if change.await.is_err() {
                return look(self);
            }
        }
    }

    pub(crate) fn team(&self) -> &Team {
        &self.team
    }

    fn router(&self) -> Router {
        let slack = Router::new()
            .route("/api/{method}", any(api::call))
            .route("/link/", get(socket::link))
            .route(
                "/upload/v1/{ticket}",
                post(file_server::upload).layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
            )
            .route("/files-pri/{key}/{*rest}", get(file_server::private))
            .route("/response/{key}", post(response_url::respond))
            .route("/archives/{channel}/{message}", get(permalinks::lead))
            .with_state(Arc::clone(&self.team));
        let oauth = Router::new()
            .route(
                "/oauth/v2/authorize",
                get(oauth_page::show).post(oauth_page::decide),
            )
            .with_state(self.clone());
        Router::new()
            .merge(slack)
            .merge(page::routes())
            .merge(oauth)
            .nest("/sim", control::routes(self.clone()))
    }

    /// Runs something until the simulator stops.
    fn spawn<F>(&self, work: F)
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let stopping = self.team.stopping.clone();
        self.team
            .tasks
            .spawn(async move { stopping.run_until_cancelled(work).await.is_some() });
    }
}
