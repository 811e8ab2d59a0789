//! What one connection may ask of SQLite, so that no query can take the bot's memory with it.

use sqlx::sqlite::SqliteConnection;

/// SQLite's own limits are made for trusted queries: a value may take a gigabyte.
const CEILINGS: [(i32, i32); 7] = [
    (libsqlite3_sys::SQLITE_LIMIT_LENGTH, 1_000_000),
    (libsqlite3_sys::SQLITE_LIMIT_COLUMN, 500),
    (libsqlite3_sys::SQLITE_LIMIT_EXPR_DEPTH, 500),
    (libsqlite3_sys::SQLITE_LIMIT_COMPOUND_SELECT, 100),
    (libsqlite3_sys::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000),
    (libsqlite3_sys::SQLITE_LIMIT_ATTACHED, 0),
    (libsqlite3_sys::SQLITE_LIMIT_TRIGGER_DEPTH, 20),
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

/// Also keeps triggers of the file away from what SQLite keeps in tables of its own.
#[expect(
    unsafe_code,
    reason = "sqlx has no door of its own to `sqlite3_db_config`"
)]
pub(super) async fn defend(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut handle = connection.lock_handle().await?;
    let unset = std::ptr::null_mut::<std::ffi::c_int>();
    // SAFETY: the handle is open and locked, and this option takes an int and a pointer that may
    // be null.
    unsafe {
        libsqlite3_sys::sqlite3_db_config(
            handle.as_raw_handle().as_ptr(),
            libsqlite3_sys::SQLITE_DBCONFIG_DEFENSIVE,
            1,
            unset,
        );
    }
    Ok(())
}

/// Whether the open transaction could not be committed: a row points to one that is not there, by
/// a rule that is looked at only then.
#[expect(
    unsafe_code,
    reason = "sqlx has no door of its own to `sqlite3_db_status`"
)]
pub(super) async fn owes_rows(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let mut handle = connection.lock_handle().await?;
    let (mut current, mut highest) = (0, 0);
    // SAFETY: the handle is open and locked, and both places outlive the call.
    unsafe {
        libsqlite3_sys::sqlite3_db_status(
            handle.as_raw_handle().as_ptr(),
            libsqlite3_sys::SQLITE_DBSTATUS_DEFERRED_FKS,
            &raw mut current,
            &raw mut highest,
            0,
        );
    }
    Ok(current != 0)
}
