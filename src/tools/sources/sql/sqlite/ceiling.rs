//! What one connection may ask of SQLite, so that no query can take the bot's memory with it.

use sqlx::sqlite::SqliteConnection;

/// SQLite's own limits are made for trusted queries: a value may take a gigabyte.
const CEILINGS: [(i32, i32); 6] = [
    (libsqlite3_sys::SQLITE_LIMIT_LENGTH, 1_000_000),
    (libsqlite3_sys::SQLITE_LIMIT_COLUMN, 500),
    (libsqlite3_sys::SQLITE_LIMIT_EXPR_DEPTH, 500),
    (libsqlite3_sys::SQLITE_LIMIT_COMPOUND_SELECT, 100),
    (libsqlite3_sys::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000),
    (libsqlite3_sys::SQLITE_LIMIT_ATTACHED, 0),
];

/// Sets them for this connection alone.
#[expect(unsafe_code, reason = "sqlx has no door of its own to `sqlite3_limit`")]
pub(super) async fn set(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut handle = connection.lock_handle().await?;
    for (limit, most) in CEILINGS {
        // SAFETY: the handle is open, and locked, so nobody else uses the connection meanwhile.
        unsafe { libsqlite3_sys::sqlite3_limit(handle.as_raw_handle().as_ptr(), limit, most) };
    }
    Ok(())
}
