//! The only place that builds HTTP clients and TLS, and the rules on where they may connect.
//!
//! Two kinds: a [`GuardedClient`] for addresses that people give, which reaches the public
//! internet and what the operator lists; and a plain one for what the operator configured.
//!
//! The guard stands in two places, because the HTTP stack has two ways to a socket. A name goes
//! through our resolver, which refuses private addresses at the moment of connecting, so a name
//! that changes its address after the check gains nothing. A literal address never meets a
//! resolver, so each URL is checked just before it is sent. Redirects are not followed: whoever
//! follows one sends a new request through the same check.

pub mod address;
mod body;
mod failure;
mod policy;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Request, Response};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls_platform_verifier::BuilderVerifierExt as _;
use url::Url;

pub use self::body::{Body, read_body};
pub use self::failure::failure;
pub use self::policy::{AddressPolicy, AllowedHost};
use crate::error::{Error, Result};

const USER_AGENT: &str = concat!("patchbay/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest any guarded request may take, its body included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Sends requests to addresses that people gave.
#[derive(Clone, Debug)]
pub struct GuardedClient {
    policy: AddressPolicy,
    // A resolver is told names without ports, so each port that the policy treats in its own
    // way has a client, and with it a resolver, of its own.
    by_port: Arc<BTreeMap<u16, Client>>,
    other_ports: Client,
}

/// A client that connects only where the policy lets it.
pub fn guarded_client(policy: &AddressPolicy) -> Result<GuardedClient> {
    let build = |port: Option<u16>| {
        builder()
            .no_proxy()
            .timeout(REQUEST_TIMEOUT)
            .dns_resolver(Arc::new(PolicyResolver {
                policy: policy.clone(),
                port,
            }))
            .build()
            .map_err(Error::internal)
    };
    let by_port = policy
        .ports()
        .map(|port| Ok((port, build(Some(port))?)))
        .collect::<Result<_>>()?;
    Ok(GuardedClient {
        policy: policy.clone(),
        by_port: Arc::new(by_port),
        other_ports: build(None)?,
    })
}

/// A client for endpoints that the operator configured, such as model providers.
///
/// It has no overall time limit, because replies of models stream for minutes.
pub fn plain_client() -> Result<Client> {
    builder().build().map_err(Error::internal)
}

/// TLS for what is not HTTP, with the certificates that this machine trusts.
pub fn tls() -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(Error::internal)?;
    Ok(Arc::new(config.with_no_client_auth()))
}

impl GuardedClient {
    /// The client for an address that passed the check, for a library that sends its own requests:
    /// it must send them to that address.
    pub(crate) fn checked(&self, url: &Url) -> Result<&Client> {
        self.policy.check_url(url)?;
        let port = url.port_or_known_default();
        let own = port.and_then(|port| self.by_port.get(&port));
        Ok(own.unwrap_or(&self.other_ports))
    }

    /// Sends a request; `who` is the service as people know it.
    pub async fn send(&self, who: &str, request: Request) -> Result<Response> {
        self.policy.check_url(request.url())?;
        let port = request.url().port_or_known_default();
        let client = port
            .and_then(|port| self.by_port.get(&port))
            .unwrap_or(&self.other_ports);
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let sent = client.execute(request).await;
        let response = sent.map_err(|e| failure(who, e))?;
        // A belt to the resolver's braces: nothing is read from where we should not be.
        if let Some(peer) = response.remote_addr() {
            self.policy.admit(&host, peer.port(), vec![peer.ip()])?;
        }
        Ok(response)
    }
}

fn builder() -> ClientBuilder {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that builds them"
    )]
    Client::builder()
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        // A small compressed answer can be a huge one: the caps count bytes on the wire.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
}

struct PolicyResolver {
    policy: AddressPolicy,
    port: Option<u16>,
}

impl Resolve for PolicyResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.policy.clone();
        // Port 0 is in no entry, so it stands for all ports without one of their own.
        let port = self.port.unwrap_or(0);
        Box::pin(async move {
            let found = policy.resolve(name.as_str(), port).await?;
            // The connector puts the URL's port in place of 0.
            let found = found.into_iter().map(|a| SocketAddr::new(a.ip(), 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_port_resolves_names_by_its_own_rules() {
        let policy = AddressPolicy::new(vec!["localhost:8080".parse().unwrap()]);
        let resolves = async |port: Option<u16>| {
            let policy = policy.clone();
            let resolver = PolicyResolver { policy, port };
            resolver.resolve("localhost".parse().unwrap()).await.is_ok()
        };
        assert!(resolves(Some(8080)).await);
        assert!(!resolves(Some(8081)).await);
        assert!(!resolves(None).await);
    }
}
