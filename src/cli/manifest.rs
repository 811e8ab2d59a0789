//! `patchbay manifest` — the Slack app manifest, for either transport, from one text.

use super::transport;
use crate::slack::Transport;

/// The manifest for Socket Mode, as it lies in the source.
pub(super) const SOCKET: &str = include_str!("../../manifest.yml");

/// For which transport, and where it is.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// `socket` or `http`.
    #[arg(long, default_value = "socket", value_parser = transport)]
    transport: Transport,
    /// The bot's public address, for `http`.
    #[arg(long, default_value = "https://patchbay.example.com")]
    url: String,
}

impl Arguments {
    /// The manifest. For HTTP, the addresses take the place of the socket switch.
    pub fn manifest(&self) -> String {
        match self.transport {
            Transport::Socket => SOCKET.to_owned(),
            Transport::Http => over_http(self.url.trim_end_matches('/')),
        }
    }
}

fn over_http(url: &str) -> String {
    SOCKET
        .replace("socket_mode_enabled: true", "socket_mode_enabled: false")
        .replace(
            "      should_escape: true\n",
            &format!("      should_escape: true\n      url: {url}/slack/commands\n"),
        )
        .replace(
            "  event_subscriptions:\n",
            &format!("  event_subscriptions:\n    request_url: {url}/slack/events\n"),
        )
        .replace(
            "    is_enabled: true\n",
            &format!("    is_enabled: true\n    request_url: {url}/slack/interactivity\n"),
        )
}
