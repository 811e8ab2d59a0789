//! Why a connection does not work, in words, and without a password in them.

use std::sync::Arc;

use patchbay::error::Kind;
use patchbay::net::AddressPolicy;
use patchbay::tools::ToolSource as _;
use patchbay::tools::sources::redis::RedisSource;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::net::TcpListener;

use super::Db;
use crate::fakes::redis::{OWNER_PASSWORD, READER_PASSWORD, Redis};

impl Db {
    async fn refusal(&self) -> String {
        let error = self.source.check(&self.target).await.unwrap_err();
        let told = format!("{} {:?}", error.sentence(), error.cause());
        for secret in [OWNER_PASSWORD, READER_PASSWORD, "c%40nary", "wr0ng"] {
            assert!(!told.contains(secret), "{told}");
        }
        error.sentence()
    }
}

#[tokio::test]
async fn who_is_let_in_and_who_is_not() {
    let database = Redis::shared().database().await;
    let works = async |url: String| {
        let db = Db::new(&url);
        db.source.check(&db.target).await.unwrap();
    };
    works(database.owner()).await;
    works(database.reader()).await;
    works(database.url("default", OWNER_PASSWORD)).await;
    let port = Redis::shared().port();
    let refusal = async |url: String| Db::new(&url).refusal().await;
    insta::assert_snapshot!(refusal(database.url("", "wr0ng")).await, @"The database does not accept the user name or the password. Check both, then connect again with the right URL.");
    insta::assert_snapshot!(refusal(database.url("nobody", "wr0ng")).await, @"The database does not accept the user name or the password. Check both, then connect again with the right URL.");
    insta::assert_snapshot!(refusal(format!("redis://127.0.0.1:{port}/0")).await, @"The database does not accept the user name or the password. Check both, then connect again with the right URL.");
    insta::assert_snapshot!(refusal(format!("redis://:{OWNER_PASSWORD}@127.0.0.1:{port}/1000")).await, @"The server has no database of that number. Check the part of the URL after the last `/`.");
    // As people write it who do not know that a password stands behind a colon.
    insta::assert_snapshot!(refusal(format!("redis://{OWNER_PASSWORD}@127.0.0.1:{port}/0")).await, @"The database URL has a user name without a password, or a password without the colon before it. It has this form: `rediss://user:password@host:6379/0`.");
    // Its `#` and `/` end the address, which then has no port that is a number.
    insta::assert_snapshot!(refusal(database.url("reader", READER_PASSWORD)).await, @"The database URL is not a URL. It has this form: `rediss://user:password@host:6379/0`.");
    insta::assert_snapshot!(refusal(format!("redis://:{OWNER_PASSWORD}@127.0.0.1:{port}/0?db=1")).await, @"The database URL has something after the number of the database. It has this form: `rediss://user:password@host:6379/0`.");
    insta::assert_snapshot!(refusal(format!("redis://:{OWNER_PASSWORD}@127.0.0.1:{port}/sales")).await, @"What stands after the last `/` of the database URL is not the number of a database. It has this form: `rediss://user:password@host:6379/0`.");
    insta::assert_snapshot!(refusal(format!("unix:///run/{OWNER_PASSWORD}")).await, @"The database URL does not start with `redis://` or `rediss://`. It has this form: `rediss://user:password@host:6379/0`.");
    insta::assert_snapshot!(refusal(format!("rediss://:{OWNER_PASSWORD}@127.0.0.1:{port}/0")).await, @"The database did not answer within 5 seconds. Check the port; without TLS the URL begins with `redis://`.");
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    insta::assert_snapshot!(refusal(format!("redis://127.0.0.1:{nobody}")).await, @"Nothing answers at the database's host and port. Check both, and that the server is running.");
}

#[tokio::test]
async fn an_address_inside_is_refused_before_a_socket_is_opened() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let source = RedisSource::new(AddressPolicy::default(), patchbay::net::tls().unwrap());
    for host in [
        "127.0.0.1",
        "localhost",
        "0x7f.1",
        "2130706433",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0",
        "127.1",
    ] {
        for scheme in ["redis", "rediss"] {
            let db = Db::new(&format!("{scheme}://{host}:{port}/0"));
            let error = source.check(&db.target).await.unwrap_err();
            assert!(matches!(error.kind(), Kind::Denied(_)), "{host}: {error}");
        }
    }
    let mut met = std::pin::pin!(listener.accept());
    assert!(futures_util::poll!(&mut met).is_pending(), "somebody came");
}

#[tokio::test]
async fn a_certificate_is_held_to_the_name_and_to_who_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ])
        .args([
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
            "-days",
            "2",
            "-subj",
            "/CN=redis",
        ])
        .args([
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ])
        .current_dir(folder.path())
        .stderr(std::process::Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let place = folder.path().display();
    let _server = Redis::start(&format!(
        "tls-port {port}\ntls-cert-file {place}/cert.pem\ntls-key-file {place}/key.pem\n\
         tls-ca-cert-file {place}/cert.pem\ntls-auth-clients no\n"
    ));
    let url = |host: &str| format!("rediss://:{OWNER_PASSWORD}@{host}:{port}/0");
    insta::assert_snapshot!(Db::new(&url("127.0.0.1")).refusal().await, @"The database's TLS certificate could not be verified. Use the host name that the certificate is for.");

    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(folder.path().join("cert.pem")).unwrap();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let trusting = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let policy = AddressPolicy::new(vec![
        "127.0.0.0/8:*".parse().unwrap(),
        "localhost:*".parse().unwrap(),
    ]);
    let source = RedisSource::new(policy, Arc::new(trusting));
    let trusted = |host: &str| Db {
        source: source.clone(),
        target: Db::new(&url(host)).target,
    };
    let db = trusted("127.0.0.1");
    db.source.check(&db.target).await.unwrap();
    assert_eq!(
        db.gives("run_command", json!({ "command": "PING" })).await,
        "PONG"
    );
    insta::assert_snapshot!(trusted("localhost").refusal().await, @"The database's TLS certificate could not be verified. Use the host name that the certificate is for.");
}
