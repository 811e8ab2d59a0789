//! Which SQLite files people may connect to, and which of them take changes.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::text;

/// The files that the operator named.
#[derive(Clone, Debug, Default)]
pub struct SqliteFiles {
    by_name: BTreeMap<String, PathBuf>,
    writable: BTreeSet<String>,
    /// The bot's own database, which is never one of them.
    own: Option<PathBuf>,
}

/// Files that are only read.
impl From<BTreeMap<String, PathBuf>> for SqliteFiles {
    fn from(by_name: BTreeMap<String, PathBuf>) -> Self {
        Self {
            by_name,
            ..Self::default()
        }
    }
}

impl SqliteFiles {
    /// The same, with rows changed in those of these names.
    pub fn writable(self, names: impl IntoIterator<Item = String>) -> Self {
        Self {
            writable: names.into_iter().collect(),
            ..self
        }
    }

    /// The same without that file, under whichever name it goes.
    pub fn never(self, own: Option<PathBuf>) -> Self {
        Self { own, ..self }
    }

    /// Whether rows may be changed in the file of that name.
    pub fn takes_changes(&self, name: &str) -> bool {
        self.writable.contains(name) && self.by_name.contains_key(name)
    }

    /// Where the file of that name is.
    pub(in crate::tools::sources::sql) fn find(&self, name: &str) -> Result<&Path> {
        let found = self.by_name.get(name).filter(|path| !self.is_own(path));
        found.map(PathBuf::as_path).ok_or_else(|| {
            let known = self.by_name.iter().filter(|(_, path)| !self.is_own(path));
            let known: Vec<_> = known.map(|(name, _)| format!("`{name}`")).collect();
            let hint = if known.is_empty() {
                text!("Your admin has not allowed any SQLite file yet.")
            } else {
                text!(
                    "Databases here: {files}. Ask your admin to add another.",
                    files = known.join(", ")
                )
            };
            Error::new(
                Kind::NotFound,
                text!("That SQLite database is not one that this bot may open."),
            )
            .hint(hint)
        })
    }

    /// Whether that is the bot's own database: links of both kinds are seen through. Nothing is
    /// opened, as closing it again would end the locks that this process holds on it.
    fn is_own(&self, path: &Path) -> bool {
        let inode = |path: &Path| std::fs::metadata(path).map(|file| (file.dev(), file.ino()));
        let own = self.own.as_deref().and_then(|own| inode(own).ok());
        own.is_some_and(|own| inode(path).is_ok_and(|other| other == own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bots_own_database_is_not_found_under_any_name() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        for file in ["own.db", "other.db"] {
            std::fs::write(at(file), "").unwrap();
        }
        std::os::unix::fs::symlink(at("own.db"), at("soft.db")).unwrap();
        std::fs::hard_link(at("own.db"), at("hard.db")).unwrap();
        let names = ["own", "soft", "hard", "other"];
        let files = names.map(|name| (name.to_owned(), at(&format!("{name}.db"))));
        let files = SqliteFiles::from(BTreeMap::from(files))
            .writable(names.map(str::to_owned))
            .never(Some(at("own.db")));
        for name in ["own", "soft", "hard"] {
            let refused = files.find(name).unwrap_err().sentence();
            assert!(refused.contains("Databases here: `other`."), "{refused}");
        }
        assert_eq!(files.find("other").unwrap(), at("other.db"));
        assert!(files.takes_changes("other") && !files.takes_changes("more"));
    }
}
