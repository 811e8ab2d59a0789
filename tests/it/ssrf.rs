//! Nothing that a person or a server names leads inside: judged by listeners at every address.
//!
//! Each test runs in a network namespace in which every address in the world is the test's own. The
//! kernel counts what is opened there, and the listeners say to where. That they would have been
//! reached is shown with a client that has no guard.

mod names;
mod namespace;
mod network;
mod product;
mod public;
mod urls;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use patchbay::cards::Registry;
use patchbay::domain::card::{Card, FieldFormat};
use patchbay::error::{Error, Kind};
use patchbay::net::{AddressPolicy, GuardedClient, guarded_client, tls};
use patchbay::tasks::Tasks;
use patchbay::tools::sources::graphql::GraphqlSource;
use patchbay::tools::sources::http::HttpSource;
use patchbay::tools::sources::mcp::McpSource;
use patchbay::tools::sources::openapi::OpenapiSource;
use patchbay::tools::sources::redis::RedisSource;
use patchbay::tools::sources::sql::{SqlSource, SqliteFiles};
use patchbay::tools::{Target, ToolSource};

use self::names::{PRIVATE, REBINDS};
use self::network::{Network, PLAIN, PUBLIC};
use self::public::{chained, redirecting};
use self::urls::{HOSTS, Vector, vectors};

/// The longest that a client without a guard may take to get nowhere.
const PATIENCE: Duration = Duration::from_secs(20);

fn policy(allow: &[&str]) -> AddressPolicy {
    AddressPolicy::new(allow.iter().map(|entry| entry.parse().unwrap()).collect())
}

/// What the operator may have opened, of which nothing leads to a listener that is forbidden here.
fn policies() -> [AddressPolicy; 2] {
    let plain = format!("93.184.216.34:{PLAIN}");
    let opened = [
        "127.0.0.1:11434",
        "localhost:8000",
        "10.9.0.0/16:443",
        "db.internal:5432",
    ];
    [
        policy(&[&plain]),
        policy(&[&[plain.as_str()][..], &opened].concat()),
    ]
}

/// A card with an address that people fill in, as it would be connected to `url`.
fn target(card: &Arc<Card>, url: &str) -> Target {
    let mut target = Target {
        card: card.clone(),
        config: Default::default(),
        secrets: Default::default(),
        key: None,
    };
    for field in &card.fields {
        let address = matches!(
            field.format,
            Some(FieldFormat::Url | FieldFormat::PostgresUrl | FieldFormat::RedisUrl)
        );
        let value = if address { url } else { "s3cret-value" };
        if field.secret {
            target.secrets.insert(field.name.clone(), value.into());
        } else if address || !field.optional {
            target.config.insert(field.name.clone(), value.to_owned());
        }
    }
    target
}

/// Every card whose address people fill in.
fn addressed_cards() -> Vec<Arc<Card>> {
    let cards = Registry::embedded().unwrap();
    let addressed = |card: &Card| {
        let http = card.service.http.is_some();
        http && card
            .fields
            .iter()
            .any(|field| matches!(field.format, Some(FieldFormat::Url)))
    };
    let found: Vec<_> = cards
        .all()
        .iter()
        .filter(|card| addressed(card))
        .cloned()
        .collect();
    assert!(
        !found.is_empty(),
        "no card has an address that people fill in"
    );
    found
}

/// What comes of connecting a card at this address.
async fn connecting(client: &GuardedClient, card: &Arc<Card>, url: &str) -> Result<(), Error> {
    let (client, target) = (client.clone(), target(card, url));
    if card.service.mcp.is_some() {
        let source = McpSource::new(client, Tasks::default());
        return source.check(&target).await;
    }
    if card.service.openapi.is_some() {
        let source = OpenapiSource::new(client);
        return source.discover(&target).await.map(drop);
    }
    let source: Box<dyn ToolSource> = match card.service.graphql.is_some() {
        true => Box::new(GraphqlSource::new(client)),
        false => Box::new(HttpSource::new(client)),
    };
    source.check(&target).await
}

/// A client that goes wherever a URL leads, redirects and all, but not by way of a proxy.
fn unguarded() -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "it shows what the guard is for")]
    let builder = reqwest::Client::builder();
    builder.no_proxy().timeout(PATIENCE).build().unwrap()
}

fn refused(outcome: Result<(), Error>, vector: &str) {
    let error = outcome.expect_err(vector);
    let kind = error.kind();
    assert!(
        matches!(kind, Kind::Invalid | Kind::Denied(_)),
        "{vector}: {kind:?} {error}"
    );
    assert!(error.next_step().is_some(), "{vector}: {error}");
}

