//! Which hosts Patchbay may connect to: the public internet, and what the operator lists.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use url::{Host, Url};

use super::address;
use crate::error::{Error, Kind, Result};
use crate::text;

/// How long a name may take to resolve.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// Ports that a URL may name without being listed.
const HTTPS_PORTS: [u16; 2] = [443, 8443];

/// Decides for every host, port and address whether Patchbay may connect to it.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    allow: Arc<[AllowedHost]>,
}

/// A host that may be reached although it is private: an entry of `network.allow`.
///
/// `127.0.0.1:5432`, `db.internal:*`, `10.1.2.0/24:443`, `[fd00::/8]:443`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AllowedHost {
    pattern: Pattern,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Name(String),
    Net(IpNet),
}

impl AddressPolicy {
    /// The public internet, and these hosts.
    pub fn new(allow: Vec<AllowedHost>) -> Self {
        Self {
            allow: allow.into(),
        }
    }

    /// The addresses to connect to. All that the name resolves to must be allowed: a name with
    /// one public and one private address is refused.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>> {
        match parse_host(host)? {
            Host::Ipv4(ip) => self.admit(host, port, vec![IpAddr::V4(ip)]),
            Host::Ipv6(ip) => self.admit(host, port, vec![IpAddr::V6(ip)]),
            Host::Domain(name) => {
                self.check_name(&name, port)?;
                let addresses = lookup(&name, port).await?;
                self.admit(&name, port, addresses)
            }
        }
    }

    /// Whether a URL may be asked for at all. Names are judged by their form here, and by their
    /// addresses when they are resolved.
    pub fn check_url(&self, url: &Url) -> Result<()> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(not_https());
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::new(
                Kind::Invalid,
                text!("A URL must not hold a user name or password."),
            )
            .hint(text!("Leave out what stands before the `@`.")));
        }
        let listed = match &host {
            Host::Domain(name) => self.lists_name(name, port),
            Host::Ipv4(ip) => self.lists_ip(IpAddr::V4(*ip), port),
            Host::Ipv6(ip) => self.lists_ip(IpAddr::V6(*ip), port),
        };
        match url.scheme() {
            "https" => {}
            "http" if listed => {}
            _ => return Err(not_https()),
        }
        if listed {
            return Ok(());
        }
        match host {
            Host::Domain(name) => self.check_name(name, port)?,
            Host::Ipv4(ip) if !address::is_global(IpAddr::V4(ip)) => {
                return Err(private(&ip.to_string(), port));
            }
            Host::Ipv6(ip) if !address::is_global(IpAddr::V6(ip)) => {
                return Err(private(&format!("[{ip}]"), port));
            }
            Host::Ipv4(_) | Host::Ipv6(_) => {}
        }
        if HTTPS_PORTS.contains(&port) {
            return Ok(());
        }
        Err(Error::new(
            Kind::Denied("port"),
            text!("I do not connect to port {port}.", port = u64::from(port)),
        )
        .hint(text!(
            "Use the standard https port, or ask your admin to add `{host}:{port}` to `network.allow`.",
            host = url.host_str().unwrap_or_default(),
            port = u64::from(port)
        )))
    }

    /// The addresses, if every one of them may be connected to under this name and port.
    pub(super) fn admit(
        &self,
        name: &str,
        port: u16,
        addresses: Vec<IpAddr>,
    ) -> Result<Vec<SocketAddr>> {
        let listed = self.lists_name(name, port);
        let allowed = |ip: &IpAddr| listed || address::is_global(*ip) || self.lists_ip(*ip, port);
        if addresses.is_empty() {
            return Err(unknown_host(name));
        }
        if !addresses.iter().all(allowed) {
            return Err(private(name, port));
        }
        Ok(addresses
            .into_iter()
            .map(|ip| SocketAddr::new(ip, port))
            .collect())
    }

    /// The ports that entries name; the rest of the ports are all judged alike.
    pub(super) fn ports(&self) -> impl Iterator<Item = u16> {
        self.allow.iter().filter_map(|entry| entry.port)
    }

    fn check_name(&self, name: &str, port: u16) -> Result<()> {
        if is_local(name) && !self.lists_name(name, port) {
            return Err(private(name, port));
        }
        Ok(())
    }

    fn lists_name(&self, name: &str, port: u16) -> bool {
        let name = name.trim_end_matches('.');
        self.allow.iter().any(|entry| match &entry.pattern {
            Pattern::Name(listed) => listed.eq_ignore_ascii_case(name) && entry.opens(port),
            Pattern::Net(_) => false,
        })
    }

    fn lists_ip(&self, ip: IpAddr, port: u16) -> bool {
        let ip = ip.to_canonical();
        self.allow.iter().any(|entry| match &entry.pattern {
            Pattern::Name(_) => false,
            Pattern::Net(net) => net.contains(&ip) && entry.opens(port),
        })
    }
}

