//! The judge of reading: a server, its only session behind a pooler, and everything that a
//! statement could have changed of either, asked before and after the product ran it.

mod functions;
mod reading;
mod regress;

use patchbay::domain::card::SqlEngine;
use patchbay::domain::tool::ToolOutput;
use patchbay::error::Error;
use patchbay::executor::sql::ReadOnlySql;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::Db;
use crate::fakes::pooler::Pooler;
use crate::fakes::postgres::{Database, Postgres, connect};

/// A cluster that nobody else uses, so that whatever changes there is of the statement's making.
pub struct Oracle {
    database: Database,
    product: Db,
    session: PgConnection,
    observer: PgConnection,
    // Dropped in this order: the pooler ends before its server.
    _pooler: Pooler,
    server: Postgres,
}

/// What came of a statement.
pub enum Outcome {
    /// The gate did not let it through, for this reason.
    Refused(Error),
    /// It ran in the product, and changed nothing.
    Ran(Result<ToolOutput, Error>),
}

/// As whom the product connects.
#[derive(Clone, Copy)]
pub enum Role {
    /// The role that owns the tables.
    Owner,
    /// The one whom no privilege stops.
    Superuser,
}

/// What a statement could change that is seen in a moment.
#[derive(Debug, PartialEq, Eq)]
struct Glance {
    /// The number of the next transaction that writes, in the whole cluster.
    next_transaction: String,
    /// How far the log of changes has been written.
    log: String,
    /// Settings, statements, cursors, channels, temporary tables, locks of the session.
    session: String,
}

/// No background work of the server's own: what is in its log is a statement's.
const SETTINGS: [&str; 4] = [
    "wal_level=minimal",
    "max_wal_senders=0",
    "checkpoint_timeout=1h",
    "max_prepared_transactions=2",
];

/// The only records of the log that reading leaves: rows that were long dead are cleared away.
const HOUSEKEEPING: &str = "('PRUNE', 'VISIBLE', 'PRUNE_ON_ACCESS', 'FPI_FOR_HINT', 'FPI')";

impl Oracle {
    /// One with the bundled sample in its database, where `role` reads.
    pub async fn start(role: Role) -> Self {
        let server = Postgres::alone(&SETTINGS);
        let database = server.create_sample_database().await;
        database
            .run_as_superuser("create extension pg_walinspect")
            .await;
        let pooler = Pooler::start(&server);
        let url = match role {
            Role::Owner => &database.owner,
            Role::Superuser => &database.superuser,
        };
        let pooled = pooler.through(url);
        Self {
            product: Db::postgres(&pooled),
            session: connect(&pooled).await,
            observer: connect(&database.superuser).await,
            database,
            _pooler: pooler,
            server,
        }
    }

    /// Where the product reads.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Lets the product run a statement that its gate allows, and panics if that changed anything.
    pub async fn judge(&mut self, sql: &str) -> Outcome {
        if let Err(refusal) = ReadOnlySql::parse(SqlEngine::Postgres, sql) {
            return Outcome::Refused(refusal);
        }
        let (result, changed) = self.run(sql).await;
        assert!(changed.is_empty(), "{sql}\nchanged {changed:#?}");
        Outcome::Ran(result)
    }

    /// What the product makes of a statement, and what a glance sees of it afterwards.
    pub async fn run(&mut self, sql: &str) -> (Result<ToolOutput, Error>, Vec<String>) {
        let before = self.glance().await;
        let result = self.product.query(sql).await;
        let after = self.glance().await;
        (result, self.difference(&before, &after).await)
    }

