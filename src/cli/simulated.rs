//! The app as its manifest describes it, for a simulated workspace: what it may do, hear and offer there.

use serde::Deserialize;
use slack_sim::{AppConfig, Shortcut, ShortcutKind};

use super::manifest;

#[derive(Deserialize)]
struct Manifest {
    features: Features,
    oauth_config: Oauth,
    settings: Settings,
}

#[derive(Deserialize)]
struct Features {
    slash_commands: Vec<Command>,
    shortcuts: Vec<Offered>,
}

#[derive(Deserialize)]
struct Command {
    command: String,
    description: String,
    usage_hint: String,
}

#[derive(Deserialize)]
struct Offered {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    callback_id: String,
}

#[derive(Deserialize)]
struct Oauth {
    scopes: Scopes,
}

#[derive(Deserialize)]
struct Scopes {
    bot: Vec<String>,
}

#[derive(Deserialize)]
struct Settings {
    event_subscriptions: Subscriptions,
}

#[derive(Deserialize)]
struct Subscriptions {
    bot_events: Vec<String>,
}

/// What Slack would make of `manifest.yml`: a call it gives no scope for fails, an event it does not name never comes.
pub fn app() -> AppConfig {
    let Manifest {
        features,
        oauth_config,
        settings,
    } = serde_saphyr::from_str(manifest::SOCKET).expect("a test reads the manifest too");
    let mut app = AppConfig {
        scopes: oauth_config.scopes.bot,
        events: settings.event_subscriptions.bot_events,
        shortcuts: features.shortcuts.into_iter().map(shortcut).collect(),
        ..AppConfig::default()
    };
    if let Some(first) = features.slash_commands.into_iter().next() {
        app.command = first.command;
        app.command_description = first.description;
        app.command_usage = first.usage_hint;
    }
    app
}

fn shortcut(offered: Offered) -> Shortcut {
    Shortcut {
        kind: match offered.kind.as_str() {
            "message" => ShortcutKind::Message,
            _ => ShortcutKind::Global,
        },
        name: offered.name,
        callback_id: offered.callback_id,
    }
}