impl AllowedHost {
    fn opens(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }
}

impl FromStr for AllowedHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not a host with a port, such as `db.internal:5432`, `10.1.2.0/24:443` or `localhost:*`"
            )
        };
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(wrong)?;
        let port = match port {
            "*" => None,
            number => Some(number.parse::<NonZeroU16>().map_err(|_| wrong())?.get()),
        };
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        if let Ok(net) = host.parse::<IpNet>() {
            let pattern = Pattern::Net(net);
            return Ok(Self { pattern, port });
        }
        let pattern = match parse_host(host).map_err(|_| wrong())? {
            Host::Domain(name) => Pattern::Name(name.trim_end_matches('.').to_owned()),
            Host::Ipv4(ip) => Pattern::Net(IpAddr::V4(ip).into()),
            Host::Ipv6(ip) => Pattern::Net(IpAddr::V6(ip).into()),
        };
        Ok(Self { pattern, port })
    }
}

impl TryFrom<String> for AllowedHost {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Reads a host the way browsers do, so that `0x7f.1` and `２１３０７０６４３３` are seen as what they are.
fn parse_host(host: &str) -> Result<Host> {
    let host = host.trim();
    if let Ok(ip) = host.parse() {
        return Ok(match ip {
            IpAddr::V4(ip) => Host::Ipv4(ip),
            IpAddr::V6(ip) => Host::Ipv6(ip),
        });
    }
    Host::parse(host).map_err(|_| {
        Error::new(
            Kind::Invalid,
            text!("That is not the name or address of a server."),
        )
        .hint(text!("It looks like `db.example.com`."))
    })
}

async fn lookup(name: &str, port: u16) -> Result<Vec<IpAddr>> {
    match tokio::time::timeout(LOOKUP_TIMEOUT, tokio::net::lookup_host((name, port))).await {
        Ok(Ok(found)) => Ok(found.map(|address| address.ip()).collect()),
        Ok(Err(error)) => Err(unknown_host(name).source(error)),
        Err(_) => Err(Error::new(
            Kind::Timeout,
            text!("Nobody could say within 5 seconds where `{name}` is.", name),
        )
        .hint(text!("Try again in a minute."))),
    }
}

/// Names that only mean something on a machine or in a private network.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    !name.contains('.')
        || [".localhost", ".local", ".internal"]
            .iter()
            .any(|end| name.ends_with(end))
}

fn private(host: &str, port: u16) -> Error {
    Error::new(
        Kind::Denied("private network"),
        text!(
            "`{host}` is inside a private network, and I only connect to public servers.",
            host
        ),
    )
    .hint(text!(
        "Use a public address, or ask your admin to add `{host}:{port}` to `network.allow`.",
        host,
        port = u64::from(port)
    ))
}

fn unknown_host(name: &str) -> Error {
    Error::new(
        Kind::Invalid,
        text!("There is no server named `{name}`.", name),
    )
    .hint(text!("Check the name for a typing mistake."))
}

fn not_https() -> Error {
    Error::new(Kind::Invalid, text!("Only https addresses can be used."))
        .hint(text!("Write it like `https://api.example.com`."))
}

#[cfg(test)]
mod tests;
