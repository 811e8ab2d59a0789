//! A SQLite file belongs to one process at a time: a lock beside it, which dies with its process.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use rustix::fs::OFlags;
use rustix::process::{Pid, test_kill_process};
use sqlx::sqlite::SqliteConnectOptions;

use super::{DatabaseConfig, is_postgres};
use crate::error::{Error, Kind, Result};

/// Keeps others away for as long as it lives.
#[derive(Debug)]
pub struct Alone(#[expect(dead_code, reason = "the lock ends when the file is closed")] File);

impl Alone {
    /// Takes the database for this process; nothing where several may use it, as on PostgreSQL.
    pub fn take(config: &DatabaseConfig) -> Result<Option<Self>> {
        let Some(database) = config.file() else {
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

impl DatabaseConfig {
    /// The file of the database, where it is one that others could open too.
    pub fn file(&self) -> Option<PathBuf> {
        let in_memory = self.url.contains(":memory:") || self.url.contains("mode=memory");
        if is_postgres(&self.url) || in_memory {
            return None;
        }
        // What is wrong with the URL is said where the database is opened.
        let options = SqliteConnectOptions::from_str(&self.url).ok()?;
        Some(options.get_filename().to_owned())
    }
}

/// The lock is beside the file itself, by whatever name it was called: SQLite follows links as well.
fn beside(database: &Path) -> PathBuf {
    let itself = database.canonicalize().or_else(|_| {
        // It is made later; its folder is there.
        let folder = folder_of(database).canonicalize()?;
        let name = database.file_name().unwrap_or_default();
        std::io::Result::Ok(folder.join(name))
    });
    let mut name = itself
        .unwrap_or_else(|_| database.to_owned())
        .into_os_string();
    name.push(".lock");
    name.into()
}

fn folder_of(database: &Path) -> &Path {
    let folder = database.parent();
    folder
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Whoever may read the file could lock it, and keep the bot out; whatever a link names is not ours
/// to write to.
fn options() -> OpenOptions {
    let mut options = File::options();
    let no_link = OFlags::NOFOLLOW.bits().cast_signed();
    options.read(true).mode(0o600).custom_flags(no_link);
    options
}

fn lock(path: &Path) -> std::result::Result<File, TryLockError> {
    let opened = options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    let mut file = opened.map_err(TryLockError::Error)?;
    file.try_lock()?;
    // An earlier version let others read it; where it is another user's, it stays theirs to say.
    let _ = file.set_permissions(Permissions::from_mode(0o600));
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
    let read = options()
        .open(path)
        .and_then(|file| file.take(20).read_to_string(&mut text));
    let process = read.ok().and_then(|_| text.trim().parse::<u32>().ok());
    let by = match process.filter(|id| is_running(*id)) {
        Some(id) => format!("another Patchbay (process {id})"),
        // The one that wrote its number is gone, or on another machine.
        None => "another process".to_owned(),
    };
    Error::new(
        Kind::Unavailable,
        format!(
            "The folder `{}` is in use by {by}.",
            folder_of(database).display()
        ),
    )
    .hint("Stop that one, or give this one a folder of its own: `--data` for a playground, `database.url` otherwise.")
}

fn is_running(id: u32) -> bool {
    let id = i32::try_from(id).ok().and_then(Pid::from_raw);
    // One that is not ours to signal is running as well.
    id.is_some_and(|id| test_kill_process(id) != Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn config(url: String) -> DatabaseConfig {
        DatabaseConfig {
            url,
            max_connections: 1,
            acquire_timeout: Duration::from_secs(1),
        }
    }

    fn at(path: &Path) -> DatabaseConfig {
        config(format!("sqlite:{}", path.display()))
    }

    #[test]
    fn one_at_a_time_and_the_next_when_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let file = at(&folder.path().join("a.db"));
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

    #[test]
    fn a_database_is_the_same_by_every_name() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.db"), folder.path().join("b.db"));
        File::create(&file).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let _first = Alone::take(&at(&file)).unwrap();
        assert!(Alone::take(&at(&link)).is_err());
    }

    #[test]
    fn nobody_else_may_read_the_lock_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("a.db.lock");
        // As an earlier version left it.
        File::create(&lock).unwrap();
        let readable = Permissions::from_mode(0o644);
        std::fs::set_permissions(&lock, readable).unwrap();
        let _first = Alone::take(&at(&folder.path().join("a.db"))).unwrap();
        let mode = lock.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let theirs = folder.path().join("theirs");
        std::fs::write(&theirs, "theirs").unwrap();
        std::os::unix::fs::symlink(&theirs, folder.path().join("b.db.lock")).unwrap();
        let refused = Alone::take(&at(&folder.path().join("b.db"))).unwrap_err();
        assert!(refused.sentence().contains("cannot be locked"), "{refused}");
        assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs");
    }

    #[test]
    fn a_process_that_is_gone_is_not_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = at(&folder.path().join("a.db"));
        let _first = Alone::take(&file).unwrap();
        // No process of this machine has such a number.
        std::fs::write(folder.path().join("a.db.lock"), i32::MAX.to_string()).unwrap();
        let refused = Alone::take(&file).unwrap_err().sentence();
        assert!(refused.contains("by another process."), "{refused}");
    }
}
