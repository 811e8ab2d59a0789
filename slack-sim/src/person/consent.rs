//! A person installs the app: what it asks for, and where the browser goes when they have decided.

use url::Url;

use crate::error::Refused;
use crate::sim::Sim;
use crate::state::{Consent, Workspace};

/// What an app asks for with the address of its "Add to Slack" button.
pub(crate) struct Request {
    pub(crate) bot_scopes: Vec<String>,
    pub(crate) user_scopes: Vec<String>,
    redirect: Url,
    named_redirect: bool,
    state: Option<String>,
}

impl Request {
    /// Reads the query of such an address; the error is a sentence with Slack's code in it.
    pub(crate) fn read(ws: &Workspace, query: &str) -> Result<Self, Refused> {
        let field = |wanted: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs
                .find(|(name, value)| name == wanted && !value.is_empty())
                .map(|(_, value)| value.into_owned())
        };
        let wrong = |code: &str, why: &str| Refused(format!("{code}: {why}"));
        if field("client_id").as_deref() != Some(&ws.app.client_id) {
            return Err(wrong("invalid_client_id", "no app has this `client_id`."));
        }
        let list = |name| -> Vec<String> {
            let scopes = field(name).unwrap_or_default();
            let scopes = scopes.split([',', ' ']).filter(|scope| !scope.is_empty());
            scopes.map(str::to_owned).collect()
        };
        let (bot_scopes, user_scopes) = (list("scope"), list("user_scope"));
        if bot_scopes.is_empty() && user_scopes.is_empty() {
            return Err(wrong(
                "invalid_scope",
                "the app asks for no `scope` and no `user_scope`.",
            ));
        }
        let named = field("redirect_uri");
        let named_redirect = named.is_some();
        let redirect = named.or_else(|| ws.app.redirect_urls.first().cloned());
        let redirect = redirect.and_then(|address| Url::parse(&address).ok());
        let redirect = redirect
            .filter(|address| may_redirect(ws, address))
            .ok_or_else(|| wrong("bad_redirect_uri", "the app may not send people there."))?;
        Ok(Self {
            bot_scopes,
            user_scopes,
            redirect,
            named_redirect,
            state: field("state"),
        })
    }

    /// Where a person goes who does not want the app.
    pub(crate) fn refused(&self) -> String {
        self.back(&[("error", "access_denied")])
    }

    fn back(&self, fields: &[(&str, &str)]) -> String {
        let mut address = self.redirect.clone();
        address.query_pairs_mut().extend_pairs(fields);
        if let Some(state) = &self.state {
            address.query_pairs_mut().append_pair("state", state);
        }
        address.into()
    }
}

/// Addresses that the app has registered, or, where it has registered none, any on this machine.
fn may_redirect(ws: &Workspace, address: &Url) -> bool {
    let registered = &ws.app.redirect_urls;
    if registered.is_empty() {
        return crate::control::is_loopback(address.as_str());
    }
    registered.iter().any(|known| {
        address.as_str() == known || address.as_str().starts_with(&format!("{known}?"))
    })
}

impl Sim {
    /// A person follows an "Add to Slack" address and agrees, for this workspace or for the whole organisation; gives the
    /// address that their browser goes to, with the code in it.
    pub fn authorize(&self, user: &str, address: &str, for_org: bool) -> Result<String, Refused> {
        let query = address.split_once('?').map_or(address, |(_, query)| query);
        self.team().act(|ws, now| {
            let request = Request::read(ws, query)?;
            let user = ws.person(user)?.id.clone();
            let consent = Consent {
                user,
                bot_scopes: request.bot_scopes.clone(),
                user_scopes: request.user_scopes.clone(),
                redirect_uri: request.redirect.to_string(),
                named_redirect: request.named_redirect,
                for_org,
            };
            let code = ws.new_code(now, consent);
            Ok(request.back(&[("code", &code)]))
        })
    }
}
