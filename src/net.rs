//! Which addresses may be reached: a name is resolved once and every address it has is checked.

use std::net::{IpAddr, SocketAddr};

use crate::error::{Error, Kind, Result};

/// Where connections may go; public addresses always, others only when an operator listed them.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    /// Networks that are not public and may be reached all the same.
    pub allow: Vec<ipnet::IpNet>,
}

impl AddressPolicy {
    /// The addresses of `host`, all of them allowed, or a refusal.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>> {
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
            .await
            .map_err(|error| {
                Error::new(Kind::Upstream, format!("`{host}` could not be found."))
                    .hint("Check the host name.")
                    .source(error)
            })?
            .collect();
        match addresses.iter().find(|address| !self.allows(address.ip())) {
            None => Ok(addresses),
            Some(_) => Err(Error::new(
                Kind::Denied("private_address"),
                format!("`{host}` is a private address, which this bot may not reach."),
            )
            .hint("Use a public host, or ask your admin to allow this network.")),
        }
    }

    fn allows(&self, ip: IpAddr) -> bool {
        let public = match ip {
            IpAddr::V4(ip) => !(ip.is_loopback() || ip.is_private() || ip.is_link_local()),
            IpAddr::V6(ip) => ip.segments()[0] & 0xe000 == 0x2000,
        };
        public || self.allow.iter().any(|network| network.contains(&ip))
    }
}
