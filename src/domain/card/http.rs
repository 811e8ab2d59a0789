//! A card's HTTP API: where it is, who asks, what is asked, and what of the answer is kept.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An HTTP API. Text values are templates over the connection's fields: `{{ token }}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpService {
    /// Where paths start: `https://api.example.com`, or `{{ base_url }}`.
    pub base_url: String,
    /// How a request shows whose it is.
    #[serde(default)]
    pub auth: Auth,
    /// Headers of every request; one that renders empty is left out.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How an answer says no although its status says yes.
    pub refusal: Option<SaysNo>,
    /// A cheap request that succeeds when the credential works.
    pub health: HttpRequest,
    /// How often a request is sent again when the service is busy or cannot be reached, where
    /// sending it twice does no harm: at most 3.
    #[serde(default)]
    pub retries: u8,
}

/// How an answer says no although its status says yes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaysNo {
    /// A JSON pointer to what tells.
    pub at: String,
    /// What stands there when it is a no; anything but null, false and nothing at all when absent.
    pub is: Option<Value>,
    /// Where it says why, as a word of its own.
    pub reason: String,
    /// Where it says more, by the name under which it is repeated.
    #[serde(default)]
    pub details: BTreeMap<String, String>,
    /// What the reasons mean; any other is about what was asked for.
    #[serde(default)]
    pub means: BTreeMap<Meaning, Vec<String>>,
    /// What to do next, by reason, where the meaning alone does not tell.
    #[serde(default)]
    pub next: BTreeMap<String, String>,
}

impl SaysNo {
    /// Whether this answer does.
    pub fn holds_for(&self, answer: &Value) -> bool {
        let there = answer.pointer(&self.at).unwrap_or(&Value::Null);
        match &self.is {
            Some(no) => there == no,
            None => !matches!(there, Value::Null | Value::Bool(false)),
        }
    }

    /// What a reason means, if the card tells.
    pub fn meaning(&self, reason: &str) -> Option<Meaning> {
        let has = |reasons: &Vec<String>| reasons.iter().any(|known| known == reason);
        let found = self.means.iter().find(|(_, reasons)| has(reasons));
        found.map(|(meaning, _)| *meaning)
    }
}

/// What the reason of a no can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// The credential is not accepted.
    Unauthenticated,
    /// The credential may not do that.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// Too many requests.
    RateLimited,
}

/// How a request shows whose it is. The texts are templates over all fields, the secret ones too;
/// an authentication that renders empty, because its field may stay empty, is left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// In a header of the service's own.
    Header {
        /// The header: its name, or a template over the fields that are not secret.
        name: String,
        /// What it holds.
        value: String,
    },
    /// `Authorization: Bearer …`.
    Bearer(String),
    /// `Authorization: Basic …`.
    Basic {
        /// The user's name.
        user: String,
        /// The password.
        password: String,
    },
    /// By signing in at the service.
    Oauth(OauthService),
}

impl Auth {
    /// The templates in it, each with its place.
    pub fn texts(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::None | Self::Oauth(_) => Vec::new(),
            Self::Header { value, .. } => vec![("header/value", value)],
            Self::Bearer(token) => vec![("bearer", token)],
            Self::Basic { user, password } => {
                vec![("basic/user", user), ("basic/password", password)]
            }
        }
    }

    /// The header that it fills, in lower case, where that does not depend on a connection.
    pub fn header(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Header { name, .. } => Some(name.to_lowercase()).filter(|n| !n.contains('{')),
            Self::Bearer(_) | Self::Basic { .. } | Self::Oauth(_) => {
                Some("authorization".to_owned())
            }
        }
    }
}