#[test]
fn every_vector_leads_inside_without_the_guard() {
    namespace::inside(
        "ssrf::every_vector_leads_inside_without_the_guard",
        async |folder| {
            let network = Network::start(&folder).await;
            let client = unguarded();
            for Vector { url, leads_to } in vectors() {
                let outcome = client.get(&url).send().await;
                let opened = network.opened().await;
                match leads_to {
                    Some(address) => assert!(
                        opened.iter().any(|to| to.ip() == address),
                        "{url} opened {opened:?}: {outcome:?}"
                    ),
                    None => assert_eq!(opened, [], "{url}"),
                }
            }
            for name in PRIVATE {
                client.get(format!("https://{name}/")).send().await.ok();
                assert_ne!(network.forbidden().await, [], "{name}");
            }
            for code in [301, 302, 303, 307, 308] {
                let url = format!(
                    "http://{}:{PLAIN}{}",
                    PUBLIC[0],
                    redirecting(code, "http://10.0.0.1/")
                );
                client.get(url).send().await.ok();
                assert_ne!(network.forbidden().await, [], "{code}");
            }
            let rebinds = format!("http://{REBINDS}.example.com:{PLAIN}/");
            for expected in [PUBLIC[0], "127.0.0.1".parse::<IpAddr>().unwrap()] {
                client.get(&rebinds).send().await.ok();
                assert_eq!(network.opened().await, [SocketAddr::new(expected, PLAIN)]);
            }
            // With the proxies that the environment names, as clients have it unless they are told.
            let plain = patchbay::net::plain_client().unwrap();
            plain.get("https://public.example.com/").send().await.ok();
            assert_eq!(
                network.opened().await,
                ["127.0.0.1:3128".parse::<SocketAddr>().unwrap()]
            );
        },
    );
}

#[test]
fn addresses_of_http_services_lead_nowhere_inside() {
    namespace::inside(
        "ssrf::addresses_of_http_services_lead_nowhere_inside",
        async |folder| {
            let network = Network::start(&folder).await;
            for policy in policies() {
                let client = guarded_client(&policy).unwrap();
                for Vector { url, .. } in vectors() {
                    let Ok(parsed) = url.parse() else { continue };
                    let request = reqwest::Request::new(reqwest::Method::GET, parsed);
                    refused(client.send("It", request).await.map(drop), &url);
                }
                let described = ["openapi", "graphql", "mcp"].map(|name| {
                    let cards = Registry::embedded().unwrap();
                    cards.get(name).unwrap()
                });
                for card in addressed_cards().iter().chain(&described) {
                    for Vector { url, .. } in vectors() {
                        refused(connecting(&client, card, &url).await, &url);
                    }
                    for name in PRIVATE {
                        let url = format!("https://{name}");
                        refused(connecting(&client, card, &url).await, &url);
                    }
                }
                assert_eq!(network.opened().await, []);
                for card in addressed_cards() {
                    // What is public is reached, and no proxy is asked to.
                    let source = HttpSource::new(guarded_client(&policy).unwrap());
                    let there = target(&card, "https://public.example.com");
                    source.check(&there).await.unwrap();
                    assert_ne!(network.opened().await, []);
                    source.check(&there).await.unwrap();
                    assert_eq!(network.forbidden().await, []);
                }
            }
        },
    );
}

#[test]
fn redirects_lead_nowhere_inside() {
    namespace::inside("ssrf::redirects_lead_nowhere_inside", async |folder| {
        let network = Network::start(&folder).await;
        let source = HttpSource::new(guarded_client(&policies()[0]).unwrap());
        let plain = format!("http://{}:{PLAIN}", PUBLIC[0]);
        let secure = "https://public.example.com".to_owned();
        for card in addressed_cards() {
            let goes = async |from: &str, path: &str| {
                let there = target(&card, &format!("{from}{path}"));
                refused(source.check(&there).await, path);
                network.opened().await
            };
            for Vector { url, .. } in vectors() {
                for from in [&plain, &secure] {
                    // A header holds no such thing, and a path leads to its own server.
                    if url.contains(['\r', '\n', '\0']) || url.starts_with("//") {
                        continue;
                    }
                    let opened = goes(from, &redirecting(302, &url)).await;
                    assert!(
                        opened.iter().all(|to| PUBLIC.contains(&to.ip())),
                        "{url}: {opened:?}"
                    );
                }
            }
            for code in [301, 303, 307, 308] {
                let opened = goes(&secure, &redirecting(code, "https://10.0.0.1/")).await;
                assert!(
                    opened.iter().all(|to| PUBLIC.contains(&to.ip())),
                    "{code}: {opened:?}"
                );
            }
            // To the same server in a way that the first request was not allowed, and to another.
            for to in [
                "http://public.example.com/",
                "https://public.example.com:9999/",
                &plain,
            ] {
                let opened = goes(&secure, &redirecting(302, to)).await;
                assert!(opened.iter().all(|to| to.port() == 443), "{to}: {opened:?}");
            }
            for hops in [0, 1, 2, 3, 10] {
                let opened = goes(&plain, &chained(hops, "http://169.254.169.254/")).await;
                assert!(
                    opened.iter().all(|to| PUBLIC.contains(&to.ip())),
                    "{hops}: {opened:?}"
                );
                assert_eq!(opened.len(), (hops + 1).min(4), "{hops} hops");
            }
        }
    });
}

