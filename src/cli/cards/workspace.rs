//! `patchbay cards add|list|remove|export|hide|show` — the cards that a workspace has of its own.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cards::{AddedCards, Author, Consent, Effect, Entry, Origin, Place, Registry, read};
use crate::cli::{say, write};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::ids::TeamId;
use crate::store::Store;

/// The bot may be running: it knows of a change within seconds.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a card to a workspace, or put it in the place of its own one of the same name.
    Add {
        /// A YAML file.
        file: PathBuf,
        #[command(flatten)]
        of: Of,
        /// Also where the connections that people have would send their credentials elsewhere.
        #[arg(long)]
        send_credentials_elsewhere: bool,
    },
    /// List the cards of a workspace, with where each comes from and how much it is used.
    List {
        #[command(flatten)]
        of: Of,
    },
    /// Remove a card that was added to a workspace.
    Remove {
        /// The card's name.
        name: String,
        #[command(flatten)]
        of: Of,
        /// Also where connections would use a card of the same name that comes with the bot.
        #[arg(long)]
        send_credentials_elsewhere: bool,
    },
    /// Print a card that was added to a workspace, as it was written.
    Export {
        /// The card's name.
        name: String,
        #[command(flatten)]
        of: Of,
    },
    /// Offer a card in a workspace no longer; connections go on.
    Hide {
        /// The card's name.
        name: String,
        #[command(flatten)]
        of: Of,
    },
    /// Offer a card in a workspace again.
    Show {
        /// The card's name.
        name: String,
        #[command(flatten)]
        of: Of,
    },
}

/// Whose cards.
#[derive(Debug, clap::Args)]
pub struct Of {
    /// The workspace, by its id: T0123ABCD.
    #[arg(long, value_name = "ID")]
    workspace: String,
}

impl Of {
    fn team(&self) -> TeamId {
        TeamId::new(&self.workspace)
    }

    fn operator(&self) -> Author {
        Author::operator(self.team())
    }
}

pub async fn run(config: &Config, command: &Command) -> Result<ExitCode> {
    let store = Store::connect(&config.database).await?;
    let (registry, _) = Registry::load(config.cards.directory.as_deref());
    let cards = AddedCards::new(registry, store.clone(), Clock::System);
    let done = match command {
        Command::Add {
            file,
            of,
            send_credentials_elsewhere,
        } => add(&cards, file, of, consent(*send_credentials_elsewhere)).await,
        Command::List { of } => list(&cards, &store, of).await,
        Command::Remove {
            name,
            of,
            send_credentials_elsewhere,
        } => {
            let consent = consent(*send_credentials_elsewhere);
            remove(&cards, name, of, consent).await
        }
        Command::Export { name, of } => {
            let text = cards.export(&of.team(), name).await;
            text.map(|text| write(&text))
        }
        Command::Hide { name, of } => show(&cards, name, of, false).await,
        Command::Show { name, of } => show(&cards, name, of, true).await,
    };
    store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

fn consent(elsewhere: bool) -> Consent {
    match elsewhere {
        true => Consent::SecretsElsewhere,
        false => Consent::Change,
    }
}

async fn add(cards: &AddedCards, file: &PathBuf, of: &Of, consent: Consent) -> Result<()> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Error::new(
            Kind::NotFound,
            format!("{} cannot be read.", file.display()),
        )
        .hint("Name a YAML file.")
        .source(error)
    })?;
    if let Err(problems) = read(&text) {
        for problem in &problems {
            say(&format!(
                "{}:{}: {}",
                file.display(),
                problem.line,
                problem.reason
            ));
        }
        return Err(Error::new(Kind::Invalid, "The card has mistakes.")
            .hint("Correct them and add it again."));
    }
    let looked = cards.look(&of.team(), &text).await?;
    check_hosts(&looked, consent)?;
    let effect = cards.keep(&of.operator(), &text, consent).await?;
    say(&told(&effect));
    Ok(())
}

/// The command line has a flag where Slack has a question.
fn check_hosts(effect: &Effect, consent: Consent) -> Result<()> {
    if consent == Consent::SecretsElsewhere || !effect.sends_elsewhere() {
        return Ok(());
    }
    let (before, after) = (listed(&effect.places_before()), listed(&effect.elsewhere()));
    let count = effect.connections;
    Err(Error::new(
        Kind::Conflict,
        format!(
            "{count} connections would send their credentials to {after}; before it was [{before}]."
        ),
    )
    .hint("If that is meant, say so with --send-credentials-elsewhere."))
}

fn listed(places: &[Place]) -> String {
    let places: Vec<String> = places.iter().map(Place::to_string).collect();
    places.join(", ")
}

async fn remove(cards: &AddedCards, name: &str, of: &Of, consent: Consent) -> Result<()> {
    check_hosts(&cards.look_at_removal(&of.team(), name).await?, consent)?;
    let effect = cards.remove(&of.operator(), name, consent).await?;
    let count = effect.connections;
    say(&format!(
        "Removed {name}; {count} connections were made from it."
    ));
    Ok(())
}

fn told(effect: &Effect) -> String {
    let name = effect.after.as_ref().map_or("?", |card| card.name.as_str());
    let hosts = listed(&effect.places());
    let count = effect.connections;
    match effect.before {
        None => format!("Added {name}; it speaks to {hosts}."),
        Some(_) => format!("Replaced {name}, which {count} connections use; it speaks to {hosts}."),
    }
}

async fn list(cards: &AddedCards, store: &Store, of: &Of) -> Result<()> {
    let team = of.team();
    let used = cards.used(&team).await?;
    let connections = store.connections_by_card(&team).await?;
    for entry in cards.now(&team).await?.entries() {
        let connected = connections.iter().find(|(name, _)| *name == entry.name);
        let connected = connected.map_or(0, |(_, count)| *count);
        let (calls, people) = used
            .get(&entry.name)
            .map_or((0, 0), |used| (used.calls, used.people));
        say(&format!(
            "{:<20} {:<10} {connected} connections, {calls} calls by {people} people in 30 days{}",
            entry.name,
            origin(&entry),
            by(&entry)
        ));
        for problem in entry.own.iter().flat_map(|own| &own.problems) {
            say(&format!(
                "  is not used: line {}: {}",
                problem.line, problem.reason
            ));
        }
    }
    Ok(())
}

fn origin(entry: &Entry) -> &'static str {
    match entry.origin {
        Origin::BuiltIn => "built in",
        Origin::Folder => "folder",
        Origin::Workspace => "workspace",
    }
}

fn by(entry: &Entry) -> String {
    let own = entry
        .own
        .as_ref()
        .filter(|_| entry.origin == Origin::Workspace);
    let by = own.map(|own| format!(", written by {}", own.row.created_by));
    let hidden = if entry.shown { "" } else { ", hidden" };
    format!("{}{hidden}", by.unwrap_or_default())
}

async fn show(cards: &AddedCards, name: &str, of: &Of, shown: bool) -> Result<()> {
    cards.show(&of.operator(), name, shown).await?;
    let now = if shown {
        "is offered"
    } else {
        "is not offered any more"
    };
    say(&format!("{name} {now}."));
    Ok(())
}