    /// Runs a statement in the session without the product; what of it a glance sees.
    pub async fn provoke(&mut self, sql: &str) -> Vec<String> {
        let before = self.glance().await;
        let ran = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut self.session)
            .await;
        ran.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let after = self.glance().await;
        self.difference(&before, &after).await
    }

    /// A digest of every row of every table with its place and its writers, of all sequences, and
    /// of the names of the server's files. It takes a moment.
    pub async fn state(&mut self) -> (String, Vec<String>) {
        const SQL: &str = r"
            select md5(string_agg(c.oid || c.relkind::text || query_to_xml(
                case c.relkind
                    when 'S' then format('select last_value, log_cnt, is_called from %s', c.oid::regclass)
                    else format(
                        'select md5(string_agg(concat_ws(''|'', t.ctid, t.xmin, t.xmax, t::text), ''~'' order by t.ctid)) from only %s t',
                        c.oid::regclass)
                end, true, true, '')::text, '~' order by c.oid))
            from pg_class c
            where c.relkind in ('r', 'm', 'S')";
        let rows = scalar(&mut self.observer, SQL).await;
        let mut files = Vec::new();
        list(&self.server.home().join("data"), &mut files);
        files.sort();
        (rows, files)
    }

    async fn glance(&mut self) -> Glance {
        const CLUSTER: &str = "
            select pg_snapshot_xmax(pg_current_snapshot())::text || ' ' || pg_current_wal_insert_lsn()::text";
        const SESSION: &str = "
            select md5(string_agg(name || '=' || coalesce(setting, ''), ',' order by name))
                || ' statements:' || (select count(*) from pg_prepared_statements where name <> '')
                || ' cursors:' || (select count(*) from pg_cursors where name <> '')
                || ' channels:' || (select count(*) from pg_listening_channels())
                || ' temporary:' || pg_my_temp_schema()
                || ' role:' || current_user || session_user
                || ' locks:' || (select coalesce(string_agg(locktype || mode || coalesce(objid, 0), ','), '')
                                 from pg_locks where pid = pg_backend_pid()
                                     and locktype not in ('virtualxid', 'relation'))
            from pg_settings
            where name not in ('application_name', 'transaction_read_only')
                -- they come into being with the first function in that language
                and name not like 'plpgsql.%'";
        let session = scalar(&mut self.session, SESSION).await;
        let cluster = scalar(&mut self.observer, CLUSTER).await;
        let (next_transaction, log) = cluster.split_once(' ').expect("two of them");
        Glance {
            next_transaction: next_transaction.to_owned(),
            log: log.to_owned(),
            session,
        }
    }

    async fn difference(&mut self, before: &Glance, after: &Glance) -> Vec<String> {
        let mut changed = Vec::new();
        if before.next_transaction != after.next_transaction {
            changed.push(format!(
                "a transaction id was assigned: {} became {}",
                before.next_transaction, after.next_transaction
            ));
        }
        if before.session != after.session {
            changed.push(format!("{} became {}", before.session, after.session));
        }
        if before.log != after.log {
            // Only what was flushed can be looked into.
            sqlx::raw_sql("checkpoint")
                .execute(&mut self.observer)
                .await
                .expect("a checkpoint");
            let records = format!(
                "select coalesce(string_agg(distinct resource_manager || ' ' || record_type, ', '), '')
                 from pg_get_wal_records_info('{}', '{}')
                 where record_type not in {HOUSEKEEPING}",
                before.log, after.log
            );
            let records = scalar(&mut self.observer, &records).await;
            if !records.is_empty() {
                changed.push(format!("the log has {records}"));
            }
        }
        changed
    }
}

async fn scalar(connection: &mut PgConnection, sql: &str) -> String {
    let row = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .fetch_one(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{error}"));
    row.get(0)
}

/// Names of files that a statement could leave. The server makes those of its tables, whose rows are
/// looked at, and of its log of changes whenever it likes.
fn list(folder: &std::path::Path, into: &mut Vec<String>) {
    const OWN: [&str; 7] = [
        "base",
        "global",
        "pg_wal",
        "pg_stat",
        "pg_stat_tmp",
        "pg_subtrans",
        "pg_xact",
    ];
    for entry in std::fs::read_dir(folder).expect("a folder of the server's") {
        let entry = entry.expect("an entry");
        if OWN.iter().any(|own| entry.file_name() == *own) {
            continue;
        }
        match entry.path() {
            path if path.is_dir() => list(&path, into),
            path => into.push(path.display().to_string()),
        }
    }
}