/// Where one signs in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OauthService {
    /// Where a person is sent.
    pub authorization_url: String,
    /// Where a code becomes a token.
    pub token_url: String,
    /// What is asked for.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// One request of an HTTP card. Text values are templates over fields and arguments.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRequest {
    /// The verb.
    pub method: HttpMethod,
    /// Appended to the base URL. What is put in is percent-encoded, slashes too, except through
    /// the filter `segments`, which keeps them: `/contents/{{ path | segments }}`.
    pub path: String,
    /// What stands after the `?`.
    #[serde(default)]
    pub query: Query,
    /// Headers of this request: templates over arguments and open fields. One that renders empty is
    /// left out, and one of the service's with the same name gives way.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The JSON body: strings in it are templates, and one that is exactly `{{ x }}` keeps the
    /// argument's JSON type; members that render empty are left out. Where all of it is such a
    /// text and nothing was given, there is no body.
    pub body: Option<Value>,
    /// A body that is plain text, in place of JSON.
    pub text: Option<TextBody>,
    /// What of the answer is kept for the model; all of it when absent.
    pub keep: Option<Keep>,
    /// How to come by the rest of a list; the first answer is all there is when absent.
    pub pages: Option<Pages>,
}

/// The parameters of a query.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Query {
    /// Each by its name; one that renders empty is left out.
    Named(BTreeMap<String, String>),
    /// All that an argument names, `{{ query }}`: an object of texts, numbers, booleans, and lists
    /// of these, which become a parameter for each item.
    Whole(String),
}

impl Default for Query {
    fn default() -> Self {
        Self::Named(BTreeMap::new())
    }
}

/// A body that is plain text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextBody {
    /// Its media type: `text/plain; charset=utf-8`. A template.
    #[serde(rename = "type")]
    pub media_type: String,
    /// The text. A template.
    pub content: String,
}

/// How to come by the rest of a list, until there are as many items as the argument `limit` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// Where the next page is.
    pub by: Paging,
    /// The most pages of one call, the first included.
    #[serde(default = "Pages::most")]
    pub most: usize,
}

impl Pages {
    fn most() -> usize {
        5
    }
}

/// How a service says where the next page is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paging {
    /// In a header: `Link: <…>; rel="next"`.
    Link,
    /// As a URL in the answer.
    Url {
        /// Where in it.
        at: String,
    },
    /// As a text in the answer, which is sent back.
    Cursor {
        /// Where in it.
        at: String,
        /// The query parameter that takes it.
        parameter: String,
    },
    /// It does not: pages have numbers.
    Number {
        /// The query parameter that takes one.
        parameter: String,
        /// The number of the first page.
        #[serde(default = "Paging::first")]
        first: u64,
    },
    /// It does not: a page begins after so many items.
    Offset {
        /// The query parameter that takes how many.
        parameter: String,
    },
}

impl Paging {
    fn first() -> u64 {
        1
    }
}

/// The verbs of HTTP that cards use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Reads.
    Get,
    /// Looks whether it is there.
    Head,
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl HttpMethod {
    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether it only reads, as far as HTTP has it.
    pub fn reads(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

/// Which parts of a JSON answer a model gets to read.
///
/// A pointer is a JSON pointer; in those of `fields`, `*` stands for every item of a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// A JSON pointer to the part of interest, such as `/items`. A template over the arguments.
    #[serde(default)]
    pub at: String,
    /// The part is an object whose members are the items of a list: what their names are called.
    pub named: Option<String>,
    /// Members to keep of each item: new name to pointer within the item. The whole item when empty.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Which of `fields` hold paths, and the address that these continue. Templates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, String>,
    /// Whether an argument said which part is of interest: then there may be none.
    #[serde(skip)]
    pub chosen: bool,
    /// Which of `fields` hold base64 text that is decoded.
    #[serde(default)]
    pub base64: Vec<String>,
    /// Items that have something at this pointer are left out.
    pub without: Option<String>,
    /// Where the answer says how many there are in all.
    pub total: Option<String>,
}

impl Keep {
    /// The same with its templates rendered by `pointer` and `text`.
    pub fn rendered<E>(
        &self,
        pointer: impl FnOnce(&str) -> Result<String, E>,
        text: impl Fn(&str) -> Result<String, E>,
    ) -> Result<Cow<'_, Self>, E> {
        let chosen = self.at.contains('{');
        if !chosen && self.links.is_empty() {
            return Ok(Cow::Borrowed(self));
        }
        let links = self.links.iter();
        let links = links.map(|(field, source)| Ok((field.clone(), text(source)?)));
        Ok(Cow::Owned(Self {
            at: pointer(&self.at)?,
            links: links.collect::<Result<_, E>>()?,
            chosen,
            ..self.clone()
        }))
    }
}
