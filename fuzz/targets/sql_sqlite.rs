//! The gate for SQLite: SQLite itself says of what is let through that it is one statement, that it
//! changes nothing, and that all it asks for is to read.

#![no_main]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use libsqlite3_sys as sqlite;
use patchbay::domain::card::SqlEngine;
use patchbay::executor::sql::{MAX_BYTES, ReadOnlySql};

fuzz_target!(|text: &str| {
    let Ok(allowed) = ReadOnlySql::parse(SqlEngine::Sqlite, text) else {
        return;
    };
    let statement = allowed.as_str();
    assert!(statement.len() <= MAX_BYTES && text.contains(statement));
    DATABASE.judge(statement);
    let again = ReadOnlySql::parse(SqlEngine::Sqlite, statement);
    assert_eq!(again.ok().as_ref(), Some(&allowed), "{statement}");
});

static DATABASE: LazyLock<Database> = LazyLock::new(Database::open);

struct Database(*mut sqlite::sqlite3);

// SAFETY: libFuzzer calls from one thread.
unsafe impl Send for Database {}
// SAFETY: as above.
unsafe impl Sync for Database {}

/// What a statement may ask for: to select, to read a column, to call a function, to recurse.
extern "C" fn authorize(
    _: *mut c_void,
    action: c_int,
    _: *const c_char,
    second: *const c_char,
    _: *const c_char,
    _: *const c_char,
) -> c_int {
    match action {
        sqlite::SQLITE_SELECT | sqlite::SQLITE_READ | sqlite::SQLITE_RECURSIVE => sqlite::SQLITE_OK,
        sqlite::SQLITE_FUNCTION => {
            // SAFETY: SQLite gives the function's name here.
            let name = unsafe { CStr::from_ptr(second) }
                .to_string_lossy()
                .to_lowercase();
            let has_effects = [
                "load_extension",
                "readfile",
                "writefile",
                "edit",
                "fts3_tokenizer",
            ];
            assert!(
                !has_effects.contains(&name.as_str()),
                "{name} was let through"
            );
            sqlite::SQLITE_OK
        }
        other => panic!("a statement that was let through asks for action {other}"),
    }
}

impl Database {
    fn open() -> Self {
        let mut handle = ptr::null_mut();
        let schema = c"
            create table t (a integer primary key, b text, c real);
            create table u (a integer references t, d blob, e text);
            create view v as select a, b from t;
            create table customers (id integer primary key, name text, city text, country text, email text);
            create table orders (id integer primary key, customer_id integer, status text, total real, placed_at text);";
        // SAFETY: both texts end in NUL, and the handle is only used when opening went well.
        unsafe {
            assert_eq!(
                sqlite::sqlite3_open(c":memory:".as_ptr(), &mut handle),
                sqlite::SQLITE_OK
            );
            let made = sqlite::sqlite3_exec(
                handle,
                schema.as_ptr(),
                None,
                ptr::null_mut(),
                ptr::null_mut(),
            );
            assert_eq!(made, sqlite::SQLITE_OK);
            sqlite::sqlite3_set_authorizer(handle, Some(authorize), ptr::null_mut());
        }
        Self(handle)
    }

    fn judge(&self, statement: &str) {
        let text = CString::new(statement).expect("the gate refuses NUL");
        let (mut prepared, mut tail) = (ptr::null_mut(), ptr::null());
        // SAFETY: the text outlives the statement, which is finalized here.
        unsafe {
            let code =
                sqlite::sqlite3_prepare_v2(self.0, text.as_ptr(), -1, &mut prepared, &mut tail);
            if code == sqlite::SQLITE_OK {
                assert!(!prepared.is_null(), "nothing to run in {statement}");
                assert_ne!(sqlite::sqlite3_stmt_readonly(prepared), 0, "{statement}");
                let mut second = ptr::null_mut();
                let rest = CStr::from_ptr(tail);
                sqlite::sqlite3_prepare_v2(self.0, tail, -1, &mut second, ptr::null_mut());
                let is_alone = second.is_null();
                sqlite::sqlite3_finalize(second);
                assert!(is_alone, "a second statement: {rest:?} in {statement}");
            }
            sqlite::sqlite3_finalize(prepared);
        }
    }
}
