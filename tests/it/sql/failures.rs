//! Every way a database can fail: one sentence each, a next step, and never the password.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use insta::assert_snapshot;
use patchbay::domain::card::SqlEngine;
use patchbay::error::Kind;
use patchbay::net::AddressPolicy;
use patchbay::tools::ToolSource;
use patchbay::tools::sources::sql::SqlSource;

use super::{Db, target, told};
use crate::fakes::postgres::{Postgres, READER_PASSWORD};

/// What a person reads when a connection with this URL is tried.
async fn refused(url: &str) -> String {
    let db = Db::postgres(url);
    let error = db.source.check(&db.target).await.expect_err(url);
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    told(&error)
}

#[tokio::test]
async fn connecting_fails_in_plain_words() {
    let server = Postgres::shared();
    let database = server.create_database().await;
    database
        .run_as_superuser(&format!(
            "create role {0}_shut login password 'shut-canary';
             revoke connect on database {0} from public",
            database.name
        ))
        .await;
    let shut = format!("{}_shut:shut-canary", database.name);
    let port = server.port();
    let at = |rest: &str| format!("postgres://patchbay_reader:{READER_PASSWORD}@127.0.0.1:{rest}");
    let wrong = format!("postgres://patchbay_reader:wrong-canary@127.0.0.1:{port}/postgres");
    assert_snapshot!(refused(&wrong).await, @"The database does not accept the user name or the password. Check both, then connect again with the right URL.");
    assert_snapshot!(refused(&format!("postgres://nobody:canary@127.0.0.1:{port}/postgres")).await, @"The database does not accept the user name or the password. Check both, then connect again with the right URL.");
    assert_snapshot!(refused(&at(&format!("{port}/nowhere"))).await, @"The server has no database of that name. Check the part of the URL after the last `/`.");
    assert_snapshot!(refused(&format!("postgres://{shut}@127.0.0.1:{port}/{}", database.name)).await, @"This user may not connect to that database. Ask who runs the database for CONNECT on it.");
    assert_snapshot!(refused(&at(&format!("{port}/postgres?sslmode=require"))).await, @"The database offers no TLS, and the URL asks for it. Turn TLS on at the server; on a network you trust, use `?sslmode=disable`.");
    assert_snapshot!(refused(&at(&format!("{port}/postgres?sslmode=verify-full"))).await, @"The database offers no TLS, and the URL asks for it. Turn TLS on at the server; on a network you trust, use `?sslmode=disable`.");
    assert_snapshot!(refused(&at("1/postgres")).await, @"Nothing answers at the database's host and port. Check both, and that the server is running.");
    assert_snapshot!(refused("postgres://a:canary@nowhere.invalid/b").await, @"There is no server named `nowhere.invalid`. Check the name for a typing mistake.");
}

#[tokio::test]
async fn a_server_that_is_silent_or_something_else_is_told_apart() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    assert_snapshot!(refused(&format!("postgres://a:canary@127.0.0.1:{port}/b")).await, @"The database did not answer within 5 seconds. Check host and port, and that its firewall lets this bot in.");

    let web = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = web.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        use std::io::Write;
        let (mut stream, _) = web.accept().unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
    });
    assert_snapshot!(refused(&format!("postgres://a:canary@127.0.0.1:{port}/b")).await, @"What answers there does not speak PostgreSQL's protocol. Check host and port.");
    server.join().unwrap();
}

