//! A PostgreSQL URL as people paste it: what is taken from it, and where it may lead.

use std::net::SocketAddr;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use tokio::net::TcpStream;
use url::Url;

use super::bridge::Bridge;
use super::failure;
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result};
use crate::net::AddressPolicy;
use crate::tasks::Companion;
use crate::text;

/// Parameters that would read files here, take another way in, or change the session.
const REFUSED: [&str; 17] = [
    "host",
    "hostaddr",
    "port",
    "user",
    "dbname",
    "password",
    "passfile",
    "service",
    "servicefile",
    "options",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslcrl",
    "sslpassword",
    "requirepeer",
    "replication",
];

/// User, password, host, port, database and TLS mode. Nothing else of a URL is used.
pub(super) struct PostgresUrl {
    host: String,
    port: u16,
    user: String,
    password: SecretString,
    database: String,
    tls: PgSslMode,
}

impl PostgresUrl {
    /// Reads a URL; what is wrong with one is said without repeating any of it.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let url = Url::parse(text.trim())
            .map_err(|_| malformed(text!("The database URL is not a URL.")))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(malformed(text!(
                "The database URL does not start with `postgres://`."
            )));
        }
        let host = url.host_str().unwrap_or("");
        // `%2F…` is how a socket's path is written as a host.
        if host.is_empty() || host.contains(['%', '/', ',']) {
            return Err(malformed(text!(
                "The database URL has no single host name in it."
            )));
        }
        let user = decoded(url.username())?;
        let database = decoded(url.path().trim_start_matches('/'))?;
        if user.is_empty() {
            return Err(malformed(text!("The database URL has no user name in it.")));
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(5432),
            password: decoded(url.password().unwrap_or(""))?.into(),
            database: if database.is_empty() {
                user.clone()
            } else {
                database
            },
            user,
            tls: tls(&url)?,
        })
    }

    /// Connects to an address that was checked, not to a name that may change its mind meanwhile.
    /// What comes with the connection is to be kept as long.
    pub(super) async fn connect(
        &self,
        addresses: &AddressPolicy,
    ) -> Result<(PgConnection, Option<Companion>)> {
        let checked = addresses.resolve(&self.host, self.port).await?;
        let mut last = None;
        for address in checked {
            let connected = match self.tls {
                PgSslMode::VerifyFull => self.by_name(address).await,
                _ => {
                    let options = self.options(&address.ip().to_string());
                    options.connect().await.map(|connection| (connection, None))
                }
            };
            match connected {
                Ok(connected) => return Ok(connected),
                Err(error @ sqlx::Error::Io(_)) => last = Some(error),
                Err(error) => return Err(failure::explain_connect(error)),
            }
        }
        Err(last.map_or_else(failure::no_address, failure::explain_connect))
    }

    /// The certificate is checked against the name, so that is what has to be given.
    async fn by_name(
        &self,
        address: SocketAddr,
    ) -> Result<(PgConnection, Option<Companion>), sqlx::Error> {
        let server = TcpStream::connect(address).await?;
        let bridge = Bridge::to(server, self.port)?;
        let options = self.options(&self.host).socket(bridge.folder());
        let connection = options.connect().await?;
        Ok((connection, Some(bridge.into_work())))
    }

    /// User, password, host, port, database and TLS mode are set here, so that `PGPASSWORD` and its
    /// kin fill in none of them. sqlx still reads `PGOPTIONS` and the paths in `PGSSL*`, and has no
    /// way to clear them: whoever sets those sets them for every connection.
    fn options(&self, host: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host(host)
            .port(self.port)
            .username(&self.user)
            .password(self.password.expose_secret())
            .database(&self.database)
            .ssl_mode(self.tls)
            .application_name("patchbay")
            .statement_cache_capacity(0)
            .disable_statement_logging()
    }
}

fn tls(url: &Url) -> Result<PgSslMode> {
    let mut mode = PgSslMode::Prefer;
    for (name, value) in url.query_pairs() {
        let name = name.to_lowercase();
        if name == "sslmode" {
            mode = value.parse().map_err(|_| {
                malformed(text!(
                    "The `sslmode` in the database URL is not one that exists."
                ))
                .hint(text!(
                    "Use `disable`, `prefer`, `require` or `verify-full`."
                ))
            })?;
        } else if REFUSED.contains(&name.as_str()) || name.starts_with("options[") {
            return Err(malformed(text!(
                "`{name}` cannot be set in the database URL here.",
                name
            ))
            .hint(text!(
                "Leave it out: only user, password, host, port, database and `sslmode` are used."
            )));
        }
    }
    Ok(mode)
}

fn decoded(text: &str) -> Result<String> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(malformed(text!(
            "The database URL is percent-encoded wrongly."
        ))),
    }
}

fn malformed(message: Text) -> Error {
    Error::new(Kind::Invalid, message).hint(text!(
        "It has this form: `postgres://user:password@host:5432/database`."
    ))
}
