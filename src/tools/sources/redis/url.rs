//! A Redis URL as people paste it: what is taken from it, and where it may lead.

use percent_encoding::percent_decode_str;
use redis::RedisConnectionInfo;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::domain::text::Text;
use crate::error::{Error, Kind, Result};
use crate::text;

/// Host, port, user, password, number of the database, and whether it is TLS. Nothing else is used.
pub(super) struct RedisUrl {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
    user: String,
    password: SecretString,
    database: u16,
}

impl RedisUrl {
    /// Reads a URL; what is wrong with one is said without repeating any of it.
    pub(super) fn parse(text: &SecretString) -> Result<Self> {
        let url = Url::parse(text.expose_secret().trim())
            .map_err(|_| malformed(text!("The database URL is not a URL.")))?;
        let tls = match url.scheme() {
            "redis" => false,
            "rediss" => true,
            _ => {
                return Err(malformed(text!(
                    "The database URL does not start with `redis://` or `rediss://`."
                )));
            }
        };
        let host = url.host_str().unwrap_or("");
        if host.is_empty() || host.contains(['%', '/', ',']) {
            return Err(malformed(text!(
                "The database URL has no single host name in it."
            )));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(malformed(text!(
                "The database URL has something after the number of the database."
            )));
        }
        let database = match url.path().trim_matches('/') {
            "" => Some(0),
            number => number.parse().ok(),
        };
        let user = decoded(url.username())?;
        let password = decoded(url.password().unwrap_or(""))?;
        if password.is_empty() && !user.is_empty() {
            return Err(malformed(text!(
                "The database URL has a user name without a password, or a password without the colon before it."
            )));
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(6379),
            tls,
            user,
            password: password.into(),
            database: database.ok_or_else(|| {
                malformed(text!(
                    "What stands after the last `/` of the database URL is not the number of a database."
                ))
            })?,
        })
    }

    /// Who we say we are. Nothing is told of the library: old servers do not know that command.
    pub(super) fn login(&self) -> RedisConnectionInfo {
        let mut login = RedisConnectionInfo::default()
            .set_db(self.database.into())
            .set_skip_set_lib_name();
        if !self.user.is_empty() {
            login = login.set_username(&self.user);
        }
        match self.password.expose_secret() {
            "" => login,
            password => login.set_password(password),
        }
    }
}

fn decoded(text: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(Into::into)
        .map_err(|_| malformed(text!("The database URL is percent-encoded wrongly.")))
}

fn malformed(message: Text) -> Error {
    Error::new(Kind::Invalid, message).hint(text!(
        "It has this form: `rediss://user:password@host:6379/0`."
    ))
}
