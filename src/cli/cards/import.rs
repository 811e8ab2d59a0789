//! `patchbay cards import` — cards from the files in which others keep their MCP servers.

mod card;
mod draft;
mod formats;
mod value;
mod words;

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use self::formats::Found;
use crate::cards::{EMBEDDED, lint};
use crate::cli::say;
use crate::error::{Error, Kind, Result};

/// No file of settings comes near this size.
const LARGEST: u64 = 4 * 1024 * 1024;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// `mcp.json`, `.mcp.json`, `claude_desktop_config.json`, `server.json` of the MCP registry, or LiteLLM's YAML.
    file: PathBuf,
    /// The folder for the cards. Nothing in it is overwritten.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    to: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { file, to } = arguments;
    if !to.is_dir() {
        let what = format!("There is no folder `{}`.", to.display());
        return Err(
            Error::new(Kind::NotFound, what).hint("Make it first, or name another with --to.")
        );
    }
    let found = formats::servers(&read(file)?).map_err(|reason| {
        let what = format!("No servers were found in `{}`.", file.display());
        Error::new(Kind::Invalid, what).hint(reason)
    })?;
    let mut folder = Folder::look(to);
    let (mut written, mut left) = (0, 0);
    for server in &found {
        let name = match words::shown(&server.name) {
            name if name.is_empty() => "Without a name".to_owned(),
            name => name,
        };
        match folder.take(server) {
            Ok(said) => {
                written += 1;
                say(&format!("{name}: {said}"));
            }
            Err(reason) => {
                left += 1;
                say(&format!("{name}: left out. {reason}"));
            }
        }
    }
    say(&format!(
        "Cards written: {written}. Servers left out: {left}."
    ));
    if written == 0 {
        return Ok(ExitCode::FAILURE);
    }
    let to = to.display();
    say(&format!("Read them, then: patchbay cards lint {to}"));
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> Result<String> {
    let unreadable = |what: &str| Error::new(Kind::Invalid, format!("`{}` {what}", file.display()));
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| {
            unreadable("cannot be read.")
                .hint("Name the file in which the servers stand.")
                .source(error)
        })?;
    if bytes.len() as u64 > LARGEST {
        return Err(unreadable("has more than 4 MB.")
            .hint("Take the part with the servers out into a file of its own."));
    }
    String::from_utf8(bytes)
        .map_err(|_| unreadable("is no text in UTF-8.").hint("Name a file in JSON or YAML."))
}

/// Where cards are written, and which names are taken.
struct Folder<'a> {
    path: &'a Path,
    taken: BTreeSet<String>,
}

impl<'a> Folder<'a> {
    fn look(path: &'a Path) -> Self {
        let there = lint(path).cards.into_iter();
        Self {
            path,
            taken: there.map(|(_, card)| card.name.clone()).collect(),
        }
    }

    /// Writes the card for a server. What was done is said, or why it was not.
    fn take(&mut self, found: &Found) -> Result<String, String> {
        let remote = found.remote.as_ref().map_err(String::clone)?;
        let drawn = card::draw(found, remote)?;
        let name = &drawn.card.name;
        let file = format!("{name}.yaml");
        if EMBEDDED.iter().any(|(embedded, _)| *embedded == file) {
            return Err(format!(
                "`{name}` is the name of a card that comes with Patchbay: give the server another name in the file."
            ));
        }
        let there = || {
            format!(
                "There is a card `{name}` already: remove it, or give the server another name in the file."
            )
        };
        if !self.taken.insert(name.clone()) {
            return Err(there());
        }
        let path = self.path.join(&file);
        let opened = OpenOptions::new().write(true).create_new(true).open(&path);
        let mut opened = opened.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => there(),
            _ => format!("{} cannot be written: is the folder yours?", path.display()),
        })?;
        opened.write_all(drawn.text.as_bytes()).map_err(|_| {
            format!(
                "{} cannot be written whole: is the disk full?",
                path.display()
            )
        })?;
        let asked = drawn.card.fields.iter().map(|field| field.label.as_str());
        let asked: Vec<&str> = asked.collect();
        let mut said = match asked.is_empty() {
            true => format!("wrote {}; people fill in nothing.", path.display()),
            false => format!(
                "wrote {}; people fill in: {}.",
                path.display(),
                asked.join(", ")
            ),
        };
        if drawn.withheld {
            said.push_str(" What stood in its headers was not copied.");
        }
        if !remote.lost.is_empty() {
            let lost = remote.lost.join("`, `");
            said.push_str(&format!(
                " `{lost}` is not carried over: all its tools are offered, and each asks first."
            ));
        }
        Ok(said)
    }
}