#[test]
fn mcp_servers_lead_nowhere_inside() {
    namespace::inside("ssrf::mcp_servers_lead_nowhere_inside", async |folder| {
        let network = Network::start(&folder).await;
        let client = guarded_client(&policies()[0]).unwrap();
        let card = Registry::embedded().unwrap().get("mcp").unwrap();
        let plain = format!("http://{}:{PLAIN}", PUBLIC[0]);
        let secure = "https://public.example.com".to_owned();
        let mut asked = false;
        for Vector { url, .. } in vectors() {
            if url.contains(['\r', '\n', '\0']) || url.starts_with("//") {
                continue;
            }
            for (from, code) in [(&plain, 302), (&plain, 307), (&secure, 308)] {
                let there = format!("{from}{}", redirecting(code, &url));
                let outcome = connecting(&client, &card, &there).await;
                assert!(outcome.is_err(), "{url}");
                let opened = network.opened().await;
                asked |= !opened.is_empty();
                assert!(
                    opened.iter().all(|to| PUBLIC.contains(&to.ip())),
                    "{url}: {opened:?}"
                );
            }
        }
        assert!(asked, "no server was asked");
        let name = format!("{REBINDS}-mcp.example.com");
        let there = format!("https://{name}/mcp");
        connecting(&client, &card, &there).await.unwrap_err();
        assert_eq!(network.forbidden().await, []);
        let anew = guarded_client(&policies()[0]).unwrap();
        refused(connecting(&anew, &card, &there).await, &there);
        assert_eq!(network.opened().await, []);
    });
}

#[test]
fn redis_urls_lead_nowhere_inside() {
    namespace::inside("ssrf::redis_urls_lead_nowhere_inside", async |folder| {
        let network = Network::start(&folder).await;
        let card = Registry::embedded().unwrap().get("redis").unwrap();
        let reach = async |policy: &AddressPolicy, url: &str| {
            let source = RedisSource::new(policy.clone(), tls().unwrap());
            let outcome = source.check(&target(&card, url)).await;
            (outcome, network.opened().await)
        };
        let names = HOSTS.iter().map(|(host, _)| *host).chain(PRIVATE);
        for host in names.chain(["127.0.0.1,93.184.216.34", "%2Ftmp%2Fredis.sock", ""]) {
            for scheme in ["redis", "rediss"] {
                let url = format!("{scheme}://u:p@{host}/0");
                for policy in policies() {
                    let (outcome, opened) = reach(&policy, &url).await;
                    refused(outcome, &url);
                    assert_eq!(opened, [], "{url}");
                }
            }
        }
        for url in ["redis+unix:///tmp/redis.sock", "unix:///tmp/redis.sock"] {
            refused(reach(&policies()[0], url).await.0, url);
        }
        let public = SocketAddr::new(PUBLIC[0], 6379);
        for (number, scheme) in ["redis", "rediss"].iter().enumerate() {
            let url = format!("{scheme}://u:p@93.184.216.34/0");
            let (_, opened) = reach(&policies()[0], &url).await;
            assert_eq!(opened, [public], "{url}");
            let url = format!("{scheme}://u:p@{REBINDS}-redis{number}.example.com/0");
            let (_, opened) = reach(&policies()[0], &url).await;
            assert_eq!(opened, [public], "{url}");
            let (outcome, opened) = reach(&policies()[0], &url).await;
            refused(outcome, &url);
            assert_eq!(opened, [], "{url}");
        }
    });
}