#[tokio::test]
async fn urls_that_lead_elsewhere_are_refused() {
    assert_snapshot!(refused("").await, @"The database URL is not a URL. It has this form: `postgres://user:password@host:5432/database`.");
    assert_snapshot!(refused("canary").await, @"The database URL is not a URL. It has this form: `postgres://user:password@host:5432/database`.");
    assert_snapshot!(refused("https://a:canary@127.0.0.1/b").await, @"The database URL does not start with `postgres://`. It has this form: `postgres://user:password@host:5432/database`.");
    assert_snapshot!(refused("postgres://a:canary@127.0.0.1/b?sslmode=maybe").await, @"The `sslmode` in the database URL is not one that exists. Use `disable`, `prefer`, `require` or `verify-full`.");
    assert_snapshot!(refused("postgres://127.0.0.1/b").await, @"The database URL has no user name in it. It has this form: `postgres://user:password@host:5432/database`.");
    for host in ["", "%2Fvar%2Frun%2Fpostgresql", "127.0.0.1,10.0.0.1"] {
        let told = refused(&format!("postgres://a:canary@{host}/b")).await;
        assert!(
            told.contains("host") || told.contains("not a URL"),
            "{host}: {told}"
        );
    }
    for option in [
        "host=/var/run/postgresql",
        "hostaddr=127.0.0.1",
        "HOST=10.0.0.1",
        "port=1",
        "dbname=other",
        "user=postgres",
        "options=-c%20statement_timeout%3D0",
        "options[statement_timeout]=0",
        "service=prod",
        "passfile=/etc/passwd",
        "sslrootcert=/etc/passwd",
        "sslkey=/etc/passwd",
        "sslcert=/etc/passwd",
    ] {
        let told = refused(&format!("postgres://a:canary@127.0.0.1/b?{option}")).await;
        assert!(
            told.contains("cannot be set in the database URL"),
            "{option}: {told}"
        );
    }
}

#[tokio::test]
async fn loopback_is_refused_before_a_socket_is_opened() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connects = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&connects);
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let source = SqlSource::new(AddressPolicy::default(), BTreeMap::new());
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        for mode in ["prefer", "verify-full"] {
            let url = format!("postgres://a:canary@{host}:{port}/b?sslmode={mode}");
            let target = target(SqlEngine::Postgres, &[], &[("url", &url)]);
            let error = source.check(&target).await.unwrap_err();
            assert!(matches!(error.kind(), Kind::Denied(_)), "{host}: {error:?}");
        }
    }
    assert_eq!(connects.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn queries_fail_in_the_servers_words_with_a_next_step() {
    let database = Postgres::shared().create_sample_database().await;
    database
        .run("create table secrets (id int); revoke all on secrets from patchbay_reader")
        .await;
    let db = Db::postgres(&database.reader);
    assert_snapshot!(db.failure("select nam from customers").await, @r#"PostgreSQL says: column "nam" does not exist (at character 8). Perhaps you meant to reference the column "customers.name"."#);
    assert_snapshot!(db.failure("select * from customers where total > 1").await, @r#"PostgreSQL says: column "total" does not exist (at character 31). Correct the query and send it again."#);
    assert_snapshot!(db.failure("select lower(1)").await, @"PostgreSQL says: function lower(integer) does not exist (at character 8). No function matches the given name and argument types. You might need to add explicit type casts.");
    assert_snapshot!(db.failure("select 1 / 0").await, @"PostgreSQL says: division by zero. Change the query so that this cannot happen.");
    assert_snapshot!(db.failure("select name::int from customers").await, @r#"PostgreSQL says: invalid input syntax for type integer: "Amélie Fournier". Change the query so that this cannot happen."#);
    assert_snapshot!(db.failure("select name from customers group by country").await, @r#"PostgreSQL says: column "customers.name" must appear in the GROUP BY clause or be used in an aggregate function (at character 8). Correct the query and send it again."#);
    assert_snapshot!(db.failure("select * from secrets").await, @"PostgreSQL says: permission denied for table secrets. Query another table, or ask who runs the database to grant SELECT on this one.");
    assert_snapshot!(db.failure("select (select id from customers)").await, @"PostgreSQL says: more than one row returned by a subquery used as an expression. Change the query so that this cannot happen.");
}

#[tokio::test]
async fn sqlite_fails_in_plain_words() {
    let (_home, db) = super::sample::sqlite().await;
    assert_snapshot!(db.failure("select nam from customers").await, @"SQLite says: no such column: nam. Correct the query and send it again.");
    assert_snapshot!(db.failure("select abs(1, 2)").await, @"SQLite says: wrong number of arguments to function abs(). Correct the query and send it again.");
    let source = db.source;
    let other = target(SqlEngine::Sqlite, &[("file", "../secret.db")], &[]);
    assert_snapshot!(told(&source.check(&other).await.unwrap_err()), @"That SQLite database is not one that this bot may open. Databases here: `sample`. Ask your admin to add another.");
    let empty = Db::sqlite(std::path::Path::new("/nowhere/at.db"));
    assert_snapshot!(told(&empty.source.check(&empty.target).await.unwrap_err()), @"The SQLite file is missing, or is not a database. Ask your admin to check the file.");
}
