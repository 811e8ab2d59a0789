//! Checking card files before anyone meets them: `patchbay cards lint`.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{CardProblem, parse};
use crate::domain::card::Card;

/// No card of ours comes near this size.
const LARGEST_FILE: u64 = 256 * 1024;

/// What became of the card files that were read.
#[derive(Clone, Debug, Default)]
pub struct LintReport {
    /// The good cards with the names of their files.
    pub cards: Vec<(String, Arc<Card>)>,
    /// What is wrong with the others.
    pub problems: Vec<CardProblem>,
}

/// Reads one card file, or all of a directory.
pub fn lint(path: &Path) -> LintReport {
    let mut report = LintReport::default();
    let files = match card_files(path) {
        Ok(files) => files,
        Err(error) => {
            report.refuse(path, 1, format!("cannot be read: {error}"));
            return report;
        }
    };
    let mut seen = BTreeMap::new();
    for file in files {
        let name = display_name(&file);
        let text = match read(&file) {
            Ok(text) => text,
            Err(error) => {
                report.refuse(&file, 1, format!("cannot be read: {error}"));
                continue;
            }
        };
        match parse(&name, &text) {
            Ok(card) => match seen.insert(card.name.clone(), name.clone()) {
                None => report.cards.push((name, Arc::new(card))),
                Some(first) => {
                    let reason = format!("{first} already has a card named `{}`", card.name);
                    seen.insert(card.name, first);
                    report.refuse(&file, 1, reason);
                }
            },
            Err(problems) => report.problems.extend(problems),
        }
    }
    report
}

impl LintReport {
    /// A line for each good card.
    pub fn good(&self) -> impl Iterator<Item = String> {
        self.cards.iter().map(|(file, card)| {
            let (title, noun) = (&card.title, &card.noun);
            match card.tools.len() {
                // Its service tells of them.
                0 => format!("{file}: {title}, {noun} tools of its own"),
                1 => format!("{file}: {title}, 1 {noun} tool"),
                tools => format!("{file}: {title}, {tools} {noun} tools"),
            }
        })
    }

    fn refuse(&mut self, file: &Path, line: u64, reason: String) {
        let file = display_name(file);
        self.problems.push(CardProblem { file, line, reason });
    }
}

impl fmt::Display for LintReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.good() {
            writeln!(f, "{line}")?;
        }
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        let count = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        let cards = count(self.cards.len(), "good card");
        let problems = count(self.problems.len(), "problem");
        write!(f, "{cards}, {problems}")
    }
}

pub(super) fn card_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = std::fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("yaml" | "yml"))
    });
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = std::fs::File::open(file)?;
    let length = file.take(LARGEST_FILE + 1).read_to_string(&mut text)?;
    if length as u64 > LARGEST_FILE {
        return Err(io::Error::other("it is larger than 256 KiB"));
    }
    Ok(text)
}

fn display_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