#[test]
fn names_that_move_inside_lead_nowhere() {
    namespace::inside(
        "ssrf::names_that_move_inside_lead_nowhere",
        async |folder| {
            let network = Network::start(&folder).await;
            let policy = policy(&[]);
            let source = HttpSource::new(guarded_client(&policy).unwrap());
            for (number, card) in addressed_cards().iter().enumerate() {
                // The connection over HTTP/2 is kept, and it still is where it was checked to be.
                let name = format!("{REBINDS}-{number}.example.com");
                let there = target(card, &format!("https://{name}"));
                source.check(&there).await.unwrap();
                source.check(&there).await.unwrap();
                assert_eq!(network.opened().await, [SocketAddr::new(PUBLIC[0], 443)]);
                assert_eq!(network.lookups(&name), 1);
                // Whoever connects anew looks where it is now.
                let source = HttpSource::new(guarded_client(&policy).unwrap());
                refused(source.check(&there).await, &name);
                assert_eq!(network.opened().await, []);
            }
            let client = guarded_client(&policies()[0]).unwrap();
            let get = async |url: &str| {
                let request = reqwest::Request::new(reqwest::Method::GET, url.parse().unwrap());
                client.send("It", request).await.map(drop)
            };
            // Nothing is kept after an answer that closes the connection.
            get("https://rebinds-closing.example.com:8443/")
                .await
                .unwrap();
            assert_eq!(network.forbidden().await, []);
        },
    );
}

#[test]
fn database_urls_lead_nowhere_inside() {
    namespace::inside("ssrf::database_urls_lead_nowhere_inside", async |folder| {
        let network = Network::start(&folder).await;
        let cards = Registry::embedded().unwrap();
        let card = &cards.get("postgres").unwrap();
        let reach = async |policy: &AddressPolicy, url: &str| {
            let source = SqlSource::new(policy.clone(), SqliteFiles::default());
            let outcome = source.check(&target(card, url)).await;
            (outcome, network.opened().await)
        };
        let names = HOSTS.iter().map(|(host, _)| *host).chain(PRIVATE);
        let inside = [
            "127.0.0.1,93.184.216.34",
            "93.184.216.34,127.0.0.1",
            "%2Fvar%2Frun%2Fpostgresql",
            "%2Ftmp",
            "@abstract",
            "",
        ];
        for host in names.chain(inside) {
            for options in ["", "?sslmode=verify-full", "?sslmode=require"] {
                let url = format!("postgres://u:p@{host}/db{options}");
                for policy in policies() {
                    let (outcome, opened) = reach(&policy, &url).await;
                    refused(outcome, &url);
                    assert_eq!(opened, [], "{url}");
                }
            }
        }
        for (name, value) in [
            ("host", "127.0.0.1"),
            ("HOST", "/var/run/postgresql"),
            ("hostaddr", "127.0.0.1"),
            ("port", "6379"),
            ("service", "inside"),
            ("passfile", "/etc/passwd"),
            ("sslrootcert", "/etc/passwd"),
            ("options", "-c%20x=y"),
            ("options[x]", "y"),
        ] {
            let url = format!("postgres://u:p@93.184.216.34/db?{name}={value}");
            let (outcome, opened) = reach(&policies()[0], &url).await;
            refused(outcome, &url);
            assert_eq!(opened, [], "{url}");
        }
        // What is public is reached, whatever the environment says of hosts and ports.
        let public = SocketAddr::new(PUBLIC[0], 5432);
        for options in ["", "?sslmode=verify-full", "?sslmode=disable"] {
            let url = format!("postgres://u:p@93.184.216.34/db{options}");
            let (_, opened) = reach(&policies()[0], &url).await;
            assert_eq!(opened, [public], "{url}");
        }
        for (number, options) in ["", "?sslmode=require", "?sslmode=verify-full"]
            .iter()
            .enumerate()
        {
            let url = format!("postgres://u:p@{REBINDS}-db{number}.example.com/db{options}");
            let (_, opened) = reach(&policies()[0], &url).await;
            assert_eq!(opened, [public], "{url}");
            let (outcome, opened) = reach(&policies()[0], &url).await;
            refused(outcome, &url);
            assert_eq!(opened, [], "{url}");
        }
        // The certificate is checked against the name all the same.
        network.server.logins.lock().unwrap().clear();
        for (host, logs_in) in [("public.example.com", true), ("public.example.org", false)] {
            let url = format!("postgres://somebody:p@{host}/db?sslmode=verify-full");
            let (_, opened) = reach(&policies()[0], &url).await;
            assert!(opened.contains(&public), "{url}");
            let logins = std::mem::take(&mut *network.server.logins.lock().unwrap());
            let known = logins.iter().any(|login| login.contains("somebody"));
            assert_eq!(known, logs_in, "{url}: {logins:?}");
        }
    });
}
