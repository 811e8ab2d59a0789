//! A SQLite file belongs to one process at a time: a lock beside it, which dies with its process.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use sqlx::sqlite::SqliteConnectOptions;

use super::{DatabaseConfig, is_postgres};
use crate::error::{Error, Kind, Result};

/// Keeps others away for as long as it lives.
#[derive(Debug)]
pub struct Alone(#[expect(dead_code, reason = "the lock ends when the file is closed")] File);

impl Alone {
    /// Takes the database for this process; nothing where several may use it, as on PostgreSQL.
    pub fn take(config: &DatabaseConfig) -> Result<Option<Self>> {
        let Some(database) = file(config) else {
            return Ok(None);
        };
        let path = beside(&database);
        match lock(&path) {
            Ok(file) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Err(taken(&database, &path)),
            Err(TryLockError::Error(error)) => Err(Error::new(
                Kind::Unavailable,
                format!("The file `{}` cannot be locked.", path.display()),
            )
            .hint("Keep the SQLite database in a folder on a disk of this machine that the bot may write to.")
            .source(error)),
        }
    }
}

/// The file of the database, where it is one that others could open too.
fn file(config: &DatabaseConfig) -> Option<PathBuf> {
    let in_memory = config.url.contains(":memory:") || config.url.contains("mode=memory");
    if is_postgres(&config.url) || in_memory {
        return None;
    }
    // What is wrong with the URL is said where the database is opened.
    let options = SqliteConnectOptions::from_str(&config.url).ok()?;
    Some(options.get_filename().to_owned())
}

fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn lock(path: &Path) -> std::result::Result<File, TryLockError> {
    let opened = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    let mut file = opened.map_err(TryLockError::Error)?;
    file.try_lock()?;
    let signed = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{}", std::process::id()));
    signed.map_err(TryLockError::Error)?;
    Ok(file)
}

fn taken(database: &Path, path: &Path) -> Error {
    let mut text = String::new();
    // Who it is helps, but is not needed.
    let read = File::open(path).and_then(|file| file.take(20).read_to_string(&mut text));
    let process = read.ok().and_then(|_| text.trim().parse::<u32>().ok());
    let process = process.map_or(String::new(), |id| format!(" (process {id})"));
    let folder = database
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    Error::new(
        Kind::Unavailable,
        format!(
            "The folder `{}` is in use by another Patchbay{process}.",
            folder.display()
        ),
    )
    .hint("Stop that one, or give this one a folder of its own: `--data` for a playground, `database.url` otherwise.")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_at_a_time_and_the_next_when_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let config = |url: String| DatabaseConfig {
            url,
            max_connections: 1,
            acquire_timeout: Duration::from_secs(1),
        };
        let file = config(format!("sqlite:{}", folder.path().join("a.db").display()));
        let first = Alone::take(&file).unwrap();
        let refused = Alone::take(&file).unwrap_err().sentence();
        let told = [
            folder.path().display().to_string(),
            format!("process {}", std::process::id()),
            "--data".to_owned(),
        ];
        assert!(told.iter().all(|part| refused.contains(part)), "{refused}");
        drop(first);
        assert!(Alone::take(&file).unwrap().is_some());
        for shared in ["postgres://localhost/x", "sqlite::memory:"] {
            assert!(Alone::take(&config(shared.to_owned())).unwrap().is_none());
        }
    }
}
