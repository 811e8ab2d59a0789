//! The bundled sample database: a small shop, made on the spot from one script.

use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};

use crate::error::{Error, Result};

/// The shop, as text that both engines run.
const SHOP: &str = include_str!("../../../../assets/sample/shop.sql");

/// Makes the sample at `path` unless something is there already.
///
/// It is written beside its place and moved there whole, so that a crash leaves no half of it and
/// two processes that start at once both end with a good one.
pub async fn ensure_sample(path: &Path) -> Result<()> {
    if tokio::fs::try_exists(path).await.map_err(Error::internal)? {
        return Ok(());
    }
    let draft = beside(path);
    let made = match write(&draft).await {
        Ok(()) => tokio::fs::rename(&draft, path)
            .await
            .map_err(Error::internal),
        Err(error) => Err(Error::internal(error)),
    };
    if made.is_err() {
        // The draft may not have come into being; the error above is the one that counts.
        tokio::fs::remove_file(&draft).await.ok();
    }
    made
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", ulid::Ulid::generate()));
    path.with_file_name(name)
}

async fn write(draft: &Path) -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnectOptions::new()
        .filename(draft)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Off)
        .connect()
        .await?;
    sqlx::raw_sql("begin").execute(&mut connection).await?;
    sqlx::raw_sql(SHOP).execute(&mut connection).await?;
    sqlx::raw_sql("commit").execute(&mut connection).await?;
    connection.close().await
}
