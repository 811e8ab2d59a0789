//! What Slack tells about people and places.

use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::{CallError, SlackClient};
use crate::domain::language::Language;
use crate::ids::{ChannelId, MessageTs, TeamId, UserId};

/// A person, as far as we ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// What others call them; empty when Slack has no name.
    pub name: String,
    /// Whether they belong to the workspace, or organisation, that the bot is installed in. In a
    /// shared channel there are others too.
    pub own: bool,
    /// Whether they run it; of another workspace's admins that is not said.
    pub admin: bool,
    /// The language they read.
    pub language: Language,
}

/// A conversation, as far as we ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Who made it.
    pub creator: Option<UserId>,
    /// Whose conversation with the bot it is, if it is one.
    pub direct_with: Option<UserId>,
    /// Whether people of other organisations are in it, or are asked to come.
    pub external: bool,
    /// Whether it is a conversation of a few people, with no name of its own.
    pub group: bool,
    /// Whether the bot is in it.
    pub member: bool,
}

/// Whose token it is.
#[derive(Debug)]
pub(super) struct Itself {
    user: Option<UserId>,
    url: Option<String>,
    team: Option<String>,
    /// The organisation, where the bot is installed in all of it.
    organisation: Option<String>,
}

impl Itself {
    /// Whether a user, as Slack has them, belongs to where the bot is installed.
    fn is_home_of(&self, user: &Value) -> bool {
        let enterprise = &user["enterprise_user"];
        let teams = enterprise["teams"].as_array();
        let mut teams = teams.into_iter().flatten().chain([&user["team_id"]]);
        let here =
            |id: &Value, own: &Option<String>| own.is_some() && id.as_str() == own.as_deref();
        let own = teams.any(|team| here(team, &self.team))
            || here(&enterprise["enterprise_id"], &self.organisation);
        own && user["is_stranger"] != json!(true)
    }
}

impl SlackClient {
    /// Whether Slack may be asked of a person at once.
    pub fn may_ask_of_people(&self) -> bool {
        self.limits.has_turn("users.info", Instant::now())
    }

    /// Who somebody is.
    pub async fn profile(&self, user: &UserId) -> Result<Profile, CallError> {
        let query = [
            ("user", Some(user.as_str())),
            ("include_locale", Some("true")),
        ];
        let answer = self.get("users.info", &query).await?;
        let user = &answer["user"];
        let own = self.itself().await?.is_home_of(user);
        let is = |name: &str| user[name] == json!(true);
        let names = [
            &user["profile"]["display_name"],
            &user["profile"]["real_name"],
            &user["real_name"],
            &user["name"],
        ];
        let name = names.into_iter().filter_map(Value::as_str);
        Ok(Profile {
            name: name
                .map(str::trim)
                .find(|name| !name.is_empty())
                .unwrap_or_default()
                .to_owned(),
            own,
            admin: own && (is("is_admin") || is("is_owner") || is("is_primary_owner")),
            language: Language::of_locale(user["locale"].as_str().unwrap_or_default()),
        })
    }

    /// The messages of a thread that came before one of them, a page of them, oldest first, and
    /// where the next page begins. Each is as Slack has it.
    pub async fn replies(
        &self,
        channel: &ChannelId,
        thread: &MessageTs,
        before: Option<&MessageTs>,
        cursor: &str,
    ) -> Result<(Vec<Value>, Option<String>), CallError> {
        let query = [
            ("channel", Some(channel.as_str())),
            ("ts", Some(thread.as_str())),
            ("latest", before.map(MessageTs::as_str)),
            ("limit", Some("200")),
            ("cursor", Some(cursor).filter(|cursor| !cursor.is_empty())),
        ];
        self.messages("conversations.replies", &query).await
    }

    /// One page of messages, each as Slack has it, and where the next page begins.
    pub(super) async fn messages(
        &self,
        method: &'static str,
        query: &[(&str, Option<&str>)],
    ) -> Result<(Vec<Value>, Option<String>), CallError> {
        let mut answer = self.get(method, query).await?;
        let next = answer["response_metadata"]["next_cursor"].as_str();
        let next = next.filter(|next| !next.is_empty()).map(str::to_owned);
        let messages = match answer["messages"].take() {
            Value::Array(messages) => messages,
            _ => Vec::new(),
        };
        Ok((messages, next))
    }

    /// The bot itself, as a user.
    pub async fn own_user(&self) -> Result<UserId, CallError> {
        let itself = self.itself().await?;
        itself.user.clone().ok_or(CallError::Unheard("no user_id"))
    }

    /// Where the workspace is on the web, `https://acme.slack.com/`.
    pub async fn workspace_url(&self) -> Result<String, CallError> {
        let itself = self.itself().await?;
        itself.url.clone().ok_or(CallError::Unheard("no url"))
    }

    /// Asks whose the token is, unless that is known.
    pub async fn learn_itself(&self) -> Result<(), CallError> {
        self.itself().await.map(drop)
    }

    /// Whether the token is known to be good for nothing in this workspace.
    pub fn is_elsewhere(&self, team: &TeamId) -> bool {
        self.itself.get().is_some_and(|itself| {
            let own = itself.team.as_deref();
            itself.organisation.is_none() && own.is_some_and(|own| own != team.as_str())
        })
    }

    /// Asked once: a token stays with one bot of one workspace.
    async fn itself(&self) -> Result<&Itself, CallError> {
        let ask = async || {
            let answer = self.call("auth.test", &json!({})).await?;
            let url = answer["url"].as_str().and_then(|url| Url::parse(url).ok());
            let text = |name: &str| answer[name].as_str().map(str::to_owned);
            let everywhere = answer["is_enterprise_install"] == json!(true);
            Ok(Itself {
                team: text("team_id"),
                organisation: text("enterprise_id").filter(|_| everywhere),
                user: answer["user_id"].as_str().map(UserId::new),
                url: url.map(String::from),
            })
        };
        self.itself.get_or_try_init(ask).await
    }

    /// Whether somebody is in a direct message of a few people: nine at most, so one page has all.
    pub async fn is_in_group(&self, group: &ChannelId, user: &UserId) -> Result<bool, CallError> {
        let query = [("channel", Some(group.as_str())), ("limit", Some("100"))];
        let answer = self.get("conversations.members", &query).await?;
        let members = answer["members"].as_array();
        Ok(members.is_some_and(|members| members.contains(&json!(user))))
    }

    /// What sort of conversation this is.
    pub async fn place(&self, channel: &ChannelId) -> Result<Place, CallError> {
        let query = [("channel", Some(channel.as_str()))];
        let answer = self.get("conversations.info", &query).await?;
        let channel = &answer["channel"];
        let is = |name: &str| channel[name] == json!(true);
        let somebody = |name: &str| {
            let id = channel[name].as_str().filter(|id| !id.is_empty());
            id.map(UserId::new)
        };
        Ok(Place {
            creator: somebody("creator"),
            direct_with: somebody("user").filter(|_| is("is_im")),
            external: is("is_ext_shared") || is("is_pending_ext_shared"),
            group: is("is_mpim"),
            member: is("is_member") || is("is_mpim") || is("is_im"),
        })
    }
}
