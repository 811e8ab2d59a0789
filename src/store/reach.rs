//! Why a PostgreSQL server of ours cannot be used, in words for whoever runs the bot.

use std::io;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use crate::error::{Error, Kind};

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes one connection and closes it; says what is in the way.
pub(super) async fn reach(options: &PgConnectOptions) -> Result<(), Error> {
    let (host, port) = (options.get_host(), options.get_port());
    let trying = async {
        if options.get_socket().is_none() && !host.starts_with('/') {
            let found = tokio::net::lookup_host((host, port)).await;
            found.map(drop).map_err(|error| unknown_host(host, error))?;
        }
        let connection = PgConnection::connect_with(options).await;
        let connection = connection.map_err(|error| explain(options, error))?;
        // It is gone either way.
        let _ = connection.close().await;
        Ok(())
    };
    let tried = tokio::time::timeout(PATIENCE, trying).await;
    tried.unwrap_or_else(|_elapsed| Err(silent(options)))
}

fn unknown_host(host: &str, error: io::Error) -> Error {
    let sentence = format!("No machine is known by the name `{host}`.");
    failure(
        sentence,
        "Correct the host in database.url, or this machine's name service.",
    )
    .source(error)
}

fn silent(options: &PgConnectOptions) -> Error {
    let sentence = format!("{} does not answer.", place(options));
    let hint =
        "Check host and port in database.url, that the server runs, and the firewalls between.";
    failure(sentence, hint)
}

/// What a failed connection means.
pub(super) fn explain(options: &PgConnectOptions, error: sqlx::Error) -> Error {
    let user = options.get_username();
    let database = options.get_database().unwrap_or(user);
    let (sentence, hint) = match &error {
        sqlx::Error::PoolTimedOut => return silent(options).source(error),
        sqlx::Error::Io(cause) => match cause.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => (
                format!(
                    "Nothing listens at {}: the connection is refused.",
                    place(options)
                ),
                "Start PostgreSQL there, or correct host and port in database.url.",
            ),
            io::ErrorKind::TimedOut => return silent(options).source(error),
            // What TLS finds wrong with a certificate comes up through the socket.
            io::ErrorKind::InvalidData => UNTRUSTED.told(),
            _ => (
                format!(
                    "What answers at {} breaks the connection off.",
                    place(options)
                ),
                "Check that it is PostgreSQL, and what its log says.",
            ),
        },
        sqlx::Error::Tls(cause) if cause.to_string().contains("does not support TLS") => (
            "The server does not offer TLS, which `sslmode` in database.url asks for.".to_owned(),
            "Switch TLS on at the server, or set `sslmode=prefer` where the network is yours alone.",
        ),
        sqlx::Error::Tls(_) => UNTRUSTED.told(),
        sqlx::Error::Database(cause) => match cause.code().unwrap_or_default().as_ref() {
            "28P01" => (
                format!(
                    "The server refuses the password of the user `{user}`, or knows no such user."
                ),
                "Correct user and password in database.url; special characters in a password are written as %-codes there.",
            ),
            "28000" => (
                format!("The server lets the user `{user}` not in from this machine."),
                "Look at pg_hba.conf of the server: whether it lets this user in, and whether only with TLS (`sslmode=require` in database.url).",
            ),
            "3D000" => (
                format!("The server has no database `{database}`."),
                "Create it, owned by the bot's user, or correct the name in database.url.",
            ),
            "42501" => (
                format!("The user `{user}` may not connect to the database `{database}`."),
                "Make it the owner of the database, or grant it `connect`.",
            ),
            "53300" => (
                "The server has no connection left.".to_owned(),
                "Lower database.max_connections, or raise the server's.",
            ),
            code if code.starts_with("57P0") => (
                "The server is starting or stopping.".to_owned(),
                "Try again in a minute.",
            ),
            _ => OTHER.told(),
        },
        sqlx::Error::Protocol(_) => (
            format!("What answers at {} is not PostgreSQL.", place(options)),
            "Correct host and port in database.url.",
        ),
        _ => OTHER.told(),
    };
    failure(sentence, hint).source(error)
}

/// A sentence that names nothing, and its next step.
struct Told(&'static str, &'static str);

impl Told {
    fn told(&self) -> (String, &'static str) {
        (self.0.to_owned(), self.1)
    }
}

const UNTRUSTED: Told = Told(
    "The TLS connection to the server fails: its certificate is not one that this machine trusts.",
    "Set `sslrootcert` in database.url to the certificate of its authority, and use the name that the certificate is for.",
);
const OTHER: Told = Told(
    "The PostgreSQL database in `database.url` cannot be opened.",
    "Check that it exists and that the URL, user and password are right.",
);

fn failure(sentence: String, hint: &'static str) -> Error {
    Error::new(Kind::Unavailable, sentence).hint(hint)
}

fn place(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => format!("`{}`", socket.display()),
        None => format!("`{}:{}`", options.get_host(), options.get_port()),
    }
}
